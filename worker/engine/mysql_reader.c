#include "worker/engine/mysql_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/mysql_crew.h"
#include "worker/engine/mysql_definitions.h"
#include "worker/engine/mysql_plan.h"
#include "worker/engine/mysql_point.h"
#include "worker/engine/ranges.h"

enum { DEFINITIONS_NUMBER = 5, FACT_SIZE = 1024 };

struct reader {
    const struct mysql_dump *dump;
    mysql_tables_t *tables;
    mysql_plan_t *plan;
    struct mysql_point *point;
};

static void
reader_end(struct reader *self)
{
    mysql_plan_destroy(&self->plan);
    mysql_tables_destroy(&self->tables);
}

static void
fact(const struct reader *self, const char *key, const char *value)
{
    const struct sink *sink = self->dump->backup->sink;
    sink->fact(sink->self, key, value);
}

static void
tell_sessions(const struct reader *self)
{
    const struct mysql_point *point = self->point;
    char text[FACT_SIZE];
    for (size_t i = 0; i < point->count; i++) {
        char key[64];
        snprintf(key, sizeof key, "position of session %zu", i + 1);
        fact(self, key, *point->position ? point->position : "not known");
    }
    snprintf(text, sizeof text, "%zu sessions, %u tries, writers waited %u ms at most",
             point->count, point->tries, point->locked_ms);
    fact(self, "one point", text);
    if (strstr(point->kind, "not proven"))
        fact(self, "not proven",
             "that all sessions saw one point: the server's positions were equal before and after");
    if (*point->remark)
        fact(self, "not the first way, because", point->remark);
    if (point->are_filters_unseen && strstr(point->kind, "binlog"))
        fact(self, "filters of the binlog",
             "not seen: a server that leaves databases out of its binlog (binlog_do_db, "
             "binlog_ignore_db) would not be at one point; grant BINLOG MONITOR, or on Percona "
             "Server REPLICATION CLIENT");
    fact(self, "guard against DDL",
         point->has_backup_lock ? "backup lock" : "a second look at the definitions");
}

// Names what was read without a common point.
static void
tell_others(const struct reader *self)
{
    char names[FACT_SIZE] = "";
    size_t used = 0, count = 0;
    for (size_t i = 0; i < mysql_tables_count(self->tables); i++) {
        const struct mysql_table *table = mysql_tables_at(self->tables, i);
        if (table->rows_kind != MYSQL_ROWS_AT_ANY_TIME)
            continue;
        count++;
        if (used + strlen(table->quoted) + sizeof ", ..." < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     table->quoted);
    }
    if (count == 0)
        return;
    CLEAN(memory_free) char *text = memory_format("%zu without transactions: %s", count, names);
    fact(self, "tables read at any time", text);
}

// Names what the server would not prepare statements for.
static void
tell_protocol(const struct reader *self)
{
    size_t count = 0;
    for (size_t i = 0; i < mysql_plan_count(self->plan); i++)
        count += mysql_plan_at(self->plan, i)->was_refused;
    if (count == 0)
        return;
    CLEAN(memory_free)
    char *text = memory_format("%zu of %zu, as the server or a proxy prepared no statement", count,
                               mysql_plan_count(self->plan));
    fact(self, "files read by the text protocol", text);
}

// Names text whose digest says nothing to other servers' digests.
static void
tell_charsets(const struct reader *self)
{
    char names[FACT_SIZE] = "";
    size_t used = 0, count = 0;
    for (size_t i = 0; i < mysql_tables_count(self->tables); i++) {
        const struct mysql_table *table = mysql_tables_at(self->tables, i);
        for (size_t k = 0; k < table->column_count; k++) {
            const struct mysql_column *column = &table->columns[k];
            if (!column->stored_in || !mysql_charset_unknown(column->stored_in))
                continue;
            count++;
            CLEAN(memory_free) char *quoted = mysql_session_name(column->name);
            CLEAN(memory_free)
            char *name = memory_format("%s%s.%s: charset %s", used ? ", " : "", table->quoted,
                                       quoted, mysql_charset_unknown(column->stored_in));
            if (used + strlen(name) + sizeof ", ..." < sizeof names)
                used += (size_t)snprintf(names + used, sizeof names - used, "%s", name);
        }
    }
    CLEAN(memory_free) char *text = memory_format("%zu columns, %s", count, names);
    if (count > 0)
        fact(self, "row_digest is of stored bytes", text);
}

static void
tell_point(const struct reader *self)
{
    const struct sink *sink = self->dump->backup->sink;
    const struct mysql_point *point = self->point;
    mysql_inventory_t *inventory = self->dump->inventory;
    sink->point(sink->self, NULL, point->kind, *point->position ? point->position : NULL,
                point->unix_ms);
    for (size_t i = 0; i < mysql_inventory_schemas(inventory); i++) {
        const struct mysql_schema *schema = mysql_inventory_schema(inventory, i);
        if (schema->at_any_time == schema->tables && schema->tables > 0)
            sink->point(sink->self, schema->name, "none", NULL, point->unix_ms);
    }
    tell_sessions(self);
    tell_others(self);
    tell_protocol(self);
    tell_charsets(self);
}

// How many are to read, by the policy.
static size_t
sessions_of(const struct backup_options *options)
{
    size_t wanted = options->connections;
    // One is the control session, which asks and cancels, and one may watch the server.
    size_t others = 1 + (size_t)throttle_is_wanted(&options->throttle);
    wanted = wanted > others ? wanted - others : wanted > 0 ? 1 : MYSQL_READER_CONNECTIONS;
    return wanted > MYSQL_POINT_SESSIONS_MAX ? MYSQL_POINT_SESSIONS_MAX : wanted;
}

int
mysql_reader_open(struct mysql_point *point, const struct mysql_backup *backup, struct error *error)
{
    // The control session waits while others read.
    if (mysql_session_query(backup->session, "SET SESSION wait_timeout = 86400", NULL, NULL, error))
        return -1;
    mysql_point_guard(point, backup->session);
    return mysql_point_open_sessions(point, backup->server, sessions_of(backup->options), error);
}

size_t
mysql_reader_sessions(const struct mysql_point *point, const struct mysql_backup *backup,
                      mysql_session_t *sessions[MYSQL_POINT_SESSIONS_MAX + 1])
{
    sessions[0] = backup->session;
    for (size_t i = 0; i < point->count; i++)
        sessions[i + 1] = point->sessions[i];
    return point->count + 1;
}

static int
read_tables(struct reader *self, struct error *error)
{
    const struct mysql_backup *backup = self->dump->backup;
    mysql_session_t *sessions[MYSQL_POINT_SESSIONS_MAX + 1];
    size_t count = mysql_reader_sessions(self->point, backup, sessions);
    uint64_t exact_bytes = backup->options->range_bytes;
    return mysql_tables_open_by(&self->tables, sessions, count, self->dump->inventory,
                                exact_bytes ? exact_bytes : (uint64_t)RANGES_SMALL_BYTES, error);
}

static int
prepare(struct reader *self, struct error *error)
{
    const struct mysql_backup *backup = self->dump->backup;
    if (read_tables(self, error) || ranges_check_tables(mysql_tables_count(self->tables), error))
        return -1;
    if (mysql_tables_set_history(self->tables, backup->session, self->dump->with_history, error))
        return -1;
    return mysql_plan_make(&self->plan, backup->session, self->tables, backup->options, error);
}

static int
open_point(struct reader *self, struct error *error)
{
    const struct mysql_backup *backup = self->dump->backup;
    size_t wanted = sessions_of(backup->options), tasks = mysql_plan_count(self->plan);
    const struct mysql_point_wish wish = {.control = backup->session,
                                          .server = backup->server,
                                          .tables = self->tables,
                                          .sessions = tasks < wanted ? tasks + !tasks : wanted,
                                          .ways = backup->options->point_ways};
    return mysql_point_open(self->point, &wish, error);
}

static int
read_rows(struct reader *self, struct error *error)
{
    const struct mysql_backup *backup = self->dump->backup;
    const struct mysql_crew crew = {.server = backup->server,
                                    .control = backup->session,
                                    .point = self->point,
                                    .plan = self->plan,
                                    .sink = backup->sink,
                                    .statement_limit_ms = backup->options->statement_limit_ms,
                                    .throttle = &backup->options->throttle,
                                    .limit_bytes_per_s = backup->options->read_limit_bytes_per_s};
    return mysql_crew_run(&crew, error);
}

int
mysql_reader_run(const struct mysql_dump *dump, struct error *error)
{
    const struct mysql_backup *backup = dump->backup;
    CLEAN(reader_end) struct reader reader = {.dump = dump, .point = dump->point};
    if (prepare(&reader, error) || open_point(&reader, error) || read_rows(&reader, error))
        return -1;
    tell_point(&reader);
    mysql_point_close(reader.point);
    if (mysql_tables_compare(reader.tables, backup->session, error) ||
        mysql_definitions_put(backup->session, dump->inventory, reader.tables, backup->sink,
                              DEFINITIONS_NUMBER, error) ||
        mysql_dump_programs(dump, error) ||
        mysql_inventory_check(dump->inventory, 0, mysql_inventory_schemas(dump->inventory), error))
        return -1;
    mysql_dump_tell_schemas(dump);
    mysql_point_unguard(reader.point, backup->session);
    return 0;
}
