#include "worker/set/script_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/load_columns.h"
#include "common/memory.h"
#include "common/text.h"

// In the awk program \047 is an apostrophe. The lines' own escapes mean the same in a literal.
static const char load_lines[] =
    "# as_inserts FILE TABLE COLUMNS CONVERTED: lines for LOAD DATA as INSERT statements\n"
    "as_inserts() {\n"
    "    printf '%s\\n' \"$sql_settings\"\n"
    "    into=\"INSERT INTO $2 $3 VALUES\" words=$4 LC_ALL=C awk -F '\\t' '\n"
    "        BEGIN { into = ENVIRON[\"into\"]; words = ENVIRON[\"words\"]; ORS = \"\" }\n"
    "        {\n"
    "            row = \"(\"\n"
    "            for (i = 1; i <= NF; i++) {\n"
    "                value = $i\n"
    "                if (value == \"\\\\N\")\n"
    "                    value = \"NULL\"\n"
    "                else {\n"
    "                    gsub(/\\047/, \"\\\\\\\\\\047\", value)\n"
    "                    value = \"_binary\\047\" value \"\\047\"\n"
    "                    if (substr(words, i, 1) == \"1\")\n"
    "                        value = \"CONVERT(\" value \" USING utf8mb4)\"\n"
    "                }\n"
    "                row = row (i > 1 ? \",\" : \"\") value\n"
    "            }\n"
    "            if (size > 1000000) { print \";\\n\"; size = 0 }\n"
    "            print (size == 0 ? into : \",\") \"\\n\"\n"
    "            print row \")\"\n"
    "            size += length(row) + 1\n"
    "        }\n"
    "        END { if (size > 0) print \";\\n\"; }' \"$1\"\n"
    "}\n"
    "\n"
    "# load_data FILE WHAT TABLE COLUMNS LIST CONVERTED ROWS [OPTIONS]\n"
    "load_data() {\n"
    "    file=$1\n"
    "    what=$2\n"
    "    table=$(printf '%b.' \"$3\")\n"
    "    table=${table%.}\n"
    "    columns=$(printf '%b.' \"$4\")\n"
    "    columns=${columns%.}\n"
    "    list=$(printf '%b.' \"$5\")\n"
    "    list=${list%.}\n"
    "    converted=$6\n"
    "    rows=$7\n"
    "    shift 7\n"
    "    tell \"loading $file, $what\"\n"
    "    if [ \"$local_infile\" = 1 ]; then\n"
    "        got=$(printf '%s\\nLOAD DATA LOCAL INFILE '\\''%s'\\'' INTO TABLE %s\\n' \\\n"
    "            \"$sql_settings\" \"$file\" \"$table\" &&\n"
    "            printf 'CHARACTER SET binary %s;\\nSELECT ROW_COUNT();\\n' "
    "\"$columns\")\n"
    "        got=$(printf '%s\\n' \"$got\" | \"$client\" \"$@\" --binary-mode --batch \\\n"
    "            --skip-column-names --local-infile=1 --max-allowed-packet=1G \\\n"
    "            --default-character-set=utf8mb4)\n"
    "        status=$?\n"
    "        if [ \"$status\" -eq 0 ] && [ \"$got\" != \"$rows\" ]; then\n"
    "            tell \"$file has $rows rows, the server took $got\" >&2\n"
    "            status=1\n"
    "        fi\n"
    "    else\n"
    "        as_inserts \"$file\" \"$table\" \"$list\" \"$converted\" |\n"
    "            \"$client\" \"$@\" --binary-mode --comments --max-allowed-packet=1G \\\n"
    "                --default-character-set=utf8mb4\n"
    "        status=$?\n"
    "    fi\n"
    "    result \"$status\" \"$file\" \"$what\"\n"
    "}\n"
    "\n"
    "sql_settings=\"SET NAMES utf8mb4;\n"
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00';\n";

// MariaDB without these checks locks an empty table for one session, so that ranges would wait for
// each other until they time out, and sorts what is in order already: twice the CPU.
static const char settings_mariadb[] =
    "SET SESSION foreign_key_checks = 0, unique_checks = 1;\"\n\n";
static const char settings_mysql[] = "SET SESSION foreign_key_checks = 0, unique_checks = 0;\"\n\n";

void
script_print_octal(FILE *file, const char *text)
{
    static const char plain[] = " +,-./:;=@_()";
    for (const char *next = text; *next; next++) {
        char c = *next;
        int is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       strchr(plain, c);
        if (is_plain)
            putc_unlocked(c, file);
        else
            fprintf(file, "\\0%03o", (unsigned char)c);
    }
}

static int
is_mariadb(const struct manifest *manifest)
{
    return manifest->engine && strcmp(manifest->engine, "mariadb") == 0;
}

char *
script_rows_quote(const struct manifest_table *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    const char *const names[] = {table->schema, table->name};
    for (size_t i = 0; i < 2; i++) {
        fputs(i ? ".`" : "`", stream);
        for (const char *next = names[i]; *next; next++) {
            if (*next == '`')
                putc_unlocked('`', stream);
            putc_unlocked(*next, stream);
        }
        fputs("`", stream);
    }
    if (fclose(stream))
        abort();
    return text;
}

void
script_rows_functions(FILE *file, const struct manifest *manifest)
{
    if (manifest_has_loader(manifest, "load-data"))
        fprintf(file, "%s%s", load_lines, is_mariadb(manifest) ? settings_mariadb : settings_mysql);
}

void
script_rows_load_data(FILE *file, const struct manifest *manifest, size_t index)
{
    uint32_t number = manifest_file_number(manifest->files[index].path);
    const struct manifest_part *part = NULL;
    struct load_columns columns = {0};
    struct error unseen;
    for (size_t i = 0; i < manifest->part_count && !part; i++)
        part = manifest->parts[i].file == number ? &manifest->parts[i] : NULL;
    const struct manifest_table *table = part ? &manifest->tables[part->table - 1] : NULL;
    if (!table || !table->columns || load_columns_read(&columns, table->columns, &unseen)) {
        fprintf(file, "result 1 %s 'no table'\n", manifest->files[index].path);
        return;
    }
    CLEAN(memory_free) char *quoted = script_rows_quote(table);
    CLEAN(memory_free) char *what = memory_format("rows of %s.%s", table->schema, table->name);
    text_clean(what);
    const char *const texts[] = {what, quoted, table->columns, columns.list};
    fprintf(file, "load_data %s", manifest->files[index].path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fputs(" '", file);
        script_print_octal(file, texts[i]);
        fputs("'", file);
    }
    fprintf(file, " %s %" PRIu64 " \"$@\"\n", columns.converted, part->rows);
    load_columns_clear(&columns);
}
