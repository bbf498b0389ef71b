#include "worker/set/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "worker/set/fields.h"

// A list of records in the manifest.
struct list {
    const char *key;
    size_t records, count;  // offsets of the pointer and of the number
    size_t record_size;
    const struct field *fields;
    size_t count_max;
    enum { FROM_THE_START, LATER, WITH_TABLES } since;  // LATER: not in the manifests of before
};

static const struct field manifest_fields[] = {
    FIELD(manifest, "set_path", FIELD_TEXT, set_path),
    FIELD(manifest, "store", FIELD_TEXT, store),
    FIELD(manifest, "run_label", FIELD_TEXT, run_label),
    FIELD(manifest, "writer_version", FIELD_TEXT, writer_version),
    FIELD(manifest, "job_id", FIELD_U64, job_id),
    FIELD(manifest, "attempt", FIELD_U32, attempt),
    FIELD(manifest, "engine", FIELD_TEXT, engine),
    FIELD(manifest, "resource_id", FIELD_TEXT, resource_id),
    FIELD(manifest, "provider", FIELD_TEXT_OR_NONE, provider),
    FIELD(manifest, "name", FIELD_TEXT, name),
    FIELD(manifest, "host", FIELD_TEXT, host),
    FIELD(manifest, "port", FIELD_U32, port),
    FIELD(manifest, "server_version", FIELD_TEXT, server_version),
    FIELD(manifest, "tool", FIELD_TEXT, tool),
    FIELD(manifest, "tool_version", FIELD_TEXT, tool_version),
    FIELD(manifest, "consistency", FIELD_TEXT, consistency),
    FIELD(manifest, "started_unix_ms", FIELD_I64, started_unix_ms),
    FIELD(manifest, "ended_unix_ms", FIELD_I64, ended_unix_ms),
    {0},
};

static const struct field file_fields[] = {
    FIELD(manifest_file, "path", FIELD_TEXT, path),
    FIELD(manifest_file, "role", FIELD_TEXT, role),
    FIELD(manifest_file, "object", FIELD_TEXT, object),
    FIELD(manifest_file, "loader", FIELD_TEXT, loader),
    FIELD(manifest_file, "load_into", FIELD_TEXT, load_into),
    FIELD(manifest_file, "tool", FIELD_TEXT, tool),
    FIELD(manifest_file, "tool_version", FIELD_TEXT, tool_version),
    FIELD(manifest_file, "size_bytes", FIELD_U64, size_bytes),
    FIELD(manifest_file, "sha256", FIELD_SHA256, sha256),
    FIELD(manifest_file, "group", FIELD_TEXT_OR_NONE, group),
    {0},
};

static const struct field point_fields[] = {
    FIELD(manifest_point, "object", FIELD_TEXT, object),
    FIELD(manifest_point, "kind", FIELD_TEXT, kind),
    FIELD(manifest_point, "position", FIELD_TEXT, position),
    FIELD(manifest_point, "unix_ms", FIELD_I64, unix_ms),
    {0},
};

static const struct field schema_fields[] = {
    FIELD(manifest_schema, "name", FIELD_TEXT, name),
    FIELD(manifest_schema, "tables", FIELD_U64, tables),
    {0},
};

static const struct field left_out_fields[] = {
    FIELD(manifest_pair, "what", FIELD_TEXT, first),
    FIELD(manifest_pair, "why", FIELD_TEXT, second),
    {0},
};

static const struct field fact_fields[] = {
    FIELD(manifest_pair, "key", FIELD_TEXT, first),
    FIELD(manifest_pair, "value", FIELD_TEXT, second),
    {0},
};

static const struct field table_fields[] = {
    FIELD(manifest_table, "object", FIELD_TEXT_OR_NONE, object),
    FIELD(manifest_table, "schema", FIELD_TEXT, schema),
    FIELD(manifest_table, "name", FIELD_TEXT, name),
    FIELD(manifest_table, "key", FIELD_TEXT_OR_NONE, key),
    FIELD(manifest_table, "period", FIELD_TEXT_OR_NONE, period),
    FIELD(manifest_table, "condition", FIELD_COLUMNS_OR_NONE, condition),
    FIELD(manifest_table, "columns", FIELD_COLUMNS_OR_NONE, columns),
    {0},
};

static const struct field part_fields[] = {
    FIELD(manifest_part, "file", FIELD_U32, file),
    FIELD(manifest_part, "table", FIELD_U32, table),
    FIELD(manifest_part, "low", FIELD_TEXT_OR_NONE, low),
    FIELD(manifest_part, "high", FIELD_TEXT_OR_NONE, high),
    FIELD(manifest_part, "rows", FIELD_U64, rows),
    FIELD(manifest_part, "size_bytes", FIELD_U64, size_bytes),
    FIELD(manifest_part, "digest", FIELD_SUM, digest),
    {0},
};

static const struct field guide_fields[] = {
    FIELD(manifest_guide, "path", FIELD_TEXT, path),
    FIELD(manifest_guide, "size_bytes", FIELD_U64, size_bytes),
    FIELD(manifest_guide, "sha256", FIELD_SHA256, sha256),
    {0},
};

static const struct field rule_fields[] = {
    FIELD(manifest_rule, "list", FIELD_TEXT, list),
    FIELD(manifest_rule, "pattern", FIELD_TEXT, pattern),
    FIELD(manifest_rule, "fits", FIELD_U64, fits),
    {0},
};

static const struct field exclusion_fields[] = {
    FIELD(manifest_exclusion, "kind", FIELD_TEXT, kind),
    FIELD(manifest_exclusion, "schema", FIELD_TEXT, schema),
    FIELD(manifest_exclusion, "name", FIELD_TEXT, name),
    FIELD(manifest_exclusion, "why", FIELD_TEXT, why),
    FIELD(manifest_exclusion, "count", FIELD_U64, count),
    {0},
};

#define LIST(key, member, number, record, fields, ...) \
    { \
        key, offsetof(struct manifest, member), offsetof(struct manifest, number), \
            sizeof(struct record), fields, __VA_ARGS__ \
    }

static const struct list lists[] = {
    LIST("files", files, file_count, manifest_file, file_fields, MANIFEST_FILES_MAX,
         FROM_THE_START),
    LIST("points", points, point_count, manifest_point, point_fields, MANIFEST_FILES_MAX,
         FROM_THE_START),
    LIST("schemas", schemas, schema_count, manifest_schema, schema_fields, MANIFEST_FILES_MAX,
         FROM_THE_START),
    LIST("left_out", left_out, left_out_count, manifest_pair, left_out_fields, MANIFEST_FILES_MAX,
         FROM_THE_START),
    LIST("facts", facts, fact_count, manifest_pair, fact_fields, MANIFEST_FILES_MAX,
         FROM_THE_START),
    LIST("guides", guides, guide_count, manifest_guide, guide_fields, MANIFEST_FILES_MAX,
         FROM_THE_START),
    LIST("rules", rules, rule_count, manifest_rule, rule_fields, MANIFEST_FILES_MAX, LATER),
    LIST("excluded", exclusions, exclusion_count, manifest_exclusion, exclusion_fields,
         MANIFEST_FILES_MAX, LATER),
    LIST("tables", tables, table_count, manifest_table, table_fields, MANIFEST_TABLES_MAX,
         WITH_TABLES),
    LIST("parts", parts, part_count, manifest_part, part_fields, MANIFEST_PARTS_MAX, WITH_TABLES),
    {0},
};

struct manifest *
manifest_new(void)
{
    return memory_get(sizeof(struct manifest));
}

void
manifest_destroy(struct manifest **self_p)
{
    if (!*self_p)
        return;
    for (const struct list *list = lists; list->key; list++) {
        char *records = *(char **)fields_at(*self_p, list->records);
        size_t count = *(size_t *)fields_at(*self_p, list->count);
        for (size_t index = 0; index < count; index++)
            fields_clear(records + index * list->record_size, list->fields);
        memory_free(fields_at(*self_p, list->records));
    }
    fields_clear(*self_p, manifest_fields);
    memory_free(self_p);
}

// A new record at the list's end, all zero. Grows by doubling.
static void *
add(struct manifest *self, const struct list *list)
{
    char **records = fields_at(self, list->records);
    size_t *count = fields_at(self, list->count);
    if ((*count & (*count - 1)) == 0)
        *records = memory_resize(*records, (*count ? 2 * *count : 1) * list->record_size);
    char *record = *records + (*count)++ * list->record_size;
    memset(record, 0, list->record_size);
    return record;
}

static const struct list *
find_list(const char *key)
{
    const struct list *list = lists;
    while (strcmp(list->key, key) != 0)
        list++;
    return list;
}

static char *
copy(const char *text)
{
    return memory_copy_text(text ? text : "");
}

struct manifest_file *
manifest_add_file(struct manifest *self, const char *path)
{
    struct manifest_file *file = add(self, find_list("files"));
    file->path = copy(path);
    return file;
}

struct manifest_guide *
manifest_add_guide(struct manifest *self, const char *path)
{
    struct manifest_guide *guide = add(self, find_list("guides"));
    guide->path = copy(path);
    return guide;
}

void
manifest_add_point(struct manifest *self, const char *object, const char *kind,
                   const char *position, int64_t unix_ms)
{
    struct manifest_point *point = add(self, find_list("points"));
    point->object = copy(object);
    point->kind = copy(kind);
    point->position = copy(position);
    point->unix_ms = unix_ms;
}

void
manifest_add_schema(struct manifest *self, const char *name, uint64_t tables)
{
    struct manifest_schema *schema = add(self, find_list("schemas"));
    schema->name = copy(name);
    schema->tables = tables;
}

static void
add_pair(struct manifest *self, const char *key, const char *first, const char *second)
{
    struct manifest_pair *pair = add(self, find_list(key));
    pair->first = copy(first);
    pair->second = copy(second);
}

void
manifest_add_left_out(struct manifest *self, const char *what, const char *why)
{
    add_pair(self, "left_out", what, why);
}

void
manifest_add_fact(struct manifest *self, const char *key, const char *value)
{
    add_pair(self, "facts", key, value);
}

void
manifest_add_rule(struct manifest *self, const char *list, const char *pattern, uint64_t fits)
{
    struct manifest_rule *rule = add(self, find_list("rules"));
    rule->list = copy(list);
    rule->pattern = copy(pattern);
    rule->fits = fits;
}

void
manifest_add_exclusion(struct manifest *self, const struct manifest_exclusion *exclusion)
{
    struct manifest_exclusion *added = add(self, find_list("excluded"));
    added->kind = copy(exclusion->kind);
    added->schema = copy(exclusion->schema);
    added->name = copy(exclusion->name);
    added->why = copy(exclusion->why);
    added->count = exclusion->count;
}

int
manifest_has_loader(const struct manifest *self, const char *loader)
{
    for (size_t index = 0; index < self->file_count; index++) {
        if (self->files[index].loader && strcmp(self->files[index].loader, loader) == 0)
            return 1;
    }
    return 0;
}

uint64_t
manifest_excluded(const struct manifest *self)
{
    uint64_t count = 0;
    for (size_t index = 0; index < self->exclusion_count; index++)
        count += self->exclusions[index].count;
    return count;
}

struct manifest_table *
manifest_add_table(struct manifest *self, const char *schema, const char *name)
{
    struct manifest_table *table = add(self, find_list("tables"));
    table->schema = copy(schema);
    table->name = copy(name);
    return table;
}

struct manifest_part *
manifest_add_part(struct manifest *self, const char *low, const char *high)
{
    struct manifest_part *part = add(self, find_list("parts"));
    part->low = copy(low);
    part->high = copy(high);
    return part;
}

char *
manifest_print(const struct manifest *self, size_t *size)
{
    CLEAN(json_destroy) json_t *root = json_object();
    int format = self->table_count > 0 ? MANIFEST_FORMAT : 1;
    json_object_set_new(root, "format", json_integer(format));
    fields_print(root, self, manifest_fields);
    for (const struct list *list = lists; list->key; list++) {
        const char *records = *(char *const *)fields_peek(self, list->records);
        size_t count = *(const size_t *)fields_peek(self, list->count);
        if (list->since == WITH_TABLES && format == 1)
            continue;
        json_t *array = json_array();
        for (size_t index = 0; index < count; index++) {
            json_t *object = json_object();
            fields_print(object, records + index * list->record_size, list->fields);
            json_array_append_new(array, object);
        }
        json_object_set_new(root, list->key, array);
    }
    CLEAN(memory_free) char *text = json_print_pretty(root);
    char *lines = memory_format("%s\n", text);
    *size = strlen(lines);
    return lines;
}

static int
parse_list(const json_t *root, const struct list *list, struct manifest *self, struct error *error)
{
    const json_t *array = NULL;
    if (list->since != FROM_THE_START && !json_object_get(root, list->key))
        return 0;
    if (json_get_array(root, list->key, list->count_max, &array, error))
        return -1;
    for (size_t index = 0; index < json_array_size(array); index++) {
        if (fields_parse(json_array_get(array, index), list->fields, add(self, list), error))
            return error_wrap(error, "item %zu of '%s'", index + 1, list->key);
    }
    return 0;
}

int
manifest_parse(struct manifest **self_p, const char *text, size_t size, struct error *error)
{
    CLEAN(json_destroy) json_t *root = NULL;
    CLEAN(manifest_destroy) struct manifest *self = manifest_new();
    int64_t format = 0;
    if (json_parse(text, size, MANIFEST_SIZE_MAX, &root, error) ||
        json_get_integer(root, "format", 1, INT64_MAX, &format, error))
        return error_wrap(error, "cannot read the manifest");
    if (format > MANIFEST_FORMAT)
        return error_set(error, ERROR_INVALID,
                         "the manifest is of format %lld, this dbhaul knows %d: a newer one is "
                         "needed",
                         (long long)format, MANIFEST_FORMAT);
    if (fields_parse(root, manifest_fields, self, error))
        return error_wrap(error, "cannot read the manifest");
    for (const struct list *list = lists; list->key; list++) {
        if (parse_list(root, list, self, error))
            return error_wrap(error, "cannot read the manifest");
    }
    if (self->port > UINT16_MAX)
        return error_set(error, ERROR_INVALID, "the manifest has the port %u", self->port);
    if (manifest_check(self, error))
        return error_wrap(error, "cannot read the manifest");
    *self_p = STEAL(self);
    return 0;
}
