// Secrets that AWS keeps, or that are made of what it knows us by:
//
//     aws-secret:ARN, aws-secret:NAME   a secret of Secrets Manager: JSON with "username" and
//                                       "password", as RDS and its rotation write it
//     rds-iam:USER                      a token that lets USER into an instance of RDS for the next
//                                       15 minutes, signed here, for verified TLS only
//
// Nothing is kept: each call asks again. Whether one may ask is not decided here.
//
//     CLEAN(secret_aws_destroy) secret_aws_t *aws = secret_aws_new(&options);
//     struct secret_aws_request request = {.from = "rds-iam:backup", .host = host, .port = 3306,
//                                          .is_verified = 1};
//     CLEAN(credentials_clear) struct credentials credentials = {0};
//     if (secret_aws_get(aws, &request, &credentials, error))
//         return -1;

#pragma once

#include "common/aws/client.h"
#include "common/credentials.h"
#include "common/error.h"

#define SECRET_AWS_VALUE "aws-secret:"
#define SECRET_AWS_TOKEN "rds-iam:"

typedef struct secret_aws secret_aws_t;

struct secret_aws_request {
    const char *from;         // one of the above
    const char *username;     // for a value that is the password alone; NULL or "": it has one
    const char *region;       // of the secret's name, or of the instance; NULL or "": as known
    const char *role_arn;     // to assume first; NULL or "": none
    const char *external_id;  // for it; NULL or "": none
    const char *host;         // where the credentials are to go
    unsigned port;
    int is_verified;  // TLS to there is verified
};

// The client is opened by the first call. What options point to is lent for good.
secret_aws_t *secret_aws_new(const struct aws_client_options *options);
void secret_aws_destroy(secret_aws_t **self_p);

// Does the text begin as one of the above?
int secret_aws_is(const char *from);

// Whether it is well-formed. ERROR_INVALID otherwise.
int secret_aws_check(const char *from, struct error *error);

// Blocks. ERROR_DENIED: a right is missing, or TLS is not verified; ERROR_CONFIG: no credentials
// here, or a value that is of no use; ERROR_NOT_FOUND: no such secret; ERROR_INVALID: the reference
// is malformed, or the host is not the endpoint of an instance; ERROR_UNAVAILABLE: AWS is.
int secret_aws_get(secret_aws_t *self, const struct secret_aws_request *request,
                   struct credentials *credentials, struct error *error);

// The region in the name of an endpoint of RDS ("x.abc.eu-west-1.rds.amazonaws.com", or in China
// "x.abc.rds.cn-north-1.amazonaws.com.cn"); "" if it is none.
void secret_aws_endpoint_region(const char *host, char *region, size_t size);
