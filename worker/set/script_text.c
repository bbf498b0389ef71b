#include "worker/set/script_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/set/script_words.h"

static void
print_line(FILE *file, const char *key, const char *value)
{
    CLEAN(memory_free) char *shown = script_words_clean(value);
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
        CLEAN(memory_free) char *what = script_words_of_file(entry);
        CLEAN(memory_free) char *into = script_words_clean(entry->load_into);
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
        CLEAN(memory_free) char *object = script_words_clean(point->object);
        CLEAN(memory_free) char *kind = script_words_clean(point->kind);
        CLEAN(memory_free) char *position = script_words_clean(point->position);
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
        CLEAN(memory_free) char *what = script_words_clean(manifest->left_out[index].first);
        CLEAN(memory_free) char *why = script_words_clean(manifest->left_out[index].second);
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
        CLEAN(memory_free) char *list = script_words_clean(rule->list);
        CLEAN(memory_free) char *pattern = script_words_clean(rule->pattern);
        fprintf(file, "  %s %s: %" PRIu64 "\n", list, pattern, rule->fits);
    }
    if (manifest->exclusion_count > 0)
        fputs("\nLeft out by the policy, and so not in this set:\n", file);
    for (size_t index = 0; index < manifest->exclusion_count; index++) {
        CLEAN(memory_free) char *what = script_words_of_exclusion(&manifest->exclusions[index]);
        CLEAN(memory_free) char *why = script_words_clean(manifest->exclusions[index].why);
        fprintf(file, "  %s: %s\n", what, why);
    }
}

char *
script_text_print(const struct manifest *manifest)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        abort();
    fputs("This folder is a backup of one database server, made by dbhaul.\n\n", file);
    print_source(file, manifest);
    fputs("\nTo restore it into an empty server, with stock tools alone:\n\n", file);
    if (manifest_has_loader(manifest, "mysql"))
        fputs("  sh restore.sh -h HOST -u USER -p     (or with the options in ~/.my.cnf)\n", file);
    if (manifest_has_loader(manifest, "psql"))
        fputs("  sh restore.sh -h HOST -U USER        (or with PGHOST, PGUSER, PGPASSFILE)\n",
              file);
    fputs("\nThe script checks the digests, loads the files in order and counts what failed. What\n"
          "the server has already under the same names may be overwritten or make a file fail.\n"
          "manifest.json holds all of this for programs.\n",
          file);
    print_files(file, manifest);
    print_points(file, manifest);
    print_left_out(file, manifest);
    print_policy(file, manifest);
    if (fclose(file))
        abort();
    return text;
}
