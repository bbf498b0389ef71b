#include "worker/engine/mysql_accounts.h"

#include <fnmatch.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_statement.h"

enum { ACCOUNTS_MAX = 1000000 };

struct mysql_accounts {
    struct mysql_account *items;
    size_t count;
};

static const char *const words[MYSQL_ACCOUNT_TERMS] = {"ISSUER", "SUBJECT", "CIPHER"};

// Accounts that a server or its service brings along: patterns of fnmatch.
static const struct {
    const char *name, *host;
} own_accounts[] = {
    {"root", "localhost"},
    {"root", "127.0.0.1"},
    {"root", "::1"},
    {"mysql", "localhost"},
    {"mariadb.sys", "localhost"},
    {"mysql.*", "localhost"},
    {"debian-sys-maint", "localhost"},
    {"rdsadmin", "*"},
    {"rdsrepladmin", "*"},
    {"rdsproxyadmin", "*"},
    {"rdstopmgr", "*"},
    {"rds_superuser_role", "*"},
    {"azure_superuser*", "*"},
    {"cloudsql*", "*"},
    {"ocirpl", "*"},
    {"ocidbm", "*"},
    {"ociadmin", "*"},
};

static int
is_own(const char *name, const char *host)
{
    for (size_t i = 0; i < sizeof own_accounts / sizeof *own_accounts; i++) {
        if (fnmatch(own_accounts[i].name, name, 0) == 0 &&
            (!*host || fnmatch(own_accounts[i].host, host, 0) == 0))
            return 1;
    }
    return 0;
}

static int
needs_quotes(const char *term)
{
    return term && strpbrk(term, "'\\");
}

static int
keep_account(void *context, const char *const *cells, struct error *error)
{
    mysql_accounts_t *self = context;
    if (self->count == ACCOUNTS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d accounts", ACCOUNTS_MAX);
    self->items = memory_resize(self->items, (self->count + 1) * sizeof *self->items);
    struct mysql_account *account = &self->items[self->count++];
    *account = (struct mysql_account){.name = memory_copy_text(cells[0] ? cells[0] : ""),
                                      .host = memory_copy_text(cells[1] ? cells[1] : ""),
                                      .is_role = cells[2] && *cells[2] == 'Y'};
    account->is_own = is_own(account->name, account->host);
    for (size_t i = 0; i < MYSQL_ACCOUNT_TERMS; i++)
        account->terms[i] = needs_quotes(cells[3 + i]) ? memory_copy_text(cells[3 + i]) : NULL;
    CLEAN(memory_free) char *name = mysql_session_name(account->name);
    CLEAN(memory_free) char *host = mysql_session_name(account->host);
    if (!account->is_role)
        account->quoted = memory_format("%s@%s", name, host);
    else if (strcmp(account->name, "PUBLIC") == 0)
        account->quoted = memory_copy_text("PUBLIC");
    else
        account->quoted = STEAL(name);
    return 0;
}

int
mysql_accounts_open(mysql_accounts_t **self_p, mysql_session_t *session, struct error *error)
{
    CLEAN(mysql_accounts_destroy) mysql_accounts_t *self = memory_get(sizeof *self);
    const char *list = mysql_session_is_mariadb(session)
                           ? "SELECT user, host, is_role, x509_issuer, x509_subject, ssl_cipher "
                             "FROM mysql.user ORDER BY is_role DESC, user, host"
                           : "SELECT user, host, 'N', x509_issuer, x509_subject, ssl_cipher "
                             "FROM mysql.user ORDER BY user, host";
    if (mysql_session_query(session, list, keep_account, self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
mysql_accounts_destroy(mysql_accounts_t **self_p)
{
    mysql_accounts_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        struct mysql_account *account = &self->items[i];
        memory_free(&account->name);
        memory_free(&account->host);
        memory_free(&account->quoted);
        for (size_t term = 0; term < MYSQL_ACCOUNT_TERMS; term++)
            memory_free(&account->terms[term]);
    }
    memory_free(&self->items);
    memory_free(self_p);
}

size_t
mysql_accounts_count(const mysql_accounts_t *self)
{
    return self->count;
}

const struct mysql_account *
mysql_accounts_at(const mysql_accounts_t *self, size_t index)
{
    return &self->items[index];
}

int
mysql_accounts_has_own(const mysql_accounts_t *self, const char *statement)
{
    for (size_t i = 0; self && i < self->count; i++) {
        if (self->items[i].is_own && mysql_statement_names(statement, self->items[i].name))
            return 1;
    }
    return 0;
}

// A term to its end: another, as a server shows it that does escape, may begin like it.
static const char *
find_term(const char *text, const char *term)
{
    size_t size = strlen(term);
    const char *found = strstr(text, term);
    while (found && found[size] != '\0' && found[size] != ' ')
        found = strstr(found + 1, term);
    return found;
}

char *
mysql_account_mend(const struct mysql_account *self, mysql_session_t *session, const char *shown)
{
    CLEAN(memory_free_secret) char *mended = NULL;
    for (size_t i = 0; self && i < MYSQL_ACCOUNT_TERMS; i++) {
        if (!self->terms[i])
            continue;
        const char *text = mended ? mended : shown;
        CLEAN(memory_free) char *wrong = memory_format(" %s '%s'", words[i], self->terms[i]);
        const char *found = find_term(text, wrong);
        if (!found)
            continue;
        CLEAN(memory_free) char *literal = mysql_session_literal(session, self->terms[i]);
        char *longer = memory_format("%.*s %s %s%s", (int)(found - text), text, words[i], literal,
                                     found + strlen(wrong));
        memory_free_secret(&mended);
        mended = longer;
    }
    return STEAL(mended);
}
