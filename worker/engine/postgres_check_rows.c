#include "worker/engine/postgres_check_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"

enum {
    TABLES_MAX = 1000,
    TIME_LIMIT_MS = 30000,         // of all tables
    TEXT_LIMIT_BYTES = 1073741800  // what COPY can give of a row
};

// No row that is kept in less can have so long a text, however well it is compressed.
#define TOAST_MIN "(1 << 20)"

// How many bytes of text a byte of what is kept can become: of what is compressed, by pglz or lz4,
// the most these can do; of what is not, that of a jsonb full of control characters.
#define GROWTH_NOT_KNOWN "255"
#define GROWTH "CASE WHEN pg_column_compression(%1$I) IS NULL THEN 8 ELSE 255 END"

// Tables with long values, largest first, and two sums over a row's columns: what binary values
// come to (two digits a byte), and what text does before its escapes. Of types of which the length
// is not known without a look, text is made of a value only where that may be long. Domains have
// the output functions of their types. %s: growth; how many tables.
#define CANDIDATES \
    "SELECT format('%%I.%%I', n.nspname, c.relname), coalesce(string_agg(format('coalesce(2 * " \
    "octet_length(%%I)::bigint, 0)', attname), ' + ') FILTER (WHERE typoutput = " \
    "'byteaout'::regproc), '0'), coalesce(string_agg(CASE WHEN typoutput IN " \
    "('textout'::regproc, 'varcharout'::regproc, 'xml_out'::regproc) THEN " \
    "format('coalesce(octet_length(%%I::text)::bigint, 0)', attname) WHEN typoutput = " \
    "'bpcharout'::regproc THEN format('coalesce(octet_length(%%I)::bigint, 0)', attname) ELSE " \
    "format('CASE WHEN pg_column_size(%%1$I)::bigint * %s >= 250000000 THEN " \
    "octet_length(%%1$I::text)::bigint ELSE 0 END', attname) END, ' + ') FILTER (WHERE typoutput " \
    "<> 'byteaout'::regproc), '0') FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = " \
    "c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT " \
    "a.attisdropped AND a.attlen = -1 JOIN pg_type AS t ON t.oid = a.atttypid WHERE c.relkind = " \
    "'r' AND c.reltoastrelid <> 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' " \
    "AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND " \
    "pg_relation_size(c.reltoastrelid) > " TOAST_MIN " GROUP BY n.nspname, c.relname, " \
    "c.reltoastrelid ORDER BY pg_relation_size(c.reltoastrelid) DESC LIMIT %d"

// %s: the sums; the table. As it is, and if each character of its text had to be escaped.
#define LONGEST \
    "SELECT coalesce(max(b + t), 0), coalesce(max(b + 2 * t), 0) FROM (SELECT %s AS b, %s AS t " \
    "FROM ONLY %s OFFSET 0) AS sizes"

struct look {
    findings_t *findings;
    const char *database;
    int64_t until_ms;
    size_t unseen;  // tables
    char example[256];
};

static void
tell_length(const struct look *self, const char *table, int64_t sure_bytes, int64_t most_bytes)
{
    if (sure_bytes >= TEXT_LIMIT_BYTES)
        findings_add(self->findings, ABOUT_CONTENT, 1,
                     "database '%s': table %.200s has a row whose text is over 1 GB, which no "
                     "COPY (and no pg_dump) can give: split or shorten it, or leave the table out",
                     self->database, table);
    else if (most_bytes >= TEXT_LIMIT_BYTES)
        findings_add(self->findings, ABOUT_CONTENT, 0,
                     "database '%s': table %.200s has a row of %" PRId64 " MiB of text: its "
                     "backslashes, tabs and ends of lines are escaped by a character more, and no "
                     "COPY can give more than 1 GB",
                     self->database, table, sure_bytes >> 20);
}

static void
keep_unseen(struct look *self, const char *table, const char *why)
{
    if (self->unseen++ == 0)
        snprintf(self->example, sizeof self->example, "%.120s (%.120s)", table, why);
}

// What cannot be printed here cannot be for COPY either, which calls the same functions.
static int
cannot_be_text(const struct error *error)
{
    return error->code == ERROR_CONFIG ||
           strstr(error->message, "invalid memory alloc request size") != NULL;
}

static void
look_at(struct look *self, postgres_t *postgres, const char *table, const char *sql)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    struct error error = {0};
    if (clock_monotonic_ms() > self->until_ms)
        keep_unseen(self, table, "there was no time left");
    else if (postgres_query(postgres, sql, NULL, &rows, &error) == 0)
        tell_length(self, table, postgres_rows_integer(rows, 0, 0),
                    postgres_rows_integer(rows, 0, 1));
    else if (cannot_be_text(&error))
        findings_add(self->findings, ABOUT_CONTENT, 1,
                     "database '%s': table %.200s has a row that cannot be made text (%.200s), as "
                     "COPY and pg_dump must: split or shorten it, or leave the table out",
                     self->database, table, error.message);
    else
        keep_unseen(self, table, error.message);
}

static int
list(postgres_t *postgres, postgres_rows_t **rows, struct error *error)
{
    static const unsigned tells_compression = 140000;
    CLEAN(memory_free)
    char *sql = memory_format(
        CANDIDATES, postgres_version(postgres) >= tells_compression ? GROWTH : GROWTH_NOT_KNOWN,
        TABLES_MAX);
    return postgres_query(postgres, sql, NULL, rows, error) ||
                   postgres_run(postgres, "SET statement_timeout = '5s'", error) ||
                   postgres_run(postgres, "SET lock_timeout = '1s'", error)
               ? -1
               : 0;
}

void
postgres_check_rows(findings_t *findings, postgres_t *postgres, const char *database)
{
    struct look look = {.findings = findings,
                        .database = database,
                        .until_ms = clock_monotonic_ms() + TIME_LIMIT_MS};
    struct error error = {0};
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (list(postgres, &rows, &error)) {
        findings_add(findings, ABOUT_CONTENT, 0,
                     "database '%s': could not look for rows whose text is over 1 GB, which no "
                     "COPY can give: %.200s",
                     database, error.message);
        return;
    }
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        const char *table = postgres_rows_text(rows, row, 0);
        CLEAN(memory_free)
        char *sql = memory_format(LONGEST, postgres_rows_text(rows, row, 1),
                                  postgres_rows_text(rows, row, 2), table);
        look_at(&look, postgres, table, sql);
    }
    if (look.unseen > 0)
        findings_add(findings, ABOUT_CONTENT, 0,
                     "database '%s': %zu tables could not be looked at for rows whose text is "
                     "over 1 GB, which no COPY can give, such as %s",
                     database, look.unseen, look.example);
    postgres_run(postgres, "SET lock_timeout = 0", &error);
    postgres_run(postgres, "SET statement_timeout = 0", &error);
}
