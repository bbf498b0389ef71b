#include "worker/store/mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { TABLE_SIZE_MAX = 16 << 20 };

// One field of a line, not yet decoded; it ends at a space, a newline or the table's end.
struct field {
    const char *text;
    size_t size;
};

static struct field
next_field(const char **rest)
{
    while (**rest == ' ')
        (*rest)++;
    struct field field = {.text = *rest, .size = strcspn(*rest, " \n")};
    *rest += field.size;
    return field;
}

static int
is_octal(const char *text, size_t size)
{
    return size >= 4 && text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
           text[2] <= '7' && text[3] >= '0' && text[3] <= '7';
}

// The kernel writes space, tab, newline, backslash and # as \ and three octal digits.
static int
decode(const struct field *field, char decoded[MOUNT_TEXT_SIZE])
{
    size_t size = 0;
    for (size_t at = 0; at < field->size; size++) {
        if (size == MOUNT_TEXT_SIZE - 1)
            return -1;
        const char *text = field->text + at;
        int escaped = is_octal(text, field->size - at);
        decoded[size] =
            escaped ? (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0') : *text;
        at += escaped ? 4 : 1;
    }
    decoded[size] = '\0';
    return 0;
}

// Is path the mount point or beneath it?
static int
covers(const char *point, const char *path)
{
    size_t size = strlen(point);
    if (size > 0 && point[size - 1] == '/')
        size--;
    return strncmp(point, path, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

// "36 35 98:0 /root /mnt rw,noatime shared:1 - ext3 /dev/sda1 rw": the optional fields before the
// dash may be none or many.
static int
read_line(const char *line, struct mount *mount)
{
    next_field(&line);
    next_field(&line);
    struct field device = next_field(&line);
    next_field(&line);
    struct field point = next_field(&line);
    struct field field = next_field(&line);
    while (field.size > 0 && !(field.size == 1 && *field.text == '-'))
        field = next_field(&line);
    struct field type = next_field(&line);
    struct field source = next_field(&line);

    char numbers[MOUNT_TEXT_SIZE];
    unsigned major_number = 0;
    unsigned minor_number = 0;
    if (field.size == 0 || type.size == 0 || decode(&device, numbers) ||
        sscanf(numbers, "%u:%u", &major_number, &minor_number) != 2)
        return -1;
    mount->device = makedev(major_number, minor_number);
    return decode(&point, mount->point) || decode(&type, mount->type) ||
                   decode(&source, mount->source)
               ? -1
               : 0;
}

int
mount_find(const char *table, const char *path, struct mount *mount, struct error *error)
{
    struct mount best = {0};
    for (const char *line = table; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        struct mount candidate;
        if (read_line(line, &candidate)) {
            // A mount point too long for us is none of our stores; anything else is.
            if (strcspn(line, "\n") >= MOUNT_TEXT_SIZE)
                continue;
            return error_set(error, ERROR_INVALID, "the table of mounts has a line '%.*s'",
                             (int)strcspn(line, "\n"), line);
        }
        if (covers(candidate.point, path) && strlen(candidate.point) >= strlen(best.point))
            best = candidate;
    }
    if (!best.point[0])
        return error_set(error, ERROR_NOT_FOUND, "nothing is mounted at '%s'", path);
    *mount = best;
    return 0;
}

int
mount_of(const char *path, struct mount *mount, struct error *error)
{
    CLEAN(memory_free) char *table = NULL;
    size_t size = 0;
    if (fd_read_file(AT_FDCWD, "/proc/self/mountinfo", TABLE_SIZE_MAX, &table, &size, error))
        return error_wrap(error, "cannot tell what is mounted at '%s'", path);
    return mount_find(table, path, mount, error);
}
