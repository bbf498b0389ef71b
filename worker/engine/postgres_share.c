#include "worker/engine/postgres_share.h"

#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/postgres_blame.h"
#include "worker/engine/postgres_copy.h"
#include "worker/engine/postgres_digest.h"
#include "worker/engine/postgres_head.h"
#include "worker/engine/postgres_lines.h"
#include "worker/engine/postgres_objects.h"
#include "worker/engine/postgres_row.h"
#include "worker/engine/postgres_statement.h"
#include "worker/engine/postgres_tuple.h"
#include "worker/engine/postgres_wire.h"

enum {
    TABLES_A_QUERY = 50,     // a trip to the server for so many small tables
    QUERY_BYTES = 16 << 20,  // and no more of them than this
    TELL_BYTES = 512 << 10,
    FIRST_PAGES = 4096,  // that a statement reads where their number is found by how long it takes
};

static const char back_sql[] = "ROLLBACK TO SAVEPOINT part";
static const char block_end[] = "\\.\n\n";

// A share being read.
struct flow {
    const struct postgres_share *share;
    const struct postgres_share_reader *reader;
    struct postgres_lines lines;
    row_digest_t *digest;
    postgres_tuple_t *tuple;
    struct file_part *parts;
    size_t first;    // of the query's tables
    size_t current;  // the table whose block is open
    int is_open;
    struct postgres_range range;                          // of the table
    struct postgres_field key[POSTGRES_KEY_COLUMNS_MAX];  // of the last row of text; lent
    const char *last;                                     // row in binary form; lent
    char *mark;                                           // where a statement may go on
    char *after;                                          // where it does, as the last was cut
    int64_t waited_ms;                                    // to hold long rows
    uint64_t begun_bytes;                                 // written before its rows
    uint64_t told_bytes;
};

static void
flow_clear(struct flow *self)
{
    postgres_lines_clear(&self->lines);
    row_digest_destroy(&self->digest);
    postgres_tuple_destroy(&self->tuple);
    memory_free(&self->mark);
    memory_free(&self->after);
}

static int
tell(void *context, struct error *error)
{
    struct flow *self = context;
    const struct postgres_share_reader *reader = self->reader;
    self->told_bytes = self->lines.size_bytes;
    return reader->tell ? reader->tell(reader->self, self->lines.size_bytes, error) : 0;
}

static int
tell_at_times(struct flow *self, struct error *error)
{
    return self->lines.size_bytes - self->told_bytes < TELL_BYTES ? 0 : tell(self, error);
}

static int
add(void *context, const char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    return postgres_lines_add(&self->lines, data, size, error) || tell_at_times(self, error) ? -1
                                                                                             : 0;
}

static int
add_text(struct flow *self, const char *text, struct error *error)
{
    return add(self, text, strlen(text), error);
}

static int
end_block(struct flow *self, struct error *error)
{
    if (!self->is_open)
        return 0;
    struct file_part *part = &self->parts[self->current];
    part->rows = row_digest_rows(self->digest);
    part->digest = row_digest_sum(self->digest);
    part->size_bytes = self->lines.size_bytes - self->begun_bytes;
    row_digest_reset(self->digest);
    self->is_open = 0;
    return add_text(self, block_end, error);
}

// A further statement for the rows of the table whose block is open.
static int
is_going_on(const struct flow *self)
{
    return self->is_open && (self->range.after || self->range.first_page > self->share->first_page);
}

static int
begin_block(void *context, size_t index, struct error *error)
{
    struct flow *self = context;
    if (is_going_on(self))
        return 0;
    if (end_block(self, error))
        return -1;
    self->current = self->first + index;
    const struct postgres_table *table = self->share->tables[self->current];
    CLEAN(memory_free)
    char *head =
        memory_format("COPY %s%s%s%s FROM stdin;\n", table->name, *table->columns ? " (" : "",
                      table->columns, *table->columns ? ")" : "");
    if (add_text(self, head, error))
        return -1;
    self->begun_bytes = self->lines.size_bytes;
    self->is_open = 1;
    self->parts[self->current] = (struct file_part){
        .table = table->number, .low = self->share->low_shown, .high = self->share->high_shown};
    return 0;
}

static void
digest_row(struct flow *self, char *data, size_t size)
{
    const struct postgres_table *table = self->share->tables[self->current];
    struct postgres_row row = postgres_row_begin(data, size);
    struct postgres_field field;
    for (int place = 0; postgres_row_next(&row, &field); place++) {
        for (unsigned index = 0; table->has_key_places && index < table->key_columns; index++) {
            if (table->key_places[index] == place)
                self->key[index] = field;
        }
        if (field.is_null)
            row_digest_null(self->digest);
        else if ((size_t)place < table->type_count)  // without columns there is one field
            postgres_digest_text(self->digest, &table->types[place], field.data, field.size);
    }
    row_digest_end_row(self->digest);
}

// Telling may take its time: not while a long row is held that others may wait for.
static int
tell_after_row(struct flow *self, size_t size, struct error *error)
{
    return size > POSTGRES_WIRE_USUAL ? 0 : tell_at_times(self, error);
}

static int
take_row(void *context, char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    if (postgres_lines_add(&self->lines, data, size, error))
        return -1;
    digest_row(self, data, size);
    return tell_after_row(self, size, error);
}

static int
take_tuple(void *context, const char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    const struct postgres_table *table = self->share->tables[self->current];
    struct postgres_form form = {.types = table->types, .count = table->type_count};
    if (!self->tuple)
        self->tuple = postgres_tuple_new();
    self->last = data;
    if (postgres_tuple_write(self->tuple, &form, data, size, self->digest, &self->lines, error))
        return -1;
    return tell_after_row(self, size, error);
}

// Notes where a statement would have to go on after the last row.
static int
mark(void *context, struct error *error)
{
    struct flow *self = context;
    const struct postgres_table *table = self->share->tables[self->current];
    struct postgres_form form = {.types = table->types, .count = table->type_count};
    CLEAN(buffer_clear) struct buffer key = {0};
    for (unsigned index = 0; !table->is_binary && index < table->key_columns; index++)
        postgres_statement_add_literal(&key, self->key[index].data, self->key[index].size);
    if (table->is_binary &&
        postgres_tuple_add_literals(self->tuple, &form, self->last, table->key_places,
                                    table->key_columns, &key, error))
        return -1;
    memory_free(&self->mark);
    self->mark = buffer_take(&key);
    return 0;
}

static void
cut(void *context)
{
    struct flow *self = context;
    memory_free(&self->after);
    self->after = STEAL(self->mark);
}

static int
hold(void *context, uint64_t size_bytes, struct error *error)
{
    struct flow *self = context;
    const struct postgres_share_reader *reader = self->reader;
    int64_t asked_ms = clock_monotonic_ms();
    int status = reader->hold ? reader->hold(reader->self, size_bytes, error) : 0;
    self->waited_ms += clock_monotonic_ms() - asked_ms;
    return status;
}

static int
run(struct flow *self, const char *sql, int64_t limit_ms, struct error *error)
{
    struct postgres_copy copy = {.sql = sql,
                                 .self = self,
                                 .limit_ms = limit_ms,
                                 .mark = mark,
                                 .cut = cut,
                                 .begin = begin_block,
                                 .row = take_row,
                                 .tuple = take_tuple,
                                 .hold = hold,
                                 .wait = tell};
    self->waited_ms = 0;
    if (postgres_copy_out(self->reader->postgres, &copy, error) == 0)
        return 0;
    return postgres_blame(self->share->tables[self->current], error);
}

// One statement for the rest of the table, which is cut after the limit.
static int
read_in_order(struct flow *self, const struct postgres_table *table, struct error *error)
{
    postgres_t *postgres = self->reader->postgres;
    do {
        CLEAN(buffer_clear) struct buffer sql = {0};
        CLEAN(memory_free) char *after = STEAL(self->after);
        self->range.after = after;
        postgres_statement_add(&sql, &self->range, table);
        if (run(self, buffer_read(&sql), self->reader->limit_ms, error) ||
            (self->after && postgres_run(postgres, back_sql, error)))
            return -1;
    } while (self->after);
    self->range.after = NULL;
    return 0;
}

// So many pages a statement as take half the limit, by how long the ones before took.
static int
read_in_places(struct flow *self, const struct postgres_table *table, struct error *error)
{
    const struct postgres_share *share = self->share;
    int64_t wanted_ms = self->reader->limit_ms / 2;
    uint64_t pages = FIRST_PAGES, last = share->end_page ? share->end_page : share->pages;
    for (uint64_t page = share->first_page;; page = self->range.end_page) {
        CLEAN(buffer_clear) struct buffer sql = {0};
        int64_t begun_ms = clock_monotonic_ms();
        self->range.first_page = page;
        self->range.end_page = page + pages < last ? page + pages : share->end_page;
        postgres_statement_add(&sql, &self->range, table);
        if (run(self, buffer_read(&sql), 0, error))
            return -1;
        if (self->range.end_page == share->end_page)
            return 0;
        int64_t took_ms = clock_monotonic_ms() - begun_ms - self->waited_ms;
        if (took_ms < wanted_ms / 2)
            pages *= 2;
        else if (took_ms > wanted_ms && pages > 1)
            pages /= 2;
    }
}

static int
read_at_once(struct flow *self, const struct postgres_table *table, struct error *error)
{
    CLEAN(buffer_clear) struct buffer sql = {0};
    int64_t begun_ms = clock_monotonic_ms();
    postgres_statement_add(&sql, &self->range, table);
    if (run(self, buffer_read(&sql), 0, error))
        return -1;
    if (self->reader->longest_ms)
        *self->reader->longest_ms = clock_monotonic_ms() - begun_ms - self->waited_ms;
    return 0;
}

// The only table of a share.
static int
read_alone(struct flow *self, struct error *error)
{
    const struct postgres_share *share = self->share;
    const struct postgres_table *table = share->tables[0];
    int is_limited = self->reader->limit_ms > 0;
    int status = 0;
    self->current = self->first = 0;
    self->range = (struct postgres_range){.low = share->low,
                                          .high = share->high,
                                          .by_place = share->by_place,
                                          .first_page = share->first_page,
                                          .end_page = share->end_page};
    if (is_limited && share->pages > 0)
        status = read_in_places(self, table, error);
    else if (is_limited && table->has_key_places &&
             postgres_statement_is_ordered(&self->range, table))
        status = read_in_order(self, table, error);
    else
        status = read_at_once(self, table, error);
    return status || end_block(self, error) ? -1 : 0;
}

// The first few of the tables that are left, in one trip to the server.
static int
read_some(struct flow *self, struct error *error)
{
    const struct postgres_share *share = self->share;
    CLEAN(buffer_clear) struct buffer sql = {0};
    uint64_t size_bytes = 0;
    size_t end = self->first;
    do {
        const struct postgres_table *table = share->tables[end++];
        postgres_statement_add(&sql, &self->range, table);
        size_bytes += table->size_bytes;
    } while (end < share->count && end - self->first < TABLES_A_QUERY &&
             size_bytes + share->tables[end]->size_bytes <= QUERY_BYTES);
    self->current = self->first;
    if (run(self, buffer_read(&sql), 0, error) || end_block(self, error))
        return -1;
    if (self->current + 1 != end)
        return error_set(error, ERROR_INVALID, "the server left out a table's rows");
    self->first = end;
    return 0;
}

// Locks of what was read are let go, but for those that the session took before.
static int
read_tables(struct flow *self, struct error *error)
{
    postgres_t *postgres = self->reader->postgres;
    if (postgres_run(postgres, "SAVEPOINT part", error))
        return -1;
    if (self->share->count == 1)
        return read_alone(self, error) || postgres_run(postgres, back_sql, error) ? -1 : 0;
    while (self->first < self->share->count) {
        if (read_some(self, error) || postgres_run(postgres, back_sql, error))
            return -1;
    }
    return 0;
}

static int
read_objects(struct flow *self, struct error *error)
{
    uint64_t count = 0;
    struct postgres_objects_sink sink = {.self = self, .line = add, .wait = tell};
    if (add_text(self, "BEGIN;\n", error) ||
        postgres_objects_fill(self->reader->postgres, self->share->first_object,
                              self->share->end_object, &count, &sink, error))
        return -1;
    return add_text(self, "COMMIT;\n", error);
}

int
postgres_share_read(const struct postgres_share *self, const struct postgres_share_reader *reader,
                    struct file_part *parts, struct error *error)
{
    CLEAN(flow_clear)
    struct flow flow = {
        .share = self, .reader = reader, .parts = parts, .digest = row_digest_new()};
    CLEAN(postgres_script_destroy) postgres_script_t *head = postgres_script_new();
    postgres_lines_begin(&flow.lines, reader->sink, reader->file);
    postgres_head_add(head, reader->encoding);
    row_digest_set_charset(flow.digest, postgres_digest_charset(reader->encoding));
    if (add_text(&flow, postgres_script_text(head), error) ||
        (self->count > 0 ? read_tables(&flow, error) : read_objects(&flow, error)) ||
        postgres_lines_end(&flow.lines, error) || tell(&flow, error))
        return -1;
    return reader->sink->close(reader->file, error);
}

void
postgres_share_clear(struct postgres_share *self)
{
    memory_free(&self->tables);
    memory_free(&self->low);
    memory_free(&self->high);
    memory_free(&self->low_shown);
    memory_free(&self->high_shown);
}
