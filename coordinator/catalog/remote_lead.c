// Who leads, and which batch was the last.

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/remote.h"

// A predecessor that died with its network is missed by the server within a minute
// (REMOTE_IDLE_S).
enum { PREDECESSOR_TRIES = 75 / REMOTE_LEAD_LOCK_S, HOLDER_SIZE = 256 };

static int
read_row(struct remote *self, const char *more_sql, int64_t *epoch, int64_t *batch, char *holder,
         struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT epoch, batch, holder FROM leader WHERE id = 1%s", more_sql);
    CLEAN(sql_finish) struct sql_rows *rows = NULL;
    int more = 0;
    if (sql_ask(&self->base, sql, NULL, 0, &rows, error) || sql_next(rows, &more, error))
        return -1;
    if (!more)
        return error_set(error, ERROR_CORRUPT,
                         "catalog '%s' has lost its leader's row: bring it back from a copy",
                         self->base.place);
    *epoch = sql_number(rows, 0);
    *batch = sql_number(rows, 1);
    snprintf(holder, HOLDER_SIZE, "%s", sql_text(rows, 2));
    return sql_next(rows, &more, error);
}

// "host/pid/boot": one of our host that does not run any more, as far as we can see.
static int
is_dead_predecessor(const struct remote *self, const char *holder)
{
    size_t size = strcspn(holder, "/");
    if (holder[size] != '/' || strncmp(holder, self->holder, size + 1) != 0)
        return 0;
    long pid = strtol(holder + size + 1, NULL, 10);
    return pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH;
}

// Keeps the number of the connection that holds the lock.
static int
keep_session(struct remote *self, struct error *error)
{
    return sql_find_number(&self->base, self->ops->session_id, 0, &self->session, error);
}

int
remote_lead(struct remote *self, struct error *error)
{
    int is_taken = 0;
    for (int tries = 0; !is_taken; tries++) {
        char holder[HOLDER_SIZE] = "";
        int64_t epoch = 0, batch = 0;
        struct error ignored;
        if (self->ops->lock(self, REMOTE_LEAD_LOCK_S, &is_taken, error))
            return -1;
        if (is_taken)
            break;
        // Whoever has the lock may be about to make the tables.
        int is_unknown = read_row(self, "", &epoch, &batch, holder, &ignored) != 0;
        if (is_unknown || !is_dead_predecessor(self, holder) || tries == PREDECESSOR_TRIES)
            return error_set(error, ERROR_CONFIG,
                             "another coordinator (%s) leads the catalog '%s': stop it first; one "
                             "that has died on another host is given up after %d s",
                             holder[0] ? holder : "unknown", self->base.place, REMOTE_IDLE_S);
    }
    return keep_session(self, error);
}

// The server may not have missed our last connection yet, and go on holding our lock for it.
static int
end_last_session(struct remote *self, struct error *error)
{
    if (self->session) {
        struct value session = sql_value_number(self->session);
        struct error ignored;  // it has gone by itself
        (void)sql_tell(&self->base, self->ops->end_session, &session, 1, &ignored);
    }
    int is_taken = 0;
    if (!self->ops->is_connected(self) ||
        self->ops->lock(self, REMOTE_LEAD_LOCK_S, &is_taken, error))
        return error_set(error, ERROR_UNAVAILABLE, "cannot lead the catalog '%s' again",
                         self->base.place);
    if (!is_taken)
        return error_set(error, ERROR_UNAVAILABLE,
                         "the server still holds the lead of catalog '%s' for our lost connection, "
                         "for %d s at most",
                         self->base.place, REMOTE_IDLE_S);
    return 0;
}

static int
check_epoch(struct remote *self, int64_t epoch, struct error *error)
{
    return epoch == self->base.base.epoch ? 0 : sql_fail_deposed(&self->base, epoch, error);
}

int
remote_lead_again(struct remote *self, struct error *error)
{
    char holder[HOLDER_SIZE];
    int64_t epoch = 0, batch = 0;
    int is_taken = 0;
    if (self->ops->lock(self, 0, &is_taken, error) ||
        read_row(self, "", &epoch, &batch, holder, error) || check_epoch(self, epoch, error) ||
        (!is_taken && end_last_session(self, error)))
        return -1;
    return keep_session(self, error);
}

int
remote_take_epoch(struct remote *self, struct error *error)
{
    struct sql *base = &self->base;
    self->is_in_transaction = 1;
    if (base->ops->run(base, self->ops->begin, error) ||
        sql_take_epoch(base, self->holder, error) ||
        base->ops->run(base, "UPDATE leader SET batch = 0 WHERE id = 1", error) ||
        remote_commit(base, error)) {
        remote_rollback(base);
        return error_wrap(error, "cannot lead");
    }
    return 0;
}

static int
begin_numbered(struct remote *self, int64_t number, int *is_done, struct error *error)
{
    char holder[HOLDER_SIZE];
    int64_t epoch = 0, batch = 0;
    struct value value = sql_value_number(number);
    self->is_in_transaction = 1;
    if (self->base.ops->run(&self->base, self->ops->begin, error) ||
        read_row(self, " FOR UPDATE", &epoch, &batch, holder, error) ||
        check_epoch(self, epoch, error))
        return -1;
    *is_done = batch == number;
    return *is_done ? 0
                    : sql_tell(&self->base, "UPDATE leader SET batch = ? WHERE id = 1", &value, 1,
                               error);
}

int
remote_begin(struct sql *base, batch_t *batch, int *is_done, struct error *error)
{
    struct remote *self = (struct remote *)base;
    if (self->role != REMOTE_WRITER)
        return error_set(error, ERROR_DENIED, "the catalog '%s' was opened for reading only",
                         base->place);
    int64_t number = batch_number(batch, base->base.epoch, &self->last_number);
    if (begin_numbered(self, number, is_done, error)) {
        remote_rollback(base);
        return -1;
    }
    return 0;
}
