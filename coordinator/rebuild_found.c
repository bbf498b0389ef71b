// Sets that the saved catalog does not know: their rows, and those of the jobs that made them, by
// what their manifests say.

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/adoption.h"
#include "coordinator/rebuild_inside.h"
#include "proto/set_name.h"

static json_t *
put_texts(json_t *row, const char *const pairs[][2], size_t count)
{
    for (size_t index = 0; index < count; index++)
        json_object_set_new(row, pairs[index][0], json_text(pairs[index][1]));
    return row;
}

static int
add_database(rebuild_rows_t *self, const struct adoption *found, struct error *error)
{
    const char *const texts[][2] = {
        {"provider", *found->provider ? found->provider : "store"},
        {"resource_id", found->resource_id},
        {"name", found->name},
        {"engine", found->engine},
        {"version", found->server_version},
        {"host", found->host},
        {"tags", "{}"},
        {"skip_reason", "it is known from its sets alone: no provider lists it"}};
    CLEAN(json_destroy) json_t *row = json_object();
    put_texts(row, texts, sizeof texts / sizeof *texts);
    json_object_set_new(row, "id", json_integer(++self->database_id));
    json_object_set_new(row, "port", json_integer(found->port));
    json_object_set_new(row, "first_seen_ms", json_integer(found->created_ms));
    json_object_set_new(row, "last_seen_ms", json_integer(found->created_ms));
    rebuild_know_database(self, self->database_id, found->resource_id);
    self->new_databases++;
    return rebuild_open_unit(self, PURPOSE_ROW, error) ||
                   archive_add(archive_find("databases"), row, self->batch, error)
               ? -1
               : 0;
}

static int
find_database(rebuild_rows_t *self, const struct adoption *found, int64_t *id, struct error *error)
{
    struct set_name name;
    if (set_name_parse(found->path, &name))
        return error_set(error, ERROR_INTERNAL, "a set's path was not looked at");
    CLEAN(memory_free)
    char *both = memory_format("%" PRId64 " %s", name.database_id, found->resource_id);
    const char *number = zhashx_lookup(self->databases, both);
    if (!number)
        number = zhashx_lookup(self->databases, found->resource_id);
    if (!number) {
        if (add_database(self, found, error))
            return -1;
        *id = self->database_id;
        return 0;
    }
    *id = strtoll(number, NULL, 10);
    return 0;
}

// The run that sets without a saved job are of.
static int
open_run(rebuild_rows_t *self, struct error *error)
{
    if (self->found_run_id)
        return 0;
    CLEAN(memory_free) char *note = memory_format("sets that were found in '%s'", self->place);
    const char *const texts[][2] = {
        {"kind", "backup"}, {"label", "rebuilt"}, {"requested_by", "rebuild"}, {"note", note}};
    CLEAN(json_destroy) json_t *row = json_object();
    put_texts(row, texts, sizeof texts / sizeof *texts);
    self->found_run_id = ++self->run_id;
    json_object_set_new(row, "id", json_integer(self->found_run_id));
    json_object_set_new(row, "started_ms", json_integer(self->unix_ms));
    return rebuild_open_unit(self, PURPOSE_ROW, error) ||
                   archive_add(archive_find("runs"), row, self->batch, error)
               ? -1
               : 0;
}

static int
add_job(rebuild_rows_t *self, const struct adoption *found, int64_t database_id,
        struct error *error)
{
    const char *const job_texts[][2] = {{"kind", "backup"}, {"state", "succeeded"}};
    const char *const attempt_texts[][2] = {{"outcome", "succeeded"}};
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"id", found->job_id},
                   {"job_id", found->job_id},
                   {"number", found->attempt},
                   {"attempt", found->attempt},
                   {"run_id", self->found_run_id},
                   {"database_id", database_id},
                   {"size_bytes", found->size_bytes},
                   {"queued_ms", found->started_ms},
                   {"started_ms", found->started_ms},
                   {"ended_ms", found->created_ms}};
    CLEAN(json_destroy) json_t *job = json_object();
    CLEAN(json_destroy) json_t *attempt = json_object();
    put_texts(job, job_texts, sizeof job_texts / sizeof *job_texts);
    put_texts(attempt, attempt_texts, sizeof attempt_texts / sizeof *attempt_texts);
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        json_object_set_new(job, numbers[index].key, json_integer(numbers[index].number));
        json_object_set_new(attempt, numbers[index].key, json_integer(numbers[index].number));
    }
    return rebuild_open_unit(self, PURPOSE_JOB_OF_FOUND, error) ||
                   archive_add(archive_find("jobs"), job, self->batch, error) ||
                   archive_add(archive_find("attempts"), attempt, self->batch, error)
               ? -1
               : 0;
}

static int
check_place(const rebuild_rows_t *self, const struct adoption *found, struct error *error)
{
    struct set_name name;
    if (set_name_parse(found->path, &name) || strcmp(name.folder, self->folder) != 0 ||
        name.state != SET_NAME_WHOLE || name.job_id != found->job_id ||
        name.attempt != found->attempt)
        return error_set(error, ERROR_INVALID, "'%.160s' is no place of such a set", found->path);
    return 0;
}

int
rebuild_take_found(rebuild_rows_t *self, const char *line, size_t size, struct error *error)
{
    struct error cause = {0};
    int64_t database_id = 0;
    CLEAN(adoption_clear) struct adoption found = {0};
    if (adoption_read(&found, line, size, &cause) || check_place(self, &found, &cause)) {
        rebuild_tell(self, "a set", cause.message);
        return 0;
    }
    self->found++;
    if (self->there && zhashx_lookup(self->there, found.path))
        return 0;
    if (find_database(self, &found, &database_id, error) || open_run(self, error) ||
        add_job(self, &found, database_id, error) || rebuild_open_unit(self, PURPOSE_SET, error))
        return -1;
    adoption_write(&found, ++self->set_id, database_id, self->store, self->batch);
    return 0;
}
