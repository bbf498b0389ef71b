#include "worker/set/script_count_psql.h"

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/set/script_psql.h"
#include "worker/set/script_rows.h"
#include "worker/set/script_words.h"

enum { TABLES_A_STATEMENT = 1000 };

// Lines with '!' are of tables with other rows than in the manifest.
static const char count_rows[] =
    "# count_rows WHAT DATABASE [OPTIONS]\n"
    "count_rows() {\n"
    "    what=$(printf '%b' \"$1\")\n"
    "    database=$(printf '%b' \"$2\")\n"
    "    shift 2\n"
    "    printf '%s\\n' \"counting rows of $what\"\n"
    "    rm -f \"$notes/uncounted\"\n"
    "    stripe=0\n"
    "    while [ \"$stripe\" -lt \"$jobs\" ]; do\n"
    "        counts | \"$psql\" -X -q -A -t -v ON_ERROR_STOP=1 -v jobs=\"$jobs\" \\\n"
    "            -v stripe=\"$stripe\" \"$@\" -d \"$database\" >\"$notes/count.$stripe\" ||\n"
    "            true >\"$notes/uncounted\" &\n"
    "        stripe=$((stripe + 1))\n"
    "    done\n"
    "    wait\n"
    "    [ ! -e \"$notes/uncounted\" ] || failed=\"$failed (counting)\"\n"
    "    cat \"$notes\"/count.* >\"$notes/counted\"\n"
    "    while IFS= read -r line; do\n"
    "        printf '%s: %s\\n' \"$what\" \"${line#??}\" >&2\n"
    "    done <\"$notes/counted\"\n"
    "    ! grep -q '^!' \"$notes/counted\" || failed=\"$failed (rows)\"\n"
    "}\n"
    "\n";

// Names are in the database's own encoding where that is none.
static const char begin[] = "counts() {\n"
                            "    cat <<'END'\n"
                            "SET search_path = '';\n"
                            "SET row_security = off;\n"
                            "SET statement_timeout = 0;\n"
                            "SET lock_timeout = 0;\n"
                            "SELECT 'SET transaction_timeout = 0' FROM pg_settings WHERE name = "
                            "'transaction_timeout' \\gexec\n"
                            "SELECT 'SET client_encoding = ' || CASE getdatabaseencoding() WHEN "
                            "'SQL_ASCII' THEN 'SQL_ASCII' "
                            "ELSE 'UTF8' END \\gexec\n"
                            "END\n";

// Fifty tables a trip: one each costs the server half as much again. An extension of another
// version brings other rows along, or makes some: that is told, and no failure.
static const char begin_statement[] =
    "    cat <<'END'\n"
    "SELECT string_agg(statement, E'\\nUNION ALL ' ORDER BY number) FROM (SELECT number, CASE\n"
    "    WHEN c.oid IS NULL THEN format('(SELECT %L)', '! ' || shown || ' is not there')\n"
    "    WHEN NOT has_schema_privilege(n.oid, 'USAGE') OR\n"
    "        NOT has_table_privilege(c.oid, 'SELECT') THEN\n"
    "        format('(SELECT %L)', '- ' || shown || ' is not counted: this user may not read it')\n"
    "    WHEN row_security_active(c.oid) THEN\n"
    "        format('(SELECT %L)', '- ' || shown || ' is not counted: its row-level security '\n"
    "            'hides rows from this user')\n"
    "    ELSE format(E'(SELECT %L || count(*) || %L FROM ONLY %I.%I %s\\nHAVING count(*) <> %s)',\n"
    "        CASE WHEN EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND "
    "objid = "
    "c.oid\n"
    "        AND deptype = 'e') THEN '- ' ELSE '! ' END || shown || ' has ',\n"
    "        ' rows, not ' || wanted, schema, name, condition, wanted) END\n"
    "    AS statement\n"
    "FROM (VALUES\n"
    "END\n";

static const char end_statement[] =
    "    cat <<'END'\n"
    ") AS wanted (number, schema, name, wanted, condition, shown)\n"
    "LEFT JOIN (pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace)\n"
    "ON n.nspname = schema AND c.relname = name WHERE number % :jobs = :stripe) AS statements\n"
    "GROUP BY number / (:jobs * 50) ORDER BY min(number) \\gexec\n"
    "END\n";

void
script_count_psql_functions(FILE *file)
{
    fputs(count_rows, file);
}

static char *
literal(const char *text)
{
    CLEAN(memory_free) char *escaped = script_psql_escape(text, '\'');
    return memory_format(strchr(text, '\\') ? "E'%s'" : "'%s'", escaped);
}

static void
print_table(FILE *file, size_t number, const struct script_count *count)
{
    const struct manifest_table *table = count->table;
    CLEAN(memory_free) char *shown = script_count_shown(table);
    CLEAN(memory_free) char *schema = literal(table->schema);
    CLEAN(memory_free) char *name = literal(table->name);
    CLEAN(memory_free) char *condition = literal(table->condition ? table->condition : "");
    CLEAN(memory_free)
    char *values = memory_format("%s(%zu, %s, %s, %" PRIu64 ", %s, '%s')",
                                 number % TABLES_A_STATEMENT ? ", " : "", number, schema, name,
                                 count->rows, condition, shown);
    fputs("    tell '", file);
    script_print_octal(file, values);
    fputs("'\n", file);
}

void
script_count_psql_print(FILE *file, const struct script_count *counts, size_t count)
{
    const char *database = counts->table->object ? counts->table->object : "";
    CLEAN(memory_free) char *shown = script_words_clean(database);
    fputs(begin, file);
    for (size_t index = 0; index < count; index++) {
        if (index % TABLES_A_STATEMENT == 0)
            fprintf(file, "%s%s", index > 0 ? end_statement : "", begin_statement);
        print_table(file, index, &counts[index]);
    }
    fprintf(file, "%s}\n\ncount_rows '", end_statement);
    script_print_octal(file, shown);
    fputs("' '", file);
    script_psql_print_database(file, database);
    fputs("' \"$@\"\n\n", file);
}
