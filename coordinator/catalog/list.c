#include "coordinator/catalog/list.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/catalog/archive.h"
#include "coordinator/catalog/schema_promise.h"

enum { NUMBER_DIGITS = 19, GIGABYTE = 1000000000, SECOND = 1000 };

static const char selector_columns[] =
    ", d.id, d.provider, d.resource_id, d.name, d.engine, d.account, d.region, d.host, d.tags";

static int
refuse(const struct list *list, const char *by, struct error *error)
{
    return error_set(error, ERROR_INVALID, "the list '%s' cannot be narrowed by %s", list->name,
                     by);
}

static int
check(const struct list *list, const struct query *query, struct error *error)
{
    if (query->run_id && !list->run)
        return refuse(list, "a run", error);
    if (query->job_id && !list->job)
        return refuse(list, "a job", error);
    if (query->set_id && !list->set)
        return refuse(list, "a set", error);
    if (query->state && query->state[0] && !list->state)
        return refuse(list, "a state", error);
    if ((query->from_ms || query->until_ms) && !list->ended)
        return refuse(list, "a period", error);
    if (query->filters && !list->is_filtered)
        return refuse(list, "what is new, gone, unprotected, overdue and the like", error);
    if (query->selector && selector_count(query->selector) > 0 && !list->has_database)
        return refuse(list, "a selector", error);
    if ((list->needs_run && !query->run_id) || (list->needs_job && !query->job_id))
        return error_set(error, ERROR_INVALID, "which %s?", list->name);
    return 0;
}

const struct list *
list_find(const struct query *query, struct error *error)
{
    const struct list *const all[] = {list_table, archive_lists};
    for (size_t which = 0; which < sizeof all / sizeof *all; which++) {
        for (const struct list *list = all[which]; list->name; list++) {
            if (strcmp(list->name, query->name) == 0)
                return check(list, query, error) ? NULL : list;
        }
    }
    error_set(error, ERROR_NOT_FOUND, "there is no list '%.64s'", query->name);
    return NULL;
}

// Reads decimal digits up to `end`. Returns what follows, or NULL.
static const char *
read_number(const char *text, char end, int64_t *number)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > NUMBER_DIGITS || text[digits] != end)
        return NULL;
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno ? NULL : text + digits + (end != '\0');
}

static int
hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// Reads pairs of hexadecimal digits up to a dot into *data, which is the caller's.
static const char *
read_hex(const char *text, char **data)
{
    size_t digits = strspn(text, "0123456789abcdef");
    if (digits % 2 || text[digits] != '.')
        return NULL;
    *data = memory_get(digits / 2 + 1);
    for (size_t index = 0; index < digits / 2; index++)
        (*data)[index] = (char)(hex_value(text[2 * index]) * 16 + hex_value(text[2 * index + 1]));
    return text + digits + 1;
}

static char *
print_hex(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    char *text = memory_get(2 * size + 1);
    for (size_t index = 0; index < size; index++)
        snprintf(text + 2 * index, 3, "%02x", bytes[index]);
    return text;
}

// "<list>.<first>.<second>"; a text in hexadecimal, so that any name can be in it.
char *
list_cursor(const struct list *list, const char *first_text, int64_t first, int64_t second)
{
    if (!list->is_first_key_text)
        return memory_format("%s.%lld.%lld", list->name, (long long)first, (long long)second);
    CLEAN(memory_free) char *hex = print_hex(first_text, strlen(first_text));
    return memory_format("%s.%s.%lld", list->name, hex, (long long)second);
}

static void
add_number(struct list_query *self, int64_t number)
{
    assert(self->count < LIST_VALUES_MAX);
    self->values[self->count++] = (struct value){.type = VALUE_INTEGER, .number = number};
}

static void
add_text(struct list_query *self, const char *text)
{
    assert(self->count < LIST_VALUES_MAX);
    char *copy = memory_copy_text(text);
    text_clean_bytes(copy);
    self->values[self->count++] =
        (struct value){.type = VALUE_TEXT, .data = copy, .size = strlen(copy)};
}

static int
read_cursor(struct list_query *self, const char *cursor, int64_t *second)
{
    const struct list *list = self->list;
    size_t size = strlen(list->name);
    if (strncmp(cursor, list->name, size) != 0 || cursor[size] != '.')
        return -1;
    const char *rest = cursor + size + 1;
    if (list->is_first_key_text) {
        CLEAN(memory_free) char *first = NULL;
        rest = read_hex(rest, &first);
        if (!rest || !read_number(rest, '\0', second))
            return -1;
        add_text(self, first);
        add_text(self, first);
        return 0;
    }
    int64_t first = 0;
    rest = read_number(rest, '.', &first);
    if (!rest || !read_number(rest, '\0', second))
        return -1;
    add_number(self, first);
    if (list->keys[1])
        add_number(self, first);
    return 0;
}

// Written so that every kind finds the place by the first key's index.
static int
compose_cursor(struct list_query *self, const char *cursor, FILE *sql, struct error *error)
{
    const struct list *list = self->list;
    char sign = list->is_descending ? '<' : '>';
    int64_t second = 0;
    if (read_cursor(self, cursor, &second))
        return error_set(error, ERROR_INVALID, "the cursor is not one of the list '%s'",
                         list->name);
    if (!list->keys[1]) {
        fprintf(sql, " AND %s %c ?", list->keys[0], sign);
        return 0;
    }
    fprintf(sql, " AND %s %c= ? AND (%s %c ? OR %s %c ?)", list->keys[0], sign, list->keys[0], sign,
            list->keys[1], sign);
    add_number(self, second);
    return 0;
}

// SQL of the table, with the time that it is asked at.
static void
put_sql(const char *text, const struct query *query, FILE *sql)
{
    for (const char *mark = strstr(text, LIST_NOW); mark; mark = strstr(text, LIST_NOW)) {
        fprintf(sql, "%.*s%" PRId64, (int)(mark - text), text, query->now_ms);
        text = mark + strlen(LIST_NOW);
    }
    fputs(text, sql);
}

static void
compose_columns(const struct list_query *self, const struct query *query, FILE *sql)
{
    const struct list *list = self->list;
    fprintf(sql, "SELECT %s, %s, %s%s", list->keys[0], list->keys[1] ? list->keys[1] : "0",
            list->state ? list->state : "''", self->has_selector ? selector_columns : "");
    for (const struct list_column *column = list->columns; column->name; column++) {
        fputs(", ", sql);
        put_sql(column->sql, query, sql);
    }
    fprintf(sql, " FROM %s WHERE %s", list->from, list->where ? list->where : "1 = 1");
}

static void
compose_id(struct list_query *self, const char *column, int64_t id, FILE *sql)
{
    if (!id)
        return;
    fprintf(sql, " AND %s = ?", column);
    add_number(self, id);
}

static void
compose_period(struct list_query *self, const struct query *query, FILE *sql)
{
    if (query->from_ms) {
        fprintf(sql, " AND %s >= ?", self->list->ended);
        add_number(self, query->from_ms);
    }
    if (query->until_ms) {
        fprintf(sql, " AND %s < ?", self->list->ended);
        add_number(self, query->until_ms);
    }
}

static void
compose_databases(const struct list_query *self, const int64_t *ids, size_t count, FILE *sql)
{
    // -1 is none's, and an empty list is not SQL everywhere.
    fprintf(sql, " AND %s IN (-1", self->list->database);
    for (size_t index = 0; index < count; index++)
        fprintf(sql, ", %" PRId64, ids[index]);
    fputs(")", sql);
}

// These need no index of their own: there are never more databases than one discovery after the
// other found, and a selector looks at all of them as well.
static void
compose_filters(struct list_query *self, const struct query *query, FILE *sql)
{
    static const struct {
        enum query_filter filter;
        const char *sql;
    } rows[] = {
        {QUERY_GONE, "d.gone_ms > 0"},
        {QUERY_STALE, "d.stale_ms > 0"},
        {QUERY_UNPROTECTED, "d.gone_ms = 0 AND NOT EXISTS (SELECT 1 FROM sets g"
                            " WHERE g.database_id = d.id AND g.state = 'good')"},
        {QUERY_OVERDUE, PROMISE_BROKEN(LIST_NOW)},
        {QUERY_OPTED_OUT, "d.gone_ms = 0 AND d.policy_outcome = 'opted out'"},
        {QUERY_UNMATCHED, "d.gone_ms = 0 AND d.policy_outcome NOT IN ('selected', 'tagged',"
                          " 'opted out')"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        if (!(query->filters & (int)rows[index].filter))
            continue;
        fputs(" AND ", sql);
        put_sql(rows[index].sql, query, sql);
    }
    if (query->filters & QUERY_NEW) {
        fputs(" AND d.first_seen_ms >= ?", sql);
        add_number(self, query->since_ms);
    }
    if (query->filters & QUERY_TAG_LOST) {
        fputs(" AND d.tag_lost_ms >= ? AND d.tag_lost_ms > 0", sql);
        add_number(self, query->since_ms);
    }
}

// The rows of few databases are few: better found by their index and sorted than met in the order
// of all. The sum hides the order's own index from the planner.
static void
compose_order(const struct list_query *self, int by_database, FILE *sql)
{
    const struct list *list = self->list;
    const char *hide = by_database ? " + 0" : "";
    const char *order = list->is_descending ? " DESC" : "";
    fprintf(sql, " ORDER BY %s%s%s", list->keys[0], hide, order);
    if (list->keys[1])
        fprintf(sql, ", %s%s%s", list->keys[1], hide, order);
}

static int
compose(struct list_query *self, const struct query *query, int by_database, size_t window,
        FILE *sql, struct error *error)
{
    const struct list *list = self->list;
    compose_id(self, list->run, query->run_id, sql);
    compose_id(self, list->job, query->job_id, sql);
    compose_id(self, list->set, query->set_id, sql);
    compose_period(self, query, sql);
    int has_state = query->state && query->state[0], is_filtered = has_state || self->has_selector;
    if (has_state && list->is_state_indexed && !query->run_id && !query->job_id && !query->set_id) {
        fprintf(sql, " AND %s = ?", list->state);
        add_text(self, query->state);
    }
    self->row_count = is_filtered ? window : query->limit + 1;
    compose_filters(self, query, sql);
    if (query->cursor && query->cursor[0] && compose_cursor(self, query->cursor, sql, error))
        return -1;
    compose_order(self, by_database, sql);
    fprintf(sql, " LIMIT %zu", self->row_count);
    return 0;
}

void
list_query_clear(struct list_query *self)
{
    for (size_t index = 0; index < self->count; index++)
        free(self->values[index].data);
    free(self->sql);
    *self = (struct list_query){0};
}

int
list_compose(const struct list *list, const struct query *query, const int64_t *ids,
             size_t id_count, size_t window, struct list_query *self, struct error *error)
{
    CLEAN(list_query_clear) struct list_query made = {.list = list};
    made.has_selector = !ids && query->selector && selector_count(query->selector) > 0;
    size_t size = 0;
    FILE *sql = open_memstream(&made.sql, &size);
    if (!sql)
        abort();
    compose_columns(&made, query, sql);
    if (ids)
        compose_databases(&made, ids, id_count, sql);
    int failed = compose(&made, query, ids != NULL, window, sql, error);
    fclose(sql);
    if (failed)
        return -1;
    *self = made;
    made = (struct list_query){0};
    return 0;
}

void
list_show_cell(table_t *table, const struct list_column *column, const char *text, int64_t number)
{
    char time[CLOCK_TEXT_SIZE];
    switch (column->show) {
    case SHOW_SQL_TIME:
        clock_format_sql(number, time);
        table_set(table, column->name, time);
        break;
    case SHOW_GIGABYTES:
        table_set_integer(table, column->name, number / GIGABYTE + (number % GIGABYTE > 0));
        break;
    case SHOW_SECONDS:
        if (!text)
            table_set_integer(table, column->name, number / SECOND);
        break;
    case SHOW_PLAIN:
    default:
        if (text)
            table_set(table, column->name, text);
        else
            table_set_integer(table, column->name, number);
    }
}
