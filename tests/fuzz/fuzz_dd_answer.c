// Whatever a Data Domain answers over REST: it is a record whose texts are clean and whose times
// are times, or refused.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "coordinator/protect/dd_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static int
is_clean(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return 0;
    }
    return 1;
}

static void
check_records(const json_t *json)
{
    struct error error = {0};
    struct dd_system system;
    struct dd_mtree mtree;
    struct dd_snapshot snapshot;
    struct dd_context context;
    int is_source = 0;
    const char *name = NULL, *path = NULL;
    if (dd_answer_system(json, &system, &error) == 0)
        require(is_clean(system.name) && is_clean(system.zone));
    if (dd_answer_mtree(json, &mtree, &error) == 0)
        require(is_clean(mtree.name) && is_clean(mtree.lock));
    if (dd_answer_snapshot(json, &snapshot, &error) == 0)
        require(is_clean(snapshot.name) && snapshot.created_s > 0 && snapshot.expires_s >= 0);
    if (dd_answer_snapshot_row(json, &name, &path, &error) == 0)
        require(strlen(name) < DD_NAME_SIZE && strlen(path) < DD_PATH_SIZE);
    if (dd_answer_context(json, &is_source, &context, &error) == 0 && is_source)
        require(is_clean(context.destination_host) && is_clean(context.trouble) &&
                context.synced_s >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const lists[] = {"snapshot", "contexts", "mtree"};
    struct error error = {0};
    char details[DD_TEXT_SIZE];
    CLEAN(json_destroy) json_t *json = NULL;
    dd_answer_judge(500, (const char *)data, size, details);
    require(is_clean(details));
    dd_answer_wants_factor((const char *)data, size);
    if (json_parse((const char *)data, size, DD_ANSWER_SIZE_MAX, &json, &error))
        return 0;
    check_records(json);
    for (size_t index = 0; index < 3; index++) {
        const json_t *rows = NULL;
        int64_t total = 0;
        if (dd_answer_page(json, lists[index], &rows, &total, &error))
            continue;
        require(total >= 0 && json_array_size(rows) <= DD_PAGE_ROWS);
        for (size_t row = 0; row < json_array_size(rows); row++)
            check_records(json_array_get(rows, row));
    }
    return 0;
}
