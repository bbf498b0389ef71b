#include "common/aws/credentials.h"

#include <stdio.h>
#include <string.h>

#include "common/aws/environment.h"
#include "common/aws/partition.h"
#include "common/aws/profile.h"
#include "common/aws/source.h"
#include "common/clean.h"
#include "common/http.h"
#include "common/memory.h"

enum { PATH_SIZE = 4096, ASK_AGAIN_MS = 60000 };

struct aws_credentials {
    const char *const *environment;
    char *profile;  // what the options ask for, or NULL
    char *region;
    char *endpoint;
    char *ca_file;
    aws_profiles_t *profiles;  // NULL: not read yet
    struct aws_found found;
    int64_t asked_unix_ms;
    int is_expired;      // a service said so
    char *found_region;  // for aws_credentials_region
};

aws_credentials_t *
aws_credentials_new(const struct aws_credentials_options *options)
{
    aws_credentials_t *self = memory_get(sizeof *self);
    self->environment = options->environment;
    self->profile = memory_copy_text(options->profile);
    self->region = memory_copy_text(options->region);
    self->endpoint = memory_copy_text(options->endpoint);
    const char *bundle = aws_environment_get(options->environment, "AWS_CA_BUNDLE");
    self->ca_file = memory_copy_text(options->ca_file ? options->ca_file : bundle);
    return self;
}

void
aws_credentials_destroy(aws_credentials_t **self_p)
{
    aws_credentials_t *self = *self_p;
    if (!self)
        return;
    aws_found_clear(&self->found);
    aws_profiles_destroy(&self->profiles);
    memory_free(&self->profile);
    memory_free(&self->region);
    memory_free(&self->endpoint);
    memory_free(&self->ca_file);
    memory_free(&self->found_region);
    memory_free(self_p);
}

static const char *
profile_name(const aws_credentials_t *self)
{
    const char *name = aws_environment_get(self->environment, "AWS_PROFILE");
    return self->profile ? self->profile : name ? name : "default";
}

// A file that the environment names must be there; the usual ones need not.
static int
read_file(const aws_credentials_t *self, aws_profiles_t *profiles, enum aws_file file,
          struct error *error)
{
    static const char *const names[] = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"};
    static const char *const usual[] = {"config", "credentials"};
    const char *given = aws_environment_get(self->environment, names[file]);
    const char *home = aws_environment_get(self->environment, "HOME");
    char path[PATH_SIZE] = "";
    if (!given && !home)
        return 0;
    int length = given ? snprintf(path, sizeof path, "%s", given)
                       : snprintf(path, sizeof path, "%s/.aws/%s", home, usual[file]);
    if (length >= (int)sizeof path)
        return error_set(error, ERROR_CONFIG, "the path of AWS's %s file is too long", usual[file]);
    if (aws_profiles_read(profiles, file, path, error) == 0)
        return 0;
    return error->code == ERROR_NOT_FOUND ? 0 : error_wrap(error, "AWS's %s file", usual[file]);
}

static int
read_profiles(aws_credentials_t *self, struct error *error)
{
    CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
    if (read_file(self, profiles, AWS_FILE_CONFIG, error) ||
        read_file(self, profiles, AWS_FILE_CREDENTIALS, error))
        return -1;
    const char *name = profile_name(self);
    if (strcmp(name, "default") != 0 && !aws_profiles_has(profiles, name))
        return error_set(error, ERROR_CONFIG,
                         "the AWS profile '%.64s' is asked for, but is not in AWS's files", name);
    aws_profiles_destroy(&self->profiles);
    self->profiles = STEAL(profiles);
    return 0;
}

const char *
aws_credentials_region(aws_credentials_t *self)
{
    struct error ignored = {0};
    const char *region = self->region;
    if (!region)
        region = aws_environment_get(self->environment, "AWS_REGION");
    if (!region)
        region = aws_environment_get(self->environment, "AWS_DEFAULT_REGION");
    if (!region && (self->profiles || read_profiles(self, &ignored) == 0))
        region = aws_profiles_find(self->profiles, profile_name(self), "region");
    if (!region)
        region = aws_partition_named("aws")->region;
    char *copy = memory_copy_text(region);
    memory_free(&self->found_region);
    self->found_region = copy;
    return copy;
}

// The files are read anew each time: somebody may have put new keys there.
static int
find(aws_credentials_t *self, int64_t now_unix_ms, struct error *error)
{
    CLEAN(aws_found_clear) struct aws_found found = {0};
    self->asked_unix_ms = now_unix_ms;
    if (read_profiles(self, error))
        return -1;
    CLEAN(http_destroy) http_t *http = http_new(&(struct http_options){.ca_file = self->ca_file});
    struct aws_place place = {.environment = self->environment,
                              .profiles = self->profiles,
                              .profile = profile_name(self),
                              .is_asked_for = self->profile != NULL,
                              .region = aws_credentials_region(self),
                              .endpoint = self->endpoint,
                              .http = http,
                              .now_unix_ms = now_unix_ms};
    if (aws_source_find(&place, &found, error))
        return -1;
    aws_found_clear(&self->found);
    self->found = found;
    found.keys = (struct aws_keys){0};
    self->is_expired = 0;
    return 0;
}

// Whether the keys may be lent for another left_ms.
static int
lasts(const aws_credentials_t *self, int64_t now_unix_ms, int64_t left_ms)
{
    const struct aws_keys *keys = &self->found.keys;
    if (!keys->access_key_id || self->is_expired)
        return 0;
    return keys->expires_unix_ms == 0 || keys->expires_unix_ms - now_unix_ms > left_ms;
}

int
aws_credentials_get(aws_credentials_t *self, int64_t now_unix_ms, const struct aws_keys **keys,
                    struct error *error)
{
    // A source that gives short-lived keys, or none just now, is not asked for each request.
    int is_fresh = now_unix_ms - self->asked_unix_ms < ASK_AGAIN_MS && lasts(self, now_unix_ms, 0);
    if (!is_fresh && !lasts(self, now_unix_ms, AWS_REFRESH_ADVISED_MS) &&
        find(self, now_unix_ms, error) && !lasts(self, now_unix_ms, AWS_REFRESH_REQUIRED_MS))
        return -1;
    *keys = &self->found.keys;
    return 0;
}

void
aws_credentials_expire(aws_credentials_t *self)
{
    self->is_expired = 1;
}

const char *
aws_credentials_source(const aws_credentials_t *self)
{
    return self->found.source;
}

int
aws_credentials_is_chained(const aws_credentials_t *self)
{
    return self->found.is_chained;
}
