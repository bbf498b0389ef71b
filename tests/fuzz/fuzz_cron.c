// Whatever a cron form says: it is refused with a sentence, or its firings go forward and end.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/calendar.h"
#include "coordinator/cron.h"

enum { FIRINGS = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
follow(const cron_t *cron, int64_t local_s)
{
    for (int count = 0; count < FIRINGS; count++) {
        int64_t next_s = cron_next(cron, local_s);
        if (next_s == CRON_NEVER)
            return;
        require(next_s >= local_s && next_s % 60 == 0);
        require(cron_next(cron, next_s) == next_s);
        local_s = next_s + 1;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEAN(memory_free) char *text = memory_get(size + 1);
    memcpy(text, data, size);
    struct error error = {0};
    CLEAN(cron_destroy) cron_t *cron = NULL;
    if (cron_parse(&cron, text, &error)) {
        require(error.code == ERROR_CONFIG && error.message[0]);
        return 0;
    }
    follow(cron, calendar_days(2026, 1, 1) * CALENDAR_DAY_S);
    follow(cron, calendar_days(2096, 2, 28) * CALENDAR_DAY_S - 1);
    follow(cron, calendar_days(9999, 12, 31) * CALENDAR_DAY_S);
    require(cron_next(cron, calendar_days(2000, 1, 1) * CALENDAR_DAY_S) != CRON_NEVER);
    return 0;
}
