// What a check tells beyond what its worker found: whether a worker would get the backup at all.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_state.h"

char *
server_check_unfit(struct server *self, const struct board_job *job, const char *message)
{
    CLEAN(findings_destroy) findings_t *reasons = findings_new();
    if (board_has_taker(self->fleet, job, reasons))
        return NULL;
    CLEAN(memory_free) char *lines = findings_print(reasons, WIRE_MESSAGE_MAX);
    return memory_format("%s%s%s", lines, *message ? "\n" : "", message);
}

// The message of one that went well, and who could take such a backup.
static char *
tell_takers(struct server *self, const struct board_job *job, const char *message)
{
    struct placement_need need;
    char names[TAKER_REASON_SIZE];
    CLEAN(memory_free) char *text = memory_copy_text(job->need->text);
    placement_read(text, &need);
    taker_list(self->fleet, &need, names);
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    findings_add(findings, ABOUT_PLACEMENT, 0, "%.512s can take its backup", names);
    CLEAN(memory_free) char *lines = findings_print(findings, WIRE_MESSAGE_MAX);
    return memory_format("%s%s%s", message, *message ? "\n" : "", lines);
}

int
server_lacks_lock(const struct server *self, const struct place *place, char why[STORE_DOUBT_SIZE])
{
    if (self->settings->protect.lock == LOCK_UNWANTED || !*place->lock ||
        strcmp(place->lock, "enabled") == 0 || strcmp(place->lock, "status-unknown") == 0)
        return 0;
    snprintf(
        why, STORE_DOUBT_SIZE,
        "the retention lock of MTree '%.120s' on '%.60s' is '%.40s': who gets at the mount can "
        "delete sets; enable it on the Data Domain, or say `protect: {retention_lock: no}`",
        place->mtree, place->system, place->lock);
    return 1;
}

// What is known here of the store that no worker can see.
static void
look_at_store(struct server *self, const struct board_job *job, findings_t *findings)
{
    char why[STORE_DOUBT_SIZE];
    const char *store = job->task->run->check->store;
    const struct worker *worker = fleet_by_instance(self->fleet, job->record->worker);
    const struct place *place = protections_find(self->protections, store);
    if (place && server_lacks_lock(self, place, why))
        findings_add(findings, ABOUT_LOCK, self->settings->protect.lock == LOCK_REQUIRED, "%s",
                     why);
    if (server_lacks_room(self, job, store, worker, why))
        findings_add(findings, ABOUT_ROOM, 1, "%s", why);
}

// Fatal ones come first. Replaces the message by a longer one, and lets the check fail if need be.
static void
add_store(struct server *self, const struct board_job *job, Wire__Done *done, char **message_p)
{
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    look_at_store(self, job, findings);
    if (findings_count(findings) == 0)
        return;
    CLEAN(memory_free) char *lines = findings_print(findings, WIRE_MESSAGE_MAX);
    CLEAN(memory_free) char *before = memory_copy_text(done->message);
    int is_fatal = findings_are_fatal(findings);
    const char *first = is_fatal ? lines : before, *last = is_fatal ? before : lines;
    char *longer = memory_format("%s%s%s", first, *first && *last ? "\n" : "", last);
    memory_free(message_p);
    done->message = *message_p = longer;
    if (!is_fatal)
        return;
    done->outcome = WIRE__OUTCOME__OUTCOME_FAILED;
    done->failure_class = WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT;
}

static char *
judge_workers(struct server *self, const struct board_job *job, Wire__Done *done)
{
    char *message = server_check_unfit(self, job, done->message);
    if (message) {
        done->outcome = WIRE__OUTCOME__OUTCOME_FAILED;
        done->failure_class = WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT;
    } else if (done->outcome == WIRE__OUTCOME__OUTCOME_SUCCEEDED) {
        message = tell_takers(self, job, done->message);
    }
    if (message)
        done->message = message;
    return message;
}

char *
server_check_judge(struct server *self, const struct board_job *job, Wire__Done *done)
{
    char *message = judge_workers(self, job, done);
    add_store(self, job, done, &message);
    return message;
}
