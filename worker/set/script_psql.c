#include "worker/set/script_psql.h"

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/set/script_rows.h"
#include "worker/set/script_words.h"

// Without -q psql says how many rows each COPY has loaded.
static const char load_psql[] =
    "# load_psql FILE WHAT DATABASE ROWS [OPTIONS]\n"
    "load_psql() {\n"
    "    file=$1\n"
    "    what=$2\n"
    "    database=$(printf '%b' \"$3\")\n"
    "    rows=$4\n"
    "    shift 4\n"
    "    tell \"loading $file, $what\"\n"
    "    [ -z \"$database\" ] || set -- \"$@\" -d \"$database\"\n"
    "    if [ \"$rows\" = 0 ]; then\n"
    "        \"$psql\" -X -q -v ON_ERROR_STOP=1 \"$@\" -f \"$file\" >/dev/null\n"
    "        status=$?\n"
    "    else\n"
    "        said=$(\"$psql\" -X -t -v ON_ERROR_STOP=1 \"$@\" -f \"$file\")\n"
    "        status=$?\n"
    "        got=$(printf '%s\\n' \"$said\" | awk '/^COPY /{n += $2} END {printf \"%.0f\", n}')\n"
    "        if [ \"$status\" -eq 0 ] && [ \"$got\" != \"$rows\" ]; then\n"
    "            tell \"$file has $rows rows, the server took $got\" >&2\n"
    "            status=1\n"
    "        fi\n"
    "    fi\n"
    "    result \"$status\" \"$file\" \"$what\"\n"
    "}\n"
    "\n";

// pg_wrapper goes by what names a server, and with --cluster by what only it knows.
static const char find_psql[] =
    "# find_psql [OPTIONS]\n"
    "find_psql() {\n"
    "    psql=$(command -v psql) || stop 'psql is not installed'\n"
    "    wrapper=$(readlink -f -- \"$psql\" 2>/dev/null)\n"
    "    around=${wrapper%/share/postgresql-common/pg_wrapper}\n"
    "    [ \"$around\" != \"$wrapper\" ] || return 0\n"
    "    is_named=${PGHOST:+1}\n"
    "    for option; do\n"
    "        case $option in\n"
    "        --cluster*) return 0 ;;\n"
    "        -h | --host | --host=*) is_named=1 ;;\n"
    "        esac\n"
    "    done\n"
    "    version=$(\"$psql\" --version 2>/dev/null |\n"
    "        sed -n 's/^psql (PostgreSQL) \\([0-9][0-9]*\\).*/\\1/p')\n"
    "    direct=$around/lib/postgresql/$version/bin/psql\n"
    "    [ -n \"$is_named\" ] && [ -x \"$direct\" ] || return 0\n"
    "    export PGSYSCONFDIR=\"${PGSYSCONFDIR-/etc/postgresql-common}\"\n"
    "    psql=$direct\n"
    "}\n"
    "\n";

void
script_psql_functions(FILE *file)
{
    fprintf(file, "%s%s", find_psql, load_psql);
}

void
script_psql_find(FILE *file)
{
    fputs("find_psql \"$@\"\n", file);
}

char *
script_psql_escape(const char *text, char before_apostrophe)
{
    char *escaped = memory_get(2 * strlen(text) + 1);
    char *next = escaped;
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            *next++ = *text == '\'' ? before_apostrophe : '\\';
        *next++ = *text;
    }
    *next = '\0';
    return escaped;
}

// In a connection string only backslash and apostrophe mean something.
void
script_psql_print_database(FILE *file, const char *name)
{
    CLEAN(memory_free) char *escaped = script_psql_escape(name, '\\');
    CLEAN(memory_free) char *connection = memory_format("dbname='%s'", escaped);
    script_print_octal(file, connection);
}

// The rows that the manifest has for a file. Parts are in the order of files.
static uint64_t
rows_of(const struct manifest *manifest, const struct manifest_file *entry)
{
    uint32_t number = manifest_file_number(entry->path);
    uint64_t rows = 0;
    size_t first = 0, last = manifest->part_count;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (manifest->parts[middle].file < number)
            first = middle + 1;
        else
            last = middle;
    }
    for (; first < manifest->part_count && manifest->parts[first].file == number; first++)
        rows += manifest->parts[first].rows;
    return rows;
}

void
script_psql_load(FILE *file, const struct manifest *manifest, size_t index)
{
    const struct manifest_file *entry = &manifest->files[index];
    CLEAN(memory_free) char *what = script_words_of_file(entry);
    fprintf(file, "# %s: %s\nload_psql %s '", entry->path, what, entry->path);
    script_print_octal(file, what);
    fputs("' '", file);
    if (entry->load_into && *entry->load_into)
        script_psql_print_database(file, entry->load_into);
    fprintf(file, "' %" PRIu64 " \"$@\"\n", rows_of(manifest, entry));
}
