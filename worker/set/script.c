#include "worker/set/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/set/script_check.h"
#include "worker/set/script_count.h"
#include "worker/set/script_parallel.h"
#include "worker/set/script_psql.h"
#include "worker/set/script_rows.h"
#include "worker/set/script_words.h"

enum { EXCLUSIONS_SHOWN = 100 };  // by the script; RESTORE.txt has all

static const char head[] =
    "#!/bin/sh\n"
    "# Restores this set with stock tools alone; RESTORE.txt says what is in it.\n"
    "#   sh restore.sh [OPTIONS]    OPTIONS are handed to the client as they are\n";

#define RESTORE_JOBS_HELP \
    "# RESTORE_JOBS in the environment says how many files are loaded at once (2): of rows, of " \
    "indexes.\n"

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

static const char go[] = "CDPATH='' cd -- \"$(dirname -- \"$0\")\" || exit 2\n"
                         "command -v sha256sum >/dev/null || stop 'sha256sum is missing'\n"
                         "case $jobs in 0* | *[!0-9]*) stop 'RESTORE_JOBS is no number' ;; esac\n"
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

static int
is_loader(const struct manifest_file *file, const char *loader)
{
    return file->loader && strcmp(file->loader, loader) == 0;
}

static void
print_load(FILE *file, const struct manifest *manifest, size_t index)
{
    const struct manifest_file *entry = &manifest->files[index];
    CLEAN(memory_free) char *what = script_words_of_file(entry);
    if (is_loader(entry, "load-data")) {
        script_rows_load_data(file, manifest, index);
        return;
    }
    if (is_loader(entry, "psql")) {
        script_psql_load(file, manifest, index);
        return;
    }
    if (!is_loader(entry, "mysql"))
        return;
    fprintf(file, "# %s: %s\nload_mysql %s '", entry->path, what, entry->path);
    script_print_octal(file, what);
    fputs("' \"$@\"\n", file);
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
        CLEAN(memory_free) char *what = script_words_of_exclusion(&manifest->exclusions[index]);
        CLEAN(memory_free) char *why = script_words_clean(manifest->exclusions[index].why);
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
        CLEAN(memory_free) char *what = script_words_clean(manifest->left_out[index].first);
        CLEAN(memory_free) char *why = script_words_clean(manifest->left_out[index].second);
        fputs("tell '  ", file);
        script_print_octal(file, what);
        fputs(": ", file);
        script_print_octal(file, why);
        fputs("'\n", file);
    }
    print_exclusions(file, manifest);
    fputs(end, file);
}

static void
print_loads(FILE *file, const struct manifest *manifest)
{
    for (size_t index = 0, next = 0; index < manifest->file_count; index = next) {
        next = script_parallel_end(manifest, index);
        if (next > index) {
            script_parallel_print(file, manifest, index, next, print_load);
            continue;
        }
        print_load(file, manifest, index);
        next = index + 1;
    }
}

char *
script_print(const struct manifest *manifest)
{
    int has_mysql = manifest_has_loader(manifest, "mysql");
    int has_psql = manifest_has_loader(manifest, "psql");
    int is_mariadb = manifest->engine && strcmp(manifest->engine, "mariadb") == 0;
    struct text text;
    text_begin(&text);
    fprintf(text.file, "%s%s%s%s%s", head, has_mysql ? help_mysql : "", has_psql ? help_psql : "",
            begin, has_mysql ? load_mysql : "");
    if (has_psql)
        script_psql_functions(text.file);
    script_parallel_functions(text.file, manifest);
    script_rows_functions(text.file, manifest);
    script_count_functions(text.file, manifest);
    script_check_functions(text.file, manifest);
    fputs(go, text.file);
    if (has_mysql)
        fprintf(text.file, find_mysql, is_mariadb ? "mariadb mysql" : "mysql mariadb");
    if (has_psql)
        script_psql_find(text.file);
    if (manifest_has_loader(manifest, "load-data"))
        fputs(ask_local_infile, text.file);
    script_check_print(text.file, manifest);
    print_loads(text.file, manifest);
    script_count_print(text.file, manifest);
    print_outcome(text.file, manifest);
    return text_end(&text);
}
