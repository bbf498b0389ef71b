#include "coordinator/zone.h"

#include <fcntl.h>
#include <string.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum {
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    CHANGES_MAX = 4096,
    TYPES_MAX = 256,
    NAMES_SIZE_MAX = 2048,
};

static const char folder[] = "/usr/share/zoneinfo/";
static const int64_t first_s = -62135596800;  // 0001-01-01
static const int64_t last_s = 253402300799;   // 9999-12-31 23:59:59

struct type {
    int32_t offset_s;
    int is_saving;
    char name[ZONE_NAME_SIZE];
};

struct zone {
    char *name;
    struct type *types;
    int64_t *changes_s;  // ascending
    uint8_t *becomes;    // types, one a change
    size_t change_count;
    int has_rule;
    struct zone_rule rule;  // after the last change
};

// ---- reading

struct header {
    int version;
    size_t is_utc, is_standard, leaps, changes, types, name_bytes;
};

// The part of the file that is still to be read.
struct input {
    const uint8_t *data;
    size_t size;
};

static const uint8_t *
take(struct input *input, size_t size)
{
    if (size > input->size)
        return NULL;
    const uint8_t *data = input->data;
    input->data += size;
    input->size -= size;
    return data;
}

static int64_t
big_endian(const uint8_t *data, size_t size)
{
    uint64_t value = data[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t index = 0; index < size; index++)
        value = value << 8 | data[index];
    return (int64_t)value;
}

static int
read_header(struct input *input, struct header *header)
{
    const uint8_t *data = take(input, HEADER_SIZE);
    if (!data || memcmp(data, "TZif", 4) != 0)
        return -1;
    size_t *counts[] = {&header->is_utc,  &header->is_standard, &header->leaps,
                        &header->changes, &header->types,       &header->name_bytes};
    header->version = data[4];
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++) {
        int64_t count = big_endian(data + 20 + 4 * index, 4);
        if (count < 0 || count > ZONE_FILE_SIZE_MAX)
            return -1;
        *counts[index] = (size_t)count;
    }
    return 0;
}

// The first part of a file is for readers that know times of 32 bits only.
static int
skip_short_part(struct input *input, const struct header *header)
{
    size_t size = header->changes * 5 + header->types * TYPE_SIZE + header->name_bytes +
                  header->leaps * 8 + header->is_standard + header->is_utc;
    return take(input, size) ? 0 : -1;
}

static int
read_changes(zone_t *self, struct input *input, const struct header *header, size_t time_size)
{
    const uint8_t *times = take(input, header->changes * time_size);
    const uint8_t *becomes = times ? take(input, header->changes) : NULL;
    if (!becomes)
        return -1;
    self->changes_s = memory_get(header->changes * sizeof *self->changes_s);
    self->becomes = memory_get(header->changes);
    for (size_t index = 0; index < header->changes; index++) {
        self->changes_s[index] = big_endian(times + index * time_size, time_size);
        self->becomes[index] = becomes[index];
        if (becomes[index] >= header->types ||
            (index > 0 && self->changes_s[index] <= self->changes_s[index - 1]))
            return -1;
    }
    self->change_count = header->changes;
    return 0;
}

static int
read_types(zone_t *self, struct input *input, const struct header *header)
{
    const uint8_t *types = take(input, header->types * TYPE_SIZE);
    const uint8_t *names = types ? take(input, header->name_bytes) : NULL;
    if (!names || names[header->name_bytes - 1] != '\0')
        return -1;
    self->types = memory_get(header->types * sizeof *self->types);
    for (size_t index = 0; index < header->types; index++) {
        const uint8_t *data = types + index * TYPE_SIZE;
        struct type *type = &self->types[index];
        int64_t offset_s = big_endian(data, 4);
        if (offset_s < -ZONE_OFFSET_MAX_S || offset_s > ZONE_OFFSET_MAX_S || data[4] > 1 ||
            data[5] >= header->name_bytes)
            return -1;
        type->offset_s = (int32_t)offset_s;
        type->is_saving = data[4];
        const char *name = (const char *)names + data[5];
        if (strlen(name) >= sizeof type->name)
            return -1;
        memcpy(type->name, name, strlen(name));
    }
    return 0;
}

// Between two line feeds; empty if nothing is known of times after the last change.
static int
read_footer(zone_t *self, struct input *input, struct error *error)
{
    char text[ZONE_RULE_TEXT_MAX + 1] = "";
    const uint8_t *feed = take(input, 1);
    const uint8_t *end = feed ? memchr(input->data, '\n', input->size) : NULL;
    size_t size = end ? (size_t)(end - input->data) : 0;
    if (!end || *feed != '\n' || size >= sizeof text || memchr(input->data, '\0', size))
        return error_set(error, ERROR_INVALID, "its last line is malformed");
    memcpy(text, input->data, size);
    if (*text == '\0')
        return 0;
    self->has_rule = 1;
    return zone_rule_parse(&self->rule, text, error);
}

static int
read_body(zone_t *self, struct input *input, struct header *header, struct error *error)
{
    size_t time_size = 4;
    if (header->version) {
        time_size = 8;
        if (skip_short_part(input, header) || read_header(input, header))
            return error_set(error, ERROR_INVALID, "it is cut short");
    }
    if (header->leaps)
        return error_set(error, ERROR_INVALID,
                         "it counts leap seconds; take the zone without 'right/' before it");
    if (header->changes > CHANGES_MAX || header->types < 1 || header->types > TYPES_MAX ||
        header->name_bytes < 1 || header->name_bytes > NAMES_SIZE_MAX ||
        (header->is_standard && header->is_standard != header->types) ||
        (header->is_utc && header->is_utc != header->types))
        return error_set(error, ERROR_INVALID, "its counts are beyond any time zone's");
    if (read_changes(self, input, header, time_size) || read_types(self, input, header) ||
        !take(input, header->is_standard + header->is_utc))
        return error_set(error, ERROR_INVALID, "its changes or its types are malformed");
    return header->version ? read_footer(self, input, error) : 0;
}

int
zone_parse(zone_t **self_p, const char *name, const void *data, size_t size, struct error *error)
{
    struct input input = {data, size};
    struct header header;
    CLEAN(zone_destroy) zone_t *self = memory_get(sizeof *self);
    self->name = memory_copy_text(name);
    if (size > ZONE_FILE_SIZE_MAX || read_header(&input, &header))
        return error_set(error, ERROR_INVALID, "'%.64s' is no file of a time zone", name);
    if (read_body(self, &input, &header, error))
        return error_wrap(error, "the time zone '%.64s' cannot be read", name);
    *self_p = STEAL(self);
    return 0;
}

static int
is_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/";
    size_t size = strlen(name);
    return size > 0 && size <= ZONE_ID_MAX && strspn(name, letters) == size && *name != '/' &&
           name[size - 1] != '/' && !strstr(name, "//");
}

static zone_t *
zone_new_utc(void)
{
    zone_t *self = memory_get(sizeof *self);
    self->name = memory_copy_text("UTC");
    self->types = memory_get(sizeof *self->types);
    memcpy(self->types->name, "UTC", sizeof "UTC");
    return self;
}

int
zone_open(zone_t **self_p, const char *name, struct error *error)
{
    if (strcmp(name, "UTC") == 0) {
        *self_p = zone_new_utc();
        return 0;
    }
    if (!is_name(name))
        return error_set(error, ERROR_CONFIG,
                         "'%.64s' is no name of a time zone; it is written as 'Europe/Berlin'",
                         name);
    CLEAN(memory_free) char *path = memory_format("%s%s", folder, name);
    CLEAN(memory_free) char *data = NULL;
    size_t size = 0;
    if (fd_read_file(AT_FDCWD, path, ZONE_FILE_SIZE_MAX, &data, &size, error)) {
        struct error cause = *error;
        return error_set(error, ERROR_CONFIG,
                         "no time zone '%.64s' (%.200s); names are as in %s, which the package "
                         "tzdata brings: 'Europe/Berlin', 'UTC'",
                         name, cause.message, folder);
    }
    if (zone_parse(self_p, name, data, size, error)) {
        error->code = ERROR_CONFIG;
        return -1;
    }
    return 0;
}

void
zone_destroy(zone_t **self_p)
{
    zone_t *self = *self_p;
    if (!self)
        return;
    memory_free(&self->becomes);
    memory_free(&self->changes_s);
    memory_free(&self->types);
    memory_free(&self->name);
    memory_free(self_p);
}

const char *
zone_name(const zone_t *self)
{
    return self->name;
}

// ---- asking

// How many changes were at or before unix_s.
static size_t
changes_until(const zone_t *self, int64_t unix_s)
{
    size_t low = 0;
    size_t high = self->change_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->changes_s[middle] <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
zone_span(const zone_t *self, int64_t unix_s, struct zone_span *span)
{
    unix_s = unix_s < first_s ? first_s : unix_s > last_s ? last_s : unix_s;
    size_t passed = changes_until(self, unix_s);
    int64_t from_s = passed ? self->changes_s[passed - 1] : INT64_MIN;
    if (self->has_rule && passed == self->change_count) {
        zone_rule_span(&self->rule, unix_s, span);
        if (span->from_s < from_s)
            span->from_s = from_s;
        return;
    }
    const struct type *type = &self->types[passed ? self->becomes[passed - 1] : 0];
    *span = (struct zone_span){
        .from_s = from_s,
        .until_s = passed < self->change_count ? self->changes_s[passed] : INT64_MAX,
        .offset_s = type->offset_s,
        .is_saving = type->is_saving,
    };
    memcpy(span->name, type->name, sizeof span->name);
}
