#include "worker/keyring.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

struct keyring {
    const struct settings *settings;
    const Wire__Server *server;
    int verify_tls;
    struct login_source source;
    secret_aws_t *aws;
    struct credentials given[KEYRING_MASKED_MAX];
    size_t count;  // of all that were given out; the last is at (count - 1) % KEYRING_MASKED_MAX
};

static int
source_get(void *self, int is_refused, struct credentials *credentials, struct error *error)
{
    return keyring_get(self, is_refused, credentials, error);
}

static void
source_mask(const void *self, char *text)
{
    keyring_mask(self, text);
}

keyring_t *
keyring_new(const struct settings *settings, const Wire__Server *server, int verify_tls)
{
    struct aws_client_options options;
    keyring_t *self = memory_get(sizeof *self);
    settings_aws_options(settings, &options);
    self->settings = settings;
    self->server = server;
    self->verify_tls = verify_tls;
    self->source = (struct login_source){.self = self, .get = source_get, .mask = source_mask};
    self->aws = secret_aws_new(&options);
    return self;
}

void
keyring_destroy(keyring_t **self_p)
{
    keyring_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < KEYRING_MASKED_MAX; i++)
        credentials_clear(&self->given[i]);
    secret_aws_destroy(&self->aws);
    memory_free(self_p);
}

const struct login_source *
keyring_source(const keyring_t *self)
{
    return &self->source;
}

static int
resolve_reference(keyring_t *self, struct credentials *credentials, struct error *error)
{
    const struct secret_aws_request request = {.from = self->server->secret,
                                               .region = self->server->region,
                                               .role_arn = self->server->role_arn,
                                               .external_id = self->server->external_id,
                                               .host = self->server->host,
                                               .port = self->server->port,
                                               .is_verified = self->verify_tls};
    if (settings_allow_aws(self->settings, &request, error))
        return -1;
    return secret_aws_get(self->aws, &request, credentials, error);
}

static int
resolve(keyring_t *self, struct credentials *credentials, struct error *error)
{
    const Wire__Server *server = self->server;
    const struct secret_target target = {
        .host = server->host, .port = server->port, .is_verified = self->verify_tls};
    if (secret_aws_is(server->secret))
        return resolve_reference(self, credentials, error);
    return settings_secret(self->settings, server->secret, &target, self->aws, credentials, error);
}

int
keyring_get(keyring_t *self, int is_refused, struct credentials *credentials, struct error *error)
{
    struct credentials *last =
        self->count ? &self->given[(self->count - 1) % KEYRING_MASKED_MAX] : NULL;
    if (!last || last->is_token || is_refused) {
        CLEAN(credentials_clear) struct credentials found = {0};
        if (resolve(self, &found, error))
            return -1;
        if (!last || !credentials_equal(last, &found)) {
            last = &self->given[self->count++ % KEYRING_MASKED_MAX];
            credentials_clear(last);
            credentials_copy(last, &found);
        }
    }
    credentials_copy(credentials, last);
    return 0;
}

void
keyring_mask(const keyring_t *self, char *text)
{
    for (size_t i = 0; i < KEYRING_MASKED_MAX; i++)
        credentials_mask(&self->given[i], text);
}
