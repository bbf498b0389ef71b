#include "worker/set/script_parallel.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

static const char in_parallel[] =
    "# claim FILE: makes it; fails if it is there\n"
    "claim() {\n"
    "    set -C\n"
    "    { true >\"$1\"; } 2>/dev/null\n"
    "    claimed=$?\n"
    "    set +C\n"
    "    return \"$claimed\"\n"
    "}\n"
    "\n"
    "# in_parallel COUNT [OPTIONS]: loads the parts 1 to COUNT, as many at once as there are "
    "jobs;\n"
    "# each takes the next one that no other has\n"
    "in_parallel() {\n"
    "    count=$1\n"
    "    shift\n"
    "    parts=$(mktemp -d \"$notes/parts.XXXXXX\") || stop 'cannot make a folder for notes'\n"
    "    stripe=0\n"
    "    while [ \"$stripe\" -lt \"$jobs\" ]; do\n"
    "        stripe=$((stripe + 1))\n"
    "        (\n"
    "            loaded=0\n"
    "            failed=''\n"
    "            number=0\n"
    "            while [ \"$number\" -lt \"$count\" ]; do\n"
    "                number=$((number + 1))\n"
    "                ! claim \"$parts/part$number\" || part \"$number\" \"$@\"\n"
    "            done\n"
    "            printf '%s %s\\n' \"$loaded\" \"$failed\" >\"$parts/$stripe\"\n"
    "        ) &\n"
    "    done\n"
    "    wait\n"
    "    stripe=0\n"
    "    while [ \"$stripe\" -lt \"$jobs\" ]; do\n"
    "        stripe=$((stripe + 1))\n"
    "        if read -r more names <\"$parts/$stripe\"; then\n"
    "            loaded=$((loaded + more))\n"
    "            failed=\"$failed${names:+ $names}\"\n"
    "        else\n"
    "            failed=\"$failed (job $stripe)\"\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "\n";

static int
is_of_group(const struct manifest_file *file, const char *group)
{
    return file->group && strcmp(file->group, group) == 0;
}

static int
is_parallel(const struct manifest_file *file)
{
    return is_of_group(file, "data") || is_of_group(file, "indexes");
}

size_t
script_parallel_end(const struct manifest *manifest, size_t first)
{
    size_t end = first;
    while (end < manifest->file_count && is_parallel(&manifest->files[end]) &&
           is_of_group(&manifest->files[end], manifest->files[first].group))
        end++;
    return end;
}

void
script_parallel_functions(FILE *file, const struct manifest *manifest)
{
    size_t index = 0;
    while (index < manifest->file_count && !is_parallel(&manifest->files[index]))
        index++;
    if (index < manifest->file_count)
        fputs(in_parallel, file);
}

static int
compare_sizes(const void *one, const void *other, void *context)
{
    const struct manifest_file *files = context;
    size_t a = *(const size_t *)one, b = *(const size_t *)other;
    if (files[a].size_bytes != files[b].size_bytes)
        return files[a].size_bytes > files[b].size_bytes ? -1 : 1;
    return a < b ? -1 : a > b;
}

void
script_parallel_print(FILE *file, const struct manifest *manifest, size_t first, size_t end,
                      script_print_load *print_load)
{
    size_t count = end - first;
    CLEAN(memory_free) size_t *order = memory_get(count * sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = first + i;
    // What is in the others takes a time that their sizes do not tell.
    if (is_of_group(&manifest->files[first], "data"))
        qsort_r(order, count, sizeof *order, compare_sizes, manifest->files);
    fputs("part() {\n    number_of_part=$1\n    shift\n    case $number_of_part in\n", file);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "    %zu)\n", i + 1);
        print_load(file, manifest, order[i]);
        fputs("        ;;\n", file);
    }
    fprintf(file, "    esac\n}\n\nin_parallel %zu \"$@\"\n\n", count);
}
