// What is asked of a session: statements and their rows, names and literals for them. Part of
// mysql_session.

#include <mysql.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_session.h"

// Where the column with this name is; 0 without a name, the number of columns if there is none.
static unsigned
find_field(MYSQL_RES *result, const char *name)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    unsigned count = mysql_num_fields(result), number = 0;
    while (name && number < count && strcmp(fields[number].name, name) != 0)
        number++;
    return number;
}

int
mysql_session_column(mysql_session_t *self, const char *sql, const char *name,
                     mysql_session_row *row, void *context, struct error *error)
{
    MYSQL *handle = mysql_session_handle(self);
    if (mysql_real_query(handle, sql, strlen(sql)))
        return mysql_session_fail(self, NULL, "cannot ask", error);
    MYSQL_RES *result = mysql_use_result(handle);
    if (!result)
        return mysql_errno(handle)
                   ? mysql_session_fail(self, NULL, "cannot read the answer of", error)
                   : 0;
    int status = 0;
    MYSQL_ROW cells;
    unsigned first = find_field(result, name);
    int is_there = first < mysql_num_fields(result);
    while (status == 0 && (cells = mysql_fetch_row(result))) {
        if (row && is_there)
            status = row(context, (const char *const *)cells + first, error);
    }
    if (status == 0 && mysql_errno(handle))
        status = mysql_session_fail(self, NULL, "lost the answer of", error);
    mysql_free_result(result);  // reads what is left of it
    return status;
}

static int
take_rows(mysql_session_t *self, size_t number, mysql_session_rows *rows, void *context,
          struct error *error)
{
    MYSQL *handle = mysql_session_handle(self);
    MYSQL_RES *result = mysql_use_result(handle);
    MYSQL_ROW cells;
    int status = 0;
    while (result && status == 0 && (cells = mysql_fetch_row(result)))
        status = rows(context, number, (const char *const *)cells, error);
    if (status == 0 && mysql_errno(handle))
        status = mysql_session_fail(self, NULL, "lost the answer of", error);
    if (result)
        mysql_free_result(result);  // reads what is left of it
    return status;
}

// All results are taken, whatever becomes of them: the session is to be used again.
static int
take_results(mysql_session_t *self, mysql_session_rows *rows, void *context, struct error *error)
{
    MYSQL *handle = mysql_session_handle(self);
    struct error unseen;
    int status = 0, next = 0;
    for (size_t number = 0; next == 0; number++) {
        if (take_rows(self, number, rows, context, status ? &unseen : error))
            status = -1;
        next = mysql_next_result(handle);
    }
    return next > 0 && status == 0 ? mysql_session_fail(self, NULL, "cannot ask", error) : status;
}

int
mysql_session_queries(mysql_session_t *self, const char *sql, mysql_session_rows *rows,
                      void *context, struct error *error)
{
    MYSQL *handle = mysql_session_handle(self);
    struct error unseen;
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON))
        return mysql_session_fail(self, NULL, "cannot ask", error);
    int status = mysql_real_query(handle, sql, strlen(sql))
                     ? mysql_session_fail(self, NULL, "cannot ask", error)
                     : take_results(self, rows, context, error);
    // No other text is ever more than one statement.
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF))
        return mysql_session_fail(self, NULL, "cannot ask", status ? &unseen : error);
    return status;
}

int
mysql_session_query(mysql_session_t *self, const char *sql, mysql_session_row *row, void *context,
                    struct error *error)
{
    return mysql_session_column(self, sql, NULL, row, context, error);
}

static int
keep_first(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    char **value = context;
    if (!*value)
        *value = memory_copy_text(cells[0]);
    return 0;
}

int
mysql_session_value(mysql_session_t *self, const char *sql, char **value, struct error *error)
{
    CLEAN(memory_free) char *first = NULL;
    if (mysql_session_query(self, sql, keep_first, &first, error))
        return -1;
    *value = STEAL(first);
    return 0;
}

char *
mysql_session_name(const char *name)
{
    char *quoted = memory_get(2 * strlen(name) + 3);
    char *next = quoted;
    *next++ = '`';
    for (; *name; name++) {
        if (*name == '`')
            *next++ = '`';
        *next++ = *name;
    }
    *next = '`';
    return quoted;
}

char *
mysql_session_literal(mysql_session_t *self, const char *text)
{
    MYSQL *handle = mysql_session_handle(self);
    size_t size = strlen(text);
    char *quoted = memory_get(2 * size + 3);
    quoted[0] = '\'';
    unsigned long used = mysql_real_escape_string(handle, quoted + 1, text, size);
    quoted[1 + used] = '\'';
    return quoted;
}
