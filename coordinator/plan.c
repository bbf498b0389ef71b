#include "coordinator/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "proto/set_name.h"

enum { CHECK_LIMIT_MS = 600000, LABEL_SIZE = 128 };

// The generated structs take texts that are not const; packing only reads them.
static char *
lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int
pack_run(Wire__Run *run, const struct wanted_found *wanted, uint8_t **task, size_t *size,
         struct error *error)
{
    Wire__WantedLabel labels[WANTED_ALL_MAX], *list[WANTED_ALL_MAX];
    for (size_t index = 0; wanted && index < wanted->count; index++) {
        labels[index] = (Wire__WantedLabel)WIRE__WANTED_LABEL__INIT;
        labels[index].name = lend(wanted->labels[index].name);
        labels[index].pattern = lend(wanted->labels[index].pattern);
        labels[index].preferred = wanted->labels[index].is_preferred;
        list[index] = &labels[index];
        run->n_wanted = index + 1;
    }
    run->wanted = list;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.version = WIRE_VERSION;
    envelope.body_case = WIRE__ENVELOPE__BODY_RUN;
    envelope.run = run;
    return wire_pack(&envelope, WIRE_FROM_COORDINATOR, task, size, error);
}

static void
fill_server(Wire__Server *server, const struct database *database)
{
    server->engine = lend(database->engine);
    server->host = lend(database->host);
    server->port = (uint32_t)database->port;
    server->secret = lend(database->secret);
    server->resource_id = lend(database->resource_id);
    server->name = lend(database->name);
    server->version = lend(database->version);
    server->region = lend(database->region);
    server->role_arn = lend(database->role_arn);
    server->external_id = lend(database->external_id);
    server->provider = lend(database->provider);
}

static const char *
store_of(const struct settings *settings, const struct policy *policy)
{
    return policy && *policy->store ? policy->store : settings->store;
}

static int64_t
time_limit_of(const struct settings *settings, const struct policy *policy)
{
    return policy && policy->time_limit_ms ? policy->time_limit_ms : settings->time_limit_ms;
}

int
plan_backup(const struct settings *settings, const struct policy *policy,
            const struct database *database, const struct wanted_found *wanted, int64_t run_id,
            uint8_t **task, size_t *size, struct error *error)
{
    char label[LABEL_SIZE];
    snprintf(label, sizeof label, "run %" PRId64 "%s%s", run_id, policy ? ", policy " : "",
             policy ? policy->name : "");
    struct what_parts parts;
    Wire__Server source = WIRE__SERVER__INIT;
    Wire__What what = WIRE__WHAT__INIT;
    fill_server(&source, database);
    if (policy && what_fill(&policy->what, database, &what, &source, &parts, error))
        return -1;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    backup.what = &what;
    backup.source = &source;
    backup.tool = lend(policy ? policy->tool : "");
    backup.store = lend(store_of(settings, policy));
    backup.password_hashes = policy && policy->password_hashes >= 0 ? policy->password_hashes
                                                                    : settings->password_hashes;
    backup.run_label = label;
    backup.connections = policy ? (uint32_t)policy->connections : 0;
    backup.range_bytes = policy ? (uint64_t)policy->range_bytes : 0;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = time_limit_of(settings, policy);
    run.task_case = WIRE__RUN__TASK_BACKUP;
    run.backup = &backup;
    return pack_run(&run, wanted, task, size, error);
}

void
plan_need(const struct settings *settings, const struct policy *policy,
          const struct database *database, const struct wanted_found *wanted,
          struct placement_need *need)
{
    *need = (struct placement_need){.store = store_of(settings, policy),
                                    .tool = policy ? policy->tool : "",
                                    .engine = database->engine,
                                    .label_count = wanted->count};
    placement_version(database->version, &need->major, &need->minor);
    for (size_t index = 0; index < wanted->count; index++)
        need->labels[index] =
            (struct placement_label){.name = wanted->labels[index].name,
                                     .pattern = wanted->labels[index].pattern,
                                     .is_preferred = wanted->labels[index].is_preferred};
}

int
plan_server(const struct policy *policy, const struct database *database,
            char server[PLAN_SERVER_SIZE], struct error *error)
{
    struct what_parts parts;
    Wire__Server source = WIRE__SERVER__INIT;
    Wire__What what = WIRE__WHAT__INIT;
    fill_server(&source, database);
    if (policy && what_fill(&policy->what, database, &what, &source, &parts, error))
        return -1;
    snprintf(server, PLAN_SERVER_SIZE, "%.255s:%" PRIu32, source.host, source.port);
    return 0;
}

int
plan_check(const struct settings *settings, const struct policy *policy,
           const struct database *database, const struct wanted_found *wanted, const char *folder,
           uint8_t **task, size_t *size, struct error *error)
{
    char path[PLAN_PATH_SIZE];
    plan_folder(folder, database->id, path);
    struct what_parts parts;
    Wire__Server source = WIRE__SERVER__INIT;
    Wire__What what = WIRE__WHAT__INIT;
    fill_server(&source, database);
    if (policy && what_fill(&policy->what, database, &what, &source, &parts, error))
        return -1;
    Wire__Check check = WIRE__CHECK__INIT;
    check.what = &what;
    check.source = &source;
    check.store = lend(store_of(settings, policy));
    check.tool = lend(policy ? policy->tool : "");
    check.path = path;
    check.size_bytes = database->size_bytes > 0 ? (uint64_t)database->size_bytes : 0;
    Wire__Run run = WIRE__RUN__INIT;
    int64_t limit_ms = time_limit_of(settings, policy);
    run.time_limit_ms = limit_ms < CHECK_LIMIT_MS ? limit_ms : CHECK_LIMIT_MS;
    run.task_case = WIRE__RUN__TASK_CHECK;
    run.check = &check;
    return pack_run(&run, wanted, task, size, error);
}

static const char *
cell(const table_t *table, size_t row, const char *column)
{
    for (size_t index = 0; index < table_columns(table); index++) {
        if (strcmp(table_name(table, index), column) == 0)
            return table_cell(table, row, index);
    }
    return "";
}

int
plan_read_set(const table_t *table, size_t row, struct plan_set *set, struct error *error)
{
    *set = (struct plan_set){
        .id = strtoll(cell(table, row, "id"), NULL, 10),
        .database_id = strtoll(cell(table, row, "database"), NULL, 10),
        .engine = cell(table, row, "engine"),
        .store = cell(table, row, "store"),
        .path = cell(table, row, "path"),
        .state = cell(table, row, "state"),
        .name = cell(table, row, "name"),
    };
    if (set->id <= 0 || digest_from_hex(cell(table, row, "manifest_sha256"), set->manifest_sha256))
        return error_set(error, ERROR_CORRUPT, "the catalog's row of set '%s' makes no sense",
                         cell(table, row, "id"));
    return 0;
}

static ProtobufCBinaryData
lend_digest(const struct plan_set *set)
{
    return (ProtobufCBinaryData){.len = DIGEST_SIZE,
                                 .data = (uint8_t *)(uintptr_t)set->manifest_sha256};
}

int
plan_restore(const struct settings *settings, const struct plan_set *set,
             const Wire__SubmitRestore *wish, const struct wanted_found *wanted, uint8_t **task,
             size_t *size, struct error *error)
{
    Wire__Server target = *wish->target;
    if (!*target.engine)
        target.engine = lend(set->engine);
    Wire__Restore restore = WIRE__RESTORE__INIT;
    restore.store = lend(set->store);
    restore.path = lend(set->path);
    restore.manifest_sha256 = lend_digest(set);
    restore.target = &target;
    restore.overwrite = wish->overwrite;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = settings->time_limit_ms;
    run.task_case = WIRE__RUN__TASK_RESTORE;
    run.restore = &restore;
    return pack_run(&run, wanted, task, size, error);
}

int
plan_verify(const struct settings *settings, const struct plan_set *set, uint8_t **task,
            size_t *size, struct error *error)
{
    Wire__Verify verify = WIRE__VERIFY__INIT;
    verify.store = lend(set->store);
    verify.path = lend(set->path);
    verify.manifest_sha256 = lend_digest(set);
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = settings->time_limit_ms;
    run.task_case = WIRE__RUN__TASK_VERIFY;
    run.verify = &verify;
    return pack_run(&run, NULL, task, size, error);
}

int
plan_expire(const struct settings *settings, const char *store, const char *path, uint8_t **task,
            size_t *size, struct error *error)
{
    Wire__Expire expire = WIRE__EXPIRE__INIT;
    expire.store = lend(store);
    expire.path = lend(path);
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = settings->time_limit_ms;
    run.task_case = WIRE__RUN__TASK_EXPIRE;
    run.expire = &expire;
    return pack_run(&run, NULL, task, size, error);
}

int
plan_sweep(const struct settings *settings, const Wire__SubmitSweep *wish, const char *folder,
           uint8_t **task, size_t *size, struct error *error)
{
    Wire__Sweep sweep = WIRE__SWEEP__INIT;
    sweep.store = wish->store;
    sweep.path = lend(folder);
    sweep.remove_partial = wish->remove_partial;
    sweep.remove_unknown = wish->remove_unknown;
    sweep.adopt = wish->adopt;
    sweep.mark_missing = wish->mark_missing;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = settings->time_limit_ms;
    run.task_case = WIRE__RUN__TASK_SWEEP;
    run.sweep = &sweep;
    return pack_run(&run, NULL, task, size, error);
}

int
plan_save_catalog(const struct settings *settings, const char *store, uint8_t **task, size_t *size,
                  struct error *error)
{
    Wire__SaveCatalog save = WIRE__SAVE_CATALOG__INIT;
    save.store = lend(store);
    save.keep = (uint32_t)settings->saving.keep;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = settings->saving.limit_ms;
    run.task_case = WIRE__RUN__TASK_SAVE_CATALOG;
    run.save_catalog = &save;
    return pack_run(&run, NULL, task, size, error);
}

void
plan_folder(const char *folder, int64_t database_id, char path[PLAN_PATH_SIZE])
{
    snprintf(path, PLAN_PATH_SIZE, "%.64s/d%" PRId64, folder, database_id);
}

void
plan_path(const char *folder, const struct job *job, char path[PLAN_PATH_SIZE])
{
    struct set_name name = {
        .database_id = job->database_id, .job_id = job->id, .attempt = job->attempt};
    char text[SET_NAME_SIZE];
    snprintf(name.folder, sizeof name.folder, "%.*s", SET_NAME_FOLDER_SIZE - 1, folder);
    set_name_print(&name, text);
    snprintf(path, PLAN_PATH_SIZE, "%.*s", PLAN_PATH_SIZE - 1, text);
}

static char *
first_store(const Wire__Ready *worker, char *wanted)
{
    return !*wanted && worker->n_stores > 0 ? worker->stores[0]->identity : wanted;
}

int
plan_run(const Wire__Envelope *task, const struct job *job, const char *folder, int64_t epoch,
         const Wire__Ready *worker, uint8_t **data, size_t *size, struct error *error)
{
    char path[PLAN_PATH_SIZE];
    plan_path(folder, job, path);
    Wire__Envelope envelope = *task;
    Wire__Run run = *task->run;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Check check = WIRE__CHECK__INIT;
    Wire__SaveCatalog save = WIRE__SAVE_CATALOG__INIT;
    envelope.epoch = (uint64_t)epoch;
    envelope.job_id = (uint64_t)job->id;
    envelope.attempt = (uint32_t)job->attempt;
    envelope.run = &run;
    if (run.task_case == WIRE__RUN__TASK_BACKUP) {
        backup = *run.backup;
        backup.store = first_store(worker, backup.store);
        backup.path = path;
        run.backup = &backup;
    } else if (run.task_case == WIRE__RUN__TASK_CHECK) {
        check = *run.check;
        check.store = first_store(worker, check.store);
        run.check = &check;
    } else if (run.task_case == WIRE__RUN__TASK_SAVE_CATALOG) {
        save = *run.save_catalog;
        save.path = path;
        run.save_catalog = &save;
    }
    return wire_pack(&envelope, WIRE_FROM_COORDINATOR, data, size, error);
}
