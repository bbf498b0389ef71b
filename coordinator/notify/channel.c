#include "coordinator/notify/channel.h"

#include <string.h>

static const struct channel_ops *const kinds[] = {&channel_command_ops, &channel_webhook_ops,
                                                  &channel_syslog_ops};

const struct channel_ops *
channel_find(const char *kind)
{
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if (strcmp(kinds[index]->kind, kind) == 0)
            return kinds[index];
    }
    return NULL;
}

void
channel_end(struct channel_result *result, enum channel_outcome outcome, const struct error *reason)
{
    *result = (struct channel_result){.outcome = outcome, .asked_ms = -1};
    if (reason)
        result->reason = *reason;
}
