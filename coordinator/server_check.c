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

char *
server_check_takers(struct server *self, const struct board_job *job, const char *message)
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
