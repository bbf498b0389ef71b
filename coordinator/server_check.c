// What a check tells beyond what its worker found: whether a worker would get the backup at all.

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

char *
server_check_judge(struct server *self, const struct board_job *job, Wire__Done *done)
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
