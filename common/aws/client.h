// Calls to AWS: many side by side in one thread, each under the identity it names. The client
// assumes roles, signs, keeps to a rate, tries again what may pass, and says plainly why a call
// failed. Parsing the answer is the caller's: the body of a good one comes piece by piece.
//
//     CLEAN(aws_client_destroy) aws_client_t *client = NULL;
//     if (aws_client_open(&client, &(struct aws_client_options){0}, error))
//         return -1;
//     struct aws_call call = {.identity = {.role_arn = role}, .service = "rds",
//                             .region = "eu-west-1", .protocol = AWS_QUERY,
//                             .action = "DescribeDBInstances", .version = "2014-10-31",
//                             .body = "MaxRecords=100", .take = take, .restart = restart,
//                             .done = done, .argument = page};
//     aws_client_start(client, &call);
//     while (aws_client_run(client, -1, 1000) > 0)
//         ;
//
// A call that waits costs about a kilobyte; only connections_max are under way at once. `done` is
// called exactly once for each call, from aws_client_run or aws_client_destroy, and may start
// further calls (the next page). A program that uses this ignores SIGPIPE.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/aws/keys.h"
#include "common/aws/outcome.h"
#include "common/error.h"

enum {
    AWS_CONNECTIONS_PRESET = 128,
    AWS_RATE_PRESET_PER_S =
        3,  // of an account, region and service: AWS gives RDS 12 to all callers
    AWS_BURST_PRESET = 20,
    AWS_ATTEMPTS_PRESET = 5,
    AWS_CALL_PRESET_MS = 180000,
    AWS_CONNECT_PRESET_MS = 5000,
    AWS_ANSWER_PRESET_MS = 30000,
    AWS_ANSWER_SIZE_PRESET = 16 << 20,
};

typedef struct aws_client aws_client_t;

// Zero or NULL is the preset, everywhere.
struct aws_client_options {
    const char *const
        *environment;  // "NAME=value" up to a NULL, lent for good; NULL: the process's
    const char *profile;
    const char *region;  // the home: where STS is asked; NULL: as environment and profile say
    // Where services are: "https://{service}.{region}.{suffix}" is the preset. For a VPC endpoint
    // or a stand-in: "http://127.0.0.1:5000". http is for loopback only. The environment's
    // AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL come next.
    const char *endpoint;
    const char *ca_file;  // NULL: AWS_CA_BUNDLE, else the system's
    size_t connections_max;
    int64_t rate_per_s, burst;      // requests, a token bucket per (account, region, service)
    int64_t attempts_max;           // tries of a call
    int64_t connect_ms, answer_ms;  // of one try
    int64_t call_ms;                // of a call with all its waits and tries
};

struct aws_identity {
    const char *role_arn;      // NULL or "": the process's own credentials
    const char *external_id;   // NULL or "": none
    const char *session_name;  // NULL or "": "dbhaul"
};

enum aws_protocol {
    AWS_QUERY,      // a form; action "DescribeDBInstances", version, body "Name=value&..."
    AWS_JSON,       // JSON 1.1; action "secretsmanager.GetSecretValue" (X-Amz-Target), body {...}
    AWS_REST_JSON,  // POST to a path; action "/listRegions", body {...}
};

// Lent for as long as `done` runs.
struct aws_result {
    enum aws_outcome outcome;
    struct error error;        // of AWS_DONE: ERROR_NONE
    char code[AWS_CODE_SIZE];  // AWS's word without "Exception", or ""
    int status;                // of HTTP; 0 if there was no answer
    int64_t attempts;
};

struct aws_call {
    struct aws_identity identity;
    const char *service;  // as in host names and signatures: "rds", "sts", "secretsmanager"
    const char *region;
    enum aws_protocol protocol;
    const char *action;
    const char *version;  // of AWS_QUERY
    const char *body;     // NULL: none
    size_t answer_max;    // a longer answer is AWS_INVALID

    // Gets the body of an answer of status 200. NULL: it is dropped.
    int (*take)(void *argument, const void *data, size_t size, struct error *error);

    // What `take` got so far is void: the call is tried again. NULL: there is nothing to forget.
    void (*restart)(void *argument);

    // After AWS_DONE all of the answer has been taken. Whether the document is whole is for the
    // caller's parser to say (xml_end).
    void (*done)(void *argument, const struct aws_result *result);
    void *argument;
};

struct aws_counters {
    uint64_t calls;      // started by the caller
    uint64_t requests;   // sent, with those to STS
    uint64_t retries;    // of them: further tries
    uint64_t throttled;  // answers that said so
    uint64_t refreshes;  // of credentials that a service took for expired
    uint64_t connections;
};

// ERROR_CONFIG if an option is of no use. Asks nobody yet: missing credentials are the first call's
// failure.
int aws_client_open(aws_client_t **self_p, const struct aws_client_options *options,
                    struct error *error);

// Calls `done` with AWS_CANCELLED for what is not done.
void aws_client_destroy(aws_client_t **self_p);

// Takes the call in; all in it is copied but `argument`. Whatever fails is told to `done`.
void aws_client_start(aws_client_t *self, const struct aws_call *call);

// Moves all calls on, waiting at most patience_ms for something to happen, or until wake_fd can be
// read (-1: none). Returns how many are not done yet.
size_t aws_client_run(aws_client_t *self, int wake_fd, int64_t patience_ms);

// Copies the keys of an identity, assuming its role if need be, for what is signed elsewhere
// (aws_rds_token). Blocks. To be cleared with aws_keys_clear.
int aws_client_keys(aws_client_t *self, const struct aws_identity *identity, struct aws_keys *keys,
                    struct error *error);

// The time as AWS has it: the clock, and what answers showed it to be off by.
int64_t aws_client_unix_ms(const aws_client_t *self);

// The home region, for what is asked once for a whole account.
const char *aws_client_region(const aws_client_t *self);

void aws_client_counters(const aws_client_t *self, struct aws_counters *counters);
