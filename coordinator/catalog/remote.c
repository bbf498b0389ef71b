// Opening, connecting, and connecting again.

#include "coordinator/catalog/remote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"

static const char *const system_authorities[] = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",    // Red Hat
    "/etc/ssl/ca-bundle.pem",              // SUSE
    "/etc/ssl/cert.pem",
};

int
remote_authorities(const struct remote *self, const char **path, struct error *error)
{
    const char *configured = self->access.ca_path;
    if (configured && *configured) {
        if (access(configured, R_OK))
            return error_set(error, ERROR_CONFIG,
                             "cannot read the catalog server's authorities in '%s'", configured);
        *path = configured;
        return 0;
    }
    for (size_t index = 0; index < sizeof system_authorities / sizeof *system_authorities;
         index++) {
        if (access(system_authorities[index], R_OK) == 0) {
            *path = system_authorities[index];
            return 0;
        }
    }
    return error_set(error, ERROR_CONFIG,
                     "no certificate authorities to verify the catalog's server with: install "
                     "ca-certificates, or name a file in `catalog_access: {ca: ...}`");
}

int
remote_tries_tls(const struct remote *self)
{
    return self->access.tls == CATALOG_TLS_PRESET && address_is_local(&self->address);
}

void
remote_destroy(catalog_t **self_p)
{
    struct remote *self = (struct remote *)*self_p;
    if (!self)
        return;
    self->ops->disconnect(self);
    self->ops->forget(self);
    address_clear(&self->address);
    free(self->holder);
    free(self->base.place);
    free(self);
    *self_p = NULL;
}

static struct remote *
make(const struct remote_ops *ops, const struct catalog_access *access, enum remote_role role)
{
    struct remote *self = ops->make();
    self->base.base.ops = ops->catalog_ops;
    self->base.ops = ops->sql_ops;
    self->ops = ops;
    self->role = role;
    self->access = access ? *access : (struct catalog_access){.tls = CATALOG_TLS_PRESET};
    return self;
}

static int
connect_as(struct remote *self, const char *user, enum catalog_user whose, struct error *error)
{
    CLEAN(memory_free_secret) char *password = NULL;
    self->ops->disconnect(self);
    self->is_in_transaction = 0;
    if (self->access.password &&
        self->access.password(self->access.context, whose, &password, error))
        return error_wrap(error, "cannot get the password for the catalog");
    if (self->ops->connect(self, user, password ? password : "", error)) {
        self->ops->disconnect(self);
        return -1;
    }
    return 0;
}

static int
connect(struct remote *self, struct error *error)
{
    return connect_as(self, self->address.user, CATALOG_WRITER, error);
}

int
remote_open_migrator(struct remote **migrator, const struct remote *self, struct error *error)
{
    CLEAN(catalog_destroy)
    catalog_t *base = &make(self->ops, &self->access, REMOTE_MIGRATOR)->base.base;
    struct remote *other = (struct remote *)base;
    other->address = (struct address){
        .user = memory_copy_text(self->address.user),
        .database = memory_copy_text(self->address.database),
        .host = memory_copy_text(self->address.host),
        .socket = memory_copy_text(self->address.socket),
        .port = self->address.port,
    };
    other->base.place = memory_copy_text(self->base.place);
    const char *user = self->access.migrator;
    int is_other = user && *user;
    if (connect_as(other, is_other ? user : self->address.user,
                   is_other ? CATALOG_MIGRATOR : CATALOG_WRITER, error))
        return error_wrap(error, "the migrator");
    *migrator = other;
    base = NULL;
    return 0;
}

int
remote_check(const char *place, struct error *error)
{
    CLEAN(address_clear) struct address address = {0};
    return address_parse(place, 1, &address, error);
}

// Which connection error is whose to mend when we start.
static int
open_connection(struct remote *self, struct error *error)
{
    if (connect(self, error) == 0)
        return 0;
    if (error->code == ERROR_DENIED)
        error->code = ERROR_CONFIG;
    return -1;
}

int
remote_open(catalog_t **self_p, const struct remote_ops *ops, const char *place,
            const struct catalog_access *access, const char *holder, struct error *error)
{
    CLEAN(catalog_destroy) catalog_t *base = &make(ops, access, REMOTE_WRITER)->base.base;
    struct remote *self = (struct remote *)base;
    if (address_parse(place, ops->usual_port, &self->address, error))
        return -1;
    self->base.place = address_name(&self->address);
    self->holder = memory_copy_text(holder);
    if (open_connection(self, error)) {
        if (error->code == ERROR_NOT_FOUND)
            error->code = ERROR_CONFIG;
        return -1;
    }
    int64_t version = 0;
    // Before anything is changed.
    if (remote_version(self, &version, error) && error->code != ERROR_NOT_FOUND)
        return -1;
    if (remote_lead(self, error) || remote_migrate(self, error) || remote_take_epoch(self, error))
        return -1;
    *self_p = STEAL(base);
    return 0;
}

int
remote_open_reader(catalog_t **self_p, const struct remote_ops *ops, const char *place,
                   const struct catalog_access *access, struct error *error)
{
    CLEAN(catalog_destroy) catalog_t *base = &make(ops, access, REMOTE_READER)->base.base;
    struct remote *self = (struct remote *)base;
    if (address_parse(place, ops->usual_port, &self->address, error))
        return -1;
    self->base.place = address_name(&self->address);
    int64_t version = 0, epoch = 0;
    if (open_connection(self, error) || remote_version(self, &version, error) ||
        sql_check_migrated(&self->base, version, ops->migrations, error) ||
        sql_read_leader(&self->base, &epoch, error))
        return -1;
    *self_p = STEAL(base);
    return 0;
}

// What hinders us now may be mended while we run, the password that was changed among it: only who
// is deposed may not try again.
static int
connect_again(struct remote *self, struct error *error)
{
    if (connect(self, error)) {
        error->code = ERROR_UNAVAILABLE;
        return -1;
    }
    if (self->role != REMOTE_WRITER || remote_lead_again(self, error) == 0)
        return 0;
    self->ops->disconnect(self);
    return -1;
}

int
remote_ready(struct sql *base, struct error *error)
{
    struct remote *self = (struct remote *)base;
    struct error ignored;
    if (self->is_in_transaction)
        remote_rollback(base);
    if (self->ops->is_connected(self) && self->ops->ping(self, &ignored) == 0)
        return 0;
    return connect_again(self, error);
}

int
remote_keep(catalog_t *base, struct error *error)
{
    return remote_ready((struct sql *)base, error);
}

int
remote_begin_reading(struct sql *base, struct error *error)
{
    struct remote *self = (struct remote *)base;
    self->is_in_transaction = 1;
    return base->ops->run(base, self->ops->begin_reading, error);
}

// A connection on which a commit failed is not used again: the server then decides by itself what
// came of it, and the next try finds that out.
int
remote_commit(struct sql *base, struct error *error)
{
    struct remote *self = (struct remote *)base;
    self->is_in_transaction = 0;
    if (self->ops->commit(self, error) == 0)
        return 0;
    self->ops->disconnect(self);
    return -1;
}

void
remote_rollback(struct sql *base)
{
    struct remote *self = (struct remote *)base;
    struct error ignored;
    self->is_in_transaction = 0;
    if (self->ops->is_connected(self) && base->ops->run(base, "ROLLBACK", &ignored))
        self->ops->disconnect(self);
}
