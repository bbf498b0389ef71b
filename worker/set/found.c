#include "worker/set/found.h"

#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "proto/set_name.h"
#include "worker/set/catalog_set.h"

static uint64_t
size_of(const struct manifest *manifest)
{
    uint64_t size_bytes = 0;
    for (size_t index = 0; index < manifest->file_count; index++)
        size_bytes += manifest->files[index].size_bytes;
    for (size_t index = 0; index < manifest->guide_count; index++)
        size_bytes += manifest->guides[index].size_bytes;
    return size_bytes;
}

// A set that somebody has moved, or copied to another place, is not taken for what it was.
static int
check_place(const struct manifest *manifest, const char *path, struct error *error)
{
    struct set_name name;
    if (catalog_set_is(manifest))
        return error_set(error, ERROR_INVALID, "it is a catalog");
    if (set_name_parse(path, &name) || strcmp(path, manifest->set_path) != 0 ||
        (int64_t)manifest->job_id != name.job_id || manifest->attempt != name.attempt)
        return error_set(error, ERROR_INVALID, "its manifest says that it belongs to '%.160s'",
                         manifest->set_path);
    return 0;
}

static void
put_number(json_t *line, const char *key, uint64_t number)
{
    json_object_set_new(line, key,
                        json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number));
}

static void
put_numbers(json_t *line, set_reader_t *reader, const struct manifest *manifest)
{
    put_number(line, "port", manifest->port);
    put_number(line, "job_id", manifest->job_id);
    put_number(line, "attempt", manifest->attempt);
    put_number(line, "size_bytes", size_of(manifest) + set_reader_manifest_size(reader));
    put_number(line, "file_count", manifest->file_count);
    put_number(line, "schema_count", manifest->schema_count);
    put_number(line, "left_out_count", manifest->left_out_count);
    put_number(line, "excluded_count", manifest_excluded(manifest));
    put_number(line, "started_ms",
               manifest->started_unix_ms > 0 ? (uint64_t)manifest->started_unix_ms : 0);
    put_number(line, "created_ms",
               manifest->ended_unix_ms > 0 ? (uint64_t)manifest->ended_unix_ms : 0);
}

int
found_print(set_reader_t *reader, const char *path, size_t size_max, char **line,
            struct error *error)
{
    const struct manifest *manifest = set_reader_manifest(reader);
    if (check_place(manifest, path, error))
        return -1;
    const struct {
        const char *key, *text;
    } texts[] = {
        {"table", "found"},
        {"path", path},
        {"engine", manifest->engine},
        {"resource_id", manifest->resource_id},
        {"provider", manifest->provider},
        {"name", manifest->name},
        {"host", manifest->host},
        {"server_version", manifest->server_version},
        {"tool", manifest->tool},
        {"tool_version", manifest->tool_version},
        {"consistency", manifest->consistency},
    };
    char hex[DIGEST_HEX_SIZE];
    CLEAN(json_destroy) json_t *object = json_object();
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        json_object_set_new(object, texts[index].key, json_text(texts[index].text));
    put_numbers(object, reader, manifest);
    digest_hex(set_reader_manifest_sha256(reader), hex);
    json_object_set_new(object, "manifest_sha256", json_text(hex));
    CLEAN(memory_free) char *text = json_print(object);
    if (strlen(text) >= size_max)
        return error_set(error, ERROR_INVALID, "the names in its manifest are too long");
    *line = STEAL(text);
    return 0;
}
