// The words that records have for kinds and states.

#include "coordinator/record.h"

#include <string.h>

static const char *const kind_names[JOB_KINDS] = {
    [JOB_BACKUP] = "backup",   [JOB_RESTORE] = "restore", [JOB_VERIFY] = "verify",
    [JOB_CHECK] = "check",     [JOB_SWEEP] = "sweep",     [JOB_EXPIRE] = "expire",
    [JOB_CATALOG] = "catalog",
};

static const char *const state_names[JOB_STATES] = {
    [JOB_QUEUED] = "queued",       [JOB_RUNNING] = "running", [JOB_CANCELLING] = "cancelling",
    [JOB_SUCCEEDED] = "succeeded", [JOB_FAILED] = "failed",   [JOB_CANCELLED] = "cancelled",
    [JOB_DEFERRED] = "deferred",
};

static const char *const outage_names[OUTAGE_KINDS] = {
    [OUTAGE_FAILURE] = "failure",       [OUTAGE_PARTIAL] = "partial",
    [OUTAGE_OVERDUE] = "overdue",       [OUTAGE_UNPROTECTED] = "unprotected",
    [OUTAGE_PROTECTION] = "protection", [OUTAGE_JUMP] = "jump",
};

static const char *const protection_names[PROTECTION_STATES] = {
    [PROTECTION_PENDING] = "pending",   [PROTECTION_CREATED] = "created",
    [PROTECTION_SEEN] = "seen",         [PROTECTION_SYNCING] = "syncing",
    [PROTECTION_OFFSITE] = "off-site",  [PROTECTION_KEPT] = "kept",
    [PROTECTION_GIVEN_UP] = "given up",
};

static int
parse(const char *const *names, int count, const char *text)
{
    for (int index = 0; index < count; index++) {
        if (strcmp(names[index], text) == 0)
            return index;
    }
    return -1;
}

const char *
job_kind_name(enum job_kind kind)
{
    return kind_names[kind];
}

const char *
job_state_name(enum job_state state)
{
    return state_names[state];
}

int
job_kind_parse(const char *text, enum job_kind *kind)
{
    int index = parse(kind_names, JOB_KINDS, text);
    if (index < 0)
        return -1;
    *kind = (enum job_kind)index;
    return 0;
}

int
job_state_parse(const char *text, enum job_state *state)
{
    int index = parse(state_names, JOB_STATES, text);
    if (index < 0)
        return -1;
    *state = (enum job_state)index;
    return 0;
}

const char *
outage_kind_name(enum outage_kind kind)
{
    return outage_names[kind];
}

int
outage_kind_parse(const char *text, enum outage_kind *kind)
{
    int index = parse(outage_names, OUTAGE_KINDS, text);
    if (index < 0)
        return -1;
    *kind = (enum outage_kind)index;
    return 0;
}

const char *
protection_state_name(enum protection_state state)
{
    return protection_names[state];
}

int
protection_state_parse(const char *text, enum protection_state *state)
{
    int index = parse(protection_names, PROTECTION_STATES, text);
    if (index < 0)
        return -1;
    *state = (enum protection_state)index;
    return 0;
}

int
job_state_ended(enum job_state state)
{
    return state == JOB_SUCCEEDED || state == JOB_FAILED || state == JOB_CANCELLED ||
           state == JOB_DEFERRED;
}
