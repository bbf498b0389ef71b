// Whatever a Data Domain's command line prints: it is read within its limits or refused, and what
// is read of a place may go onto that command line again or is refused there.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/dd_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
check_status(const char *output)
{
    enum { NOW_S = 1795708800, DAY_S = 86400 };
    struct error error = {0};
    CLEAN(memory_free) struct dd_status_row *rows = NULL;
    CLEAN(zone_destroy) zone_t *zone = NULL;
    size_t count = 0;
    if (dd_output_status(output, &rows, &count, &error)) {
        require(error.code == ERROR_INVALID && !rows);
        return;
    }
    require(count <= DD_CONTEXTS_MAX && zone_open(&zone, "UTC", &error) == 0);
    for (size_t index = 0; index < count; index++) {
        int64_t unix_s = 0;
        if (rows[index].has_stamp &&
            dd_time_find(&rows[index].stamp, zone, NOW_S, &unix_s, &error) == 0)
            require(unix_s <= NOW_S + 2 * DAY_S && unix_s > NOW_S - 731 * (int64_t)DAY_S);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    char text[DD_TEXT_SIZE] = "", host[DD_NAME_SIZE], path[DD_PATH_SIZE];
    CLEAN(memory_free) struct dd_config_row *rows = NULL;
    CLEAN(memory_free) char *output = memory_get(size + 1);
    size_t count = 0;
    memcpy(output, data, size);
    dd_output_failed(output, text, sizeof text);
    require(memchr(text, '\0', sizeof text) != NULL);
    check_status(output);
    if (dd_output_config(output, &rows, &count, &error))
        return 0;
    require(count <= DD_CONTEXTS_MAX);
    for (size_t index = 0; index < count; index++) {
        if (dd_output_place(rows[index].source, host, path, &error) == 0)
            require(*host && *path == '/');
    }
    return 0;
}
