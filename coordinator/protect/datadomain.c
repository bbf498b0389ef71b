// The protector `datadomain`. What changes something goes over the command line, since REST has no
// way to make or expire a snapshot and none to sync; what is believed comes over REST: that a
// snapshot is there, when it was made, and as of when its destination is. Where a release's REST
// has no replication contexts, the command line is asked for them, too.
//
// Assumed, since no document says it: the storage unit and its MTree have one name, and times of
// both interfaces are of one clock.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/protect/dd_rest.h"
#include "coordinator/protect/dd_shell.h"
#include "coordinator/protect/dd_time.h"
#include "coordinator/protect/protector.h"

enum { CLOCKS_APART_S = 3600 };  // the Data Domain's and ours, at most

struct datadomain {
    protector_t base;
    const char *name, *host, *destination;
    dd_rest_t *rest;
    struct dd_shell shell;
};

static int
datadomain_open(protector_t **self_p, const struct protector_arguments *arguments,
                struct error *error)
{
    (void)error;
    struct datadomain *self = memory_get(sizeof *self);
    self->base.ops = &protector_datadomain_ops;
    self->name = arguments->name;
    self->host = arguments->host;
    self->destination = arguments->destination;
    self->rest = dd_rest_new(&(struct dd_rest_options){.url = arguments->rest_url,
                                                       .ca_file = arguments->ca_file,
                                                       .pinned_key = arguments->pinned_key,
                                                       .user = arguments->user,
                                                       .password = arguments->password,
                                                       .context = arguments->context,
                                                       .patience_ms = arguments->patience_ms,
                                                       .stop_fd = arguments->stop_fd});
    self->shell = (struct dd_shell){.login = arguments->login,
                                    .patience_ms = arguments->patience_ms,
                                    .stop_fd = arguments->stop_fd};
    *self_p = &self->base;
    return 0;
}

static void
datadomain_destroy(protector_t **self_p)
{
    struct datadomain *self = (struct datadomain *)*self_p;
    dd_rest_destroy(&self->rest);
    memory_free(self_p);
}

// ---- snapshots

static int
see(struct datadomain *self, const char *mtree, const char *name,
    struct protector_snapshot *snapshot, struct error *error)
{
    struct dd_snapshot found;
    if (dd_rest_snapshot(self->rest, mtree, name, &found, error))
        return -1;
    snapshot->created_s = found.created_s;
    snapshot->expires_s = found.expires_s;
    snapshot->is_secured = found.is_secured;
    snapshot->is_expired = found.is_expired;
    return 0;
}

static int
datadomain_confirm(protector_t *base, const char *mtree, const char *name,
                   struct protector_snapshot *snapshot, struct error *error)
{
    struct protector_snapshot found = {0};
    if (see((struct datadomain *)base, mtree, name, &found, error))
        return -1;
    *snapshot = found;
    return 0;
}

// An MTree holds so many snapshots and no more; the Data Domain refuses the next one, but in words
// that are not documented.
static int
check_room(struct datadomain *self, const struct protector_wish *wish, size_t *count,
           struct error *error)
{
    int has = 0;
    if (dd_rest_count(self->rest, wish->mtree, wish->name, count, &has, error))
        return -1;
    if (*count < DD_SNAPSHOTS_MAX)
        return 0;
    return error_set(
        error, ERROR_CONFIG,
        "MTree '%s' has %zu snapshots, and more than %d it cannot have: expire some of "
        "them, and let the Data Domain clean",
        wish->mtree, *count, DD_SNAPSHOTS_MAX);
}

// What is on the Data Domain before anything is done. Returns 1 if the snapshot is there, 0 if not.
static int
find(struct datadomain *self, const struct protector_wish *wish, struct protector_snapshot *found,
     struct error *error)
{
    struct error cause = {0};
    if (see(self, wish->mtree, wish->name, found, &cause) == 0)
        return 1;
    if (cause.code == ERROR_CANCELLED) {
        *error = cause;
        return -1;
    }
    if (cause.code == ERROR_NOT_FOUND)
        return check_room(self, wish, &found->count, error);
    // REST does not answer: the command line alone must do.
    int has = 0;
    if (dd_shell_has(&self->shell, wish->mtree, wish->name, &has, error))
        return error_wrap(error, "REST fails (%.160s), and ssh", cause.message);
    return has;
}

// A create that failed may have been done all the same: it took too long, or was done before.
static int
create(struct datadomain *self, const struct protector_wish *wish, struct protector_snapshot *found,
       struct error *error)
{
    struct error ignored = {0};
    int failed = dd_shell_create(&self->shell, wish->mtree, wish->name, wish->retention_days,
                                 wish->is_secured, error);
    int is_seen = see(self, wish->mtree, wish->name, found, &ignored) == 0;
    found->was_there = failed && is_seen;
    return failed && !is_seen ? -1 : 0;
}

static int
datadomain_take(protector_t *base, const struct protector_wish *wish,
                struct protector_snapshot *snapshot, struct error *error)
{
    struct datadomain *self = (struct datadomain *)base;
    struct protector_snapshot found = {0};
    int has = find(self, wish, &found, error);
    if (has < 0 || (!has && create(self, wish, &found, error)))
        return -1;
    found.was_there |= has;
    found.count += !found.was_there && found.count > 0;
    *snapshot = found;
    return 0;
}

// What has gone is let go of, too. How soon the state follows the command nobody knows: the time of
// its expiry says as much.
static int
is_let_go(struct datadomain *self, const char *mtree, const char *name, struct error *cause)
{
    struct protector_snapshot found = {0};
    if (see(self, mtree, name, &found, cause))
        return cause->code == ERROR_NOT_FOUND;
    return found.is_expired ||
           (found.expires_s > 0 && found.expires_s <= clock_unix_ms() / 1000 + CLOCKS_APART_S);
}

// What a crash had cut off may have been done: then the command may fail.
static int
datadomain_expire(protector_t *base, const char *mtree, const char *name, struct error *error)
{
    struct datadomain *self = (struct datadomain *)base;
    struct error cause = {0};
    int failed = dd_shell_expire(&self->shell, mtree, name, error);
    if (is_let_go(self, mtree, name, &cause))
        return 0;
    if (failed)
        return -1;
    if (cause.code)
        return error_set(error, cause.code,
                         "ssh says that it expires now, which REST cannot confirm: %.200s",
                         cause.message);
    return error_set(error, ERROR_UNAVAILABLE,
                     "ssh says that it expires now, and REST shows it unexpired: look at it with "
                     "`snapshot list mtree %s`",
                     mtree);
}

// ---- replication

// Its own clock's zone is what the command line's times are in.
static int
open_zone(struct datadomain *self, const struct dd_system *system, zone_t **zone,
          struct error *error)
{
    if (zone_open(zone, system->zone, error))
        return error_wrap(error,
                          "cannot read times of the command line of '%s', which says that it is in "
                          "the zone '%s'",
                          self->name, system->zone);
    return 0;
}

static int
ask_shell(struct datadomain *self, const char *mtree, struct dd_context **contexts, size_t *count,
          struct error *error)
{
    CLEAN(zone_destroy) zone_t *zone = NULL;
    CLEAN(memory_free) struct dd_shell_context *rows = NULL;
    size_t number = 0;
    struct dd_system system;
    if (dd_rest_system(self->rest, &system, error))
        return -1;
    const char *const names[] = {self->host, system.name};
    if (dd_shell_contexts(&self->shell, names, mtree, &rows, &number, error) ||
        (number > 0 && open_zone(self, &system, &zone, error)))
        return -1;
    CLEAN(memory_free) struct dd_context *found = memory_get((number + 1) * sizeof *found);
    for (size_t index = 0; index < number; index++) {
        found[index] = rows[index].context;
        if (rows[index].has_stamp && dd_time_find(&rows[index].stamp, zone, clock_unix_ms() / 1000,
                                                  &found[index].synced_s, error))
            return -1;
    }
    *contexts = STEAL(found);
    *count = number;
    return 0;
}

static int
says_when(const struct dd_context *contexts, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (contexts[index].synced_s > 0)
            return 1;
    }
    return count == 0;
}

// Over REST, or where that has no contexts or they do not say as of when they are (the key may be
// left out), over the command line.
static int
ask_contexts(struct datadomain *self, const char *mtree, struct dd_context **contexts,
             size_t *count, struct error *error)
{
    CLEAN(memory_free) struct dd_context *found = NULL;
    struct error cause = {0};
    size_t number = 0;
    int has_rest = dd_rest_contexts(self->rest, mtree, &found, &number, error) == 0;
    if (!has_rest && error->code != ERROR_NOT_FOUND)
        return -1;
    if ((!has_rest || !says_when(found, number)) &&
        ask_shell(self, mtree, contexts, count, has_rest ? &cause : error) == 0)
        return 0;
    if (!has_rest)
        return error_wrap(error, "REST has no replication contexts, and the command line");
    *contexts = STEAL(found);
    *count = number;
    return 0;
}

static void
explain(const struct dd_context *context, char text[PROTECTOR_TEXT_SIZE])
{
    const char *why = NULL;
    if (*context->trouble)
        why = context->trouble;
    else if (!context->is_enabled)
        why = "it is disabled: `replication enable` on the source";
    else if (context->needs_resync)
        why = "it needs a resync, which dbhaul never does";
    else if (!context->is_initialized)
        why = "it is not initialized yet";
    else if (!context->is_connected)
        why = "the destination is not connected";
    else if (!context->synced_s)
        why = "it does not say as of when the destination is";
    *text = '\0';
    if (why)
        snprintf(text, PROTECTOR_TEXT_SIZE, "context %.40s to '%.80s': %.100s", context->id,
                 context->destination_host, why);
}

// What is not initialized has no copy yet, and what needs a resync may have lost its way since that
// time.
static int64_t
synced(const struct dd_context *context)
{
    return context->is_initialized && !context->needs_resync ? context->synced_s : 0;
}

static void
add_destination(struct protector_replica *replica, const struct dd_context *context)
{
    struct protector_destination *to = &replica->destinations[replica->count];
    memcpy(to->context, context->id, sizeof to->context);
    memcpy(to->host, context->destination_host, sizeof to->host);
    memcpy(to->path, context->destination_path, sizeof to->path);
    to->synced_s = synced(context);
    if (replica->count == 0 || to->synced_s < replica->synced_s)
        replica->synced_s = to->synced_s;
    replica->count++;
    if (!*replica->trouble)
        explain(context, replica->trouble);
}

// Whole days where they are, so that 43200 s are 12 h and 157680000 s 1825 d.
static void
print_period(int64_t period_s, char text[32])
{
    enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };
    if (period_s % DAY_S == 0)
        snprintf(text, 32, "%lld d", (long long)(period_s / DAY_S));
    else if (period_s % HOUR_S == 0)
        snprintf(text, 32, "%lld h", (long long)(period_s / HOUR_S));
    else
        snprintf(text, 32, "%lld s", (long long)period_s);
}

static void
take_mtree(struct protector_replica *replica, const struct dd_mtree *mtree)
{
    char low[32], high[32], own[32], delay[32], own_terms[128] = "";
    memcpy(replica->lock, mtree->lock, sizeof replica->lock);
    replica->quota_bytes = mtree->quota_bytes;
    replica->used_bytes = mtree->used_bytes;
    if (strcmp(mtree->lock, "enabled") != 0)
        return;
    print_period(mtree->lock_min_s, low);
    print_period(mtree->lock_max_s, high);
    print_period(mtree->auto_lock_s, own);
    print_period(mtree->auto_lock_delay_s, delay);
    if (mtree->auto_lock_s > 0)
        snprintf(own_terms, sizeof own_terms, ", by itself for %s, %s after the last change", own,
                 delay);
    snprintf(replica->lock_terms, sizeof replica->lock_terms, "%.60s, %s to %s%s", mtree->lock_mode,
             low, high, own_terms);
}

static int
datadomain_look(protector_t *base, const char *mtree, struct protector_replica *replica,
                struct error *error)
{
    struct datadomain *self = (struct datadomain *)base;
    struct protector_replica found = {0};
    struct error ignored = {0};
    struct dd_mtree facts;
    CLEAN(memory_free) struct dd_context *contexts = NULL;
    size_t count = 0;
    if (ask_contexts(self, mtree, &contexts, &count, error))
        return -1;
    for (size_t index = 0; index < count; index++) {
        if (*self->destination &&
            strcasecmp(self->destination, contexts[index].destination_host) != 0)
            continue;
        if (found.count == PROTECTOR_DESTINATIONS_MAX)
            return error_set(error, ERROR_CONFIG,
                             "MTree '%s' is replicated to more than %d destinations: name the one "
                             "that counts with `destination:`",
                             mtree, PROTECTOR_DESTINATIONS_MAX);
        add_destination(&found, &contexts[index]);
    }
    if (dd_rest_mtree(self->rest, mtree, &facts, &ignored) == 0)
        take_mtree(&found, &facts);
    *replica = found;
    return 0;
}

static int
datadomain_start_sync(protector_t *base, const struct protector_destination *destination,
                      ssh_t **ssh, struct error *error)
{
    struct datadomain *self = (struct datadomain *)base;
    return dd_shell_start_sync(&self->shell, destination->host, destination->path, ssh, error);
}

static int
datadomain_finish_sync(protector_t *base, ssh_t *ssh, struct error *error)
{
    return dd_shell_finish_sync(&((struct datadomain *)base)->shell, ssh, error);
}

const struct protector_ops protector_datadomain_ops = {
    .kind = "datadomain",
    .open = datadomain_open,
    .destroy = datadomain_destroy,
    .take = datadomain_take,
    .confirm = datadomain_confirm,
    .expire = datadomain_expire,
    .look = datadomain_look,
    .start_sync = datadomain_start_sync,
    .finish_sync = datadomain_finish_sync,
};
