// Sources of credentials, each of which finds keys or says why it does not serve. A part of
// credentials; nobody else calls it. To add one: a file with its function, a line in the list in
// source.c, which is in the order that they are asked in.

#pragma once

#include "common/aws/keys.h"
#include "common/aws/profile.h"
#include "common/error.h"
#include "common/http.h"

enum { AWS_SOURCE_SIZE = 192, AWS_SOURCE_DEPTH_MAX = 5 };

// All that they may look at.
struct aws_place {
    const char *const *environment;
    const aws_profiles_t *profiles;
    const char *profile;
    int is_asked_for;      // the profile was named in the options
    const char *region;    // for STS
    const char *endpoint;  // template
    http_t *http;
    int64_t now_unix_ms;
};

struct aws_found {
    struct aws_keys keys;
    char source[AWS_SOURCE_SIZE];  // "environment", "profile 'x'" ...
    int is_chained;                // the keys came from AssumeRole
};

// 0 with keys; -1 with ERROR_NOT_FOUND and the reason if the source is not set up here; -1 with
// another error if it is but fails.
typedef int aws_source_fn(const struct aws_place *place, struct aws_found *found,
                          struct error *error);

aws_source_fn aws_source_environment;
aws_source_fn aws_source_role;       // the profile's role_arn
aws_source_fn aws_source_web;        // web identity, of the environment
aws_source_fn aws_source_profile;    // the profile's keys and credential_process
aws_source_fn aws_source_container;  // ECS, EKS
aws_source_fn aws_source_instance;   // EC2

// Web identity as a profile has it.
aws_source_fn aws_source_profile_web;

// Asks them in order. ERROR_CONFIG, with each one's reason, if none is set up.
int aws_source_find(const struct aws_place *place, struct aws_found *found, struct error *error);

void aws_found_clear(struct aws_found *found);
