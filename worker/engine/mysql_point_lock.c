// One point by a lock. Part of mysql_point.

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/mysql_kill.h"
#include "worker/engine/mysql_point_inside.h"
#include "worker/engine/mysql_text.h"

enum {
    LOCK_TRIES = 3,
    LOCK_WAIT_S = 3,  // that others may have to wait for us, each time, whatever the policy says
};

static int
keep_master(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    if (cells[0] && cells[1])
        snprintf(context, MYSQL_POSITION_SIZE, "%.200s:%.30s", cells[0], cells[1]);
    return 0;
}

// Best effort: most managed services do not let us.
void
mysql_point_ask_position(mysql_session_t *control, char position[MYSQL_POSITION_SIZE])
{
    struct error unseen;
    if (mysql_session_query(control, "SHOW BINARY LOG STATUS", keep_master, position, &unseen))
        mysql_session_query(control, "SHOW MASTER STATUS", keep_master, position, &unseen);
    CLEAN(memory_free) char *gtid = NULL;
    if (mysql_session_value(control,
                            mysql_session_is_mariadb(control) ? "SELECT @@gtid_binlog_pos"
                                                              : "SELECT @@GLOBAL.gtid_executed",
                            &gtid, &unseen) == 0 &&
        gtid && *gtid && strlen(gtid) < MYSQL_POSITION_SIZE / 2) {
        size_t used = strlen(position);
        snprintf(position + used, MYSQL_POSITION_SIZE - used, "%sgtid %s", used ? " " : "", gtid);
    }
}

// ---- what is locked

// Whose rows follow another table's: deleting there deletes here, too.
struct link {
    char *parent, *child;  // quoted
};

struct links {
    struct link *items;
    size_t count;
};

static void
links_clear(struct links *self)
{
    for (size_t i = 0; i < self->count; i++) {
        memory_free(&self->items[i].parent);
        memory_free(&self->items[i].child);
    }
    memory_free(&self->items);
}

static char *
quote(const char *schema, const char *name)
{
    CLEAN(memory_free) char *quoted_schema = mysql_session_name(schema);
    CLEAN(memory_free) char *quoted_name = mysql_session_name(name);
    return memory_format("%s.%s", quoted_schema, quoted_name);
}

static int
keep_link(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct links *self = context;
    size_t count = self->count;
    if ((count & (count - 1)) == 0)
        self->items = memory_resize(self->items, (count ? 2 * count : 1) * sizeof *self->items);
    self->items[self->count++] =
        (struct link){.child = quote(cells[0], cells[1]), .parent = quote(cells[2], cells[3])};
    return 0;
}

// The tables that are locked: those to be read, by name, and parents of theirs.
struct locks {
    struct mysql_text sql;
    const char **names;
    size_t count;
    const char **parents;
    size_t parent_count;
};

static void
locks_clear(struct locks *self)
{
    mysql_text_free(&self->sql);
    memory_free(&self->names);
    memory_free(&self->parents);
}

static int
compare_names(const void *one, const void *other)
{
    const char *const *a = one, *const *b = other;
    return strcmp(*a, *b);
}

static int
is_locked(const struct locks *self, const char *quoted)
{
    for (size_t i = 0; i < self->parent_count; i++) {
        if (strcmp(self->parents[i], quoted) == 0)
            return 1;
    }
    return self->count > 0 &&
           bsearch(&quoted, self->names, self->count, sizeof *self->names, compare_names) != NULL;
}

static void
add(struct locks *self, const char *quoted)
{
    mysql_text_add(&self->sql, "%s %s READ", self->sql.size ? "," : "LOCK TABLES", quoted);
}

// A parent that the policy leaves out is locked, too: older servers let what it does to its
// children's rows pass by the children's locks.
static void
add_parents(struct locks *self, const struct links *links)
{
    self->parents = memory_get((links->count + 1) * sizeof *self->parents);
    for (int has_grown = 1; has_grown;) {
        has_grown = 0;
        for (size_t i = 0; i < links->count; i++) {
            const struct link *link = &links->items[i];
            if (is_locked(self, link->parent) || !is_locked(self, link->child))
                continue;
            self->parents[self->parent_count++] = link->parent;
            add(self, link->parent);
            has_grown = 1;
        }
    }
}

static void
add_tables(struct locks *self, mysql_tables_t *tables)
{
    self->names = memory_get((mysql_tables_count(tables) + 1) * sizeof *self->names);
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        const struct mysql_table *table = mysql_tables_at(tables, i);
        if (table->rows_kind != MYSQL_ROWS_TRANSACTIONAL)
            continue;
        add(self, table->quoted);
        self->names[self->count++] = table->quoted;
    }
    if (self->count > 0)
        qsort(self->names, self->count, sizeof *self->names, compare_names);
}

// NULL: there is nothing to lock.
static int
make_statement(mysql_session_t *control, mysql_tables_t *tables, char **statement,
               struct error *error)
{
    CLEAN(links_clear) struct links links = {0};
    CLEAN(locks_clear) struct locks locks = {0};
    if (mysql_session_query(control,
                            "SELECT constraint_schema, table_name, unique_constraint_schema, "
                            "referenced_table_name FROM information_schema.referential_constraints "
                            "WHERE delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR "
                            "update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')",
                            keep_link, &links, error))
        return -1;
    add_tables(&locks, tables);
    add_parents(&locks, &links);
    *statement = STEAL(locks.sql.data);
    return 0;
}

// ---- locking

// Ends a statement of the control session that takes too long, from another thread: the server's
// own limit counts anew for each table.
struct limit {
    mysql_session_t *control;
    mysql_session_t *other;  // has nothing else to do meanwhile
    pthread_t thread;
    int done;      // readable once the statement has ended
    int has_done;  // what it was asked to do
};

static void *
watch(void *argument)
{
    struct limit *self = argument;
    struct pollfd end = {.fd = self->done, .events = POLLIN};
    struct error unseen;
    if (poll(&end, 1, LOCK_WAIT_S * 1000) != 0)
        return NULL;
    self->has_done = 1;
    mysql_kill_statement(self->other, self->control, &unseen);
    return NULL;
}

static int
limit_begin(struct limit *self, struct error *error)
{
    sigset_t all, before;
    self->done = eventfd(0, EFD_CLOEXEC);
    if (self->done < 0)
        return error_set(error, ERROR_INTERNAL, "cannot watch a lock: %s", strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&self->thread, NULL, watch, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (cause == 0)
        return 0;
    fd_close(&self->done);
    return error_set(error, ERROR_INTERNAL, "cannot watch a lock: %s", strerror(cause));
}

static void
limit_end(struct limit *self)
{
    eventfd_write(self->done, 1);
    pthread_join(self->thread, NULL);
    fd_close(&self->done);
}

static int
lock_tables(const struct mysql_point *self, mysql_session_t *control, const char *sql,
            struct error *error)
{
    struct limit limit = {.control = control, .other = self->sessions[0]};
    if (limit_begin(&limit, error))
        return -1;
    int status = mysql_session_query(control, sql, NULL, NULL, error);
    limit_end(&limit);
    if (!limit.has_done)
        return status;
    // What came too late for that statement may end the next one.
    struct error unseen;
    if (mysql_session_query(control, "UNLOCK TABLES", NULL, NULL, &unseen))
        mysql_session_query(control, "UNLOCK TABLES", NULL, NULL, &unseen);
    return error_set(error, ERROR_UNAVAILABLE, "others had some of them for more than %d s",
                     LOCK_WAIT_S);
}

static int
lock_once(struct mysql_point *self, mysql_session_t *control, const char *sql, struct error *error)
{
    int64_t start_ms = clock_monotonic_ms();
    int status = lock_tables(self, control, sql, error);
    if (status == 0) {
        status = mysql_point_take_snapshots(self, error);
        self->unix_ms = clock_unix_ms();
        if (status == 0)
            mysql_point_ask_position(control, self->position);
        struct error unseen;
        if (mysql_session_query(control, "UNLOCK TABLES", NULL, NULL, status ? &unseen : error))
            status = -1;
    }
    unsigned locked_ms = (unsigned)(clock_monotonic_ms() - start_ms);
    if (locked_ms > self->locked_ms)
        self->locked_ms = locked_ms;
    return status;
}

int
mysql_point_by_lock(struct mysql_point *self, const struct mysql_point_wish *wish,
                    struct error *error)
{
    CLEAN(memory_free) char *sql = NULL;
    if (make_statement(wish->control, wish->tables, &sql, error))
        return -1;
    struct error cause = {0};
    CLEAN(memory_free)
    char *limit = memory_format("SET SESSION lock_wait_timeout = %d", LOCK_WAIT_S);
    if (mysql_session_query(wish->control, limit, NULL, NULL, error))
        return -1;
    for (unsigned tries = 1; sql && tries <= LOCK_TRIES && !self->kind; tries++) {
        self->tries = tries;
        if (lock_once(self, wish->control, sql, &cause) == 0)
            self->kind = "one point, by lock";
        else if (cause.code != ERROR_UNAVAILABLE)
            break;  // a right is missing
    }
    if (!self->kind && sql)
        mysql_point_remark(self, "tables cannot be locked: %s", cause.message);
    return mysql_session_query(wish->control, "SET SESSION lock_wait_timeout = 60", NULL, NULL,
                               error);
}
