#include "coordinator/discovery/eligible.h"

#include <stdio.h>
#include <string.h>

static int
is_supported(const char *engine)
{
    static const char *const engines[] = {"mysql", "mariadb", "postgres"};
    for (size_t index = 0; index < sizeof engines / sizeof *engines; index++) {
        if (strcmp(engine, engines[index]) == 0)
            return 1;
    }
    return 0;
}

int
eligible_judge(const struct database *database, char reason[ELIGIBLE_REASON_SIZE])
{
    if (database->gone_ms)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "its provider no longer lists it");
    else if (!is_supported(database->engine))
        snprintf(reason, ELIGIBLE_REASON_SIZE, "the engine '%.64s' is not supported",
                 database->engine);
    else if (strcmp(database->state, "available") != 0)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "its state is '%.64s', not 'available'",
                 database->state);
    else if (!*database->host || database->port <= 0)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "no host and port to connect to are known");
    else if (!*database->secret)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "no secret is named for it");
    else
        return 1;
    return 0;
}
