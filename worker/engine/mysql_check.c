#include "worker/engine/mysql_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_backup.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_leftovers.h"
#include "worker/engine/mysql_select.h"
#include "worker/engine/mysql_statement.h"
#include "worker/engine/mysql_views.h"
#include "worker/engine/ranges.h"

enum { TABLES_TOLD = 10 };

#define USERS_SCHEMAS \
    "table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')"

// A list of names in one line, cut after TABLES_TOLD.
struct names {
    char text[320];
    size_t used, count;
};

static int
keep_name(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct names *self = context;
    if (++self->count > TABLES_TOLD || self->used >= sizeof self->text)
        return 0;
    int size = snprintf(self->text + self->used, sizeof self->text - self->used, "%s%s.%s",
                        self->used ? ", " : "", cells[0], cells[1]);
    self->used += size > 0 ? (size_t)size : 0;
    return 0;
}

static int
find_tables(const struct mysql_check *self, const char *sql, const char *what, struct error *error)
{
    struct names names = {0};
    if (mysql_session_query(self->session, sql, keep_name, &names, error))
        return -1;
    if (names.count > 0)
        findings_add(self->findings, ABOUT_CONTENT, 0, "%zu %s: %s%s", names.count, what,
                     names.text, names.count > TABLES_TOLD ? ", ..." : "");
    return 0;
}

// Our account as a GRANT names it: `name`@`host`.
static char *
account_of(const struct mysql_check *self)
{
    struct error ignored;
    CLEAN(memory_free) char *account = NULL;
    if (mysql_session_value(self->session, "SELECT CURRENT_USER()", &account, &ignored) || !account)
        return memory_copy_text("it");
    char *at = strrchr(account, '@');
    if (!at)
        return memory_copy_text(account);
    *at = '\0';
    CLEAN(memory_free) char *name = mysql_session_name(account);
    CLEAN(memory_free) char *host = mysql_session_name(at + 1);
    return memory_format("%s@%s", name, host);
}

static int
check_rights(const struct mysql_check *self, struct error *error)
{
    char missing[MYSQL_MISSING_SIZE];
    if (mysql_backup_missing_rights(self->session, missing, error))
        return -1;
    if (*missing) {
        CLEAN(memory_free) char *account = account_of(self);
        findings_add(self->findings, ABOUT_GRANTS, 1,
                     "the account lacks %s on *.*, without which the server hides objects: GRANT "
                     "%s ON *.* TO %s;",
                     missing, missing, account);
    }
    // By trying: what SHOW GRANTS says is not always what is allowed.
    CLEAN(memory_free) char *accounts = NULL;
    struct error cause = {0};
    if (mysql_session_value(self->session, "SELECT COUNT(*) FROM mysql.user", &accounts, &cause)) {
        if (cause.code == ERROR_UNAVAILABLE)
            return error_set(error, cause.code, "%s", cause.message);
        findings_add(self->findings, ABOUT_CONTENT, 0,
                     "accounts and grants would be left out but our own: %.300s", cause.message);
    }
    return 0;
}

struct reader_rights {
    int may_lock, may_guard;
};

static int
note_reader_rights(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct reader_rights *self = context;
    self->may_lock |= mysql_statement_grants(cells[0], "LOCK TABLES");
    self->may_guard |= mysql_statement_grants(cells[0], "BACKUP_ADMIN");
    return 0;
}

// What our reader does not need, and goes better with. MariaDB's binlog gives it one point without
// a lock.
static int
check_reader(const struct mysql_check *self, struct error *error)
{
    struct reader_rights rights = {0};
    CLEAN(memory_free) char *has_log = NULL;
    CLEAN(memory_free) char *account = account_of(self);
    int is_mariadb = mysql_session_is_mariadb(self->session);
    if (!self->is_ours)
        return 0;
    if (mysql_session_query(self->session, "SHOW GRANTS", note_reader_rights, &rights, error) ||
        mysql_session_value(self->session, "SELECT @@log_bin", &has_log, error))
        return -1;
    int has_positions = is_mariadb && has_log && strcmp(has_log, "1") == 0;
    if (!rights.may_lock && !has_positions)
        findings_add(self->findings, ABOUT_GRANTS, 0,
                     "the account lacks LOCK TABLES on *.*, so one connection alone may have to "
                     "read all: GRANT LOCK TABLES ON *.* TO %s;",
                     account);
    if (!rights.may_guard && !is_mariadb && mysql_session_major(self->session) >= 8)
        findings_add(self->findings, ABOUT_GRANTS, 0,
                     "the account lacks BACKUP_ADMIN, so who alters a table meanwhile fails the "
                     "backup instead of waiting: where the service allows it, GRANT BACKUP_ADMIN "
                     "ON *.* TO %s;",
                     account);
    return 0;
}

// A sink that only listens to what would be left out.
static void
find_left_out(void *context, const char *what, const char *why)
{
    findings_add(context, ABOUT_CONTENT, 0, "a set would lack %s: %s", what, why);
}

static int
check_size(const struct mysql_check *self, struct error *error)
{
    CLEAN(memory_free) char *size = NULL;
    if (mysql_session_value(self->session,
                            "SELECT CAST(COALESCE(SUM(data_length), 0) AS UNSIGNED) "
                            "FROM information_schema.tables WHERE " USERS_SCHEMAS,
                            &size, error))
        return -1;
    *self->size_bytes = size ? strtoull(size, NULL, 10) : 0;
    return 0;
}

// What is left out takes no room in a store.
struct wanted_size {
    mysql_inventory_t *inventory;
    uint64_t bytes;
};

static int
add_size(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct wanted_size *self = context;
    uint32_t schema;
    if (mysql_inventory_find_schema(self->inventory, cells[0], &schema))
        return 0;
    const struct mysql_object *table =
        mysql_inventory_find(self->inventory, schema, MYSQL_TABLE, cells[1]);
    if (table && !table->is_without_rows)
        self->bytes += strtoull(cells[2], NULL, 10);
    return 0;
}

static int
check_wanted_size(const struct mysql_check *self, mysql_inventory_t *inventory, struct error *error)
{
    struct wanted_size size = {.inventory = inventory};
    if (!self->selection)
        return 0;
    if (mysql_session_query(self->session,
                            "SELECT table_schema, table_name, COALESCE(data_length, 0) FROM "
                            "information_schema.tables WHERE " USERS_SCHEMAS,
                            add_size, &size, error))
        return -1;
    *self->size_bytes = size.bytes;
    return 0;
}

// Of what our reader cannot hold it says so before it reads.
static void
check_count(const struct mysql_check *self, const mysql_inventory_t *inventory)
{
    uint64_t tables = 0;
    struct error error;
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(inventory, i);
        tables += object->kind == MYSQL_TABLE && !object->is_left_out && !object->is_without_rows;
    }
    if (self->is_ours && ranges_check_tables(tables, &error))
        findings_add_error(self->findings, &error, ABOUT_CONTENT);
}

static int
check_contents(const struct mysql_check *self, struct error *error)
{
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_leftovers_destroy) mysql_leftovers_t *leftovers = NULL;
    CLEAN(mysql_select_destroy) mysql_select_t *select = NULL;
    CLEAN(mysql_views_destroy) mysql_views_t *views = NULL;
    if (mysql_inventory_read(inventory, self->session, error) ||
        mysql_select_open(&select, self->session, inventory, self->selection, error) ||
        check_wanted_size(self, inventory, error))
        return -1;
    check_count(self, inventory);
    uint64_t tables = 0;
    for (size_t i = 0; i < mysql_inventory_schemas(inventory); i++)
        tables += mysql_inventory_schema(inventory, i)->tables;
    findings_add(self->findings, ABOUT_CONTENT, 0,
                 "%s server %s with %s %s: %zu schemas, %" PRIu64 " tables, about %" PRIu64
                 " MiB of rows",
                 mysql_session_is_mariadb(self->session) ? "MariaDB" : "MySQL",
                 mysql_session_version(self->session),
                 self->tool ? tool_kind_name(self->tool->kind) : "no tool",
                 self->tool ? self->tool->version : "that fits", mysql_inventory_schemas(inventory),
                 tables, *self->size_bytes >> 20);
    if (!self->tool) {
        mysql_select_find(select, self->findings);
        return 0;
    }
    // Views that do not work are passed over; of the others is asked what they need.
    if (mysql_leftovers_open(&leftovers, self->session, inventory, self->tool, error) ||
        (self->selection && mysql_views_open(&views, self->session, inventory, error)))
        return -1;
    if (views)
        mysql_views_leave_out(views, select);
    mysql_select_find(select, self->findings);
    const struct sink sink = {.self = self->findings, .left_out = find_left_out};
    mysql_leftovers_tell(leftovers, &sink);
    return 0;
}

static int
check_keys(const struct mysql_check *self, struct error *error)
{
    // One pass over each list, joined by the server: a look-up per table costs more than the dump.
    return find_tables(
        self,
        "SELECT t.table_schema, t.table_name FROM information_schema.tables t LEFT JOIN "
        "(SELECT DISTINCT table_schema, table_name FROM information_schema.statistics "
        "WHERE index_name = 'PRIMARY') k ON k.table_schema = t.table_schema AND "
        "k.table_name = t.table_name WHERE t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND "
        "k.table_name IS NULL AND t." USERS_SCHEMAS,
        "tables have no primary key: their rows come in any order, which deduplicates badly",
        error);
}

void
mysql_check_run(const struct mysql_check *self)
{
    static int (*const steps[])(const struct mysql_check *, struct error *) = {
        check_rights, check_reader, check_size, check_contents, check_keys};
    struct error error;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i](self, &error))
            findings_add_error(self->findings, &error, ABOUT_GRANTS);
    }
}
