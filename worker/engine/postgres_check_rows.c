#include "worker/engine/postgres_check_rows.h"

#include "common/clean.h"
#include "common/memory.h"

// Tables with long values, largest first, and what the text of those in a row comes to, in bytes.
// Binary values are two digits a byte.
static const char candidates_sql[] =
    "SELECT format('%I.%I', n.nspname, c.relname), (SELECT string_agg(format(CASE WHEN atttypid = "
    "'bytea'::regtype THEN '2 * coalesce(octet_length(%I), 0)::bigint' ELSE "
    "'coalesce(octet_length(%I), 0)::bigint' END, attname), ' + ') FROM pg_attribute WHERE "
    "attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND atttypid IN ('bytea'::regtype, "
    "'text'::regtype, 'varchar'::regtype)) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
    "c.relnamespace WHERE c.relkind = 'r' AND c.reltoastrelid <> 0 AND n.nspname !~ '^pg_' AND "
    "n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE') AND "
    "has_table_privilege(c.oid, 'SELECT') AND pg_relation_size(c.reltoastrelid) > 4 << 20 ORDER BY "
    "pg_relation_size(c.reltoastrelid) DESC LIMIT 10";

static const char too_large_sql[] = "SELECT count(*) FROM (SELECT FROM ONLY %s WHERE %s >= "
                                    "1073741800 LIMIT 1) AS found";

void
postgres_check_rows(findings_t *findings, postgres_t *postgres, const char *database)
{
    struct error unseen;
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, candidates_sql, NULL, &rows, &unseen) ||
        postgres_run(postgres, "SET statement_timeout = '3s'", &unseen))
        return;
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        const char *table = postgres_rows_text(rows, row, 0);
        const char *length = postgres_rows_text(rows, row, 1);
        int64_t found = 0;
        if (!*length)
            continue;
        CLEAN(memory_free) char *sql = memory_format(too_large_sql, table, length);
        if (postgres_count(postgres, sql, &found, &unseen) == 0 && found > 0)
            findings_add(findings, ABOUT_CONTENT, 1,
                         "database '%s': table %.200s has a row whose text is over 1 GB, which no "
                         "COPY (and no pg_dump) can give: split or shorten it, or leave the table "
                         "out",
                         database, table);
    }
    postgres_run(postgres, "SET statement_timeout = 0", &unseen);
}
