#include "coordinator/what.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/name_pattern.h"

static const struct {
    const char *name;
    int is_of_tables;
} lists[WHAT_LISTS] = {
    [WHAT_INCLUDE_SCHEMAS] = {"include_schemas", 0},
    [WHAT_EXCLUDE_SCHEMAS] = {"exclude_schemas", 0},
    [WHAT_INCLUDE_TABLES] = {"include_tables", 1},
    [WHAT_EXCLUDE_TABLES] = {"exclude_tables", 1},
    [WHAT_TABLES_WITHOUT_DATA] = {"tables_without_data", 1},
};

static const char *const endpoint_names[WHAT_ENDPOINTS] = {
    [WHAT_PRIMARY] = "primary",
    [WHAT_READER] = "reader",
    [WHAT_REPLICA] = "replica",
};

static const char *const way_names[WHAT_WAYS] = {
    [WHAT_BINLOG_SNAPSHOT] = "binlog_snapshot",
    [WHAT_LOCK] = "lock",
    [WHAT_GTID_UNPROVEN] = "gtid_unproven",
    [WHAT_SINGLE] = "single",
};

const char *
what_list_name(enum what_list list)
{
    return lists[list].name;
}

const char *
what_endpoint_name(enum what_endpoint endpoint)
{
    return endpoint_names[endpoint];
}

const char *
what_way_name(enum what_way way)
{
    return way_names[way];
}

void
what_clear(struct what *self)
{
    for (enum what_list list = 0; list < WHAT_LISTS; list++) {
        for (size_t index = 0; index < self->counts[list]; index++)
            memory_free(&self->patterns[list][index]);
        memory_free(&self->patterns[list]);
    }
    memory_free(&self->secret);
    memory_free(&self->authority);
    *self = (struct what){0};
}

static size_t
size_of(const struct what *self)
{
    size_t size = 0;
    for (enum what_list list = 0; list < WHAT_LISTS; list++) {
        for (size_t index = 0; index < self->counts[list]; index++)
            size += strlen(self->patterns[list][index]) + 8;  // and what the message adds
    }
    return size;
}

int
what_add(struct what *self, enum what_list list, const char *pattern, struct error *error)
{
    CLEAN(name_pattern_destroy) name_pattern_t *names = NULL;
    int is_of_tables = lists[list].is_of_tables;
    if (self->counts[list] == WHAT_LIST_MAX || size_of(self) + strlen(pattern) > WHAT_SIZE_MAX)
        return error_set(error, ERROR_INVALID,
                         "a policy has at most %d patterns of a kind, and all together %d bytes",
                         WHAT_LIST_MAX, WHAT_SIZE_MAX);
    if (is_of_tables ? name_pattern_read_path(&names, pattern, error)
                     : name_pattern_read_name(&names, pattern, error))
        return -1;
    if (is_of_tables && name_pattern_parts(names) == 1)
        return error_set(error, ERROR_INVALID,
                         "the pattern '%.128s' names no schema: write SCHEMA.TABLE, or for "
                         "PostgreSQL DATABASE.SCHEMA.TABLE",
                         pattern);
    self->patterns[list] = memory_resize(self->patterns[list],
                                         (self->counts[list] + 1) * sizeof *self->patterns[list]);
    self->patterns[list][self->counts[list]++] = memory_copy_text(pattern);
    return 0;
}

void
what_print(const struct what *self, FILE *stream)
{
    const char *texts[] = {self->secret, self->authority};
    for (enum what_list list = 0; list < WHAT_LISTS; list++) {
        fprintf(stream, "%s=%zu\n", lists[list].name, self->counts[list]);
        for (size_t index = 0; index < self->counts[list]; index++)
            fprintf(stream, "%zu:%s\n", strlen(self->patterns[list][index]),
                    self->patterns[list][index]);
    }
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        fprintf(stream, "%zu:%s\n", texts[index] ? strlen(texts[index]) : 0,
                texts[index] ? texts[index] : "");
    fprintf(stream, "%" PRId64 " %" PRId64 " %" PRId64 "\n", self->read_limit_bytes,
            self->lock_wait_ms, self->packet_bytes);
    for (size_t index = 0; index < self->read_from_count; index++)
        fprintf(stream, "%s ", endpoint_names[self->read_from[index]]);
    fputs("\n", stream);
    for (size_t index = 0; index < WHAT_THROTTLES; index++)
        fprintf(stream, "%" PRId64 " ", self->throttle[index]);
    fprintf(stream, "%" PRId64 "\n", self->statement_limit_ms);
    for (size_t index = 0; index < self->way_count; index++)
        fprintf(stream, "%s ", way_names[self->ways[index]]);
    fputs(self->by_speed ? "by speed\n" : "\n", stream);
}

char *
what_summary(const struct what *self)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    const struct {
        size_t count;
        const char *what;
    } parts[] = {
        {self->counts[WHAT_INCLUDE_SCHEMAS] + self->counts[WHAT_INCLUDE_TABLES], "included"},
        {self->counts[WHAT_EXCLUDE_SCHEMAS] + self->counts[WHAT_EXCLUDE_TABLES], "excluded"},
        {self->counts[WHAT_TABLES_WITHOUT_DATA], "without data"},
    };
    const char *comma = "";
    for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
        if (parts[index].count > 0)
            fprintf(stream, "%s%zu %s", comma, parts[index].count, parts[index].what);
        comma = fflush(stream) == 0 && size > 0 ? ", " : "";
    }
    for (size_t index = 0; index < self->read_from_count; index++)
        fprintf(stream, "%s%s",
                index    ? " or "
                : *comma ? ", from "
                         : "from ",
                endpoint_names[self->read_from[index]]);
    comma = fflush(stream) == 0 && size > 0 ? ", " : "";
    if (self->read_limit_bytes)
        fprintf(stream, "%s%" PRId64 " bytes/s", comma, self->read_limit_bytes);
    comma = fflush(stream) == 0 && size > 0 ? ", " : "";
    if (self->throttle[WHAT_RUNNING] || self->throttle[WHAT_REPLICA_LAG] ||
        self->throttle[WHAT_TRANSACTION_AGE] || self->throttle[WHAT_LONG_QUERIES])
        fprintf(stream, "%sthrottled", comma);
    fclose(stream);
    return text;
}

// ---- the message

// Finds "replica=HOST:PORT" among the endpoints of a database.
static int
find_endpoint(const struct database *database, enum what_endpoint endpoint,
              char host[WHAT_HOST_SIZE], int64_t *port)
{
    const char *name = endpoint_names[endpoint];
    size_t length = strlen(name);
    for (const char *at = database->endpoints; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        const char *colon = memrchr(at, ':', size);
        const char *start = at + length + 1;
        if (size > length && colon > start && strncmp(at, name, length) == 0 && at[length] == '=' &&
            colon - start < WHAT_HOST_SIZE) {
            snprintf(host, WHAT_HOST_SIZE, "%.*s", (int)(colon - start), start);
            *port = strtoll(colon + 1, NULL, 10);
            return 1;
        }
        at += size;
    }
    return 0;
}

// Is what the provider says is read the primary?
static int
is_primary(const struct database *database)
{
    return !*database->source || strcmp(database->source, "writer") == 0;
}

static int
choose_endpoint(const struct what *self, const struct database *database, Wire__What *message,
                Wire__Server *server, char host[WHAT_HOST_SIZE], struct error *error)
{
    char wanted[64] = "";
    for (size_t index = 0; index < self->read_from_count; index++) {
        enum what_endpoint endpoint = self->read_from[index];
        size_t used = strlen(wanted);
        int64_t port = 0;
        snprintf(wanted + used, sizeof wanted - used, "%s%s", used ? " or " : "",
                 endpoint_names[endpoint]);
        if (find_endpoint(database, endpoint, host, &port)) {
            server->host = host;
            server->port = (uint32_t)port;
        } else if (endpoint != WHAT_PRIMARY || !is_primary(database)) {
            continue;
        }
        message->role =
            endpoint == WHAT_PRIMARY ? WIRE__ROLE__ROLE_PRIMARY : WIRE__ROLE__ROLE_REPLICA;
        return 0;
    }
    return error_set(error, ERROR_CONFIG,
                     "its policy reads from %s, and discovery knows no such endpoint of '%.128s': "
                     "give it one (in an inventory: `reader`, `replicas`), or add `primary` to "
                     "`read_from`",
                     wanted, database->name);
}

// How our readers treat the server.
static void
fill_manners(const struct what *self, Wire__What *message, struct what_parts *parts)
{
    static const Wire__Consistency ways[WHAT_WAYS] = {
        [WHAT_BINLOG_SNAPSHOT] = WIRE__CONSISTENCY__CONSISTENCY_BINLOG_SNAPSHOT,
        [WHAT_LOCK] = WIRE__CONSISTENCY__CONSISTENCY_LOCK,
        [WHAT_GTID_UNPROVEN] = WIRE__CONSISTENCY__CONSISTENCY_GTID_UNPROVEN,
        [WHAT_SINGLE] = WIRE__CONSISTENCY__CONSISTENCY_SINGLE,
    };
    wire__throttle__init(&parts->throttle);
    parts->throttle.running = (uint64_t)self->throttle[WHAT_RUNNING];
    parts->throttle.replica_lag_ms = (uint64_t)self->throttle[WHAT_REPLICA_LAG];
    parts->throttle.transaction_age_ms = (uint64_t)self->throttle[WHAT_TRANSACTION_AGE];
    parts->throttle.long_queries = (uint64_t)self->throttle[WHAT_LONG_QUERIES];
    parts->throttle.pause_limit_ms = (uint64_t)self->throttle[WHAT_PAUSE_LIMIT];
    message->throttle = &parts->throttle;
    message->statement_limit_ms = (uint64_t)self->statement_limit_ms;
    for (size_t index = 0; index < self->way_count; index++)
        parts->ways[index] = ways[self->ways[index]];
    message->n_consistency = self->way_count;
    message->order = self->by_speed ? WIRE__ORDER__ORDER_SPEED : WIRE__ORDER__ORDER_UNSPECIFIED;
    message->consistency = parts->ways;
}

int
what_fill(const struct what *self, const struct database *database, Wire__What *message,
          Wire__Server *server, struct what_parts *parts, struct error *error)
{
    message->n_include_schemas = self->counts[WHAT_INCLUDE_SCHEMAS];
    message->include_schemas = self->patterns[WHAT_INCLUDE_SCHEMAS];
    message->n_exclude_schemas = self->counts[WHAT_EXCLUDE_SCHEMAS];
    message->exclude_schemas = self->patterns[WHAT_EXCLUDE_SCHEMAS];
    message->n_include_tables = self->counts[WHAT_INCLUDE_TABLES];
    message->include_tables = self->patterns[WHAT_INCLUDE_TABLES];
    message->n_exclude_tables = self->counts[WHAT_EXCLUDE_TABLES];
    message->exclude_tables = self->patterns[WHAT_EXCLUDE_TABLES];
    message->n_tables_without_data = self->counts[WHAT_TABLES_WITHOUT_DATA];
    message->tables_without_data = self->patterns[WHAT_TABLES_WITHOUT_DATA];
    message->read_limit_bytes = (uint64_t)self->read_limit_bytes;
    message->lock_wait_ms = (uint64_t)self->lock_wait_ms;
    message->packet_bytes = (uint64_t)self->packet_bytes;
    fill_manners(self, message, parts);
    if (self->authority)
        message->authority = self->authority;
    if (self->secret)
        server->secret = self->secret;
    if (self->read_from_count == 0)
        return 0;
    return choose_endpoint(self, database, message, server, parts->host, error);
}
