#include "coordinator/protect/dd_answer.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/text.h"

enum { CODE_TOKEN = 5427, CODE_INVALID = 5469, ENTRIES_MAX = 1000000 };

static const int64_t epoch_max = 253402300799;  // the end of the year 9999

// ---- refusals

static void
read_status(const char *body, size_t size, int64_t *code, char details[DD_TEXT_SIZE])
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *json = NULL;
    if (json_parse(body, size, DD_ANSWER_SIZE_MAX, &json, &ignored))
        return;
    json_get_integer(json, "code", INT32_MIN, INT32_MAX, code, &ignored);
    const char *text = json_string_value(json_object_get(json, "details"));
    snprintf(details, DD_TEXT_SIZE, "%s", text ? text : "");
    text_clean(details);
}

enum dd_verdict
dd_answer_judge(int status, const char *body, size_t size, char details[DD_TEXT_SIZE])
{
    int64_t code = 0;
    *details = '\0';
    if (status >= 200 && status <= 299)
        return DD_WELL;
    read_status(body, size, &code, details);
    if (status == 401 || code == CODE_TOKEN)
        return DD_TOKEN_DEAD;
    if (status == 404)
        return DD_MISSING;
    return (status == 400 || status == 500) && code == CODE_INVALID ? DD_MISSING_PERHAPS
                                                                    : DD_FAILED;
}

int
dd_answer_wants_factor(const char *body, size_t size)
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *json = NULL;
    return json_parse(body, size, DD_ANSWER_SIZE_MAX, &json, &ignored) == 0 &&
           json_array_size(json_object_get(json, "mfa_res_info")) > 0;
}

// ---- values

static int
read_text(const json_t *json, const char *key, char *to, size_t size, struct error *error)
{
    const char *text = NULL;
    if (json_get_text(json, key, size - 1, &text, error))
        return -1;
    memcpy(to, text, strlen(text) + 1);
    text_clean(to);
    return 0;
}

// What may be left out.
static int
read_optional(const json_t *json, const char *key, char *to, size_t size, struct error *error)
{
    *to = '\0';
    const json_t *value = json_object_get(json, key);
    return value && !json_is_null(value) ? read_text(json, key, to, size, error) : 0;
}

static int
read_epoch(const json_t *json, const char *key, int64_t *epoch_s, struct error *error)
{
    *epoch_s = 0;
    const json_t *value = json_object_get(json, key);
    return value && !json_is_null(value) ? json_get_integer(json, key, 0, epoch_max, epoch_s, error)
                                         : 0;
}

static int
read_boolean(const json_t *json, const char *key, int *is_true, struct error *error)
{
    const json_t *value = json_object_get(json, key);
    if (!json_is_boolean(value))
        return error_set(error, ERROR_INVALID, "'%s' is neither true nor false", key);
    *is_true = json_is_true(value);
    return 0;
}

static int
is_text(const json_t *json, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value && strcmp(value, text) == 0;
}

// ---- records

// MTrees of version 4 spell it `pagingInfo`.
int
dd_answer_page(const json_t *page, const char *name, const json_t **rows, int64_t *total,
               struct error *error)
{
    const json_t *paging = NULL;
    const char *key = json_object_get(page, "pagingInfo") ? "pagingInfo" : "paging_info";
    if (json_get_object(page, key, &paging, error) ||
        json_get_integer(paging, "total_entries", 0, ENTRIES_MAX, total, error))
        return -1;
    if (!json_object_get(page, name) && *total == 0) {
        *rows = NULL;
        return 0;
    }
    return json_get_array(page, name, DD_PAGE_ROWS, rows, error);
}

int
dd_answer_system(const json_t *json, struct dd_system *system, struct error *error)
{
    struct dd_system found = {0};
    if (read_text(json, "name", found.name, sizeof found.name, error) ||
        read_optional(json, "version", found.version, sizeof found.version, error) ||
        read_optional(json, "time_zone", found.zone, sizeof found.zone, error))
        return -1;
    *system = found;
    return 0;
}

static int
read_amount(const json_t *json, const char *key, int64_t *amount, struct error *error)
{
    const json_t *value = json_object_get(json, key);
    return value && !json_is_null(value) ? json_get_integer(json, key, 0, INT64_MAX, amount, error)
                                         : 0;
}

// Assumed, since no document says it: periods are in seconds.
static int
read_lock(const json_t *lock, struct dd_mtree *mtree, struct error *error)
{
    return read_optional(lock, "rl_status", mtree->lock, sizeof mtree->lock, error) ||
                   read_optional(lock, "rl_mode", mtree->lock_mode, sizeof mtree->lock_mode,
                                 error) ||
                   read_amount(lock, "rl_min_period", &mtree->lock_min_s, error) ||
                   read_amount(lock, "rl_max_period", &mtree->lock_max_s, error) ||
                   read_amount(lock, "auto_retention_period", &mtree->auto_lock_s, error) ||
                   read_amount(lock, "auto_lock_delay", &mtree->auto_lock_delay_s, error)
               ? -1
               : 0;
}

int
dd_answer_mtree(const json_t *json, struct dd_mtree *mtree, struct error *error)
{
    struct dd_mtree found = {0};
    if (read_text(json, "name", found.name, sizeof found.name, error))
        return -1;
    // All of these are texts, also those that look like booleans.
    found.is_read_only = is_text(json, "ro_status", "read-only");
    found.is_destination = is_text(json, "repl_destination", "replication-destination");
    found.is_deleted = is_text(json, "del_status", "deleted");
    found.is_degraded = is_text(json, "is_degraded", "degraded");
    const json_t *lock = json_object_get(json, "mtree_rl_detail");
    const json_t *quota = json_object_get(json, "quota_config");
    const json_t *capacity = json_object_get(json, "logical_capacity");
    if ((lock && read_lock(lock, &found, error)) ||
        (quota && read_amount(quota, "hard_limit", &found.quota_bytes, error)) ||
        (capacity && read_amount(capacity, "used", &found.used_bytes, error)))
        return -1;
    *mtree = found;
    return 0;
}

int
dd_answer_snapshot(const json_t *json, struct dd_snapshot *snapshot, struct error *error)
{
    struct dd_snapshot found = {0};
    if (read_text(json, "name", found.name, sizeof found.name, error) ||
        read_optional(json, "mtree", found.mtree, sizeof found.mtree, error) ||
        json_get_integer(json, "creation_epoch", 1, epoch_max, &found.created_s, error) ||
        read_epoch(json, "expiration_epoch", &found.expires_s, error))
        return -1;
    // The list says `isSecure`, the detail `isSecured`.
    found.is_secured = json_is_true(json_object_get(json, "isSecured")) ||
                       json_is_true(json_object_get(json, "isSecure"));
    found.is_expired = is_text(json, "status", "expired");
    *snapshot = found;
    return 0;
}

int
dd_answer_snapshot_row(const json_t *row, const char **name, const char **mtree,
                       struct error *error)
{
    return json_get_text(row, "name", DD_NAME_SIZE - 1, name, error) ||
                   json_get_text(row, "mtree", DD_PATH_SIZE - 1, mtree, error)
               ? -1
               : 0;
}

static int
read_places(const json_t *row, struct dd_context *context, struct error *error)
{
    return read_text(row, "id", context->id, sizeof context->id, error) ||
                   read_text(row, "sourceMtreePath", context->source_path,
                             sizeof context->source_path, error) ||
                   read_text(row, "destinationHost", context->destination_host,
                             sizeof context->destination_host, error) ||
                   read_text(row, "destinationMtreePath", context->destination_path,
                             sizeof context->destination_path, error)
               ? -1
               : 0;
}

int
dd_answer_context(const json_t *row, int *is_source, struct dd_context *context,
                  struct error *error)
{
    struct dd_context found = {0};
    *is_source = is_text(row, "mode", "SOURCE");
    if (!*is_source)
        return 0;
    if (read_places(row, &found, error) || read_boolean(row, "enabled", &found.is_enabled, error) ||
        read_boolean(row, "connected", &found.is_connected, error) ||
        read_boolean(row, "needResync", &found.needs_resync, error) ||
        read_epoch(row, "syncEpoch", &found.synced_s, error) ||
        read_optional(row, "errorMessage", found.trouble, sizeof found.trouble, error))
        return -1;
    found.is_initialized =
        !is_text(row, "state", "UNINITIALIZED") && !is_text(row, "state", "INITIALIZING");
    *context = found;
    return 0;
}
