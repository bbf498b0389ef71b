#include "worker/engine/postgres_types.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum {
    VERSION_OF_SHORTEST = 120000,  // older servers print floating-point numbers in another way
    GAIN_MIN_NS = 0,               // of a row
    ROW_BYTES = 36,                // that a row takes beside its values
    COLUMN_BYTES = 8,
    LONG_BYTES = 10000,
};

// What a value costs a server less, as postgres_types.h has it.
static const int16_t gains_ns[POSTGRES_KINDS] = {
    [POSTGRES_TEXT] = -35,     [POSTGRES_CHAR] = -35,       [POSTGRES_BYTEA] = 40,
    [POSTGRES_BOOLEAN] = -25,  [POSTGRES_INT4] = -5,        [POSTGRES_OID] = -5,
    [POSTGRES_NUMERIC] = -10,  [POSTGRES_FLOAT4] = 20,      [POSTGRES_FLOAT8] = 45,
    [POSTGRES_DATE] = 25,      [POSTGRES_TIME] = 25,        [POSTGRES_TIMETZ] = 25,
    [POSTGRES_TIMESTAMP] = 80, [POSTGRES_TIMESTAMPTZ] = 90, [POSTGRES_UUID] = 190,
    [POSTGRES_INET] = 120,     [POSTGRES_MACADDR] = 120,    [POSTGRES_MACADDR8] = 120,
};

// The server's own functions that print a type, by which it is known: domains and types of
// extensions (citext) have those of what they are made of.
static const struct known {
    const char *send, *out;
    enum postgres_kind kind;
} known_types[] = {
    {"textsend", "textout", POSTGRES_TEXT},
    {"varcharsend", "varcharout", POSTGRES_TEXT},
    {"bpcharsend", "bpcharout", POSTGRES_CHAR},
    {"namesend", "nameout", POSTGRES_TEXT},
    {"json_send", "json_out", POSTGRES_TEXT},
    {"enum_send", "enum_out", POSTGRES_TEXT},
    {"jsonb_send", "jsonb_out", POSTGRES_JSONB},
    {"byteasend", "byteaout", POSTGRES_BYTEA},
    {"boolsend", "boolout", POSTGRES_BOOLEAN},
    {"int2send", "int2out", POSTGRES_INT2},
    {"int4send", "int4out", POSTGRES_INT4},
    {"int8send", "int8out", POSTGRES_INT8},
    {"oidsend", "oidout", POSTGRES_OID},
    {"xidsend", "xidout", POSTGRES_OID},
    {"cidsend", "cidout", POSTGRES_OID},
    {"float4send", "float4out", POSTGRES_FLOAT4},
    {"float8send", "float8out", POSTGRES_FLOAT8},
    {"numeric_send", "numeric_out", POSTGRES_NUMERIC},
    {"date_send", "date_out", POSTGRES_DATE},
    {"time_send", "time_out", POSTGRES_TIME},
    {"timetz_send", "timetz_out", POSTGRES_TIMETZ},
    {"timestamp_send", "timestamp_out", POSTGRES_TIMESTAMP},
    {"timestamptz_send", "timestamptz_out", POSTGRES_TIMESTAMPTZ},
    {"uuid_send", "uuid_out", POSTGRES_UUID},
    {"inet_send", "inet_out", POSTGRES_INET},
    {"cidr_send", "cidr_out", POSTGRES_INET},
    {"macaddr_send", "macaddr_out", POSTGRES_MACADDR},
    {"macaddr8_send", "macaddr8_out", POSTGRES_MACADDR8},
    {"bit_send", "bit_out", POSTGRES_BITS},
    {"varbit_send", "varbit_out", POSTGRES_VARBITS},
};

struct found {
    unsigned number;
    struct postgres_type type;
};

struct types {
    struct found *list;  // by number
    size_t count;
};

static void
types_clear(struct types *self)
{
    memory_free(&self->list);
}

static enum postgres_kind
kind_of(const char *send, const char *out)
{
    for (size_t index = 0; index < sizeof known_types / sizeof *known_types; index++) {
        const struct known *each = &known_types[index];
        if (strcmp(each->send, send) == 0 && strcmp(each->out, out) == 0)
            return each->kind;
    }
    return POSTGRES_NO_KIND;
}

static int
read_types(struct types *self, postgres_t *postgres, struct error *error)
{
    static const char sql[] =
        "SELECT t.oid, s.prosrc, o.prosrc, es.prosrc, eo.prosrc FROM pg_type AS t JOIN pg_proc AS "
        "s ON s.oid = t.typsend JOIN pg_proc AS o ON o.oid = t.typoutput LEFT JOIN pg_type AS e ON "
        "e.oid = t.typelem AND t.typlen = -1 AND e.typdelim = ',' LEFT JOIN pg_proc AS es ON "
        "es.oid = e.typsend AND es.prolang = s.prolang LEFT JOIN pg_proc AS eo ON eo.oid = "
        "e.typoutput AND eo.prolang = s.prolang WHERE s.prolang = (SELECT oid FROM pg_language "
        "WHERE lanname = 'internal') AND o.prolang = s.prolang AND t.typtype IN ('b', 'd', 'e') "
        "AND (s.prosrc <> 'array_send' OR e.typtype IN ('b', 'd', 'e')) ORDER BY t.oid";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot read the types");
    size_t count = postgres_rows_count(rows);
    self->list = memory_get((count + 1) * sizeof *self->list);
    for (size_t row = 0; row < count; row++) {
        const char *send = postgres_rows_text(rows, row, 1);
        int is_array = strcmp(send, "array_send") == 0;
        enum postgres_kind kind = kind_of(postgres_rows_text(rows, row, is_array ? 3 : 1),
                                          postgres_rows_text(rows, row, is_array ? 4 : 2));
        if (kind != POSTGRES_NO_KIND)
            self->list[self->count++] =
                (struct found){.number = (unsigned)postgres_rows_integer(rows, row, 0),
                               .type = {.kind = (uint8_t)kind, .is_array = (uint8_t)is_array}};
    }
    return 0;
}

static int
compare(const void *one, const void *other)
{
    unsigned a = ((const struct found *)one)->number, b = ((const struct found *)other)->number;
    return a < b ? -1 : a > b;
}

static const struct postgres_type *
find(const struct types *self, unsigned number)
{
    struct found key = {.number = number};
    const struct found *found =
        self->count ? bsearch(&key, self->list, self->count, sizeof key, compare) : NULL;
    return found ? &found->type : NULL;
}

static int
is_long(enum postgres_kind kind)
{
    return kind == POSTGRES_TEXT || kind == POSTGRES_CHAR || kind == POSTGRES_BYTEA;
}

static int
pays(const struct postgres_table *table, const struct postgres_type *types, size_t count)
{
    int gain_ns = 0, has_texts = 0;
    for (size_t index = 0; index < count; index++) {
        gain_ns += types[index].is_array ? 0 : gains_ns[types[index].kind];
        has_texts |= is_long(types[index].kind);
    }
    // Long texts gain by the byte; a row's other columns have some eight bytes each.
    uint64_t others = ROW_BYTES + COLUMN_BYTES * count;
    uint64_t bytes = table->rows > 0 ? table->size_bytes / table->rows : 0;
    if (has_texts && bytes > others)
        gain_ns += bytes - others < LONG_BYTES ? (int)(bytes - others) : LONG_BYTES;
    return gain_ns >= GAIN_MIN_NS;
}

// Can values of the type be read in binary form, and become the text that this server prints?
static int
can_be_binary(const struct postgres_type *type, unsigned version)
{
    int is_float = type->kind == POSTGRES_FLOAT4 || type->kind == POSTGRES_FLOAT8;
    return !is_float || version >= VERSION_OF_SHORTEST;
}

static void
fill(struct postgres_table *table, const struct types *known, unsigned version,
     enum postgres_choice choice)
{
    size_t count = 0;
    int is_binary = choice != POSTGRES_AS_TEXT;
    const char *numbers = table->type_numbers;
    table->types = memory_get((strlen(numbers) + 1) * sizeof *table->types);
    while (*numbers) {
        char *end = NULL;
        const struct postgres_type *type = find(known, (unsigned)strtoul(numbers, &end, 10));
        is_binary = is_binary && type && can_be_binary(type, version);
        if (type)
            table->types[count] = *type;
        count++;
        numbers = end;
    }
    table->type_count = count;
    table->is_binary = is_binary && count > 0 &&
                       (choice == POSTGRES_AS_BINARY || pays(table, table->types, count));
}

int
postgres_types_read(struct postgres_tables *tables, postgres_t *postgres,
                    enum postgres_choice choice, struct error *error)
{
    CLEAN(types_clear) struct types known = {0};
    if (read_types(&known, postgres, error))
        return -1;
    for (size_t index = 0; index < tables->count; index++)
        fill(&tables->list[index], &known, postgres_version(postgres), choice);
    return 0;
}
