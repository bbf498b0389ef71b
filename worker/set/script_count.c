#include "worker/set/script_count.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"
#include "worker/set/script_count_psql.h"
#include "worker/set/script_rows.h"

static const char count_rows[] =
    "# count_rows [OPTIONS]\n"
    "count_rows() {\n"
    "    tell 'counting rows'\n"
    "    stripe=0\n"
    "    while [ \"$stripe\" -lt \"$jobs\" ]; do\n"
    "        counts \"$stripe\" | \"$client\" \"$@\" --binary-mode --batch --skip-column-names \\\n"
    "            --default-character-set=utf8mb4 >\"$notes/count.$stripe\" ||\n"
    "            true >\"$notes/uncounted\" &\n"
    "        stripe=$((stripe + 1))\n"
    "    done\n"
    "    wait\n"
    "    [ ! -e \"$notes/uncounted\" ] || failed=\"$failed (counting)\"\n"
    "    wrong=$(cat \"$notes\"/count.*)\n"
    "    [ -z \"$wrong\" ] || failed=\"$failed (rows)\"\n"
    "    [ -z \"$wrong\" ] || printf '%s\\n' \"$wrong\" >&2\n"
    "}\n"
    "\n";

static int
is_engine(const struct manifest *manifest, const char *name)
{
    return manifest->part_count > 0 && manifest->engine && strcmp(manifest->engine, name) == 0;
}

static int
is_mysql(const struct manifest *manifest)
{
    return is_engine(manifest, "mysql") || is_engine(manifest, "mariadb");
}

static const char *
object_of(const struct script_count *count)
{
    return count->table->object ? count->table->object : "";
}

// By databases; the largest table first, so that all clients end at about the same time.
static int
compare_counts(const void *one, const void *other)
{
    const struct script_count *a = one, *b = other;
    int order = strcmp(object_of(a), object_of(b));
    if (order)
        return order;
    if (a->rows != b->rows)
        return a->rows > b->rows ? -1 : 1;
    return a->table < b->table ? -1 : a->table > b->table;
}

// Of each table that has parts; they are the caller's, to be given to free().
static struct script_count *
take_counts(const struct manifest *manifest, size_t *count)
{
    struct script_count *counts = memory_get((manifest->table_count + 1) * sizeof *counts);
    for (size_t index = 0; index < manifest->part_count; index++) {
        const struct manifest_part *part = &manifest->parts[index];
        counts[part->table - 1].table = &manifest->tables[part->table - 1];
        counts[part->table - 1].rows += part->rows;
    }
    *count = 0;
    for (size_t index = 0; index < manifest->table_count; index++) {
        if (counts[index].table)
            counts[(*count)++] = counts[index];
    }
    qsort(counts, *count, sizeof *counts, compare_counts);
    return counts;
}

char *
script_count_shown(const struct manifest_table *table)
{
    char *shown = memory_format("%s.%s", table->schema, table->name);
    text_clean(shown);
    for (char *next = shown; *next; next++) {
        if (*next == '\'' || *next == '\\')
            *next = '?';
    }
    return shown;
}

static void
print_mysql_count(FILE *file, size_t index, const struct script_count *count)
{
    const struct manifest_table *table = count->table;
    CLEAN(memory_free) char *quoted = script_rows_quote(table);
    CLEAN(memory_free) char *shown = script_count_shown(table);
    CLEAN(memory_free)
    char *sql =
        memory_format("SELECT CONCAT('%s has ', COUNT(*), ' rows, not %" PRIu64
                      "') FROM %s %s HAVING COUNT(*) <> %" PRIu64 ";",
                      shown, count->rows, quoted, table->period ? table->period : "", count->rows);
    fprintf(file, "    [ $((%zu %% jobs)) -ne \"$1\" ] || tell '", index);
    script_print_octal(file, sql);
    fputs("'\n", file);
}

static void
print_mysql_counts(FILE *file, const struct manifest *manifest)
{
    size_t count = 0;
    CLEAN(memory_free) struct script_count *counts = take_counts(manifest, &count);
    fputs("# counts STRIPE\ncounts() {\n", file);
    for (size_t index = 0; index < count; index++)
        print_mysql_count(file, index, &counts[index]);
    fputs("}\n\n", file);
}

static void
print_psql_counts(FILE *file, const struct manifest *manifest)
{
    size_t count = 0;
    CLEAN(memory_free) struct script_count *counts = take_counts(manifest, &count);
    for (size_t first = 0, end = 0; first < count; first = end) {
        while (end < count && strcmp(object_of(&counts[first]), object_of(&counts[end])) == 0)
            end++;
        script_count_psql_print(file, &counts[first], end - first);
    }
}

void
script_count_functions(FILE *file, const struct manifest *manifest)
{
    if (is_mysql(manifest)) {
        print_mysql_counts(file, manifest);
        fputs(count_rows, file);
    }
    if (is_engine(manifest, "postgres"))
        script_count_psql_functions(file);
}

void
script_count_print(FILE *file, const struct manifest *manifest)
{
    if (is_mysql(manifest))
        fputs("count_rows \"$@\"\n", file);
    if (is_engine(manifest, "postgres"))
        print_psql_counts(file, manifest);
}
