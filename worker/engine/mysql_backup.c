#include "worker/engine/mysql_backup.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_dump.h"
#include "worker/engine/mysql_events.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_kill.h"
#include "worker/engine/mysql_leftovers.h"
#include "worker/engine/mysql_reader.h"
#include "worker/engine/mysql_select.h"
#include "worker/engine/mysql_statement.h"
#include "worker/engine/mysql_users.h"
#include "worker/engine/mysql_views.h"

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

// All that a backup knows of its server.
struct source {
    struct mysql_dump dump;
    struct mysql_point point;
    mysql_select_t *select;
    mysql_leftovers_t *leftovers;
    mysql_views_t *views;
    mysql_events_t *events;
    mysql_users_t *users;
};

static void
source_close(struct source *self)
{
    mysql_users_destroy(&self->users);
    mysql_events_destroy(&self->events);
    mysql_views_destroy(&self->views);
    mysql_leftovers_destroy(&self->leftovers);
    mysql_select_destroy(&self->select);
    mysql_point_close(&self->point);
    mysql_text_free(&self->dump.lines);
    mysql_text_free(&self->dump.other_lines);
    mysql_inventory_destroy(&self->dump.inventory);
}

// By all sessions, if rows are read by several.
static int
read_inventory(struct source *self, const struct mysql_backup *backup, struct error *error)
{
    mysql_session_t *sessions[MYSQL_POINT_SESSIONS_MAX + 1] = {backup->session};
    self->dump.point = &self->point;
    self->dump.inventory = mysql_inventory_new();
    if (backup->is_ours && mysql_reader_open(&self->point, backup, error))
        return -1;
    size_t count = mysql_reader_sessions(&self->point, backup, sessions);
    return mysql_inventory_read_by(self->dump.inventory, sessions, count, error);
}

// What is wanted, and what cannot be had of it.
static int
read_source(struct source *self, const struct mysql_backup *backup, struct error *error)
{
    struct mysql_dump *dump = &self->dump;
    mysql_session_t *session = backup->session;
    dump->backup = backup;
    if (mysql_dump_has_point(backup, &dump->has_point, error) ||
        read_inventory(self, backup, error) ||
        mysql_select_open(&self->select, session, dump->inventory, backup->options->selection,
                          error) ||
        mysql_leftovers_open(&self->leftovers, session, dump->inventory, backup->tool, error) ||
        mysql_views_open(&self->views, session, dump->inventory, error) ||
        mysql_events_open(&self->events, session, dump->inventory, backup->sink, error) ||
        mysql_users_open(&self->users, session, backup->options->password_hashes, self->select,
                         backup->sink, error))
        return -1;
    mysql_views_leave_out(self->views, self->select);
    mysql_leftovers_tell(self->leftovers, backup->sink);
    dump->select = self->select;
    dump->with_history = mysql_leftovers_with_history(self->leftovers);
    return mysql_select_tell(self->select, backup->sink, error);
}

// What the tool is to pass over, in the run with rows and in the one without.
static int
make_lines(struct source *self, struct error *error)
{
    struct mysql_dump *dump = &self->dump;
    return mysql_leftovers_add_options(self->leftovers, &dump->lines, error) ||
                   mysql_views_add_options(self->views, &dump->lines, error) ||
                   mysql_select_add_options(self->select, &dump->lines, error) ||
                   mysql_leftovers_add_options(self->leftovers, &dump->other_lines, error) ||
                   mysql_select_add_other_options(self->select, &dump->other_lines, error)
               ? -1
               : 0;
}

static int
run(struct source *source, const struct mysql_backup *self, struct error *error)
{
    return check_rights(self, error) || tell_facts(self, error) ||
                   read_source(source, self, error) || make_lines(source, error) ||
                   put_text(self, "users", mysql_users_before(source->users), error) ||
                   (self->is_ours ? mysql_reader_run(&source->dump, error)
                                  : mysql_dump_all(&source->dump, error)) ||
                   put_text(self, "data", mysql_views_sql(source->views), error) ||
                   put_text(self, "programs", mysql_events_sql(source->events), error) ||
                   put_text(self, "users", mysql_users_after(source->users), error)
               ? -1
               : 0;
}

// Nothing of ours goes on at the server, or holds up others there, while the set is given up.
static void
let_go(struct source *source, const struct mysql_backup *self)
{
    mysql_session_t *sessions[MYSQL_POINT_SESSIONS_MAX + 1];
    size_t count = mysql_reader_sessions(&source->point, self, sessions);
    mysql_kill_lost(self->server, sessions, count);
    mysql_point_unguard(&source->point, self->session);
    mysql_point_close(&source->point);
}

int
mysql_backup_run(const struct mysql_backup *self, struct error *error)
{
    CLEAN(source_close) struct source source = {0};
    if (run(&source, self, error)) {
        let_go(&source, self);
        return -1;
    }
    mysql_leftovers_tell_new(source.leftovers, source.select, self->server, self->sink);
    return 0;
}
