// How the lists of a manifest belong together.

#include <stdlib.h>
#include <string.h>

#include "worker/set/manifest.h"

enum { EXTENSION_MAX = 8, DIGITS_MAX = 10 };

// "12.sql": a number of 32 bits that is greater than the one before, so that no file is listed
// twice, and one extension. Returns the number, or 0.
static long
number_of(const char *path, long before)
{
    static const char digits[] = "0123456789";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t size = strspn(path, digits);
    const char *extension = path + size + 1;
    if (size == 0 || size > DIGITS_MAX || path[0] == '0' || path[size] != '.' || !*extension ||
        strlen(extension) > EXTENSION_MAX || extension[strspn(extension, letters)])
        return 0;
    long number = strtol(path, NULL, 10);
    return number > before && number <= UINT32_MAX ? number : 0;
}

uint32_t
manifest_file_number(const char *path)
{
    return (uint32_t)number_of(path, 0);
}

static int
compare_files(const void *one, const void *other)
{
    const struct manifest_file *a = one, *b = other;
    uint32_t first = manifest_file_number(a->path), second = manifest_file_number(b->path);
    return first < second ? -1 : first > second;
}

static int
compare_parts(const void *one, const void *other)
{
    const struct manifest_part *a = one, *b = other;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return a->table < b->table ? -1 : a->table > b->table;
}

void
manifest_sort(struct manifest *self)
{
    if (self->file_count > 0)
        qsort(self->files, self->file_count, sizeof *self->files, compare_files);
    if (self->part_count > 0)
        qsort(self->parts, self->part_count, sizeof *self->parts, compare_parts);
}

// Every part is of a file and a table that are listed.
static int
check_parts(const struct manifest *self, struct error *error)
{
    for (size_t index = 0, file = 0; index < self->part_count; index++) {
        const struct manifest_part *part = &self->parts[index];
        while (file < self->file_count && manifest_file_number(self->files[file].path) < part->file)
            file++;
        if (file == self->file_count || part->table == 0 || part->table > self->table_count ||
            manifest_file_number(self->files[file].path) != part->file)
            return error_set(error, ERROR_INVALID,
                             "item %zu of 'parts' is of no listed file or table, or out of order",
                             index + 1);
    }
    return 0;
}

static int
check_names(const struct manifest *self, struct error *error)
{
    long number = 0;
    for (size_t index = 0; index < self->file_count; index++) {
        number = number_of(self->files[index].path, number);
        if (number == 0)
            return error_set(error, ERROR_INVALID,
                             "item %zu of 'files' has the path '%.64s', not a number in order and "
                             "an extension",
                             index + 1, self->files[index].path);
    }
    for (size_t index = 0; index < self->guide_count; index++) {
        static const char *const known[] = {"RESTORE.txt", "restore.sh"};
        if (self->guide_count > 2 || strcmp(self->guides[index].path, known[index]) != 0)
            return error_set(error, ERROR_INVALID, "'guides' are not RESTORE.txt and restore.sh");
    }
    return 0;
}

int
manifest_check(const struct manifest *self, struct error *error)
{
    return check_names(self, error) || check_parts(self, error) ? -1 : 0;
}
