#include "worker/work.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/store_look.h"

enum { NOTE_EVERY_MS = 200 };

void
work_clear(struct work *self)
{
    toolbox_destroy(&self->toolbox);
    credentials_clear(&self->credentials);
    keyring_destroy(&self->keyring);
    memory_free(&self->message);
    wire_decoder_destroy(&self->decoder);
    if (self->set) {
        memory_free(&self->set->tool);
        memory_free(&self->set->tool_version);
        memory_free(&self->set->server_version);
        memory_free(&self->set->consistency);
    }
    memory_free(&self->set);
}

void
work_tell(struct work *self, const char *phase, uint64_t done_bytes, uint64_t total_bytes)
{
    int64_t now_ms = clock_monotonic_ms();
    int is_new = strcmp(self->phase, phase) != 0;
    if (!is_new && now_ms - self->noted_ms < NOTE_EVERY_MS)
        return;
    self->noted_ms = now_ms;
    snprintf(self->phase, sizeof self->phase, "%s", phase);
    struct work_note note = {.done_bytes = done_bytes, .total_bytes = total_bytes};
    memcpy(note.phase, self->phase, sizeof note.phase);
    // Shorter than PIPE_BUF: whole or not at all. Progress that is lost is no loss.
    ssize_t written = write(self->notes, &note, sizeof note);
    (void)written;
}

void
work_remark(struct work *self, const char *format, ...)
{
    size_t length = self->message ? strlen(self->message) : 0;
    if (length >= WIRE_MESSAGE_MAX)
        return;
    char *line = NULL;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&line, format, args);
    va_end(args);
    if (size < 0)
        abort();
    char *longer = memory_format("%s%s%s", length ? self->message : "", length ? "\n" : "", line);
    free(line);
    memory_free(&self->message);
    self->message = longer;
}

// Before it is touched: who watches must know even if it hangs at once.
static void
tell_store(const struct work *self, size_t index)
{
    struct work_note note = {.store = index + 1};
    memcpy(note.phase, self->phase, sizeof note.phase);
    ssize_t written = write(self->notes, &note, sizeof note);
    (void)written;
}

static void
remark_rules(struct work *self, const struct manifest *manifest)
{
    for (size_t index = 0; index < manifest->rule_count; index++) {
        const struct manifest_rule *rule = &manifest->rules[index];
        if (rule->fits == 0)
            work_remark(self, "the policy's pattern '%s' of %s fits nothing", rule->pattern,
                        rule->list);
    }
}

void
work_remark_excluded(struct work *self, const struct manifest *manifest)
{
    uint64_t tables = 0, rows = 0, others = 0;
    for (size_t index = 0; index < manifest->exclusion_count; index++) {
        const struct manifest_exclusion *each = &manifest->exclusions[index];
        if (strncmp(each->kind, "rows of ", strlen("rows of ")) == 0)
            rows += each->count;
        else if (strcmp(each->kind, "table") == 0)
            tables += each->count;
        else
            others += each->count;
    }
    if (tables + rows + others > 0)
        work_remark(self,
                    "left out by policy: %" PRIu64 " tables, the rows of %" PRIu64 ", and %" PRIu64
                    " other things (schemas, views, keys ...): the manifest names "
                    "them with their rules",
                    tables, rows, others);
    remark_rules(self, manifest);
}

// Opens the store in a row of the settings if it is the one. What keeps it from being opened goes
// to `cause`.
static int
open_row(struct work *self, size_t index, const char *identity, store_t **store,
         struct error *cause)
{
    const struct settings_store *row = &self->settings->stores[index];
    CLEAN(store_destroy) store_t *candidate = NULL;
    if (!store_look_may_be(row, identity))
        return -1;
    tell_store(self, index);
    if (store_open(&candidate, row->kind, row->place, *row->source ? row->source : NULL, cause) ||
        strcmp(store_identity(candidate), identity) != 0)
        return -1;
    *store = STEAL(candidate);
    return 0;
}

int
work_open_store(struct work *self, const char *identity, store_t **store, struct error *error)
{
    struct error cause = {0};
    for (size_t index = 0; index < self->settings->store_count; index++) {
        CLEAN(store_destroy) store_t *opened = NULL;
        if (open_row(self, index, identity, &opened, &cause))
            continue;
        if (store_check(opened, error))
            return -1;
        *store = STEAL(opened);
        return 0;
    }
    if (cause.code != ERROR_NONE) {
        *error = cause;
        return error_wrap(error, "cannot open the store '%s'", identity);
    }
    error_set(error, ERROR_CONFIG,
              "the store '%s' is not in this worker's configuration, or is another one now",
              identity);
    return error_mark(error, ABOUT_MOUNT);
}

char *
work_folder(const Wire__Run *run)
{
    if (run->task_case != WIRE__RUN__TASK_BACKUP)
        return NULL;
    char *folder = memory_copy_text(run->backup->path);
    char *slash = strrchr(folder, '/');
    *(slash ? slash : folder) = '\0';
    return folder;
}

static enum server_role
role_of(const Wire__What *what)
{
    if (!what || what->role == WIRE__ROLE__ROLE_UNSPECIFIED)
        return SERVER_OF_ANY_ROLE;
    return what->role == WIRE__ROLE__ROLE_PRIMARY ? SERVER_PRIMARY : SERVER_REPLICA;
}

int
work_open_server(struct work *self, const Wire__Server *named, const Wire__What *what,
                 struct server *server, struct error *error)
{
    const char *ca_path = NULL;
    int verify_tls = settings_verify_tls(self->settings, named->host, named->port, &ca_path);
    if (what && *what->authority) {
        if (settings_authority(self->settings, what->authority, named->host, named->port, &ca_path,
                               error))
            return -1;
        verify_tls = 1;
    }
    self->keyring = keyring_new(self->settings, named, verify_tls);
    if (keyring_get(self->keyring, 0, &self->credentials, error)) {
        if (error->code == ERROR_NOT_FOUND)
            error->code = ERROR_CONFIG;
        // What AWS keeps is named by the cause, at length.
        if (secret_aws_is(named->secret))
            error_wrap(error, "no credentials for '%s:%u'", named->host, named->port);
        else
            error_wrap(error, "cannot use the secret '%.200s' for '%s:%u'", named->secret,
                       named->host, named->port);
        return error_mark(error, ABOUT_SECRET);
    }
    *server = (struct server){
        .engine = named->engine,
        .host = named->host,
        .port = named->port,
        .name = *named->name ? named->name : named->host,
        .credentials = self->credentials,
        .login = keyring_source(self->keyring),
        .verify_tls = verify_tls,
        .ca_path = ca_path,
        .role = role_of(what),
        .stop = self->stop,
    };
    return 0;
}

static void
read_throttle(const Wire__What *what, struct throttle_limits *limits)
{
    const Wire__Throttle *throttle = what->throttle;
    if (!throttle)
        return;
    limits->at_most[THROTTLE_RUNNING] = (int64_t)throttle->running;
    limits->at_most[THROTTLE_LAG] = (int64_t)throttle->replica_lag_ms;
    limits->at_most[THROTTLE_TRANSACTION] = (int64_t)throttle->transaction_age_ms;
    limits->at_most[THROTTLE_LONG] = (int64_t)throttle->long_queries;
    limits->pause_limit_ms = (int64_t)throttle->pause_limit_ms;
}

static unsigned
read_ways(const Wire__What *what)
{
    static const unsigned ways[] = {
        [WIRE__CONSISTENCY__CONSISTENCY_BINLOG_SNAPSHOT] = POINT_BINLOG_SNAPSHOT,
        [WIRE__CONSISTENCY__CONSISTENCY_LOCK] = POINT_LOCK,
        [WIRE__CONSISTENCY__CONSISTENCY_GTID_UNPROVEN] = POINT_GTID_UNPROVEN,
        [WIRE__CONSISTENCY__CONSISTENCY_SINGLE] = POINT_SINGLE,
    };
    unsigned bits = 0;
    for (size_t index = 0; index < what->n_consistency; index++)
        bits |= ways[what->consistency[index]];
    return bits;
}

int
work_read_what(const Wire__What *what, selection_t **selection, struct backup_options *options,
               struct error *error)
{
    if (!what)
        return 0;
    CLEAN(selection_destroy) selection_t *made = selection_new();
    const struct {
        char **patterns;
        size_t count;
    } lists[SELECTION_LISTS] = {
        [SELECTION_INCLUDE_SCHEMAS] = {what->include_schemas, what->n_include_schemas},
        [SELECTION_EXCLUDE_SCHEMAS] = {what->exclude_schemas, what->n_exclude_schemas},
        [SELECTION_INCLUDE_TABLES] = {what->include_tables, what->n_include_tables},
        [SELECTION_EXCLUDE_TABLES] = {what->exclude_tables, what->n_exclude_tables},
        [SELECTION_TABLES_WITHOUT_DATA] = {what->tables_without_data, what->n_tables_without_data},
    };
    for (enum selection_list list = 0; list < SELECTION_LISTS; list++) {
        for (size_t index = 0; index < lists[list].count; index++) {
            if (selection_add(made, list, lists[list].patterns[index], error))
                return -1;
        }
    }
    options->lock_wait_ms = (int64_t)what->lock_wait_ms;
    options->packet_bytes = what->packet_bytes;
    options->read_limit_bytes_per_s = what->read_limit_bytes;
    options->statement_limit_ms = (int64_t)what->statement_limit_ms;
    read_throttle(what, &options->throttle);
    options->by_speed = what->order == WIRE__ORDER__ORDER_SPEED;
    options->point_ways = read_ways(what);
    if (selection_count(made) > 0)
        options->selection = *selection = STEAL(made);
    return 0;
}

static int
is_vendors(const char *tool)
{
    return strcmp(tool, "mysqldump") == 0 || strcmp(tool, "mariadb-dump") == 0 ||
           strcmp(tool, "pg_dump") == 0 || strcmp(tool, "vendor") == 0;
}

static int
is_throttled(const Wire__What *what)
{
    const Wire__Throttle *throttle = what->throttle;
    return throttle && (throttle->running || throttle->replica_lag_ms ||
                        throttle->transaction_age_ms || throttle->long_queries);
}

const char *
work_idle_option(const Wire__What *what, const char *engine, const char *tool, size_t number)
{
    if (!what)
        return NULL;
    int is_postgres = strcmp(engine, "postgres") == 0;
    const struct {
        int is_idle;
        const char *text;
    } options[] = {
        {what->lock_wait_ms && !is_postgres && is_vendors(tool),
         "the policy's option lock_wait has no effect here: MariaDB's dump tool and most of "
         "MySQL's cannot be told; a server's own lock_wait_timeout holds"},
        {what->packet_bytes && is_postgres,
         "the policy's option max_allowed_packet has no effect here: it is for the tools of "
         "MySQL and MariaDB"},
        {what->n_consistency && is_postgres,
         "the policy's key consistency has no effect here: a snapshot of PostgreSQL that is "
         "shared is one point"},
        {what->n_consistency && !is_postgres && is_vendors(tool),
         "the policy's key consistency has no effect here: it is for the tool mysql, our own"},
        {what->order == WIRE__ORDER__ORDER_SPEED && (!is_postgres || is_vendors(tool)),
         "the policy's key order has no effect here: vendors' tools have orders of their own, and "
         "MySQL and MariaDB store rows in the order of their key"},
        {what->statement_limit_ms && is_vendors(tool),
         "the policy's key statement_limit has no effect here: vendors' tools read each table by "
         "one statement"},
        {is_throttled(what) && is_vendors(tool),
         "the policy's key throttle has no effect here: vendors' tools cannot be slowed down by "
         "a source's signals; read_limit holds for them"},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].is_idle && number-- == 0)
            return options[i].text;
    }
    return NULL;
}

const toolbox_t *
work_toolbox(struct work *self, const char *engine)
{
    if (!self->toolbox)
        self->toolbox = toolbox_new_for(self->settings->tool_folders, engine);
    return self->toolbox;
}

int
work_open_engine(struct work *self, const char *kind, const Wire__Server *wire,
                 const struct server *server, engine_t **engine, struct error *error)
{
    return engine_open(engine, kind, server, work_toolbox(self, wire->engine), error);
}
