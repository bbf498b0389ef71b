#include "worker/engine/mysql_users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_accounts.h"
#include "worker/engine/mysql_shown.h"
#include "worker/engine/mysql_statement.h"
#include "worker/engine/mysql_text.h"

enum { TEXT_MAX = 256 << 20 };

struct mysql_users {
    mysql_session_t *session;
    mysql_select_t *select;
    const struct sink *sink;
    int keep_hashes;
    mysql_accounts_t *accounts;
    size_t locked;
    struct mysql_text creations, grants, defaults, objects, before, after;
    // While the lines of one account are read.
    const struct mysql_account *account;  // NULL: our own, the only one that we see
    int is_packages;                      // the text `objects` is in sql_mode ORACLE now
    int has_own_roles;
    int knows_partial, is_partial;  // partial_revokes: has it the variable, and is it on?
    int has_patterns;               // a grant on a schema whose name reads otherwise with it
};

// Is the grant on something that is not in the set? It could not be given there.
static int
is_on_what_is_gone(mysql_users_t *self, const char *statement)
{
    CLEAN(memory_free) char *schema = NULL;
    CLEAN(memory_free) char *object = NULL;
    if (!mysql_statement_object(statement, &schema, &object) ||
        !mysql_select_is_gone(self->select, schema, object))
        return 0;
    mysql_select_drop_grant(self->select, schema, object);
    return 1;
}

static void
add_object(mysql_users_t *self, int is_package, const char *statement)
{
    if (is_on_what_is_gone(self, statement))
        return;
    if (is_package != self->is_packages)
        mysql_text_add(&self->objects, "SET SESSION sql_mode = '%s';\n",
                       is_package ? "ORACLE" : "NO_AUTO_CREATE_USER");
    self->is_packages = is_package;
    mysql_text_add(&self->objects, "%s;\n", statement);
}

// Where revokes may be partial, a schema's name in a grant is a name; elsewhere it is a pattern.
static int
has_pattern(const char *statement)
{
    const char *end = strstr(statement, ".* TO ");
    const char *at = strpbrk(statement, "%\\");
    return end && at && at < end;
}

static int
keep_grant(void *context, const char *const *cells, struct error *error)
{
    mysql_users_t *self = context;
    enum mysql_grant_scope scope;
    CLEAN(memory_free) char *statement = NULL;
    CLEAN(memory_free_secret)
    char *mended = mysql_account_mend(self->account, self->session, cells[0]);
    if (self->grants.size + self->objects.size > TEXT_MAX)
        return error_set(error, ERROR_INVALID, "the grants are longer than %d bytes", TEXT_MAX);
    if (mysql_statement_grant(mended ? mended : cells[0], &scope, &statement, error))
        return -1;
    switch (scope) {
    case MYSQL_GRANT_NOTHING:
        break;
    case MYSQL_GRANT_ROLE:
        if (mysql_accounts_has_own(self->accounts, statement))
            self->has_own_roles = 1;
        else
            mysql_text_add(&self->grants, "%s;\n", statement);
        break;
    case MYSQL_GRANT_GLOBAL:
        self->has_patterns |= has_pattern(statement);
        mysql_text_add(&self->grants, "%s;\n", statement);
        break;
    case MYSQL_GRANT_OBJECT:
    case MYSQL_GRANT_PACKAGE:
        add_object(self, scope == MYSQL_GRANT_PACKAGE, statement);
        break;
    case MYSQL_GRANT_DEFAULT_ROLE:
        mysql_text_add(&self->defaults, "%s;\n", statement);
        break;
    }
    return 0;
}

// Of MySQL from 8.0.16 on.
static int
keep_partial(void *context, const char *const *cells, struct error *error)
{
    mysql_users_t *self = context;
    (void)error;
    self->is_partial = cells[0] && *cells[0] == '1';
    return 0;
}

static int
keep_creation(void *context, const char *const *cells, struct error *error)
{
    mysql_users_t *self = context;
    CLEAN(memory_free) char *statement = NULL;
    CLEAN(memory_free) char *role = NULL;
    CLEAN(memory_free_secret)
    char *mended = mysql_account_mend(self->account, self->session, cells[0]);
    if (self->creations.size > TEXT_MAX)
        return error_set(error, ERROR_INVALID, "the accounts are longer than %d bytes", TEXT_MAX);
    if (mysql_statement_account(mended ? mended : cells[0], self->keep_hashes, &statement, &role,
                                error))
        return -1;
    mysql_text_add(&self->creations, "%s;\n", statement);
    if (role)
        mysql_text_add(&self->defaults, "%s;\n", role);
    self->locked += !self->keep_hashes;
    return 0;
}

// What the server says of some accounts, at once.
struct group {
    struct mysql_shown shown[MYSQL_SHOWN_AT_A_TIME];
};

static void
group_clear(struct group *self)
{
    mysql_shown_clear(self->shown, MYSQL_SHOWN_AT_A_TIME);
}

static void
ask_group(mysql_users_t *self, size_t first, struct group *group)
{
    size_t left = mysql_accounts_count(self->accounts) - first;
    size_t count = left < MYSQL_SHOWN_AT_A_TIME ? left : MYSQL_SHOWN_AT_A_TIME;
    group_clear(group);
    for (size_t i = 0; i < count; i++) {
        const struct mysql_account *account = mysql_accounts_at(self->accounts, first + i);
        group->shown[i].quoted = account->is_own ? NULL : account->quoted;
        group->shown[i].is_role = account->is_role;
    }
    mysql_shown_ask(group->shown, count, self->session);
}

// `shown`: what the server said already; NULL: nothing. What is not in it is asked for.
static int
read_creation(mysql_users_t *self, const char *quoted, const struct mysql_shown *shown,
              struct error *error)
{
    const char *creation = shown ? shown->creation : NULL;
    if (creation)
        return keep_creation(self, &creation, error);
    CLEAN(memory_free) char *show = memory_format("SHOW CREATE USER %s", quoted);
    return mysql_session_query(self->session, show, keep_creation, self, error);
}

static int
read_grants(mysql_users_t *self, const char *quoted, const struct mysql_shown *shown,
            struct error *error)
{
    CLEAN(memory_free) char *show = memory_format("SHOW GRANTS FOR %s", quoted);
    if (!shown || shown->grant_count == 0)
        return mysql_session_query(self->session, show, keep_grant, self, error);
    for (size_t i = 0; i < shown->grant_count; i++) {
        const char *grant = shown->grants[i];
        if (keep_grant(self, &grant, error))
            return -1;
    }
    return 0;
}

// Shows one account. What the server refuses to show is left out and told; a lost connection fails.
static int
read_account(mysql_users_t *self, const char *quoted, int is_role, const struct mysql_shown *shown,
             struct error *error)
{
    struct error cause = {0};
    if (is_role && strcmp(quoted, "PUBLIC") != 0) {
        mysql_text_add(&self->creations, "CREATE ROLE IF NOT EXISTS %s;\n", quoted);
    }
    if ((is_role || read_creation(self, quoted, shown, &cause) == 0) &&
        read_grants(self, quoted, shown, &cause) == 0)
        return 0;
    if (cause.code == ERROR_UNAVAILABLE)
        return error_set(error, cause.code, "%s", cause.message);
    CLEAN(memory_free) char *what = memory_format("account %s", quoted);
    self->sink->left_out(self->sink->self, what, cause.message);
    return 0;
}

static int
read_all(mysql_users_t *self, struct error *error)
{
    CLEAN(memory_free) char *own = memory_copy_text("");
    CLEAN(group_clear) struct group group = {0};
    for (size_t i = 0; i < mysql_accounts_count(self->accounts); i++) {
        const struct mysql_account *account = mysql_accounts_at(self->accounts, i);
        self->account = account;
        if (i % MYSQL_SHOWN_AT_A_TIME == 0)
            ask_group(self, i, &group);
        if (account->is_own) {
            char *longer = memory_format(
                "%s%s%s", own, *own ? ", " : "the server's own accounts: ", account->quoted);
            memory_free(&own);
            own = longer;
        } else if (read_account(self, account->quoted, account->is_role,
                                &group.shown[i % MYSQL_SHOWN_AT_A_TIME], error)) {
            return -1;
        }
    }
    if (*own)
        self->sink->left_out(self->sink->self, own, "each server brings its own");
    return 0;
}

// The accounts, or only our own if the server does not let us see the others.
static int
read_accounts(mysql_users_t *self, struct error *error)
{
    struct error cause = {0};
    if (mysql_accounts_open(&self->accounts, self->session, &cause) == 0)
        return read_all(self, error);
    if (cause.code == ERROR_UNAVAILABLE)
        return error_set(error, cause.code, "%s", cause.message);
    self->sink->left_out(self->sink->self, "all accounts but the one that the backup uses",
                         cause.message);
    return read_account(self, "CURRENT_USER()", 0, NULL, error);
}

static void
tell_what_is_missing(mysql_users_t *self)
{
    if (self->has_own_roles)
        self->sink->left_out(self->sink->self, "memberships in the server's own roles",
                             "another server may not have these roles");
    if (self->locked == 0)
        return;
    CLEAN(memory_free)
    char *what = memory_format("passwords and authentication of %zu accounts", self->locked);
    self->sink->left_out(self->sink->self, what,
                         "the policy does not want password hashes: a restore makes the accounts "
                         "locked, to be given a password and unlocked by ALTER USER");
}

// Grants mean something else, or cannot be loaded, where it is set otherwise: loading ends with a
// sentence before an account is made. (A server has no condition outside of programs: what is to be
// prepared is that sentence, of which it shows 80 characters.)
static void
add_guard(mysql_users_t *self)
{
    const char *was = self->is_partial ? "ON" : "OFF";
    if (!self->knows_partial || (!self->is_partial && !self->has_patterns))
        return;
    mysql_text_add(&self->before,
                   "/*!80016 SET @dbhaul_guard = IF(@@GLOBAL.partial_revokes = %d, 'DO 0', "
                   "'partial_revokes was %s there: SET PERSIST partial_revokes = %s, then "
                   "reload') */;\n"
                   "/*!80016 PREPARE dbhaul_guard FROM @dbhaul_guard */;\n"
                   "/*!80016 DEALLOCATE PREPARE dbhaul_guard */;\n",
                   self->is_partial, was, was);
}

static void
compose(mysql_users_t *self)
{
    const char *mode = mysql_session_is_mariadb(self->session) ? "NO_AUTO_CREATE_USER" : "";
    CLEAN(memory_free)
    char *head = memory_format("SET NAMES utf8mb4;\nSET SESSION sql_mode = '%s';\n", mode);
    if (self->creations.size + self->grants.size + self->defaults.size > 0) {
        mysql_text_add(&self->before, "-- Accounts and roles. To be loaded before the data.\n%s",
                       head);
        add_guard(self);
        mysql_text_add(&self->before, "%s%s%s", mysql_text_data(&self->creations),
                       mysql_text_data(&self->grants), mysql_text_data(&self->defaults));
    }
    if (self->objects.size > 0)
        mysql_text_add(&self->after,
                       "-- Grants on tables and routines. To be loaded after the data.\n%s%s", head,
                       mysql_text_data(&self->objects));
}

int
mysql_users_open(mysql_users_t **self_p, mysql_session_t *session, int keep_hashes,
                 mysql_select_t *select, const struct sink *sink, struct error *error)
{
    CLEAN(mysql_users_destroy) mysql_users_t *self = memory_get(sizeof *self);
    self->session = session;
    self->select = select;
    self->sink = sink;
    self->keep_hashes = keep_hashes;
    // Hashes of MySQL's newer methods have bytes that are no text. Servers that do not know the
    // variable have no such hashes.
    struct error ignored;
    if (keep_hashes)
        mysql_session_query(session, "SET SESSION print_identified_with_as_hex = ON", NULL, NULL,
                            &ignored);
    self->knows_partial = mysql_session_query(session, "SELECT @@GLOBAL.partial_revokes",
                                              keep_partial, self, &ignored) == 0;
    if (read_accounts(self, error))
        return error_wrap(error, "cannot read the accounts");
    tell_what_is_missing(self);
    compose(self);
    *self_p = STEAL(self);
    return 0;
}

void
mysql_users_destroy(mysql_users_t **self_p)
{
    mysql_users_t *self = *self_p;
    if (!self)
        return;
    mysql_accounts_destroy(&self->accounts);
    mysql_text_free(&self->creations);
    mysql_text_free(&self->grants);
    mysql_text_free(&self->defaults);
    mysql_text_free(&self->objects);
    mysql_text_free(&self->before);
    mysql_text_free(&self->after);
    memory_free(self_p);
}

const char *
mysql_users_before(const mysql_users_t *self)
{
    return mysql_text_data(&self->before);
}

const char *
mysql_users_after(const mysql_users_t *self)
{
    return mysql_text_data(&self->after);
}
