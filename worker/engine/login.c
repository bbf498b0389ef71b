#include "worker/engine/login.h"

#include "common/clean.h"
#include "common/memory.h"

int
login_begin(struct login *self, const struct server *server, struct error *error)
{
    const struct login_source *source = server->login;
    struct credentials credentials = {0};
    if (!source)
        credentials_copy(&credentials, &server->credentials);
    else if (source->get(source->self, 0, &credentials, error))
        return -1;
    *self = (struct login){.server = *server};
    self->server.credentials = credentials;
    return 0;
}

int
login_again(struct login *self, struct error *error)
{
    const struct login_source *source = self->server.login;
    CLEAN(credentials_clear) struct credentials other = {0};
    struct error cause = {0};
    if (error->code != ERROR_DENIED || !source || self->is_second)
        return 0;
    if (source->get(source->self, 1, &other, &cause)) {
        struct error refused = *error;
        error_set(error, ERROR_DENIED, "%.250s (and its secret cannot be fetched again: %.200s)",
                  refused.message, cause.message);
        return 0;
    }
    if (credentials_equal(&other, &self->server.credentials))
        return 0;
    self->is_second = 1;
    credentials_clear(&self->server.credentials);
    credentials_copy(&self->server.credentials, &other);
    return 1;
}

void
login_end(struct login *self)
{
    credentials_clear(&self->server.credentials);
}
