#include "coordinator/adoption.h"

#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"

enum {
    LINE_SIZE_MAX = 65536,
    TEXT_MAX = 4096,
    PATH_MAX_BYTES = 200,
    PROVIDER_MAX = 255,
    PORT_MAX = 65535
};

#define TIME_MAX INT64_C(253402300799999)  // the year 9999

struct text_row {
    const char *key;
    char **text;
    size_t size_max;
};

struct number_row {
    const char *key;
    int64_t *number;
    int64_t low, high;
};

void
adoption_clear(struct adoption *self)
{
    char **const texts[] = {&self->path,    &self->engine,       &self->resource_id,
                            &self->name,    &self->host,         &self->server_version,
                            &self->tool,    &self->tool_version, &self->consistency,
                            &self->provider};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        memory_free(texts[index]);
}

static int
read_texts(struct adoption *self, const json_t *object, struct error *error)
{
    const struct text_row rows[] = {{"path", &self->path, PATH_MAX_BYTES},
                                    {"engine", &self->engine, 64},
                                    {"resource_id", &self->resource_id, TEXT_MAX},
                                    {"name", &self->name, TEXT_MAX},
                                    {"host", &self->host, TEXT_MAX},
                                    {"server_version", &self->server_version, TEXT_MAX},
                                    {"tool", &self->tool, TEXT_MAX},
                                    {"tool_version", &self->tool_version, TEXT_MAX},
                                    {"consistency", &self->consistency, TEXT_MAX}};
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        const char *text = NULL;
        if (json_get_text(object, rows[index].key, rows[index].size_max, &text, error))
            return -1;
        *rows[index].text = memory_copy_text(text);
    }
    const char *provider = "";
    if (json_object_get(object, "provider") &&
        json_get_text(object, "provider", PROVIDER_MAX, &provider, error))
        return -1;
    self->provider = memory_copy_text(provider);
    return *self->path && *self->resource_id && *self->engine
               ? 0
               : error_set(error, ERROR_INVALID, "it does not say of what it is");
}

static int
read_numbers(struct adoption *self, const json_t *object, struct error *error)
{
    const struct number_row rows[] = {
        {"port", &self->port, 0, PORT_MAX},
        {"job_id", &self->job_id, 1, INT64_MAX - 1},
        {"attempt", &self->attempt, 1, UINT32_MAX},
        {"size_bytes", &self->size_bytes, 0, INT64_MAX},
        {"file_count", &self->file_count, 0, INT32_MAX},
        {"schema_count", &self->schema_count, 0, INT32_MAX},
        {"left_out_count", &self->left_out_count, 0, INT32_MAX},
        {"excluded_count", &self->excluded_count, 0, INT64_MAX},
        {"started_ms", &self->started_ms, 0, TIME_MAX},
        {"created_ms", &self->created_ms, 1, TIME_MAX},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        if (json_get_integer(object, rows[index].key, rows[index].low, rows[index].high,
                             rows[index].number, error))
            return -1;
    }
    return 0;
}

int
adoption_read(struct adoption *self, const char *line, size_t size, struct error *error)
{
    const char *hex = NULL;
    CLEAN(json_destroy) json_t *object = NULL;
    if (json_parse(line, size, LINE_SIZE_MAX, &object, error) || read_texts(self, object, error) ||
        read_numbers(self, object, error) ||
        json_get_text(object, "manifest_sha256", DIGEST_HEX_SIZE, &hex, error))
        return error_wrap(error, "what a set says of itself");
    return digest_from_hex(hex, self->manifest_sha256)
               ? error_set(error, ERROR_INVALID, "what a set says of itself has no digest")
               : 0;
}

void
adoption_write(const struct adoption *self, int64_t set_id, int64_t database_id, const char *store,
               batch_t *batch)
{
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", set_id, database_id, self->job_id,
              self->attempt, store, self->path, self->size_bytes, self->file_count,
              (const void *)self->manifest_sha256, (size_t)DIGEST_SIZE, self->tool,
              self->tool_version, self->server_version, self->consistency, self->schema_count,
              self->left_out_count, self->created_ms);
    if (self->excluded_count > 0)
        batch_add(batch, STATEMENT_SET_EXCLUDED, "ii", self->excluded_count, set_id);
}
