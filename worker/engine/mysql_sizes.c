#include "worker/engine/mysql_sizes.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_innodb.h"

enum {
    FEW = 4,                // one by one, if it is no more than one in so many
    ROUGH_BYTES = 1 << 20,  // a file below is not looked into
};

struct sizing {
    mysql_tables_t *tables;
    int with_sizes;
};

// FNV-1a.
static uint64_t
hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

// Cells: schema, table, bytes, rows, time.
static int
keep_size(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    const struct sizing *sizing = context;
    struct mysql_table *table = mysql_tables_find(sizing->tables, cells[0], cells[1]);
    if (!table)
        return 0;
    if (!table->is_numbered)
        table->made = hash_of(cells[4]);
    if (!sizing->with_sizes)
        return 0;
    table->bytes = cells[2] ? strtoull(cells[2], NULL, 10) : 0;
    table->rows = cells[3] ? strtoull(cells[3], NULL, 10) : 0;
    return 0;
}

// *table NULL: all.
static int
ask(struct sizing *self, mysql_session_t *session, const struct mysql_table *table,
    struct error *error)
{
    CLEAN(memory_free) char *condition = NULL;
    if (table) {
        CLEAN(memory_free) char *schema = mysql_session_literal(session, table->schema);
        CLEAN(memory_free) char *name = mysql_session_literal(session, table->name);
        condition = memory_format("table_schema = %s AND table_name = %s", schema, name);
    }
    CLEAN(memory_free)
    char *sql = memory_format(
        "SELECT table_schema, table_name, %s, create_time FROM information_schema.tables WHERE %s",
        self->with_sizes ? "data_length, table_rows" : "NULL, NULL",
        condition ? condition
                  : "table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', "
                    "'sys', 'ndbinfo')");
    return mysql_session_query(session, sql, keep_size, self, error);
}

// By their names while they are few, else by the whole list.
static int
ask_for(struct sizing *self, mysql_session_t *session, int is_wanted(const struct mysql_table *),
        struct error *error)
{
    size_t count = mysql_tables_count(self->tables), wanted = 0;
    for (size_t i = 0; i < count; i++)
        wanted += (size_t)is_wanted(mysql_tables_at(self->tables, i));
    if (wanted * FEW > count)
        return ask(self, session, NULL, error);
    for (size_t i = 0; i < count; i++) {
        const struct mysql_table *table = mysql_tables_at(self->tables, i);
        if (is_wanted(table) && ask(self, session, table, error))
            return -1;
    }
    return 0;
}

static int
is_asked_for(const struct mysql_table *table)
{
    return !table->is_numbered || table->bytes == 0;
}

static int
has_no_number(const struct mysql_table *table)
{
    return !table->is_numbered;
}

int
mysql_sizes_read(mysql_tables_t *tables, mysql_session_t *session, uint64_t exact_bytes,
                 struct error *error)
{
    struct sizing sizing = {.tables = tables, .with_sizes = 1};
    uint64_t rough_bytes = exact_bytes < ROUGH_BYTES ? exact_bytes : (uint64_t)ROUGH_BYTES;
    // MySQL keeps sizes for a day otherwise; MariaDB does not know the variable.
    if (!mysql_innodb_has_lists(session) &&
        mysql_session_query(session, "SET SESSION information_schema_stats_expiry = 0", NULL, NULL,
                            error))
        return -1;
    if (mysql_innodb_has_lists(session) && mysql_innodb_read_files(tables, session, error))
        return error_wrap(error, "cannot list the tables' files");
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        struct mysql_table *table = mysql_tables_at(tables, i);
        if (table->file_bytes < rough_bytes)
            table->bytes = table->file_bytes;
    }
    if (ask_for(&sizing, session, is_asked_for, error))
        return error_wrap(error, "cannot list the tables' sizes");
    return 0;
}

int
mysql_sizes_read_made(mysql_tables_t *tables, mysql_session_t *session, struct error *error)
{
    struct sizing sizing = {.tables = tables};
    if (mysql_innodb_read_again(tables, session, error) ||
        ask_for(&sizing, session, has_no_number, error))
        return error_wrap(error, "cannot look at the tables again");
    return 0;
}
