#include "worker/engine/postgres_share.h"

#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_copy.h"
#include "worker/engine/postgres_head.h"
#include "worker/engine/postgres_lines.h"
#include "worker/engine/postgres_objects.h"
#include "worker/engine/postgres_row.h"
#include "worker/engine/postgres_tuple.h"

enum {
    TABLES_A_QUERY = 50,  // a trip to the server for so many small tables
    TELL_BYTES = 512 << 10,
    UNORDERED = 64 << 10,  // a sort would cost more than it saves: the server's size of a few pages
};

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
    uint64_t begun_bytes;  // written before its rows
    uint64_t told_bytes;
};

static void
flow_clear(struct flow *self)
{
    postgres_lines_clear(&self->lines);
    row_digest_destroy(&self->digest);
    postgres_tuple_destroy(&self->tuple);
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
add(struct flow *self, const char *data, size_t size, struct error *error)
{
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

static int
begin_block(void *context, size_t index, struct error *error)
{
    struct flow *self = context;
    if (end_block(self, error))
        return -1;
    self->current = self->first + index;
    const struct postgres_table *table = &self->share->tables[self->current];
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
    struct postgres_row row = postgres_row_begin(data, size);
    struct postgres_field field;
    while (postgres_row_next(&row, &field)) {
        if (field.is_null)
            row_digest_null(self->digest);
        else
            row_digest_bytes(self->digest, ROW_TEXT, field.data, field.size);
    }
    row_digest_end_row(self->digest);
}

static int
take_row(void *context, char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    if (add(self, data, size, error))
        return -1;
    digest_row(self, data, size);
    return 0;
}

static int
take_tuple(void *context, const char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    const struct postgres_table *table = &self->share->tables[self->current];
    struct postgres_form form = {.types = table->types, .count = table->type_count};
    if (!self->tuple)
        self->tuple = postgres_tuple_new();
    if (postgres_tuple_write(self->tuple, &form, data, size, self->digest, &self->lines, error))
        return -1;
    return tell_at_times(self, error);
}

static void
add_range(struct buffer *sql, const struct postgres_share *share,
          const struct postgres_table *table)
{
    const char *key = share->by_place ? "ctid" : table->key;
    if (share->low)
        buffer_format(sql, " WHERE (%s) >= (%s)", key, share->low);
    if (share->high)
        buffer_format(sql, " %s (%s) < (%s)", share->low ? "AND" : "WHERE", key, share->high);
}

// The statement that gives the table's rows, or the share's range of them.
static void
add_copy(struct buffer *sql, const struct postgres_share *share, const struct postgres_table *table)
{
    int is_ordered = *table->key && !share->by_place && table->size_bytes > UNORDERED;
    int is_whole = !share->low && !share->high && !*table->condition;
    const char *form = table->types ? " (FORMAT binary)" : "";
    if (is_whole && !is_ordered) {
        int has_columns = *table->columns != '\0';
        buffer_format(sql, "COPY %s%s%s%s TO STDOUT%s;", table->name, has_columns ? " (" : "",
                      table->columns, has_columns ? ")" : "", form);
        return;
    }
    buffer_format(sql, "COPY (SELECT %s FROM ONLY %s %s", table->columns, table->name,
                  table->condition);
    add_range(sql, share, table);
    if (is_ordered)
        buffer_format(sql, " ORDER BY %s", table->key);
    buffer_format(sql, ") TO STDOUT%s;", form);
}

// Says which table it was, and what is to be done about a row that is too large.
static int
explain(const struct flow *self, struct error *error)
{
    static const char *const too_large[] = {"invalid memory alloc request size",
                                            "string buffer exceeds maximum",
                                            "Cannot enlarge string buffer"};
    const struct postgres_table *table = &self->share->tables[self->current];
    int is_too_large = error->code == ERROR_CONFIG && strstr(error->message, "out of memory");
    for (size_t index = 0; index < sizeof too_large / sizeof *too_large; index++)
        is_too_large |= strstr(error->message, too_large[index]) != NULL;
    if (is_too_large)
        return error_set(error, ERROR_CONFIG,
                         "table '%s.%s' has a row whose text is over 1 GB, which no COPY (and no "
                         "pg_dump) can give: split or shorten it, or leave the table out",
                         table->schema, table->table);
    if (error->code == ERROR_BUSY)
        return error_wrap(error,
                          "table '%s.%s' is being changed by somebody (ALTER, TRUNCATE, DROP "
                          "or the like)",
                          table->schema, table->table);
    return error_wrap(error, "cannot read table '%s.%s'", table->schema, table->table);
}

static int
read_tables(struct flow *self, struct error *error)
{
    const struct postgres_share *share = self->share;
    for (self->first = 0; self->first < share->count; self->first += TABLES_A_QUERY) {
        CLEAN(buffer_clear) struct buffer sql = {0};
        size_t end = self->first + TABLES_A_QUERY;
        if (end > share->count)
            end = share->count;
        for (size_t index = self->first; index < end; index++)
            add_copy(&sql, share, &share->tables[index]);
        self->current = self->first;
        struct postgres_copy copy = {.sql = buffer_read(&sql),
                                     .self = self,
                                     .begin = begin_block,
                                     .row = take_row,
                                     .tuple = take_tuple,
                                     .wait = tell};
        if (postgres_copy_out(self->reader->postgres, &copy, error))
            return explain(self, error);
        if (end_block(self, error))
            return -1;
        if (self->current + 1 != end)
            return error_set(error, ERROR_INVALID, "the server left out a table's rows");
    }
    return 0;
}

static int
take_line(void *context, const char *text, size_t size, struct error *error)
{
    return add(context, text, size, error);
}

static int
read_objects(struct flow *self, struct error *error)
{
    uint64_t count = 0;
    struct postgres_objects_sink sink = {.self = self, .line = take_line, .wait = tell};
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
    if (add_text(&flow, postgres_script_text(head), error) ||
        (self->count > 0 ? read_tables(&flow, error) : read_objects(&flow, error)) ||
        postgres_lines_end(&flow.lines, error))
        return -1;
    return reader->sink->close(reader->file, error);
}

void
postgres_share_clear(struct postgres_share *self)
{
    memory_free(&self->low);
    memory_free(&self->high);
    memory_free(&self->low_shown);
    memory_free(&self->high_shown);
}
