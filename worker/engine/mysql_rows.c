#include "worker/engine/mysql_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/mysql_fields.h"
#include "worker/engine/mysql_long.h"
#include "worker/engine/mysql_packet.h"
#include "worker/engine/mysql_place.h"
#include "worker/engine/mysql_text.h"

enum {
    KEY_SHIFT = 10,    // a statement ends where the key crosses a multiple of 1,024
    HASH_MASK = 0xff,  // or, without such a key, after one row of 256, by its hash
    TELL_BYTES = 1 << 20,
    TELL_LEAST = 16 << 10,
    TELL_ROWS = 4096,
    LOOK_ROWS = 16,  // between two looks at the clock
    PIECES_A_SECOND = 4,
    SECOND_MS = 1000,
    STATEMENT_LIMIT_MS = 300000,  // of one statement, where the policy does not say
    LIMIT_GRACE_MS = 2000,
    FIRST_BYTES_PER_S = 1 << 20,  // what even a slow server gives
    ROW_SIZE = 1024,              // where the server does not know
    ROWS_LEAST = 16,              // of one statement
    FEW_BYTES = 64 << 10,         // of a table that is read by the text protocol
    PACKED = 8,                   // so much smaller a table may be than its rows
};

struct pass {
    const struct mysql_reading *reading;
    const struct mysql_column **columns;  // that are read
    size_t count;
    size_t key_field;  // of the key's first column; count: none
    mysql_fields_t *fields;
    mysql_place_t *place;  // NULL: the table is read by one statement
    mysql_long_t *longs;   // NULL: no value can be too long
    int64_t last_block;
    uint64_t told_bytes, rows;
    uint64_t limit, fetched;  // rows of a statement; limit 0: all
    int64_t limit_ms;
    int64_t begun_ms, told_ms;   // the statement; the last time
    int is_to_stop, is_stopped;  // the server was told to end the statement, and did
    char *after;                 // what comes after the rows of the last statement
};

static char *
expression_of(const struct mysql_column *column, const mysql_long_t *longs)
{
    CLEAN(memory_free) char *value = mysql_long_value(column);
    if (!longs || !column->may_be_long)
        return STEAL(value);
    CLEAN(memory_free) char *is_long = mysql_long_test(longs, column);
    return memory_format("IF(%s, NULL, %s)", is_long, value);
}

static void
add_expressions(struct mysql_text *sql, const struct pass *pass)
{
    mysql_text_add(sql, "SELECT ");
    for (size_t i = 0; i < pass->count; i++) {
        CLEAN(memory_free) char *expression = expression_of(pass->columns[i], pass->longs);
        mysql_text_add(sql, i ? ", %s" : "%s", expression);
    }
    if (pass->count == 0)
        mysql_text_add(sql, "1");
    if (!pass->longs)
        return;
    mysql_text_add(sql, ", 0");
    for (size_t i = 0; i < pass->count; i++) {
        CLEAN(memory_free) char *is_long = mysql_long_test(pass->longs, pass->columns[i]);
        if (pass->columns[i]->may_be_long)
            mysql_text_add(sql, " + COALESCE(%s, 0)", is_long);
    }
}

static char *
select_of(const struct pass *pass)
{
    const struct mysql_table *table = pass->reading->table;
    struct mysql_text sql = {0};
    add_expressions(&sql, pass);
    mysql_text_add(&sql, " FROM %s", table->quoted);
    if (table->has_history)
        mysql_text_add(&sql, " FOR SYSTEM_TIME ALL");
    else if (table->index) {
        CLEAN(memory_free) char *index = mysql_session_name(table->index);
        mysql_text_add(&sql, " FORCE INDEX (%s)", index);
    }
    CLEAN(memory_free)
    char *condition = mysql_table_condition(table, pass->reading->low, pass->reading->high);
    mysql_text_add(&sql, "%s", condition);
    if (pass->after)
        mysql_text_add(&sql, "%s%s", *condition ? " AND " : " WHERE ", pass->after);
    for (size_t i = 0; i < table->key_count; i++) {
        CLEAN(memory_free) char *name = mysql_session_name(table->keys[i]);
        mysql_text_add(&sql, i ? ", %s" : " ORDER BY %s", name);
    }
    if (pass->limit > 0)
        mysql_text_add(&sql, " LIMIT %" PRIu64, pass->limit);
    return sql.data;
}

uint64_t
mysql_rows_piece(uint64_t limit_bytes_per_s)
{
    uint64_t piece = limit_bytes_per_s / PIECES_A_SECOND;
    if (limit_bytes_per_s == 0 || piece > TELL_BYTES)
        return TELL_BYTES;
    return piece < TELL_LEAST ? TELL_LEAST : piece;
}

static int
tell_now(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    int status = reading->tell ? reading->tell(reading->context, error) : 0;
    pass->told_bytes = mysql_row_size(reading->row);
    pass->told_ms = clock_monotonic_ms();
    return status;
}

static int
is_to_be_told(struct pass *pass)
{
    uint64_t size = mysql_row_size(pass->reading->row) - pass->told_bytes;
    if (size >= mysql_rows_piece(pass->reading->limit_bytes_per_s) || ++pass->rows % TELL_ROWS == 0)
        return 1;
    return pass->rows % LOOK_ROWS == 0 &&
           clock_monotonic_ms() - pass->told_ms >= MYSQL_ROWS_TELL_MS;
}

// Would the statement be too long, at the latest after the rest that is due? An eighth of the time
// is for the server to be told.
static int
is_late(const struct pass *pass)
{
    const struct mysql_reading *reading = pass->reading;
    if (!pass->place || !reading->stop)
        return 0;
    int64_t rest_ms = reading->owed_ms ? reading->owed_ms(reading->context) : 0;
    return clock_monotonic_ms() - pass->begun_ms + rest_ms >= pass->limit_ms - pass->limit_ms / 8;
}

// No rest comes before the rows are taken that the server has sent already.
static int
tell(struct pass *pass, struct error *error)
{
    if (pass->is_to_stop || !is_to_be_told(pass))
        return 0;
    if (!is_late(pass))
        return tell_now(pass, error);
    pass->is_to_stop = 1;
    return pass->reading->stop(pass->reading->context, error);
}

// A row's statement is cut by the row's own key, so that the cut stays.
static void
cut_by_key(struct pass *pass)
{
    if (pass->key_field == pass->count || !mysql_fields_is_integer(pass->fields, pass->key_field))
        return;
    int64_t block = mysql_fields_number(pass->fields, pass->key_field) >> KEY_SHIFT;
    if (block != pass->last_block)
        mysql_row_cut(pass->reading->row);
    pass->last_block = block;
}

static int
add_row(struct pass *pass, struct error *error)
{
    mysql_row_t *row = pass->reading->row;
    uint64_t hash = 0;
    if (pass->longs && mysql_fields_number(pass->fields, pass->count) > 0)
        return mysql_long_remember(pass->longs, pass->fields, error);
    cut_by_key(pass);
    if (mysql_row_begin(row, error) ||
        mysql_fields_add_first(pass->fields, pass->count, row, error) ||
        mysql_row_end(row, &hash, error))
        return -1;
    if (pass->key_field == pass->count && (hash & HASH_MASK) == 0)
        mysql_row_cut(row);
    return tell(pass, error);
}

// The last row that a statement may give says where the next one goes on. Which is the last of one
// that is ended cannot be foreseen.
static int
note_place(struct pass *pass, struct error *error)
{
    if (++pass->fetched != pass->limit && !pass->is_to_stop)
        return 0;
    memory_free(&pass->after);
    return mysql_place_after(pass->place, pass->fields, &pass->after, error);
}

// Of few rows the text costs the server less than to prepare a statement.
static enum mysql_fields_way
way_of(const struct mysql_reading *reading)
{
    return reading->is_small && reading->table->bytes <= FEW_BYTES ? FIELDS_OF_FEW
                                                                   : FIELDS_AS_THEY_COME;
}

static int
read_statement(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    CLEAN(memory_free) char *sql = select_of(pass);
    int is_there = 1;
    pass->fetched = 0;
    if (mysql_fields_open(&pass->fields, reading->session, sql, pass->columns, pass->count,
                          way_of(reading), error))
        return -1;
    if (reading->was_refused && mysql_fields_was_refused(pass->fields))
        *reading->was_refused = 1;
    int status = 0;
    while ((status = mysql_fields_fetch(pass->fields, &is_there, error)) == 0 && is_there) {
        if (add_row(pass, error) || note_place(pass, error))
            return -1;
    }
    pass->is_stopped = status && pass->is_to_stop && mysql_session_was_stopped(reading->session);
    return pass->is_stopped ? 0 : status;
}

// The rest that was due is taken while nothing runs on the server. What it was too late for by a
// hair is not to hit the next statement.
static int
end_statement(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    struct error unseen;
    const struct mysql_longest one = {.table = reading->table,
                                      .ms = clock_monotonic_ms() - pass->begun_ms,
                                      .could_be_cut = pass->place != NULL};
    if (reading->longest && one.ms > pass->limit_ms + LIMIT_GRACE_MS)
        mysql_longest_note(reading->longest, &one);
    if (!pass->is_to_stop)
        return 0;
    if (pass->is_stopped)
        pass->limit = pass->fetched;
    else
        mysql_session_query(reading->session, "DO 0", NULL, NULL, &unseen);
    pass->is_to_stop = 0;
    return tell_now(pass, error);
}

// As many rows as are to be had in half of the time that a statement may take.
static void
set_limit(struct pass *pass, int64_t took_ms)
{
    double rows = (double)pass->limit;
    double wanted = rows * (double)pass->limit_ms / 2 / (double)(took_ms + 1);
    wanted = wanted > 4 * rows ? 4 * rows : wanted < rows / 4 ? rows / 4 : wanted;
    pass->limit = wanted < ROWS_LEAST ? ROWS_LEAST : (uint64_t)wanted;
}

static void
set_first_limit(struct pass *pass)
{
    const struct mysql_table *table = pass->reading->table;
    uint64_t bytes_per_s = pass->reading->limit_bytes_per_s / 2;
    uint64_t row_size =
        table->rows > 0 && table->bytes > table->rows ? table->bytes / table->rows : ROW_SIZE;
    if (bytes_per_s == 0 || bytes_per_s > FIRST_BYTES_PER_S)
        bytes_per_s = FIRST_BYTES_PER_S;
    uint64_t rows = (uint64_t)pass->limit_ms * bytes_per_s / SECOND_MS / row_size;
    pass->limit = rows < ROWS_LEAST ? ROWS_LEAST : rows;
}

int
mysql_rows_hold(const struct mysql_reading *self, uint64_t size_bytes, struct error *error)
{
    if (size_bytes == 0)
        mysql_packet_let_go(self->session);
    return self->hold ? self->hold(self->context, size_bytes, error) : 0;
}

// What a row may take while it is read, if that is much.
static uint64_t
memory_of(const struct pass *pass)
{
    const struct mysql_table *table = pass->reading->table;
    size_t longs = 0;
    for (size_t i = 0; i < pass->count; i++)
        longs += pass->columns[i]->may_be_long;
    if (longs == 0 || table->bytes <= FEW_BYTES)
        return 0;
    uint64_t most = pass->longs ? MYSQL_LONG_VALUES : MYSQL_ROW_WHOLE;
    return table->bytes < most / PACKED ? table->bytes * PACKED : most;
}

static int
read_all(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    int status = 0;
    if (pass->place)
        set_first_limit(pass);
    do {
        int64_t start_ms = clock_monotonic_ms();
        if (pass->after)
            set_limit(pass, start_ms - pass->begun_ms);
        pass->begun_ms = start_ms;
        status = read_statement(pass, error);
        if (status)  // else the library would read all that is left
            mysql_session_cut(reading->session);
        mysql_fields_destroy(&pass->fields);
        if (status == 0)
            status = end_statement(pass, error);
    } while (status == 0 && pass->limit > 0 && pass->fetched == pass->limit);
    return status;
}

static int
read_table(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    uint64_t memory = memory_of(pass);
    if ((memory > 0 && mysql_rows_hold(reading, memory, error)) || read_all(pass, error) ||
        (memory > 0 && mysql_rows_hold(reading, 0, error)))
        return -1;
    return pass->longs ? mysql_long_read(pass->longs, reading, error) : 0;
}

static void
find_columns(struct pass *pass)
{
    const struct mysql_table *table = pass->reading->table;
    pass->columns = memory_get((table->column_count + 1) * sizeof *pass->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_generated)
            pass->columns[pass->count++] = &table->columns[i];
    }
    pass->key_field = pass->count;
    for (size_t i = 0; table->key_count > 0 && i < pass->count; i++) {
        if (strcmp(pass->columns[i]->name, table->keys[0]) == 0 &&
            table->key_kind == MYSQL_KEY_INTEGER)
            pass->key_field = i;
    }
}

int
mysql_rows_read(const struct mysql_reading *reading, struct error *error)
{
    struct pass pass = {.reading = reading,
                        .last_block = INT64_MIN,
                        .limit_ms = reading->statement_limit_ms > 0 ? reading->statement_limit_ms
                                                                    : STATEMENT_LIMIT_MS,
                        .told_ms = clock_monotonic_ms()};
    find_columns(&pass);
    pass.told_bytes = mysql_row_size(reading->row);
    mysql_place_open(&pass.place, reading->table, pass.columns, pass.count);
    mysql_long_open(&pass.longs, pass.place, pass.columns, pass.count);
    int status = read_table(&pass, error);
    mysql_long_destroy(&pass.longs);
    mysql_place_destroy(&pass.place);
    memory_free(&pass.after);
    memory_free(&pass.columns);
    return status ? error_wrap(error, "table %s", reading->table->quoted) : 0;
}
