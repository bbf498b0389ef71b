// The agent's own state, for agent.c (the loop), agent_hear.c (what the coordinator says) and
// agent_tell.c (what it is told). Nobody else includes it.

#pragma once

#include <stdint.h>

#include "common/random.h"
#include "worker/agent.h"
#include "worker/attempts.h"
#include "worker/link.h"
#include "worker/scout.h"
#include "worker/spool.h"
#include "worker/state.h"

// Complaints about what comes from outside: one line a minute at most.
struct complaint {
    uint64_t count;
    int64_t quiet_until_ms;
};

// Lines that the coordinator causes by what it says: so many a minute.
struct chatter {
    unsigned lines;
    int64_t since_ms;
};

struct agent {
    const struct settings *settings;
    struct key_pair key;
    char boot_id[RANDOM_ID_SIZE];
    state_t *state;
    spool_t *spool;
    attempts_t *attempts;
    scout_t *scout;
    link_t *link;
    wire_decoder_t *decoder;  // for what comes from the spool
    int64_t now_ms, unix_ms;  // of this turn of the loop
    uint64_t chance;
    struct complaint refused;
    struct chatter chatter;
    int is_draining;  // no new jobs until all are done and the coordinator was told so
    int is_stopping;  // the daemon ends
    int is_leaving;   // no job runs any more
    int64_t stop_at_ms;
};

// agent_hear.c: reads and obeys all that has come.
void agent_hear(agent_t *self);

// Logs what the coordinator has said and what was answered, unless it says too much.
void agent_log(agent_t *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

// agent_tell.c
int agent_is_running(const agent_t *self, uint64_t job_id, uint32_t attempt);

// Before an attempt starts: spools what is to be told should the daemon die before it ends.
int agent_expect_result(agent_t *self, const Wire__Envelope *run, struct error *error);
void agent_tell_duties(agent_t *self);   // Ready and Beat, when they are due
void agent_tell_results(agent_t *self);  // what is in the spool and due
void agent_tell_bye(agent_t *self, const char *reason);
void agent_tell_accepted(agent_t *self, const Wire__Envelope *run);
void agent_tell_refused(agent_t *self, const Wire__Envelope *run, Wire__Refused__Reason reason,
                        const char *message);
void agent_tell_progress(void *self, const Wire__Envelope *message);  // an attempts_listener's
void agent_take_result(void *self, const Wire__Envelope *done, const char *remark);
void agent_news(agent_t *self, enum link_news news, const struct error *error);  // logs them
