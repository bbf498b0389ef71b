#include "worker/engine/mysql_statement.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"

// A token: a word, a number, a quoted text or name, or one character of anything else.
struct token {
    const char *text;
    size_t size;
};

struct tokens {
    struct token *items;
    size_t count;
};

static void
tokens_free(struct tokens *self)
{
    memory_free(&self->items);
    self->count = 0;
}

static size_t
token_size(const char *text)
{
    char quote = *text;
    size_t size = 1;
    if (quote == '\'' || quote == '"' || quote == '`') {
        while (text[size]) {
            if (text[size] == '\\' && quote != '`' && text[size + 1]) {
                size += 2;
            } else if (text[size] == quote && text[size + 1] == quote) {
                size += 2;
            } else if (text[size++] == quote) {
                return size;
            }
        }
        return size;
    }
    if (isalnum((unsigned char)*text) || *text == '_' || *text == '$' || (*text & 0x80)) {
        while (isalnum((unsigned char)text[size]) || text[size] == '_' || text[size] == '$' ||
               (text[size] & 0x80))
            size++;
    }
    return size;
}

static struct tokens
tokenize(const char *text)
{
    struct tokens self = {.items = memory_get((strlen(text) + 1) * sizeof *self.items)};
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (!*text)
            return self;
        self.items[self.count] = (struct token){text, token_size(text)};
        text += self.items[self.count++].size;
    }
}

static int
is_word(const struct tokens *tokens, size_t at, const char *word)
{
    return at < tokens->count && tokens->items[at].size == strlen(word) &&
           strncasecmp(tokens->items[at].text, word, strlen(word)) == 0;
}

// The text from token `from` to before token `end`, as it was; the caller's.
static char *
span(const struct tokens *tokens, size_t from, size_t end)
{
    if (from >= end)
        return memory_copy_text("");
    const struct token *last = &tokens->items[end - 1];
    const char *begin = tokens->items[from].text;
    return memory_format("%.*s", (int)(last->text + last->size - begin), begin);
}

// The token after `name[@host]` at `at`.
static size_t
after_account(const struct tokens *tokens, size_t at)
{
    at++;
    return is_word(tokens, at, "@") ? at + 2 : at;
}

// Does a clause of CREATE USER begin here? What follows IDENTIFIED ends only at one of these, so
// that a spelling we do not know loses a clause and never leaks a hash.
static int
begins_clause(const struct tokens *tokens, size_t at)
{
    if (is_word(tokens, at, "WITH"))
        return at + 1 < tokens->count && strncasecmp(tokens->items[at + 1].text, "MAX_", 4) == 0;
    if (is_word(tokens, at, "PASSWORD"))
        return is_word(tokens, at + 1, "EXPIRE") || is_word(tokens, at + 1, "HISTORY") ||
               is_word(tokens, at + 1, "REUSE") || is_word(tokens, at + 1, "REQUIRE");
    if (is_word(tokens, at, "DEFAULT"))
        return is_word(tokens, at + 1, "ROLE");
    return is_word(tokens, at, "REQUIRE") || is_word(tokens, at, "ACCOUNT") ||
           is_word(tokens, at, "FAILED_LOGIN_ATTEMPTS") ||
           is_word(tokens, at, "PASSWORD_LOCK_TIME") || is_word(tokens, at, "COMMENT") ||
           is_word(tokens, at, "ATTRIBUTE");
}

// The token after the clause at `at`.
static size_t
after_clause(const struct tokens *tokens, size_t at)
{
    // "PASSWORD REQUIRE CURRENT" is one clause, not two.
    at += is_word(tokens, at, "PASSWORD") ? 2 : 1;
    while (at < tokens->count && !begins_clause(tokens, at))
        at++;
    return at;
}

static char *
append(char *text, const char *more)
{
    char *longer = memory_format("%s%s%s", text, *text && *more ? " " : "", more);
    memory_free(&text);
    return longer;
}

int
mysql_statement_account(const char *shown, int keep_hashes, char **statement, char **default_role,
                        struct error *error)
{
    CLEAN(tokens_free) struct tokens tokens = tokenize(shown);
    if (!is_word(&tokens, 0, "CREATE") || !is_word(&tokens, 1, "USER") || tokens.count < 3)
        return error_set(error, ERROR_INVALID, "the server shows an account in an unknown form");
    size_t at = after_account(&tokens, 2);
    CLEAN(memory_free) char *account = span(&tokens, 2, at);
    CLEAN(memory_free) char *role = NULL;
    char *made = memory_format("CREATE USER IF NOT EXISTS %s", account);

    // What stands before the first clause is the authentication.
    size_t clause = at;
    while (clause < tokens.count && !begins_clause(&tokens, clause))
        clause++;
    if (keep_hashes) {
        CLEAN(memory_free) char *authentication = span(&tokens, at, clause);
        made = append(made, authentication);
    }
    int has_lock = 0;
    while (clause < tokens.count) {
        size_t end = after_clause(&tokens, clause);
        CLEAN(memory_free) char *text = span(&tokens, clause, end);
        if (is_word(&tokens, clause, "DEFAULT")) {
            CLEAN(memory_free) char *roles = span(&tokens, clause + 2, end);
            memory_free(&role);
            role = memory_format("SET DEFAULT ROLE %s TO %s", roles, account);
        } else if (is_word(&tokens, clause, "ACCOUNT")) {
            has_lock = 1;
            made = append(made, keep_hashes ? text : "ACCOUNT LOCK");
        } else {
            made = append(made, text);
        }
        clause = end;
    }
    if (!has_lock && !keep_hashes)
        made = append(made, "ACCOUNT LOCK");
    *statement = made;
    *default_role = STEAL(role);
    return 0;
}

// The first token `word` from `at` on, outside of parentheses; tokens->count if there is none.
static size_t
find_word(const struct tokens *tokens, size_t at, const char *word)
{
    int depth = 0;
    for (; at < tokens->count; at++) {
        if (is_word(tokens, at, "("))
            depth++;
        else if (is_word(tokens, at, ")"))
            depth--;
        else if (depth == 0 && is_word(tokens, at, word))
            return at;
    }
    return at;
}

// What a GRANT ... ON is about; `on` is the token ON.
static enum mysql_grant_scope
scope_of(const struct tokens *tokens, size_t on)
{
    size_t at = on + 1;
    if (is_word(tokens, 1, "USAGE") && on == 2)
        return MYSQL_GRANT_NOTHING;
    if (is_word(tokens, 1, "PROXY") && on == 2)
        return MYSQL_GRANT_GLOBAL;
    if (is_word(tokens, at, "PACKAGE"))
        return MYSQL_GRANT_PACKAGE;
    // A schema may be called `TABLE`, but then it is quoted.
    if (is_word(tokens, at, "PROCEDURE") || is_word(tokens, at, "FUNCTION") ||
        is_word(tokens, at, "TABLE") || is_word(tokens, at, "LIBRARY"))
        return MYSQL_GRANT_OBJECT;
    return is_word(tokens, at + 2, "*") ? MYSQL_GRANT_GLOBAL : MYSQL_GRANT_OBJECT;
}

// The "WITH GRANT OPTION" or "WITH ADMIN OPTION" among what follows the grantee.
static const char *
option_of(const struct tokens *tokens, size_t at)
{
    for (; at < tokens->count; at++) {
        if (is_word(tokens, at + 1, "OPTION") && is_word(tokens, at, "GRANT"))
            return " WITH GRANT OPTION";
        if (is_word(tokens, at + 1, "OPTION") && is_word(tokens, at, "ADMIN"))
            return " WITH ADMIN OPTION";
    }
    return "";
}

int
mysql_statement_grant(const char *shown, enum mysql_grant_scope *scope, char **statement,
                      struct error *error)
{
    CLEAN(tokens_free) struct tokens tokens = tokenize(shown);
    if (is_word(&tokens, 0, "SET") && is_word(&tokens, 1, "DEFAULT")) {
        *scope = MYSQL_GRANT_DEFAULT_ROLE;
        *statement = memory_copy_text(shown);
        return 0;
    }
    int revokes = is_word(&tokens, 0, "REVOKE");
    size_t on = find_word(&tokens, 1, "ON");
    size_t to = find_word(&tokens, 1, revokes ? "FROM" : "TO");
    if ((!revokes && !is_word(&tokens, 0, "GRANT")) || to + 1 >= tokens.count)
        return error_set(error, ERROR_INVALID, "the server shows a grant in an unknown form");
    *scope = on < to ? scope_of(&tokens, on) : MYSQL_GRANT_ROLE;
    size_t end = after_account(&tokens, to + 1);
    CLEAN(memory_free) char *text = span(&tokens, 0, end < tokens.count ? end : tokens.count);
    const char *option = option_of(&tokens, end);
    // USAGE with the right to hand on what the account has is more than nothing.
    if (*scope == MYSQL_GRANT_NOTHING && *option)
        *scope = MYSQL_GRANT_GLOBAL;
    *statement = memory_format("%s%s", text, option);
    return 0;
}

int
mysql_statement_names(const char *statement, const char *name)
{
    CLEAN(tokens_free) struct tokens tokens = tokenize(statement);
    size_t to = find_word(&tokens, 1, "TO");
    size_t size = strlen(name);
    for (size_t i = 1; i < to; i++) {
        const struct token *token = &tokens.items[i];
        if (token->size == size + 2 && strchr("`'\"", token->text[0]) &&
            strncmp(token->text + 1, name, size) == 0)
            return 1;
    }
    return 0;
}

int
mysql_statement_grants(const char *shown, const char *privilege)
{
    CLEAN(tokens_free) struct tokens tokens = tokenize(shown);
    size_t on = find_word(&tokens, 1, "ON");
    if (!is_word(&tokens, 0, "GRANT") || !is_word(&tokens, on + 1, "*") ||
        !is_word(&tokens, on + 3, "*"))
        return 0;
    size_t first = 1;
    for (size_t at = 1; at <= on; at++) {
        if (at < on && !is_word(&tokens, at, ","))
            continue;
        CLEAN(memory_free) char *one = span(&tokens, first, at);
        if (strcasecmp(one, privilege) == 0 || strcasecmp(one, "ALL PRIVILEGES") == 0 ||
            strcasecmp(one, "ALL") == 0)
            return 1;
        first = at + 1;
    }
    return 0;
}

// The text of a token that is a name in backticks; the caller's.
static char *
unquoted(const struct token *token)
{
    char *name = memory_get(token->size);
    size_t used = 0;
    for (size_t i = 1; i + 1 < token->size; i++) {
        name[used++] = token->text[i];
        i += token->text[i] == '`' && token->text[i + 1] == '`';
    }
    return name;
}

int
mysql_statement_object(const char *statement, char **schema, char **object)
{
    CLEAN(tokens_free) struct tokens tokens = tokenize(statement);
    size_t at = 0;
    while (at < tokens.count && !is_word(&tokens, at, "ON"))
        at++;
    while (at < tokens.count && !is_word(&tokens, at, "TO") && tokens.items[at].text[0] != '`')
        at++;
    if (at + 2 >= tokens.count || tokens.items[at].text[0] != '`' ||
        !is_word(&tokens, at + 1, ".") || tokens.items[at + 2].text[0] != '`')
        return 0;
    *schema = unquoted(&tokens.items[at]);
    *object = unquoted(&tokens.items[at + 2]);
    return 1;
}
