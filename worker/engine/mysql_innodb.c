#include "worker/engine/mysql_innodb.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum {
    FILE_HEAD_BYTES = 80 << 10,  // of a file that is not its rows
    LEAST_BYTES = 16 << 10,      // a page
    NAME_SIZE = 256,
};

// Which table a number of InnoDB's stands for: a partition has one of its own.
struct number {
    uint64_t id;
    struct mysql_table *table;
};

struct listing {
    mysql_tables_t *tables;
    int is_again;
    struct number *numbers;  // sorted once all are there
    size_t count;
    const struct number *last;  // that a column was of
};

static void
listing_clear(struct listing *self)
{
    memory_free(&self->numbers);
}

int
mysql_innodb_has_lists(const mysql_session_t *session)
{
    return mysql_session_is_mariadb(session) || mysql_session_major(session) < 8;
}

// FNV-1a.
static uint64_t
mix(uint64_t hash, const char *text)
{
    static const uint64_t prime = UINT64_C(0x100000001b3);
    hash = (hash ^ (text ? 1 : 2)) * prime;
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * prime;
    return hash;
}

// A part of "schema/table" up to `end`. Names with other letters are written in a way of their own:
// those tables are asked for by name.
static int
copy_plain(char name[NAME_SIZE], const char *begin, const char *end)
{
    size_t size = (size_t)(end - begin);
    if (size == 0 || size >= NAME_SIZE)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)begin[i]) && begin[i] != '_')
            return 0;
        name[i] = begin[i];
    }
    name[size] = '\0';
    return 1;
}

// The table that "schema/table" or "schema/table#P#partition" belongs to; NULL: none that we know.
static struct mysql_table *
find_table(mysql_tables_t *tables, const char *path)
{
    char schema[NAME_SIZE], name[NAME_SIZE];
    const char *slash = path ? strchr(path, '/') : NULL;
    if (!slash || !copy_plain(schema, path, slash))
        return NULL;
    const char *end = strchr(slash, '#');
    int is_partition = end && (strncmp(end, "#P#", 3) == 0 || strncmp(end, "#p#", 3) == 0);
    if (!copy_plain(name, slash + 1, is_partition ? end : slash + strlen(slash)))
        return NULL;
    return mysql_tables_find(tables, schema, name);
}

// Cells: path, number.
static int
keep_number(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct listing *self = context;
    struct mysql_table *table = find_table(self->tables, cells[0]);
    // A leftover of InnoDB's may have the name of a table of another engine.
    if (!table || !cells[1] || table->rows_kind != MYSQL_ROWS_TRANSACTIONAL ||
        (self->is_again && !table->is_numbered))
        return 0;
    size_t count = self->count;
    if ((count & (count - 1)) == 0)
        self->numbers =
            memory_resize(self->numbers, (count ? 2 * count : 1) * sizeof *self->numbers);
    self->numbers[self->count++] =
        (struct number){.id = strtoull(cells[1], NULL, 10), .table = table};
    table->is_numbered = 1;
    table->made += mix(0, cells[1]);
    return 0;
}

static int
compare_numbers(const void *one, const void *other)
{
    const struct number *a = one, *b = other;
    return a->id < b->id ? -1 : a->id > b->id;
}

// The list is by table. Columns are summed up, so that their order does not matter.
static int
keep_column(void *context, const char *const *cells, struct error *error)
{
    enum { FIRST = 1, CELLS = 6 };
    (void)error;
    struct listing *self = context;
    const struct number wanted = {.id = cells[0] ? strtoull(cells[0], NULL, 10) : 0};
    if (!self->last || self->last->id != wanted.id)
        self->last = bsearch(&wanted, self->numbers, self->count, sizeof wanted, compare_numbers);
    if (!self->last)
        return 0;
    uint64_t hash = mix(0, cells[0]);
    for (size_t i = FIRST; i < CELLS; i++)
        hash = mix(hash, cells[i]);
    self->last->table->made += hash;
    return 0;
}

static int
read_lists(struct listing *self, mysql_session_t *session, struct error *error)
{
    if (mysql_session_query(session,
                            "SELECT name, table_id FROM information_schema.innodb_sys_tables",
                            keep_number, self, error))
        return -1;
    if (self->count == 0)
        return 0;
    qsort(self->numbers, self->count, sizeof *self->numbers, compare_numbers);
    return mysql_session_query(session,
                               "SELECT table_id, name, pos, mtype, prtype, len FROM "
                               "information_schema.innodb_sys_columns",
                               keep_column, self, error);
}

static void
forget(const struct listing *self)
{
    for (size_t i = 0; i < self->count; i++) {
        self->numbers[i].table->is_numbered = 0;
        self->numbers[i].table->made = 0;
    }
}

int
mysql_innodb_read(mysql_tables_t *tables, mysql_session_t *session, struct error *error)
{
    CLEAN(listing_clear) struct listing listing = {.tables = tables};
    struct error cause = {0};
    if (!mysql_innodb_has_lists(session) || read_lists(&listing, session, &cause) == 0)
        return 0;
    forget(&listing);
    if (cause.code != ERROR_UNAVAILABLE)
        return 0;
    *error = cause;
    return -1;
}

int
mysql_innodb_read_again(mysql_tables_t *tables, mysql_session_t *session, struct error *error)
{
    CLEAN(listing_clear) struct listing listing = {.tables = tables, .is_again = 1};
    size_t numbered = 0;
    for (size_t i = 0; i < mysql_tables_count(tables); i++)
        numbered += mysql_tables_at(tables, i)->is_numbered;
    return numbered > 0 ? read_lists(&listing, session, error) : 0;
}

// Cells: path, bytes of the file.
static int
keep_file(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct mysql_table *table = find_table(context, cells[0]);
    uint64_t bytes = cells[1] ? strtoull(cells[1], NULL, 10) : 0;
    if (!table)
        return 0;
    table->file_bytes +=
        bytes > FILE_HEAD_BYTES + LEAST_BYTES ? bytes - FILE_HEAD_BYTES : (uint64_t)LEAST_BYTES;
    return 0;
}

int
mysql_innodb_read_files(mysql_tables_t *tables, mysql_session_t *session, struct error *error)
{
    struct error cause = {0};
    const char *list = mysql_innodb_has_lists(session)
                           ? "SELECT name, file_size FROM information_schema.innodb_sys_tablespaces"
                           : "SELECT name, file_size FROM information_schema.innodb_tablespaces";
    if (mysql_session_query(session, list, keep_file, tables, &cause) == 0 ||
        cause.code != ERROR_UNAVAILABLE)
        return 0;
    *error = cause;
    return -1;
}
