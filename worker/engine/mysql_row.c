#include "worker/engine/mysql_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "worker/engine/digits.h"
#include "worker/engine/mysql_escape.h"
#include "worker/engine/mysql_float.h"

enum {
    HELD_SIZE = 256 << 10,      // written when there is more; stays in a core's cache
    ROOM_SIZE = 4 * HELD_SIZE,  // for all numbers of a row (4,096 at most) and a slice besides
    SLICE_SIZE = 64 << 10,      // of bytes that are escaped at a time
    SHORT_SIZE = 4 << 10,
    NUMBER_SIZE = 512,  // of a number's or time's text, at most
    STATEMENT_SIZE = 1 << 20,
};

struct mysql_row {
    enum mysql_row_form form;
    struct mysql_row_target target;
    row_digest_t *digest;
    shortest_t *shortest;
    const char *insert;
    int is_in_statement, is_in_row, wants_cut;
    uint64_t written_bytes;  // before what is held
    uint64_t table_at, statement_at;
    size_t used;
    char held[ROOM_SIZE];
};

mysql_row_t *
mysql_row_new(enum mysql_row_form form, const struct mysql_row_target *target)
{
    mysql_row_t *self = memory_get(sizeof *self);
    self->form = form;
    self->target = *target;
    self->digest = row_digest_new();
    self->shortest = shortest_new();
    return self;
}

enum mysql_row_form
mysql_row_form(const mysql_row_t *self)
{
    return self->form;
}

void
mysql_row_destroy(mysql_row_t **self_p)
{
    if (!*self_p)
        return;
    shortest_destroy(&(*self_p)->shortest);
    row_digest_destroy(&(*self_p)->digest);
    memory_free(self_p);
}

int
mysql_row_flush(mysql_row_t *self, struct error *error)
{
    if (self->used == 0)
        return 0;
    if (self->target.write(self->target.self, self->held, self->used, error))
        return -1;
    self->written_bytes += self->used;
    self->used = 0;
    return 0;
}

static int
make_room(mysql_row_t *self, struct error *error)
{
    return self->used > HELD_SIZE ? mysql_row_flush(self, error) : 0;
}

uint64_t
mysql_row_size(const mysql_row_t *self)
{
    return self->written_bytes + self->used;
}

// For short texts: there is always room for those of a row's field.
static void
add(mysql_row_t *self, const char *text, size_t size)
{
    memcpy(self->held + self->used, text, size);
    self->used += size;
}

// Texts whose length is the caller's: names.
static int
add_long(mysql_row_t *self, const char *text, struct error *error)
{
    for (size_t size = strlen(text); size > 0;) {
        size_t part = size < SLICE_SIZE ? size : SLICE_SIZE;
        add(self, text, part);
        text += part;
        size -= part;
        if (make_room(self, error))
            return -1;
    }
    return 0;
}

int
mysql_row_add_text(mysql_row_t *self, const char *text, struct error *error)
{
    return add_long(self, text, error);
}

void
mysql_row_begin_table(mysql_row_t *self, const char *insert)
{
    self->insert = insert;
    self->is_in_statement = 0;
    self->wants_cut = 0;
    self->table_at = mysql_row_size(self);
    row_digest_reset(self->digest);
}

static void
end_statement(mysql_row_t *self)
{
    if (self->is_in_statement)
        add(self, ";\n", 2);
    self->is_in_statement = 0;
    self->wants_cut = 0;
}

int
mysql_row_end_table(mysql_row_t *self, struct mysql_row_part *part, struct error *error)
{
    end_statement(self);
    *part = (struct mysql_row_part){.rows = row_digest_rows(self->digest),
                                    .size_bytes = mysql_row_size(self) - self->table_at,
                                    .digest = row_digest_sum(self->digest)};
    return make_room(self, error);
}

int
mysql_row_end_statement(mysql_row_t *self, struct error *error)
{
    end_statement(self);
    return make_room(self, error);
}

void
mysql_row_cut(mysql_row_t *self)
{
    self->wants_cut = 1;
}

// What stands before a field.
static void
begin_field(mysql_row_t *self)
{
    if (self->is_in_row) {
        self->held[self->used++] = self->form == MYSQL_LINES ? '\t' : ',';
        return;
    }
    self->is_in_row = 1;
    if (self->form == MYSQL_LINES)
        return;
    add(self, self->is_in_statement ? ",\n(" : "\n(", self->is_in_statement ? 3 : 2);
    self->is_in_statement = 1;
}

int
mysql_row_begin(mysql_row_t *self, struct error *error)
{
    if (self->form == MYSQL_LINES)
        return make_room(self, error);
    if (self->is_in_statement &&
        (self->wants_cut || mysql_row_size(self) - self->statement_at > STATEMENT_SIZE))
        end_statement(self);
    if (!self->is_in_statement) {
        self->statement_at = mysql_row_size(self);
        self->wants_cut = 0;
        if (add_long(self, self->insert, error))
            return -1;
    }
    return make_room(self, error);
}

int
mysql_row_take_pen(mysql_row_t *self, struct mysql_row_pen *pen)
{
    if (self->form != MYSQL_LINES)
        return 0;
    *pen = (struct mysql_row_pen){.text = self->held + self->used,
                                  .form = row_digest_room(self->digest, MYSQL_ROW_PEN_SIZE),
                                  .shortest = self->shortest};
    return 1;
}

void
mysql_row_give_pen(mysql_row_t *self, const struct mysql_row_pen *pen)
{
    self->used = (size_t)(pen->text - self->held);
    row_digest_put(self->digest, pen->form);
}

int
mysql_row_end(mysql_row_t *self, uint64_t *hash, struct error *error)
{
    uint64_t own = row_digest_end_row(self->digest);
    if (!self->is_in_row && self->form == MYSQL_INSERTS)
        begin_field(self);  // a row without a field
    add(self, self->form == MYSQL_LINES ? "\n" : ")", 1);
    self->is_in_row = 0;
    if (hash)
        *hash = own;
    return make_room(self, error);
}

void
mysql_row_null(mysql_row_t *self)
{
    begin_field(self);
    row_digest_null(self->digest);
    add(self, self->form == MYSQL_LINES ? "\\N" : "NULL", self->form == MYSQL_LINES ? 2 : 4);
}

static void
add_digits(mysql_row_t *self, uint64_t number)
{
    self->used = (size_t)(digits_number(self->held + self->used, number) - self->held);
}

void
mysql_row_unsigned(mysql_row_t *self, uint64_t number)
{
    begin_field(self);
    row_digest_unsigned(self->digest, number);
    add_digits(self, number);
}

void
mysql_row_integer(mysql_row_t *self, int64_t number)
{
    begin_field(self);
    row_digest_integer(self->digest, number);
    if (number < 0)
        add(self, "-", 1);
    add_digits(self, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void
add_quoted(mysql_row_t *self, const char *text, size_t size)
{
    if (self->form == MYSQL_INSERTS)
        add(self, "'", 1);
    add(self, text, size);
    if (self->form == MYSQL_INSERTS)
        add(self, "'", 1);
}

// As text of four digits: the number 0 would be the year 2000.
void
mysql_row_year(mysql_row_t *self, unsigned year)
{
    char text[16];
    int size = snprintf(text, sizeof text, "%04u", year);
    begin_field(self);
    row_digest_integer(self->digest, year);
    add_quoted(self, text, (size_t)size);
}

static void
add_real(mysql_row_t *self, const char *text, size_t size)
{
    add(self, text, size);
    if (size == 2 && memcmp(text, "-0", 2) == 0 && self->form == MYSQL_INSERTS)
        add(self, "e0", 2);  // as a whole number -0 would be 0
}

void
mysql_row_float(mysql_row_t *self, float number)
{
    char text[MYSQL_FLOAT_SIZE];
    begin_field(self);
    row_digest_double(self->digest, number);
    add_real(self, text, mysql_float_single(self->shortest, text, number));
}

void
mysql_row_double(mysql_row_t *self, double number)
{
    char text[MYSQL_FLOAT_SIZE];
    begin_field(self);
    row_digest_double(self->digest, number);
    add_real(self, text, mysql_float_double(self->shortest, text, number));
}

void
mysql_row_decimal(mysql_row_t *self, const char *text, size_t size)
{
    begin_field(self);
    row_digest_decimal(self->digest, text, size);
    add(self, text, size < NUMBER_SIZE ? size : NUMBER_SIZE);
}

void
mysql_row_time(mysql_row_t *self, const char *text, size_t size)
{
    begin_field(self);
    row_digest_time(self->digest, text, size);
    add_quoted(self, text, size);
}

void
mysql_row_end_of_time(mysql_row_t *self, const char *text, size_t size)
{
    if (self->form != MYSQL_INSERTS) {
        mysql_row_time(self, text, size);
        return;
    }
    begin_field(self);
    row_digest_time(self->digest, text, size);
    add(self, MYSQL_ROW_END_OF_TIME, strlen(MYSQL_ROW_END_OF_TIME));
}

// At most SLICE_SIZE bytes.
static void
add_escaped(mysql_row_t *self, const char *data, size_t size)
{
    self->used += mysql_escape(self->held + self->used, data, size, self->form == MYSQL_LINES);
}

static void
open_bytes(mysql_row_t *self, const struct mysql_row_style *style)
{
    begin_field(self);
    if (self->form == MYSQL_LINES)
        return;
    add(self, style->before, strlen(style->before));
    add(self, "'", 1);
}

void
mysql_row_begin_bytes(mysql_row_t *self, const struct mysql_row_style *style, uint64_t size)
{
    row_digest_begin_bytes(self->digest, style->charset ? ROW_BINARY : style->tag, size);
    open_bytes(self, style);
}

static int
add_pieces(mysql_row_t *self, const char *data, size_t size, struct error *error)
{
    for (size_t at = 0; at < size; at += SLICE_SIZE) {
        size_t part = size - at < SLICE_SIZE ? size - at : SLICE_SIZE;
        add_escaped(self, data + at, part);
        if (make_room(self, error))
            return -1;
    }
    return 0;
}

int
mysql_row_add_bytes(mysql_row_t *self, const char *data, size_t size, struct error *error)
{
    row_digest_add(self->digest, data, size);
    return add_pieces(self, data, size, error);
}

void
mysql_row_end_bytes(mysql_row_t *self, const struct mysql_row_style *style)
{
    if (self->form == MYSQL_LINES)
        return;
    add(self, "'", 1);
    add(self, style->after, strlen(style->after));
}

static void
digest(mysql_row_t *self, const struct mysql_row_style *style, const char *data, size_t size)
{
    if (style->charset)
        mysql_charset_digest(style->charset, data, size, self->digest);
    else
        row_digest_bytes(self->digest, style->tag, data, size);
}

// Most values are short.
int
mysql_row_bytes(mysql_row_t *self, const struct mysql_row_style *style, const char *data,
                size_t size, struct error *error)
{
    digest(self, style, data, size);
    open_bytes(self, style);
    if (size <= SHORT_SIZE)
        add_escaped(self, data, size);
    else if (add_pieces(self, data, size, error))
        return -1;
    mysql_row_end_bytes(self, style);
    return size <= SHORT_SIZE ? make_room(self, error) : 0;
}
