// AWS's two files of profiles: ~/.aws/config, whose sections are [default] and [profile NAME], and
// ~/.aws/credentials, whose sections are [NAME]. Sections of other kinds and nested settings are
// passed over.
//
//     CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
//     if (aws_profiles_read(profiles, AWS_FILE_CONFIG, path, error))
//         return -1;
//     const char *role = aws_profiles_get(profiles, AWS_FILE_CONFIG, "default", "role_arn");
//
// Values may be secrets and are overwritten before they are freed.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum aws_file { AWS_FILE_CONFIG, AWS_FILE_CREDENTIALS };

enum { AWS_FILE_SIZE_MAX = 1 << 20, AWS_PROFILE_NAME_MAX = 256 };

typedef struct aws_profiles aws_profiles_t;

aws_profiles_t *aws_profiles_new(void);
void aws_profiles_destroy(aws_profiles_t **self_p);

// ERROR_NOT_FOUND if there is no such file, ERROR_CONFIG, with the line, if it is malformed.
int aws_profiles_read(aws_profiles_t *self, enum aws_file file, const char *path,
                      struct error *error);
int aws_profiles_read_text(aws_profiles_t *self, enum aws_file file, const char *name,
                           const char *text, size_t size, struct error *error);

// The value of a key, lower case, in a profile; NULL if it is not there or empty.
const char *aws_profiles_get(const aws_profiles_t *self, enum aws_file file, const char *profile,
                             const char *key);

// From the config file, else from the credentials file.
const char *aws_profiles_find(const aws_profiles_t *self, const char *profile, const char *key);

// Whether either file has a section for the profile.
int aws_profiles_has(const aws_profiles_t *self, const char *profile);
