// What a job may name in AWS by itself, as the section `aws` of the worker's configuration has it.
// A job comes from a coordinator, which may have fallen into wrong hands; it gets no secret, no
// role and no server that is not listed here. Asks nobody.
//
//     aws:
//       allow: ["aws-secret:arn:aws:secretsmanager:*:111122223333:secret:rds!*", "rds-iam:backup"]
//       roles: ["arn:aws:iam::*:role/dbhaul-worker"]
//       servers: ["*.cabc1def2ghi.eu-west-1.rds.amazonaws.com:3306"]
//
// In the patterns of secrets and roles `*` stands for any characters, also none, and `?` for one,
// but neither for a colon or a slash: what a pattern leaves open is one field of an ARN, or one
// part of a path, and cannot reach into the next. All else stands for itself, in its case.

#pragma once

#include "common/config.h"
#include "common/error.h"
#include "common/secret_aws.h"

// For main: whether the patterns are of use. The error has line and column.
int cloud_rules_check(const struct config_node *aws, struct error *error);

// ERROR_DENIED, with what to add, if secret, role or server is not listed.
int cloud_rules_allow(const struct config_node *aws, const struct secret_aws_request *request,
                      struct error *error);

// Whether the whole of the text is as the pattern says.
int cloud_rules_match(const char *pattern, const char *text);
