#include "coordinator/discovery/eligible.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/discovery/aws_status.h"

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

static int
is_of_aws(const struct database *database)
{
    static const char prefix[] = "aws:";
    return strncmp(database->provider, prefix, sizeof prefix - 1) == 0;
}

// Returns 1 if the state allows a backup, now or soon. Each kind of provider has words of its own;
// those of an inventory are for people, so it is taken at its only word.
static int
judge_state(const struct database *database, char reason[ELIGIBLE_REASON_SIZE])
{
    const char *why = "";
    if (is_of_aws(database)) {
        if (aws_status_judge(database->state, &why) != AWS_STATUS_SKIP)
            return 1;
        snprintf(reason, ELIGIBLE_REASON_SIZE, "%s", why);
        return 0;
    }
    if (strcmp(database->state, "available") == 0)
        return 1;
    snprintf(reason, ELIGIBLE_REASON_SIZE, "its state is '%.64s', not 'available'",
             database->state);
    return 0;
}

int
eligible_waits(const struct database *database)
{
    const char *why = "";
    return is_of_aws(database) && aws_status_judge(database->state, &why) == AWS_STATUS_DEFER;
}

int
eligible_judge(const struct database *database, char reason[ELIGIBLE_REASON_SIZE])
{
    if (database->gone_ms)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "its provider no longer lists it");
    else if (!is_supported(database->engine))
        snprintf(reason, ELIGIBLE_REASON_SIZE, "the engine '%.64s' is not supported",
                 database->engine);
    else if (!judge_state(database, reason))
        return 0;
    else if (!*database->host || database->port <= 0)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "no host and port to connect to are known");
    else if (!*database->secret)
        snprintf(reason, ELIGIBLE_REASON_SIZE, "no secret is named for it");
    else
        return 1;
    return 0;
}
