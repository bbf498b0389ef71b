#include "worker/engine/mysql_backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_leftovers.h"
#include "worker/engine/mysql_run.h"
#include "worker/engine/mysql_scan.h"
#include "worker/engine/mysql_statement.h"
#include "worker/engine/mysql_users.h"
#include "worker/engine/mysql_views.h"

enum { POSITION_SIZE = 512 };

#define END_MARK "-- Dump completed"

static const char *const needed_rights[] = {"SELECT", "SHOW VIEW", "TRIGGER", "EVENT"};
enum { RIGHTS = sizeof needed_rights / sizeof *needed_rights };

static int
note_rights(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    int *has = context;
    for (size_t i = 0; i < RIGHTS; i++)
        has[i] |= mysql_statement_grants(cells[0], needed_rights[i]);
    return 0;
}

int
mysql_backup_missing_rights(mysql_session_t *session, char missing[MYSQL_MISSING_SIZE],
                            struct error *error)
{
    int has[RIGHTS] = {0};
    // Without FOR it lists what active roles give, too. information_schema.user_privileges says
    // USAGE only for the master user of some services.
    if (mysql_session_query(session, "SHOW GRANTS", note_rights, has, error))
        return error_wrap(error, "cannot read the rights of our account");
    size_t used = 0;
    missing[0] = '\0';
    for (size_t i = 0; i < RIGHTS; i++) {
        if (!has[i])
            used += (size_t)snprintf(missing + used, MYSQL_MISSING_SIZE - used, "%s%s",
                                     used ? ", " : "", needed_rights[i]);
    }
    return 0;
}

static int
check_rights(const struct mysql_backup *self, struct error *error)
{
    char missing[MYSQL_MISSING_SIZE];
    if (mysql_backup_missing_rights(self->session, missing, error))
        return -1;
    if (*missing)
        return error_set(error, ERROR_DENIED,
                         "the account '%s' must have %s on *.* (the server hides what it may not "
                         "see, and a backup would lack it in silence): GRANT %s ON *.* TO it",
                         self->server->credentials.username, missing, missing);
    return 0;
}

static int
keep_facts(void *context, const char *const *cells, struct error *error)
{
    static const char *const keys[] = {
        "server_version", "version_comment", "character_set",         "collation",
        "sql_mode",       "time_zone",       "lower_case_table_names"};
    (void)error;
    const struct sink *sink = context;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        sink->fact(sink->self, keys[i], cells[i] ? cells[i] : "");
    return 0;
}

static int
tell_facts(const struct mysql_backup *self, struct error *error)
{
    const struct sink *sink = self->sink;
    sink->fact(sink->self, "flavour", mysql_session_flavour(self->session));
    sink->fact(sink->self, "tls", mysql_session_has_tls(self->session) ? "yes" : "no");
    union {
        const struct sink *lent;
        void *context;
    } context = {.lent = sink};
    return mysql_session_query(self->session,
                               "SELECT VERSION(), @@version_comment, @@character_set_server, "
                               "@@collation_server, @@GLOBAL.sql_mode, @@GLOBAL.time_zone, "
                               "@@lower_case_table_names",
                               keep_facts, context.context, error);
}

static int
put_text(const struct mysql_backup *self, const char *role, const char *text, struct error *error)
{
    const struct file_facts facts = {.role = role, .loader = "mysql"};
    if (!*text)
        return 0;
    return self->sink->put_text(self->sink->self, &facts, text, strlen(text), error);
}

// Can the tool say the exact point of its transaction without a lock? It reads the status that
// these names come from inside of it.
static int
has_exact_point(const struct mysql_backup *self, int *has, struct error *error)
{
    CLEAN(memory_free) char *file = NULL;
    *has = 0;
    if (!mysql_session_is_mariadb(self->session))
        return 0;
    if (mysql_session_value(self->session,
                            "SELECT variable_value FROM information_schema.session_status "
                            "WHERE variable_name = 'binlog_snapshot_file'",
                            &file, error))
        return -1;
    *has = file && *file;
    return 0;
}

static void
add_options(struct mysql_run *run, const struct tool *tool, int has_point, int with_history)
{
    // --opt differs from version to version: taken apart here.
    static const char *const common[] = {"--skip-opt",
                                         "--add-drop-table",
                                         "--add-locks",
                                         "--create-options",
                                         "--disable-keys",
                                         "--extended-insert",
                                         "--quick",
                                         "--set-charset",
                                         "--default-character-set=utf8mb4",
                                         "--single-transaction",
                                         "--skip-lock-tables",
                                         "--order-by-primary",
                                         "--hex-blob",
                                         "--routines",
                                         "--triggers",
                                         "--events",
                                         "--comments",
                                         "--skip-dump-date",
                                         "--tz-utc",
                                         "--no-tablespaces",
                                         "--max-allowed-packet=1G",
                                         "--net-buffer-length=1046528"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        mysql_run_add(run, common[i]);
    if (tool->kind == TOOL_MYSQLDUMP) {
        mysql_run_add(run, "--set-gtid-purged=OFF");
        if (tool->major >= 8)
            mysql_run_add(run, "--column-statistics=0");
    }
    if (has_point)
        mysql_run_add(run, "--master-data=2");
    if (with_history)
        mysql_run_add(run, "--dump-history");
}

// The text between `before` and the next quote, from `edge`; "" if there is none.
static void
cut_out(const char *edge, size_t size, const char *before, char *text, size_t text_size)
{
    const char *found = memmem(edge, size, before, strlen(before));
    text[0] = '\0';
    if (!found)
        return;
    found += strlen(before);
    size_t used = 0;
    while (found + used < edge + size && !strchr("';\n", found[used]) && used + 1 < text_size)
        used++;
    memcpy(text, found, used);
    text[used] = '\0';
}

// "binlog.000001:2818 gtid 0-1-14", or "" where the tool did not say.
static void
read_position(const struct file_edges *edges, char position[POSITION_SIZE])
{
    char file[128], offset[32], gtid[256];
    cut_out(edges->head, edges->head_size, "CHANGE MASTER TO MASTER_LOG_FILE='", file, sizeof file);
    cut_out(edges->head, edges->head_size, "MASTER_LOG_POS=", offset, sizeof offset);
    cut_out(edges->tail, edges->tail_size, "SET GLOBAL gtid_slave_pos='", gtid, sizeof gtid);
    position[0] = '\0';
    if (*file && *offset)
        snprintf(position, POSITION_SIZE, "%s:%s%s%s", file, offset, *gtid ? " gtid " : "", gtid);
}

struct piece {
    size_t first, end;  // schemas
    int is_all;
};

static void
tell_point(const struct mysql_backup *self, mysql_inventory_t *inventory, struct piece piece,
           const struct file_edges *edges, int64_t started_unix_ms)
{
    const struct sink *sink = self->sink;
    char position[POSITION_SIZE];
    read_position(edges, position);
    if (piece.is_all)
        sink->point(sink->self, NULL, "single-transaction", *position ? position : NULL,
                    started_unix_ms);
    for (size_t i = piece.first; i < piece.end; i++) {
        const struct mysql_schema *schema = mysql_inventory_schema(inventory, i);
        if (schema->at_any_time == schema->tables && schema->tables > 0)
            sink->point(sink->self, schema->name, "none", NULL, started_unix_ms);
        else if (!piece.is_all)
            sink->point(sink->self, schema->name, "single-transaction", *position ? position : NULL,
                        started_unix_ms);
    }
}

struct dump {
    const struct mysql_backup *backup;
    mysql_inventory_t *inventory;
    mysql_leftovers_t *leftovers;
    mysql_views_t *views;
    struct mysql_text options;  // lines for the tool's option file
    int has_point, with_history;
};

// The bytes that the names of schemas may take up on a command line.
static size_t
names_max(const struct mysql_backup *self)
{
    if (self->names_max_bytes)
        return self->names_max_bytes;
    long kernel = sysconf(_SC_ARG_MAX);  // of arguments and environment together
    return (kernel > 0 ? (size_t)kernel : 131072) / 2;
}

// The schema after the last that fits a command line together with number `first`.
static size_t
last_that_fits(const struct dump *self, size_t first)
{
    size_t room = names_max(self->backup);
    size_t count = mysql_inventory_schemas(self->inventory);
    size_t next = first, used = 0;
    for (; next < count; next++) {
        const char *name = mysql_inventory_schema(self->inventory, next)->name;
        used += strlen(name) + 1 + sizeof(char *);
        if (used > room && next > first)
            break;
    }
    return next;
}

// One run of the tool, from schema `piece->first` on; sets piece->end.
static int
dump_piece(const struct dump *self, struct piece *piece, struct error *error)
{
    const struct mysql_backup *backup = self->backup;
    struct mysql_run run;
    if (mysql_run_begin(&run, backup->server, mysql_session_has_tls(backup->session), backup->tool,
                        mysql_text_data(&self->options), error)) {
        mysql_run_end(&run);
        return -1;
    }
    add_options(&run, backup->tool, self->has_point, self->with_history);
    mysql_run_add(&run, "--databases");
    mysql_run_add(&run, "--");
    piece->end = last_that_fits(self, piece->first);
    for (size_t i = piece->first; i < piece->end; i++)
        mysql_run_add(&run, mysql_inventory_schema(self->inventory, i)->name);
    piece->is_all = piece->first == 0 && piece->end == mysql_inventory_schemas(self->inventory);

    CLEAN(mysql_scan_destroy) mysql_scan_t *scan = mysql_scan_new(self->inventory);
    CLEAN(memory_free) struct file_edges *edges = memory_get(sizeof *edges);
    const struct file_facts facts = {.role = "data",
                                     .loader = "mysql",
                                     .tool = tool_kind_name(backup->tool->kind),
                                     .tool_version = backup->tool->version,
                                     .watch = mysql_scan_add,
                                     .watch_context = scan};
    int64_t started_unix_ms = clock_unix_ms();
    int status = runner_dump(mysql_run_runner(&run), backup->sink, &facts, END_MARK, edges, error);
    mysql_run_end(&run);
    if (status)
        return -1;
    tell_point(backup, self->inventory, *piece, edges, started_unix_ms);
    return mysql_inventory_check(self->inventory, piece->first, piece->end, error);
}

static int
dump_all(const struct dump *self, struct error *error)
{
    const struct sink *sink = self->backup->sink;
    size_t count = mysql_inventory_schemas(self->inventory);
    if (count == 0)
        sink->point(sink->self, NULL, "none", NULL, clock_unix_ms());
    size_t pieces = 0;
    for (struct piece piece = {0}; piece.first < count; piece.first = piece.end) {
        if (dump_piece(self, &piece, error))
            return -1;
        pieces++;
    }
    if (pieces > 1) {
        CLEAN(memory_free)
        char *why = memory_format("%zu schemas do not fit one command line: %zu dumps, each with "
                                  "a point of its own",
                                  count, pieces);
        sink->left_out(sink->self, "one point for the whole server", why);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mysql_schema *schema = mysql_inventory_schema(self->inventory, i);
        sink->schema(sink->self, schema->name, schema->tables);
    }
    return 0;
}

static void
dump_end(struct dump *self)
{
    mysql_text_free(&self->options);
    mysql_views_destroy(&self->views);
    mysql_leftovers_destroy(&self->leftovers);
    mysql_inventory_destroy(&self->inventory);
}

static int
dump_begin(struct dump *self, struct error *error)
{
    mysql_session_t *session = self->backup->session;
    self->inventory = mysql_inventory_new();
    if (has_exact_point(self->backup, &self->has_point, error) ||
        mysql_inventory_read(self->inventory, session, error) ||
        mysql_leftovers_open(&self->leftovers, session, self->inventory, self->backup->tool, error))
        return -1;
    if (mysql_views_open(&self->views, session, self->inventory, error) ||
        mysql_leftovers_add_options(self->leftovers, &self->options, error) ||
        mysql_views_add_options(self->views, &self->options, error))
        return -1;
    self->with_history = mysql_leftovers_with_history(self->leftovers);
    mysql_leftovers_tell(self->leftovers, self->backup->sink);
    return 0;
}

int
mysql_backup_run(const struct mysql_backup *self, struct error *error)
{
    CLEAN(mysql_users_destroy) mysql_users_t *users = NULL;
    CLEAN(dump_end) struct dump dump = {.backup = self};
    if (check_rights(self, error) || tell_facts(self, error) ||
        mysql_users_open(&users, self->session, self->options->password_hashes, self->sink,
                         error) ||
        put_text(self, "users", mysql_users_before(users), error) || dump_begin(&dump, error) ||
        dump_all(&dump, error) || put_text(self, "data", mysql_views_sql(dump.views), error) ||
        put_text(self, "users", mysql_users_after(users), error))
        return -1;
    mysql_leftovers_tell_new(dump.leftovers, self->server, self->sink);
    return 0;
}
