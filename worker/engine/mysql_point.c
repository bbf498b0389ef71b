#include "worker/engine/mysql_point.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/mysql_statement.h"
#include "worker/engine/mysql_text.h"

enum {
    POSITION_TRIES = 400,
    POSITION_LIMIT_MS = 10000,
    LOCK_TRIES = 3,
    LOCK_WAIT_S = 3,  // that others may have to wait for us, each time
};

// ---- the sessions

static int
prepare(mysql_session_t *session, struct error *error)
{
    static const char *const needed[] = {
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 86400",
        "SET SESSION sql_select_limit = DEFAULT",
        // The columns' own bytes: what was stored comes back, whatever it is.
        "SET SESSION character_set_results = NULL"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (mysql_session_query(session, needed[i], NULL, NULL, error))
            return -1;
    }
    // Who may not, or does not know it, need not. Without the binlog a transaction lets go of the
    // locks of tables that it has read when it goes back to a savepoint; with it they pile up, and
    // the server looks through all of them for each table.
    static const char *const wanted[] = {"SET SESSION max_statement_time = 0",
                                         "SET SESSION max_execution_time = 0",
                                         "SET SESSION sql_log_bin = 0"};
    struct error unseen;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        mysql_session_query(session, wanted[i], NULL, NULL, &unseen);
    return 0;
}

static int
open_sessions(struct mysql_point *self, const struct mysql_point_wish *wish, struct error *error)
{
    while (self->count < wish->sessions) {
        mysql_session_t **session = &self->sessions[self->count];
        if (mysql_session_open(session, wish->server, error) == 0 &&
            prepare(*session, error) == 0) {
            self->count++;
            continue;
        }
        mysql_session_destroy(session);
        if (self->count == 0 || error->code != ERROR_UNAVAILABLE)
            return -1;
        snprintf(self->remark, sizeof self->remark, "no more than %zu sessions: %.160s",
                 self->count, error->message);
        return 0;
    }
    return 0;
}

static int
tell_all(struct mysql_point *self, const char *sql, struct error *error)
{
    for (size_t i = 0; i < self->count; i++) {
        if (mysql_session_query(self->sessions[i], sql, NULL, NULL, error))
            return -1;
    }
    return 0;
}

static int
take_snapshots(struct mysql_point *self, struct error *error)
{
    return tell_all(self, "START TRANSACTION WITH CONSISTENT SNAPSHOT", error);
}

// ---- by binlog position

static int
keep_position(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    char *position = context;
    int is_file = strcmp(cells[0], "binlog_snapshot_file") == 0 ||
                  strcmp(cells[0], "Binlog_snapshot_file") == 0;
    char before[MYSQL_POSITION_SIZE / 4];
    snprintf(before, sizeof before, "%s", position);
    if (cells[1] && *cells[1])
        snprintf(position, MYSQL_POSITION_SIZE / 2, is_file ? "%.100s%s%s" : "%s%s%.100s",
                 is_file ? cells[1] : before, *before ? ":" : "", is_file ? before : cells[1]);
    return 0;
}

// "binlog.000003:1234", or "" where the server keeps none.
static int
read_position(mysql_session_t *session, char position[MYSQL_POSITION_SIZE], struct error *error)
{
    position[0] = '\0';
    return mysql_session_query(session,
                               "SHOW STATUS WHERE Variable_name IN ('binlog_snapshot_file', "
                               "'binlog_snapshot_position')",
                               keep_position, position, error);
}

// Sets *is_one if all sessions are at one place.
static int
compare_positions(struct mysql_point *self, int *is_one, struct error *error)
{
    char position[MYSQL_POSITION_SIZE];
    *is_one = 1;
    for (size_t i = 0; i < self->count; i++) {
        if (read_position(self->sessions[i], position, error))
            return -1;
        if (i == 0)
            memcpy(self->position, position, sizeof position);
        if (strcmp(self->position, position) != 0 || !*position)
            *is_one = 0;
    }
    return 0;
}

static int
note_row(void *context, const char *const *cells, struct error *error)
{
    (void)cells;
    (void)error;
    *(int *)context = 1;
    return 0;
}

// Is all that is written here in the binlog? What a replica, or a node of a Galera cluster, gets
// from others is not where log_slave_updates is off: rows change, and the position stands still.
// (Who switches sql_log_bin off, or has databases that are not logged, is not seen here.)
static int
is_log_whole(struct mysql_point *self, int *is_whole, struct error *error)
{
    mysql_session_t *session = self->sessions[0];
    int is_off = 0, is_fed = !mysql_session_is_mariadb(session);
    if (mysql_session_query(session,
                            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_slave_updates', "
                            "'log_replica_updates') AND Value = 'OFF'",
                            note_row, &is_off, error) ||
        mysql_session_query(session,
                            "SHOW GLOBAL STATUS WHERE Variable_name = 'Slaves_running' AND "
                            "Value <> '0'",
                            note_row, &is_fed, error) ||
        mysql_session_query(session,
                            "SHOW GLOBAL VARIABLES WHERE Variable_name = 'wsrep_on' AND "
                            "Value = 'ON'",
                            note_row, &is_fed, error))
        return -1;
    *is_whole = !is_off || !is_fed;
    return 0;
}

// Sets self->kind if it worked.
static int
try_positions(struct mysql_point *self, struct error *error)
{
    int is_whole = 0;
    int64_t until_ms = clock_monotonic_ms() + POSITION_LIMIT_MS;
    if (is_log_whole(self, &is_whole, error))
        return -1;
    if (!is_whole) {
        snprintf(self->remark, sizeof self->remark,
                 "what this replica gets is not in its own binlog (log_slave_updates is off)");
        return 0;
    }
    for (unsigned tries = 1; tries <= POSITION_TRIES; tries++) {
        int is_one = 0;
        if (take_snapshots(self, error) || compare_positions(self, &is_one, error))
            return -1;
        self->unix_ms = clock_unix_ms();
        self->tries = tries;
        if (is_one)
            self->kind = "one point, by binlog position";
        if (is_one || !*self->position || clock_monotonic_ms() > until_ms)
            break;
        if (tell_all(self, "ROLLBACK", error))
            return -1;
    }
    if (self->kind)
        return 0;
    snprintf(self->remark, sizeof self->remark,
             *self->position ? "no equal binlog positions in %u tries"
                             : "the server says no binlog position of a snapshot",
             self->tries);
    self->position[0] = '\0';
    return tell_all(self, "ROLLBACK", error);
}

// ---- by lock

static int
keep_master(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    if (cells[0] && cells[1])
        snprintf(context, MYSQL_POSITION_SIZE, "%.200s:%.30s", cells[0], cells[1]);
    return 0;
}

// Best effort: most managed services do not let us.
static void
ask_position(struct mysql_point *self, mysql_session_t *control)
{
    struct error unseen;
    if (mysql_session_query(control, "SHOW BINARY LOG STATUS", keep_master, self->position,
                            &unseen))
        mysql_session_query(control, "SHOW MASTER STATUS", keep_master, self->position, &unseen);
    CLEAN(memory_free) char *gtid = NULL;
    if (mysql_session_value(control,
                            mysql_session_is_mariadb(control) ? "SELECT @@gtid_binlog_pos"
                                                              : "SELECT @@GLOBAL.gtid_executed",
                            &gtid, &unseen) == 0 &&
        gtid && *gtid && strlen(gtid) < MYSQL_POSITION_SIZE / 2) {
        size_t used = strlen(self->position);
        snprintf(self->position + used, sizeof self->position - used, "%sgtid %s", used ? " " : "",
                 gtid);
    }
}

static char *
lock_statement(mysql_tables_t *tables)
{
    struct mysql_text sql = {0};
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        const struct mysql_table *table = mysql_tables_at(tables, i);
        if (table->rows_kind == MYSQL_ROWS_TRANSACTIONAL)
            mysql_text_add(&sql, "%s %s READ", sql.size ? "," : "LOCK TABLES", table->quoted);
    }
    return sql.data;
}

static int
lock_once(struct mysql_point *self, mysql_session_t *control, const char *sql, struct error *error)
{
    int64_t start_ms = clock_monotonic_ms();
    if (mysql_session_query(control, sql, NULL, NULL, error))
        return -1;
    int status = take_snapshots(self, error);
    self->unix_ms = clock_unix_ms();
    if (status == 0)
        ask_position(self, control);
    struct error unseen;
    if (mysql_session_query(control, "UNLOCK TABLES", NULL, NULL, status ? &unseen : error))
        status = -1;
    self->locked_ms = (unsigned)(clock_monotonic_ms() - start_ms);
    return status;
}

static int
try_lock(struct mysql_point *self, const struct mysql_point_wish *wish, struct error *error)
{
    CLEAN(memory_free) char *sql = lock_statement(wish->tables);
    struct error cause = {0};
    long long wait_s = wish->lock_wait_ms > 0 ? (wish->lock_wait_ms + 999) / 1000 : LOCK_WAIT_S;
    CLEAN(memory_free)
    char *limit = memory_format("SET SESSION lock_wait_timeout = %lld", wait_s);
    if (mysql_session_query(wish->control, limit, NULL, NULL, error))
        return -1;
    for (unsigned tries = 1; sql && tries <= LOCK_TRIES && !self->kind; tries++) {
        self->tries = tries;
        if (lock_once(self, wish->control, sql, &cause) == 0)
            self->kind = "one point, by lock";
        else if (cause.code != ERROR_UNAVAILABLE)
            break;  // a right is missing
    }
    if (!self->kind && sql) {
        size_t used = strlen(self->remark);
        snprintf(self->remark + used, sizeof self->remark - used, "%stables cannot be locked: %s",
                 used ? "; " : "", cause.message);
    }
    return mysql_session_query(wish->control, "SET SESSION lock_wait_timeout = 60", NULL, NULL,
                               error);
}

// ---- all

static int
use_single(struct mysql_point *self, struct error *error)
{
    while (self->count > 1)
        mysql_session_destroy(&self->sessions[--self->count]);
    self->kind = "one point, single session";
    self->unix_ms = clock_unix_ms();
    return take_snapshots(self, error) || read_position(self->sessions[0], self->position, error)
               ? -1
               : 0;
}

static int
find_point(struct mysql_point *self, const struct mysql_point_wish *wish, struct error *error)
{
    if (self->count == 1)
        return use_single(self, error);
    if (try_positions(self, error))
        return -1;
    if (!self->kind && try_lock(self, wish, error))
        return -1;
    return self->kind ? 0 : use_single(self, error);
}

int
mysql_point_open(struct mysql_point *self, const struct mysql_point_wish *wish, struct error *error)
{
    if (open_sessions(self, wish, error) || find_point(self, wish, error))
        return error_wrap(error, "cannot open sessions at one point");
    return tell_all(self, "SAVEPOINT reading", error);
}

void
mysql_point_close(struct mysql_point *self)
{
    while (self->count > 0)
        mysql_session_destroy(&self->sessions[--self->count]);
}

static int
note_backup_right(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    *(int *)context |= mysql_statement_grants(cells[0], "BACKUP_ADMIN");
    return 0;
}

void
mysql_point_guard(struct mysql_point *self, mysql_session_t *control)
{
    struct error unseen;
    int is_granted = 0;
    if (mysql_session_is_mariadb(control) || mysql_session_major(control) < 8 ||
        mysql_session_query(control, "SHOW GRANTS", note_backup_right, &is_granted, &unseen) ||
        !is_granted)
        return;
    self->has_backup_lock =
        mysql_session_query(control, "LOCK INSTANCE FOR BACKUP", NULL, NULL, &unseen) == 0;
}
