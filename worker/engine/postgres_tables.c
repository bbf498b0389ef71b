#include "worker/engine/postgres_tables.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"

enum { LOCKS_A_STATEMENT = 200 };

enum column {
    OF_OID,
    OF_NAME,
    OF_SCHEMA,
    OF_TABLE,
    OF_COLUMNS,
    OF_TYPES,
    OF_NUMBERS,
    OF_CONDITION,
    OF_KEY,
    OF_KEY_VALUES,
    OF_KEY_FIRST,
    OF_KEY_COLUMNS,
    OF_KEY_NUMBERS,
    OF_INTEGER_KEY,
    OF_SIZE,
    OF_ROWS,
    OF_READABLE,
    OF_CHILDREN,
};

// In a database of another encoding than UTF-8 (and not of none) names come as the hexadecimal
// digits of their UTF-8.
#define SHOWN(name) \
    "CASE WHEN getdatabaseencoding() IN ('UTF8', 'SQL_ASCII') THEN " name \
    "::text ELSE encode(convert_to(" name ", 'UTF8'), 'hex') END"

// %s: joins; the kind of relations; more of what persists. All is joined in bulk: of thousands of
// tables a look for each costs twice as much.
#define USERS_RELATIONS \
    "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN (SELECT " \
    "o.number, min(x.extcondition[o.place]) AS condition FROM pg_extension AS x CROSS JOIN " \
    "LATERAL unnest(x.extconfig) WITH ORDINALITY AS o (number, place) GROUP BY o.number) AS e ON " \
    "e.number = c.oid %s WHERE c.relkind = '%s' AND n.nspname !~ " \
    "'^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence IN ('p'%s) AND " \
    "(e.condition IS NOT NULL OR NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = " \
    "'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) " \
    "ORDER BY format('%%I.%%I', n.nspname, c.relname) COLLATE \"C\""

// Of rows alone: what VACUUM keeps beside them comes and goes, and a file's place with it.
#define SIZE "pg_relation_size(c.oid) + coalesce(pg_relation_size(c.reltoastrelid), 0)"

#define TABLES \
    "SELECT c.oid, format('%I.%I', n.nspname, c.relname), " SHOWN("n.nspname") ", " SHOWN( \
        "c.relname") ", a.names, a.types, a.numbers, e.condition, k.key, k.values, k.first, " \
                     "k.columns, k.numbers, k.is_integer, " SIZE ", " \
                     "greatest(c.reltuples, 0)::bigint, " READABLE ", c.relhassubclass "

#define READABLE "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') "

// What takes no look at the tables themselves, with NULL in the place of the rest.
#define NAMES \
    "SELECT c.oid, format('%I.%I', n.nspname, c.relname), NULL, NULL, NULL, NULL, NULL, NULL, " \
    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, " READABLE ", NULL "

// %s: which columns.
#define COLUMNS \
    "LEFT JOIN (SELECT attrelid, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS " \
    "names, string_agg(atttypid::oid::text, ' ' ORDER BY attnum) AS types, " \
    "string_agg(attnum::text, ' ' ORDER BY attnum) AS numbers FROM pg_attribute WHERE attnum > 0 " \
    "AND NOT attisdropped %s GROUP BY attrelid) AS a ON a.attrelid = c.oid "

// The primary key, or else the unique index of the fewest columns that has no NULLs, covers all
// rows and is held at once. Only of types whose order is the server's own: the operators of an
// extension's (citext) are not found with our empty search_path, and what is found instead compares
// in another order than the one that rows and cuts are sorted by. Nor rows as values (composite
// types): the server cannot read a literal beside one. From version 18 on a column may be marked
// NOT NULL and have some all the same (NOT VALID); they would be in no range.
#define KEYS \
    "LEFT JOIN (SELECT DISTINCT ON (i.indrelid) i.indrelid, string_agg(quote_ident(a.attname), " \
    "', ' ORDER BY p.place) AS key, string_agg(format('quote_literal(%%I)', a.attname), ' || " \
    "'', '' || ' ORDER BY p.place) AS values, min(quote_ident(a.attname)) FILTER (WHERE p.place " \
    "= 1) AS first, count(*) AS columns, string_agg(a.attnum::text, ' ' ORDER BY p.place) AS " \
    "numbers, count(*) = 1 AND bool_and(a.atttypid IN ('int2'::regtype, 'int4'::regtype, " \
    "'int8'::regtype)) AS is_integer FROM pg_index AS i CROSS JOIN LATERAL " \
    "unnest(i.indkey::int2[]) WITH ORDINALITY AS p (number, place) JOIN pg_attribute AS a ON " \
    "a.attrelid = i.indrelid AND a.attnum = p.number LEFT JOIN pg_constraint AS v ON v.conrelid " \
    "= a.attrelid AND v.contype = 'n' AND NOT v.convalidated AND v.conkey = ARRAY[a.attnum] " \
    "WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND " \
    "i.indexprs IS NULL AND NOT i.indclass::oid[] && ARRAY(SELECT f.oid FROM pg_opclass AS f " \
    "WHERE f.opcnamespace <> 'pg_catalog'::regnamespace OR f.opcintype = 'record'::regtype) AND " \
    "p.place <= i.%s GROUP BY i.indrelid, i.indexrelid, i.indisprimary HAVING " \
    "bool_and(a.attnotnull AND v.oid IS NULL) ORDER BY i.indrelid, i.indisprimary DESC, " \
    "count(*), i.indexrelid) AS k ON k.indrelid = c.oid"

static char *
shown(const char *text, int is_hex)
{
    if (!is_hex)
        return memory_copy_text(text);
    size_t size = strlen(text) / 2;
    char *name = memory_get(size + 1);
    for (size_t index = 0; index < size; index++) {
        char digits[3] = {text[2 * index], text[2 * index + 1], '\0'};
        name[index] = (char)strtoul(digits, NULL, 16);
    }
    return name;
}

// Where the first number of `wanted` is among the others; -1: nowhere.
static int
place_of(long wanted, const char *numbers)
{
    char *end = NULL;
    for (int place = 0; *numbers; place++, numbers = end) {
        if (strtol(numbers, &end, 10) == wanted)
            return place;
    }
    return -1;
}

static void
find_places(struct postgres_table *self, const char *key_numbers, const char *numbers)
{
    char *end = NULL;
    self->has_key_places = *self->key != '\0';
    for (unsigned index = 0; index < self->key_columns && self->has_key_places; index++) {
        self->key_places[index] = place_of(strtol(key_numbers, &end, 10), numbers);
        self->has_key_places = self->key_places[index] >= 0;
        key_numbers = end;
    }
}

static void
table_fill(struct postgres_table *self, const postgres_rows_t *rows, size_t row, int is_hex)
{
    self->oid = (unsigned)postgres_rows_integer(rows, row, OF_OID);
    self->name = memory_copy_text(postgres_rows_text(rows, row, OF_NAME));
    self->schema = shown(postgres_rows_text(rows, row, OF_SCHEMA), is_hex);
    self->table = shown(postgres_rows_text(rows, row, OF_TABLE), is_hex);
    self->columns = memory_copy_text(postgres_rows_text(rows, row, OF_COLUMNS));
    self->type_numbers = memory_copy_text(postgres_rows_text(rows, row, OF_TYPES));
    self->condition = memory_copy_text(postgres_rows_text(rows, row, OF_CONDITION));
    self->key_columns = (unsigned)postgres_rows_integer(rows, row, OF_KEY_COLUMNS);
    int is_kept = self->key_columns <= POSTGRES_KEY_COLUMNS_MAX;
    self->key = memory_copy_text(is_kept ? postgres_rows_text(rows, row, OF_KEY) : "");
    self->key_values = memory_copy_text(postgres_rows_text(rows, row, OF_KEY_VALUES));
    self->key_first = memory_copy_text(postgres_rows_text(rows, row, OF_KEY_FIRST));
    find_places(self, postgres_rows_text(rows, row, OF_KEY_NUMBERS),
                postgres_rows_text(rows, row, OF_NUMBERS));
    self->is_integer_key = postgres_rows_true(rows, row, OF_INTEGER_KEY);
    self->size_bytes = (uint64_t)postgres_rows_integer(rows, row, OF_SIZE);
    self->rows = (uint64_t)postgres_rows_integer(rows, row, OF_ROWS);
    self->is_readable = postgres_rows_true(rows, row, OF_READABLE);
    self->has_children = postgres_rows_true(rows, row, OF_CHILDREN);
}

static int
take_tables(struct postgres_tables *self, postgres_t *postgres, const char *sql,
            struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    CLEAN(postgres_rows_destroy) postgres_rows_t *encoding = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error) ||
        postgres_query(postgres, "SELECT getdatabaseencoding() NOT IN ('UTF8', 'SQL_ASCII')", NULL,
                       &encoding, error))
        return error_wrap(error, "cannot list the tables");
    self->count = postgres_rows_count(rows);
    self->list = memory_get((self->count + 1) * sizeof *self->list);
    for (size_t row = 0; row < self->count; row++)
        table_fill(&self->list[row], rows, row, postgres_rows_true(encoding, 0, 0));
    return 0;
}

static int
read_tables(struct postgres_tables *self, postgres_t *postgres, const char *unlogged,
            struct error *error)
{
    unsigned version = postgres_version(postgres);
    CLEAN(memory_free)
    char *keys = memory_format(KEYS, version >= 110000 ? "indnkeyatts" : "indnatts");
    CLEAN(memory_free)
    char *columns = memory_format(COLUMNS, version >= 120000 ? "AND attgenerated = ''" : "");
    CLEAN(memory_free) char *joins = memory_format("%s%s", columns, keys);
    CLEAN(memory_free) char *which = memory_format(USERS_RELATIONS, joins, "r", unlogged);
    CLEAN(memory_free) char *sql = memory_format("%s%s", TABLES, which);
    return take_tables(self, postgres, sql, error);
}

static int
read_sequences(struct postgres_tables *self, postgres_t *postgres, const char *unlogged,
               struct error *error)
{
    CLEAN(memory_free) char *which = memory_format(USERS_RELATIONS, "", "S", unlogged);
    CLEAN(memory_free)
    char *sql =
        memory_format("SELECT format('%%I.%%I', n.nspname, c.relname), (SELECT refobjid FROM "
                      "pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND "
                      "refclassid = 'pg_class'::regclass AND deptype = 'i' LIMIT 1) %s",
                      which);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot list the sequences");
    self->sequence_count = postgres_rows_count(rows);
    self->sequences = memory_get((self->sequence_count + 1) * sizeof *self->sequences);
    for (size_t row = 0; row < self->sequence_count; row++)
        self->sequences[row] = (struct postgres_sequence){
            .name = memory_copy_text(postgres_rows_text(rows, row, 0)),
            .identity_of = (unsigned)postgres_rows_integer(rows, row, 1)};
    return 0;
}

static const char *
unlogged_at(int in_recovery)
{
    return in_recovery ? "" : ", 'u'";
}

int
postgres_tables_read_names(struct postgres_tables *self, postgres_t *postgres, int in_recovery,
                           struct error *error)
{
    CLEAN(memory_free)
    char *which = memory_format(USERS_RELATIONS, "", "r", unlogged_at(in_recovery));
    CLEAN(memory_free) char *sql = memory_format("%s%s", NAMES, which);
    return take_tables(self, postgres, sql, error);
}

int
postgres_tables_read(struct postgres_tables *self, postgres_t *postgres, int in_recovery,
                     struct error *error)
{
    const char *unlogged = unlogged_at(in_recovery);
    CLEAN(postgres_tables_clear) struct postgres_tables found = {0};
    if (read_tables(&found, postgres, unlogged, error) ||
        read_sequences(&found, postgres, unlogged, error))
        return -1;
    *self = found;
    found = (struct postgres_tables){0};
    return 0;
}

static void
table_clear(struct postgres_table *self)
{
    char **texts[] = {&self->name,       &self->schema,    &self->table,
                      &self->columns,    &self->condition, &self->key,
                      &self->key_values, &self->key_first, &self->type_numbers};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        memory_free(texts[index]);
    memory_free(&self->types);
}

void
postgres_tables_clear(struct postgres_tables *self)
{
    for (size_t index = 0; index < self->count; index++)
        table_clear(&self->list[index]);
    for (size_t index = 0; index < self->sequence_count; index++)
        memory_free(&self->sequences[index].name);
    memory_free(&self->list);
    memory_free(&self->sequences);
    *self = (struct postgres_tables){0};
}

void
postgres_tables_select(struct postgres_tables *self, const postgres_select_t *select)
{
    size_t kept = 0, kept_sequences = 0;
    for (size_t index = 0; index < self->count; index++) {
        if (postgres_select_reads(select, self->list[index].oid))
            self->list[kept++] = self->list[index];
        else
            table_clear(&self->list[index]);
    }
    // One that is a column's is where its table is.
    for (size_t index = 0; index < self->sequence_count; index++) {
        unsigned table = self->sequences[index].identity_of;
        if (table == 0 || postgres_select_has(select, table))
            self->sequences[kept_sequences++] = self->sequences[index];
        else
            memory_free(&self->sequences[index].name);
    }
    self->count = kept;
    self->sequence_count = kept_sequences;
}

static int
explain(const struct postgres_tables *self, struct error *error)
{
    if (strstr(error->message, "out of shared memory"))
        return error_set(error, ERROR_CONFIG,
                         "the server has no room to lock %zu tables: raise "
                         "max_locks_per_transaction there",
                         self->count);
    return error_wrap(error, "cannot lock the tables");
}

int
postgres_tables_lock(const struct postgres_tables *self, postgres_t *postgres, struct error *error)
{
    for (size_t index = 0; index < self->count;) {
        CLEAN(buffer_clear) struct buffer sql = {0};
        size_t count = 0;
        for (; count < LOCKS_A_STATEMENT && index < self->count; index++) {
            if (self->list[index].is_readable)
                buffer_format(&sql, "%s%s", count++ ? ", ONLY " : "LOCK TABLE ONLY ",
                              self->list[index].name);
        }
        buffer_text(&sql, " IN ACCESS SHARE MODE");
        if (count > 0 && postgres_run(postgres, buffer_read(&sql), error))
            return explain(self, error);
    }
    return 0;
}

int
postgres_tables_same(const struct postgres_tables *self, const struct postgres_tables *other)
{
    if (self->count != other->count)
        return 0;
    for (size_t index = 0; index < self->count; index++) {
        if (self->list[index].oid != other->list[index].oid)
            return 0;
    }
    return 1;
}
