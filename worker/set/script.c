#include "worker/set/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/text.h"
#include "worker/set/script_rows.h"

enum { EXCLUSIONS_SHOWN = 100 };  // by the script; RESTORE.txt has all

static const char head[] =
    "#!/bin/sh\n"
    "# Restores this set with stock tools alone; RESTORE.txt says what is in it.\n"
    "#   sh restore.sh [OPTIONS]    OPTIONS are handed to the client as they are\n";

#define RESTORE_JOBS_HELP \
    "# RESTORE_JOBS in the environment says how many files of rows are loaded at once (2).\n"

static const char help_mysql[] =
    "# The client is mysql or mariadb and finds its server as always, by ~/.my.cnf or by options:\n"
    "#   sh restore.sh --defaults-extra-file=/root/target.cnf\n"
    "#   sh restore.sh -h HOST -u USER -p\n" RESTORE_JOBS_HELP;

static const char help_psql[] = "# The client is psql and finds its server as always, by PGHOST, "
                                "PGUSER, PGPASSFILE and so on,\n"
                                "# or by options:\n"
                                "#   sh restore.sh -h HOST -U USER\n" RESTORE_JOBS_HELP;

static const char begin[] = "set -u\n"
                            "jobs=${RESTORE_JOBS:-2}\n"
                            "loaded=0\n"
                            "failed=''\n"
                            "\n"
                            "tell() {\n"
                            "    printf '%b\\n' \"$1\"\n"
                            "}\n"
                            "\n"
                            "stop() {\n"
                            "    tell \"$1\" >&2\n"
                            "    exit 2\n"
                            "}\n"
                            "\n"
                            "# result STATUS FILE WHAT\n"
                            "result() {\n"
                            "    if [ \"$1\" -eq 0 ]; then\n"
                            "        loaded=$((loaded + 1))\n"
                            "    else\n"
                            "        tell \"FAILED $2, $3 (status $1)\" >&2\n"
                            "        failed=\"$failed $2\"\n"
                            "    fi\n"
                            "}\n"
                            "\n";

// The dump tools' own output tells which character set it is in; the client only has to start with
// one that knows all characters. With --binary-mode nothing in a dump is a client's command.
static const char load_mysql[] =
    "# load_mysql FILE WHAT [OPTIONS]\n"
    "load_mysql() {\n"
    "    file=$1\n"
    "    what=$2\n"
    "    shift 2\n"
    "    tell \"loading $file, $what\"\n"
    "    \"$client\" \"$@\" --binary-mode --comments --max-allowed-packet=1G \\\n"
    "        --default-character-set=utf8mb4 <\"$file\"\n"
    "    result $? \"$file\" \"$what\"\n"
    "}\n"
    "\n";

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
    "        psql -X -q -v ON_ERROR_STOP=1 \"$@\" -f \"$file\" >/dev/null\n"
    "        status=$?\n"
    "    else\n"
    "        said=$(psql -X -t -v ON_ERROR_STOP=1 \"$@\" -f \"$file\")\n"
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

static const char go[] = "CDPATH='' cd -- \"$(dirname -- \"$0\")\" || exit 2\n"
                         "command -v sha256sum >/dev/null || stop 'sha256sum is missing'\n"
                         "[ \"$jobs\" -ge 1 ] 2>/dev/null || stop 'RESTORE_JOBS is no number'\n";

static const char find_mysql[] =
    "client=''\n"
    "for name in %s; do\n"
    "    [ -n \"$client\" ] || ! command -v \"$name\" >/dev/null || client=$name\n"
    "done\n"
    "[ -n \"$client\" ] || stop 'neither mysql nor mariadb is installed'\n";

static const char ask_local_infile[] = "local_infile=$(\"$client\" \"$@\" --batch "
                                       "--skip-column-names -e 'SELECT @@GLOBAL.local_infile') ||\n"
                                       "    stop 'the server cannot be asked'\n"
                                       "[ \"$local_infile\" = 1 ] ||\n"
                                       "    tell 'the server has local_infile off: rows go in as "
                                       "INSERT statements, which is slower'\n";

static const char find_psql[] = "command -v psql >/dev/null || stop 'psql is not installed'\n";

static const char check_sums[] =
    "# check_sums STRIPE: of every so many-th file. By openssl where it is installed, which takes "
    "a\n"
    "# fraction of the time; what that does not find right is sha256sum's\n"
    "check_sums() {\n"
    "    wanted=$(sums | awk -v jobs=\"$jobs\" -v stripe=\"$1\" '(NR - 1) % jobs == stripe')\n"
    "    if command -v openssl >/dev/null; then\n"
    "        got=$(printf '%s\\n' \"$wanted\" | awk '{print $2}' |\n"
    "            xargs openssl dgst -sha256 -r 2>/dev/null | sed 's/ \\*/  /')\n"
    "        [ \"$got\" != \"$wanted\" ] || return 0\n"
    "    fi\n"
    "    printf '%s\\n' \"$wanted\" | sha256sum -c -\n"
    "}\n"
    "\n";

static const char check[] = "\n"
                            "notes=$(mktemp -d) || stop 'cannot make a folder for notes'\n"
                            "trap 'rm -rf \"$notes\"' EXIT\n"
                            "tell 'checking the files'\n"
                            "stripe=0\n"
                            "while [ \"$stripe\" -lt \"$jobs\" ] && [ \"$stripe\" -lt %zu ]; do\n"
                            "    check_sums \"$stripe\" >\"$notes/check.$stripe\" 2>&1 ||\n"
                            "        true >\"$notes/damaged\" &\n"
                            "    stripe=$((stripe + 1))\n"
                            "done\n"
                            "wait\n"
                            "if [ -e \"$notes/damaged\" ]; then\n"
                            "    cat \"$notes\"/check.* | grep -v ': OK$' >&2\n"
                            "    stop 'this set is damaged, nothing was loaded'\n"
                            "fi\n"
                            "\n";

static const char end[] = "[ -z \"$failed\" ] || stop \"failed:$failed\"\n";

struct text {
    FILE *file;
    char *data;
    size_t size;
};

static void
text_begin(struct text *text)
{
    *text = (struct text){0};
    text->file = open_memstream(&text->data, &text->size);
    if (!text->file)
        abort();
}

static char *
text_end(struct text *text)
{
    if (fclose(text->file))
        abort();
    return text->data;
}

static char *
cleaned(const char *name)
{
    char *copy = memory_copy_text(name ? name : "");
    text_clean(copy);
    return copy;
}

// "schema shop", for people.
static char *
describe(const struct manifest_file *file)
{
    CLEAN(memory_free) char *object = cleaned(file->object);
    CLEAN(memory_free) char *role = cleaned(file->role);
    return memory_format("%s%s%s", role, *object ? " of " : "", object);
}

static int
is_loader(const struct manifest_file *file, const char *loader)
{
    return file->loader && strcmp(file->loader, loader) == 0;
}

static int
has_loader(const struct manifest *manifest, const char *loader)
{
    for (size_t index = 0; index < manifest->file_count; index++) {
        if (is_loader(&manifest->files[index], loader))
            return 1;
    }
    return 0;
}

// The name as a connection string, in which only backslash and apostrophe mean something.
static void
print_database(FILE *file, const char *name)
{
    struct text text;
    text_begin(&text);
    fputs("dbname='", text.file);
    for (const char *next = name; *next; next++)
        fprintf(text.file, *next == '\'' || *next == '\\' ? "\\%c" : "%c", *next);
    fputs("'", text.file);
    CLEAN(memory_free) char *connection = text_end(&text);
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

static void
print_load(FILE *file, const struct manifest *manifest, size_t index)
{
    const struct manifest_file *entry = &manifest->files[index];
    CLEAN(memory_free) char *what = describe(entry);
    int is_psql = is_loader(entry, "psql");
    if (is_loader(entry, "load-data")) {
        script_rows_load_data(file, manifest, index);
        return;
    }
    if (!is_psql && !is_loader(entry, "mysql"))
        return;
    fprintf(file, "# %s: %s\nload_%s %s '", entry->path, what, entry->loader, entry->path);
    script_print_octal(file, what);
    fputs("' ", file);
    if (is_psql) {
        fputs("'", file);
        if (entry->load_into && *entry->load_into)
            print_database(file, entry->load_into);
        fprintf(file, "' %" PRIu64 " ", rows_of(manifest, entry));
    }
    fputs("\"$@\"\n", file);
}

static void
print_sums(FILE *file, const struct manifest *manifest)
{
    fputs("sums() {\n    cat <<'END'\n", file);
    for (size_t index = 0; index < manifest->file_count; index++) {
        char hex[DIGEST_HEX_SIZE];
        digest_hex(manifest->files[index].sha256, hex);
        fprintf(file, "%s  %s\n", hex, manifest->files[index].path);
    }
    fputs("END\n}\n\n", file);
}

// "table log_1 of shop", or "12 tables of shop"; the caller's.
static char *
name_exclusion(const struct manifest_exclusion *exclusion)
{
    CLEAN(memory_free) char *kind = cleaned(exclusion->kind);
    CLEAN(memory_free) char *schema = cleaned(exclusion->schema);
    CLEAN(memory_free) char *name = cleaned(exclusion->name);
    if (*name)
        return memory_format("%s %s of %s", kind, name, schema);
    if (exclusion->count == 1)
        return memory_format("%s %s", kind, schema);
    return memory_format("%" PRIu64 " of kind '%s' of %s", exclusion->count, kind, schema);
}

static void
print_exclusions(FILE *file, const struct manifest *manifest)
{
    size_t shown = manifest->exclusion_count;
    if (shown > EXCLUSIONS_SHOWN)
        shown = EXCLUSIONS_SHOWN;
    if (shown > 0)
        fputs("tell 'left out by the policy:'\n", file);
    for (size_t index = 0; index < shown; index++) {
        CLEAN(memory_free) char *what = name_exclusion(&manifest->exclusions[index]);
        CLEAN(memory_free) char *why = cleaned(manifest->exclusions[index].why);
        fputs("tell '  ", file);
        script_print_octal(file, what);
        fputs(": ", file);
        script_print_octal(file, why);
        fputs("'\n", file);
    }
    if (shown < manifest->exclusion_count)
        fprintf(file, "tell '  and %zu more, which manifest.json names'\n",
                manifest->exclusion_count - shown);
}

static void
print_outcome(FILE *file, const struct manifest *manifest)
{
    fprintf(file, "\ntell \"$loaded of %zu files loaded\"\n", manifest->file_count);
    if (manifest->left_out_count > 0)
        fputs("tell 'not in this set:'\n", file);
    for (size_t index = 0; index < manifest->left_out_count; index++) {
        CLEAN(memory_free) char *what = cleaned(manifest->left_out[index].first);
        CLEAN(memory_free) char *why = cleaned(manifest->left_out[index].second);
        fputs("tell '  ", file);
        script_print_octal(file, what);
        fputs(": ", file);
        script_print_octal(file, why);
        fputs("'\n", file);
    }
    print_exclusions(file, manifest);
    fputs(end, file);
}

static int
is_data(const struct manifest *manifest, size_t index)
{
    const struct manifest_file *entry = &manifest->files[index];
    return entry->group && strcmp(entry->group, "data") == 0;
}

static void
print_loads(FILE *file, const struct manifest *manifest)
{
    for (size_t index = 0, next = 0; index < manifest->file_count; index = next) {
        while (next < manifest->file_count && is_data(manifest, next))
            next++;
        if (next > index) {
            script_rows_parallel(file, manifest, index, next, print_load);
            continue;
        }
        print_load(file, manifest, index);
        next = index + 1;
    }
}

char *
script_print(const struct manifest *manifest)
{
    int has_mysql = has_loader(manifest, "mysql");
    int has_psql = has_loader(manifest, "psql");
    int is_mariadb = manifest->engine && strcmp(manifest->engine, "mariadb") == 0;
    struct text text;
    text_begin(&text);
    fprintf(text.file, "%s%s%s%s%s%s", head, has_mysql ? help_mysql : "", has_psql ? help_psql : "",
            begin, has_mysql ? load_mysql : "", has_psql ? load_psql : "");
    script_rows_functions(text.file, manifest);
    print_sums(text.file, manifest);
    fputs(check_sums, text.file);
    fputs(go, text.file);
    if (has_mysql)
        fprintf(text.file, find_mysql, is_mariadb ? "mariadb mysql" : "mysql mariadb");
    if (has_psql)
        fputs(find_psql, text.file);
    if (has_loader(manifest, "load-data"))
        fputs(ask_local_infile, text.file);
    fprintf(text.file, check, manifest->file_count);
    print_loads(text.file, manifest);
    script_rows_count(text.file, manifest);
    print_outcome(text.file, manifest);
    return text_end(&text);
}

static void
print_line(FILE *file, const char *key, const char *value)
{
    CLEAN(memory_free) char *shown = cleaned(value);
    if (*shown)
        fprintf(file, "%-15s %s\n", key, shown);
}

static void
print_source(FILE *file, const struct manifest *manifest)
{
    char started[CLOCK_TEXT_SIZE];
    char ended[CLOCK_TEXT_SIZE];
    clock_format_sql(manifest->started_unix_ms, started);
    clock_format_sql(manifest->ended_unix_ms, ended);
    print_line(file, "database", manifest->name);
    print_line(file, "resource", manifest->resource_id);
    print_line(file, "host", manifest->host);
    fprintf(file, "%-15s %u\n", "port", manifest->port);
    print_line(file, "engine", manifest->engine);
    print_line(file, "server version", manifest->server_version);
    print_line(file, "begun (UTC)", started);
    print_line(file, "ended (UTC)", ended);
    print_line(file, "consistency", manifest->consistency);
    print_line(file, "tool", manifest->tool);
    print_line(file, "tool version", manifest->tool_version);
    print_line(file, "dbhaul version", manifest->writer_version);
    print_line(file, "set", manifest->set_path);
}

static void
print_files(FILE *file, const struct manifest *manifest)
{
    fputs("\nFiles, in the order in which they are loaded:\n", file);
    for (size_t index = 0; index < manifest->file_count; index++) {
        const struct manifest_file *entry = &manifest->files[index];
        CLEAN(memory_free) char *what = describe(entry);
        CLEAN(memory_free) char *into = cleaned(entry->load_into);
        fprintf(file, "  %-10s %15" PRIu64 " bytes  %s%s%s\n", entry->path, entry->size_bytes, what,
                *into ? ", loaded through database " : "", into);
    }
}

static void
print_points(FILE *file, const struct manifest *manifest)
{
    if (manifest->point_count > 0)
        fputs("\nPoints in time (UTC):\n", file);
    for (size_t index = 0; index < manifest->point_count; index++) {
        const struct manifest_point *point = &manifest->points[index];
        char at[CLOCK_TEXT_SIZE];
        CLEAN(memory_free) char *object = cleaned(point->object);
        CLEAN(memory_free) char *kind = cleaned(point->kind);
        CLEAN(memory_free) char *position = cleaned(point->position);
        clock_format_sql(point->unix_ms, at);
        fprintf(file, "  %s  %s  %s  %s\n", *object ? object : "the whole server", kind, at,
                position);
    }
}

static void
print_left_out(FILE *file, const struct manifest *manifest)
{
    if (manifest->left_out_count > 0)
        fputs("\nNot in this set:\n", file);
    for (size_t index = 0; index < manifest->left_out_count; index++) {
        CLEAN(memory_free) char *what = cleaned(manifest->left_out[index].first);
        CLEAN(memory_free) char *why = cleaned(manifest->left_out[index].second);
        fprintf(file, "  %s: %s\n", what, why);
    }
}

static void
print_policy(FILE *file, const struct manifest *manifest)
{
    if (manifest->rule_count > 0)
        fputs("\nWhat the policy wanted of the server, and how much each pattern fits:\n", file);
    for (size_t index = 0; index < manifest->rule_count; index++) {
        const struct manifest_rule *rule = &manifest->rules[index];
        CLEAN(memory_free) char *list = cleaned(rule->list);
        CLEAN(memory_free) char *pattern = cleaned(rule->pattern);
        fprintf(file, "  %s %s: %" PRIu64 "\n", list, pattern, rule->fits);
    }
    if (manifest->exclusion_count > 0)
        fputs("\nLeft out by the policy, and so not in this set:\n", file);
    for (size_t index = 0; index < manifest->exclusion_count; index++) {
        CLEAN(memory_free) char *what = name_exclusion(&manifest->exclusions[index]);
        CLEAN(memory_free) char *why = cleaned(manifest->exclusions[index].why);
        fprintf(file, "  %s: %s\n", what, why);
    }
}

char *
script_print_text(const struct manifest *manifest)
{
    struct text text;
    text_begin(&text);
    fputs("This folder is a backup of one database server, made by dbhaul.\n\n", text.file);
    print_source(text.file, manifest);
    fputs("\nTo restore it into an empty server, with stock tools alone:\n\n", text.file);
    if (has_loader(manifest, "mysql"))
        fputs("  sh restore.sh -h HOST -u USER -p     (or with the options in ~/.my.cnf)\n",
              text.file);
    if (has_loader(manifest, "psql"))
        fputs("  sh restore.sh -h HOST -U USER        (or with PGHOST, PGUSER, PGPASSFILE)\n",
              text.file);
    fputs("\nThe script checks the digests, loads the files in order and counts what failed. What\n"
          "the server has already under the same names may be overwritten or make a file fail.\n"
          "manifest.json holds all of this for programs.\n",
          text.file);
    print_files(text.file, manifest);
    print_points(text.file, manifest);
    print_left_out(text.file, manifest);
    print_policy(text.file, manifest);
    return text_end(&text);
}
