#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/mysql_point_inside.h"
#include "worker/engine/mysql_statement.h"

// ---- the sessions

static int
prepare(mysql_session_t *session, struct error *error)
{
    static const char *const needed[] = {
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 86400",
        "SET SESSION sql_select_limit = DEFAULT"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (mysql_session_query(session, needed[i], NULL, NULL, error))
            return -1;
    }
    // Who may not, or does not know it, need not. Without the binlog a transaction lets go of the
    // locks of tables that it has read when it goes back to a savepoint; with it they pile up, and
    // the server looks through all of them for each table. MariaDB reads the statistics of each
    // table that it opens out of three tables more; our statements name their index.
    static const char *const wanted[] = {
        "SET SESSION max_statement_time = 0", "SET SESSION max_execution_time = 0",
        "SET SESSION sql_log_bin = 0", "SET SESSION use_stat_tables = NEVER"};
    struct error unseen;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        mysql_session_query(session, wanted[i], NULL, NULL, &unseen);
    return 0;
}

int
mysql_point_open_sessions(struct mysql_point *self, const struct server *server, size_t count,
                          struct error *error)
{
    self->remark[0] = '\0';
    while (self->count < count) {
        mysql_session_t **session = &self->sessions[self->count];
        if (mysql_session_open(session, server, error) == 0 && prepare(*session, error) == 0) {
            self->count++;
            continue;
        }
        mysql_session_destroy(session);
        if (self->count == 0 || error->code != ERROR_UNAVAILABLE)
            return error_wrap(error, "cannot open sessions at one point");
        snprintf(self->remark, sizeof self->remark, "no more than %zu sessions: %.160s",
                 self->count, error->message);
        return 0;
    }
    return 0;
}

int
mysql_point_tell_all(struct mysql_point *self, const char *sql, struct error *error)
{
    for (size_t i = 0; i < self->count; i++) {
        if (mysql_session_query(self->sessions[i], sql, NULL, NULL, error))
            return -1;
    }
    return 0;
}

int
mysql_point_take_snapshots(struct mysql_point *self, struct error *error)
{
    return mysql_point_tell_all(self, "START TRANSACTION WITH CONSISTENT SNAPSHOT", error);
}

void
mysql_point_remark(struct mysql_point *self, const char *format, ...)
{
    size_t used = strlen(self->remark);
    if (used > 0 && used + 2 < sizeof self->remark)
        used += (size_t)snprintf(self->remark + used, sizeof self->remark - used, "; ");
    va_list args;
    va_start(args, format);
    vsnprintf(self->remark + used, sizeof self->remark - used, format, args);
    va_end(args);
}

// ---- by binlog position

struct place {
    char file[MYSQL_POSITION_SIZE / 2], at[MYSQL_POSITION_SIZE / 4];
};

static int
keep_place(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct place *self = context;
    if (strcasecmp(cells[0], "binlog_snapshot_file") == 0)
        snprintf(self->file, sizeof self->file, "%s", cells[1] ? cells[1] : "");
    else
        snprintf(self->at, sizeof self->at, "%s", cells[1] ? cells[1] : "");
    return 0;
}

// "binlog.000003:1234", or "" where the server keeps none: without a binlog MariaDB says a
// position of 0 in no file, whatever is written.
static int
read_position(mysql_session_t *session, char position[MYSQL_POSITION_SIZE], struct error *error)
{
    struct place place = {0};
    position[0] = '\0';
    if (mysql_session_query(session,
                            "SHOW STATUS WHERE Variable_name IN ('binlog_snapshot_file', "
                            "'binlog_snapshot_position')",
                            keep_place, &place, error))
        return -1;
    if (*place.file && *place.at)
        snprintf(position, MYSQL_POSITION_SIZE, "%s:%s", place.file, place.at);
    return 0;
}

static int
compare_once(struct mysql_point *self, int *is_one, struct error *error)
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

// Sets *is_one if all sessions are at one place. They are asked several times: MariaDB puts what a
// session is told into variables that all sessions share, so that another who asks at the same
// moment (a monitoring agent, another backup) may put his own place there. (Assumed from the
// server's source; measured: with twenty sessions that ask all the time, one of a thousand points
// was torn.)
static int
compare_positions(struct mysql_point *self, int *is_one, struct error *error)
{
    enum { TIMES = 4 };
    *is_one = 1;
    for (int time = 0; time < TIMES && *is_one; time++) {
        if (compare_once(self, is_one, error))
            return -1;
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

enum log { LOG_WHOLE, LOG_OFF, LOG_NOT_OF_REPLICA, LOG_FILTERED };

static int
note_filter(void *context, const char *const *cells, struct error *error)
{
    enum { DO = 2, IGNORE };
    (void)error;
    enum log *log = context;
    if ((cells[DO] && *cells[DO]) || (cells[IGNORE] && *cells[IGNORE]))
        *log = LOG_FILTERED;
    return 0;
}

// Only who has a right of its own sees them.
static enum log
look_for_filters(struct mysql_point *self)
{
    enum log log = LOG_WHOLE;
    struct error unseen;
    mysql_session_t *session = self->sessions[0];
    if (mysql_session_query(session, "SHOW MASTER STATUS", note_filter, &log, &unseen) &&
        mysql_session_query(session, "SHOW BINARY LOG STATUS", note_filter, &log, &unseen))
        self->are_filters_unseen = 1;
    return log;
}

// Is all that is written here in the binlog? What a replica, or a node of a Galera cluster, gets
// from others is not where log_slave_updates is off: rows change, and the position stands still.
// Nor is what the log's filters leave out, where we may see them. (Who switches sql_log_bin off is
// not seen here.)
static int
look_at_log(struct mysql_point *self, enum log *log, struct error *error)
{
    mysql_session_t *session = self->sessions[0];
    int has_none = 0, is_off = 0, is_fed = !mysql_session_is_mariadb(session);
    if (mysql_session_query(session,
                            "SHOW GLOBAL VARIABLES WHERE Variable_name = 'log_bin' AND "
                            "Value = 'OFF'",
                            note_row, &has_none, error) ||
        mysql_session_query(session,
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
    if (has_none)
        *log = LOG_OFF;
    else
        *log = is_off && is_fed ? LOG_NOT_OF_REPLICA : look_for_filters(self);
    return 0;
}

// Sets self->kind if it worked.
static int
try_positions(struct mysql_point *self, struct error *error)
{
    static const char *const lacks[] = {
        [LOG_OFF] = "the server writes no binlog",
        [LOG_NOT_OF_REPLICA] =
            "what this replica gets is not in its own binlog (log_slave_updates is off)",
        [LOG_FILTERED] = "not all databases are in the server's binlog"};
    enum log log = LOG_WHOLE;
    int64_t until_ms = clock_monotonic_ms() + MYSQL_POINT_LIMIT_MS;
    if (look_at_log(self, &log, error))
        return -1;
    if (log != LOG_WHOLE) {
        mysql_point_remark(self, "%s", lacks[log]);
        return 0;
    }
    for (unsigned tries = 1; tries <= MYSQL_POINT_TRIES; tries++) {
        int is_one = 0;
        if (mysql_point_take_snapshots(self, error) || compare_positions(self, &is_one, error))
            return -1;
        self->unix_ms = clock_unix_ms();
        self->tries = tries;
        if (is_one)
            self->kind = "one point, by binlog position";
        if (is_one || !*self->position || clock_monotonic_ms() > until_ms)
            break;
        if (mysql_point_tell_all(self, "ROLLBACK", error))
            return -1;
    }
    if (self->kind)
        return 0;
    mysql_point_remark(self,
                       *self->position ? "no equal binlog positions in %u tries"
                                       : "the server says no binlog position of a snapshot",
                       self->tries);
    self->position[0] = '\0';
    return mysql_point_tell_all(self, "ROLLBACK", error);
}

// ---- all

static void
keep_sessions(struct mysql_point *self, size_t count)
{
    while (self->count > count)
        mysql_session_destroy(&self->sessions[--self->count]);
}

static int
use_single(struct mysql_point *self, struct error *error)
{
    keep_sessions(self, 1);
    self->kind = "one point, single session";
    self->unix_ms = clock_unix_ms();
    return mysql_point_take_snapshots(self, error) ||
                   read_position(self->sessions[0], self->position, error)
               ? -1
               : 0;
}

static int
find_point(struct mysql_point *self, const struct mysql_point_wish *wish, struct error *error)
{
    unsigned ways = wish->ways ? wish->ways : POINT_BINLOG_SNAPSHOT | POINT_LOCK | POINT_SINGLE;
    if (self->count == 1)
        return use_single(self, error);
    if ((ways & POINT_BINLOG_SNAPSHOT && try_positions(self, error)) ||
        (!self->kind && ways & POINT_LOCK && mysql_point_by_lock(self, wish, error)) ||
        (!self->kind && ways & POINT_GTID_UNPROVEN && mysql_point_by_gtid(self, wish, error)))
        return -1;
    if (self->kind)
        return 0;
    if (ways & POINT_SINGLE)
        return use_single(self, error);
    return error_set(error, ERROR_UNAVAILABLE,
                     "none of the ways that its policy permits leads to one point (%s): let "
                     "`consistency` have single, or connections be 2",
                     self->remark);
}

int
mysql_point_open(struct mysql_point *self, const struct mysql_point_wish *wish, struct error *error)
{
    // Those from before said nothing while edges were looked for, and something between may have
    // forgotten them.
    keep_sessions(self, 0);
    if (mysql_point_open_sessions(self, wish->server, wish->sessions, error))
        return -1;
    // The columns' own bytes: what was stored comes back, whatever it is.
    if (mysql_point_tell_all(self, "SET SESSION character_set_results = NULL", error) ||
        find_point(self, wish, error))
        return error_wrap(error, "cannot open sessions at one point");
    return mysql_point_tell_all(self, "SAVEPOINT reading", error);
}

void
mysql_point_close(struct mysql_point *self)
{
    keep_sessions(self, 0);
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

void
mysql_point_unguard(struct mysql_point *self, mysql_session_t *control)
{
    struct error unseen;
    if (self->has_backup_lock)
        mysql_session_query(control, "UNLOCK INSTANCE", NULL, NULL, &unseen);
    self->has_backup_lock = 0;
}
