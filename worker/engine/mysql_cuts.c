#include "worker/engine/mysql_cuts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_plan.h"
#include "worker/engine/mysql_text.h"

enum {
    CUTS_ASKED = 200,
    VALUES_PER_RANGE = 8,  // of the first column; with fewer the second is cut, too
};

struct asking {
    mysql_session_t *session;
    const struct mysql_table *table;
    uint64_t rows;  // of the whole table, as the server has it
    int is_in_two;  // new edges have the key's first two columns
};

static int
keep_rows(void *context, const char *const *cells, struct error *error)
{
    enum { MYSQL_ROWS = 9, MARIADB_ROWS = 8 };
    (void)error;
    struct asking *asking = context;
    const char *cell = cells[mysql_session_is_mariadb(asking->session) ? MARIADB_ROWS : MYSQL_ROWS];
    asking->rows = cell ? strtoull(cell, NULL, 10) : 0;
    return 0;
}

// By the optimizer's look into the index, which costs next to nothing. MySQL from 8 on does not
// look if the index is forced and nothing hangs on it: as COUNT(*) does.
static int
estimate(void *context, const char *low, const char *high, uint64_t *rows, struct error *error)
{
    struct asking *asking = context;
    struct asking answer = *asking;
    *rows = asking->rows;
    if (!low && !high)
        return 0;
    CLEAN(memory_free) char *index = mysql_session_name(asking->table->index);
    CLEAN(memory_free) char *condition = mysql_table_condition(asking->table, low, high);
    CLEAN(memory_free)
    char *sql =
        memory_format("EXPLAIN FORMAT=TRADITIONAL SELECT COUNT(*) FROM %s FORCE INDEX (%s)%s",
                      asking->table->quoted, index, condition);
    answer.rows = 0;
    if (mysql_session_query(asking->session, sql, keep_rows, &answer, error))
        return -1;
    *rows = answer.rows;
    return 0;
}

static char *
edge_select(const struct asking *asking, const char *low, const char *high, uint64_t rows)
{
    const struct mysql_table *table = asking->table;
    CLEAN(memory_free) char *index = mysql_session_name(table->index);
    CLEAN(memory_free) char *condition = mysql_table_condition(table, low, high);
    CLEAN(memory_free) char *key = mysql_session_name(table->keys[0]);
    CLEAN(memory_free) char *first = mysql_column_edge(table->key_column);
    if (!asking->is_in_two)
        return memory_format("SELECT %s FROM %s FORCE INDEX (%s)%s ORDER BY %s LIMIT %" PRIu64
                             ", 1",
                             first, table->quoted, index, condition, key, rows);
    CLEAN(memory_free) char *next = mysql_session_name(table->keys[1]);
    CLEAN(memory_free) char *second = mysql_column_edge(table->second);
    return memory_format("SELECT CONCAT(%s, ',', %s) FROM %s FORCE INDEX (%s)%s ORDER BY %s, %s "
                         "LIMIT %" PRIu64 ", 1",
                         first, second, table->quoted, index, condition, key, next, rows);
}

// By a walk along the index: only for cuts that no earlier set has.
static int
edge_after(void *context, const char *low, const char *high, uint64_t rows, char **edge,
           struct error *error)
{
    const struct asking *asking = context;
    CLEAN(memory_free) char *value = NULL;
    CLEAN(memory_free) char *sql = edge_select(asking, low, high, rows);
    *edge = NULL;
    if (mysql_session_query(asking->session, "SET SESSION sql_select_limit = DEFAULT", NULL, NULL,
                            error) ||
        mysql_session_value(asking->session, sql, &value, error))
        return -1;
    // Many rows of one value: no cut within them.
    if (value && mysql_table_is_edge(asking->table, value) && (!low || strcmp(low, value) != 0))
        *edge = STEAL(value);
    return 0;
}

static int
ask_ends(const struct asking *asking, char **low, char **high, struct error *error)
{
    const struct mysql_table *table = asking->table;
    CLEAN(memory_free) char *key = mysql_session_name(table->keys[0]);
    CLEAN(memory_free) char *least = memory_format("SELECT MIN(%s) FROM %s", key, table->quoted);
    CLEAN(memory_free) char *most = memory_format("SELECT MAX(%s) FROM %s", key, table->quoted);
    return mysql_session_value(asking->session, least, low, error) ||
                   mysql_session_value(asking->session, most, high, error)
               ? -1
               : 0;
}

// Does each come before the next, as the key is compared today? The server is asked: it alone knows
// its collations, and an ALTER TABLE may have changed them.
static int
are_ordered(const struct asking *asking, const char *const *cuts, size_t count)
{
    for (size_t first = 0; first + 1 < count; first += CUTS_ASKED) {
        struct mysql_text sql = {0};
        CLEAN(memory_free) char *answer = NULL;
        struct error unseen;
        for (size_t i = first; i < first + CUTS_ASKED && i + 1 < count; i++) {
            CLEAN(memory_free)
            char *order = mysql_table_order(asking->table, cuts[i], cuts[i + 1]);
            mysql_text_add(&sql, "%s%s", sql.size ? " AND " : "SELECT ", order);
        }
        int status = mysql_session_value(asking->session, sql.data, &answer, &unseen);
        mysql_text_free(&sql);
        if (status || !answer || strcmp(answer, "1") != 0)
            return 0;
    }
    return 1;
}

// How many values the key's first column has, about; 0: not known.
static int
ask_first_values(const struct asking *asking, uint64_t *values, struct error *error)
{
    const struct mysql_table *table = asking->table;
    CLEAN(memory_free) char *schema = mysql_session_literal(asking->session, table->schema);
    CLEAN(memory_free) char *name = mysql_session_literal(asking->session, table->name);
    CLEAN(memory_free) char *index = mysql_session_literal(asking->session, table->index);
    CLEAN(memory_free) char *value = NULL;
    CLEAN(memory_free)
    char *sql = memory_format("SELECT cardinality FROM information_schema.statistics WHERE "
                              "table_schema = %s AND table_name = %s AND index_name = %s AND "
                              "seq_in_index = 1",
                              schema, name, index);
    if (mysql_session_value(asking->session, sql, &value, error))
        return -1;
    *values = value ? strtoull(value, NULL, 10) : 0;
    return 0;
}

// The cuts of the set before, if all of them can be ones.
static size_t
ask_earlier(const struct asking *asking, const struct earlier *earlier, const char *const **cuts)
{
    const struct mysql_table *table = asking->table;
    CLEAN(memory_free) char *key = NULL, *columns = NULL;
    struct table_facts facts = mysql_plan_facts(table, 1, &key, &columns);
    size_t count = earlier ? earlier->cuts(earlier->self, &facts, cuts) : 0;
    for (size_t i = 0; i < count; i++) {
        if (!mysql_table_is_edge(table, (*cuts)[i]))
            return 0;
    }
    return count < RANGES_OF_TABLE_MAX && are_ordered(asking, *cuts, count) ? count : 0;
}

// Edges of two columns are no numbers.
static int
has_pair(const struct ranges_wish *wish)
{
    for (size_t i = 0; i < wish->edge_count; i++) {
        if (strchr(wish->edges[i], ','))
            return 1;
    }
    return 0;
}

// Has the key's first column so few values that the second is to be cut, too?
static int
look_at_key(struct asking *asking, const struct ranges_wish *wish, struct error *error)
{
    const struct mysql_table *table = asking->table;
    uint64_t values = 0;
    if (!table->second)
        return 0;
    if (ask_first_values(asking, &values, error))
        return -1;
    asking->is_in_two =
        values > 0 && (double)values < VALUES_PER_RANGE * (double)table->rows / (double)wish->rows;
    return 0;
}

int
mysql_cuts_make(ranges_t **self_p, mysql_session_t *session, const struct mysql_table *table,
                const struct ranges_sizes *sizes, const struct earlier *earlier,
                struct error *error)
{
    struct asking asking = {.session = session, .table = table, .rows = table->rows};
    CLEAN(memory_free) char *low = NULL, *high = NULL;
    struct ranges_wish wish = {.rows = UINT64_MAX / 4,
                               .is_tight = sizes->is_tight,
                               .is_integer = table->key_kind == MYSQL_KEY_INTEGER,
                               .is_unsigned = table->key_is_unsigned};
    const struct ranges_ways ways = {
        .context = &asking, .estimate = estimate, .edge_after = edge_after};
    if (table->key_kind != MYSQL_KEY_NONE && table->bytes > 0 && table->rows > 0) {
        double wanted = (double)sizes->target_bytes * (double)table->rows / (double)table->bytes;
        wish.rows = wanted < 1 ? 1 : (uint64_t)wanted;
        wish.edge_count = ask_earlier(&asking, earlier, &wish.edges);
        if (look_at_key(&asking, &wish, error))
            return -1;
        wish.is_integer = wish.is_integer && !asking.is_in_two && !has_pair(&wish);
    }
    if (wish.is_integer && ask_ends(&asking, &low, &high, error))
        return -1;
    int is_empty = wish.is_integer && (!low || !high);
    wish.is_integer = wish.is_integer && !is_empty;
    wish.low = low;
    wish.high = high;
    if (is_empty)
        wish.rows = UINT64_MAX / 4;
    return ranges_make(self_p, &wish, &ways, error);
}
