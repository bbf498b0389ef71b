// The planner: which policies fire now, and whose windows close. It keeps what is remembered of
// each policy's firings; what is to be written of it, it tells. No I/O; the time is an argument.
//
//     struct planner_listener listener = {.close = ..., .fire = ..., .keep = ...};
//     planner_look(planner, policies, self->unix_ms, self->now_ms, &listener);

#pragma once

#include "coordinator/policies.h"
#include "coordinator/record.h"

typedef struct planner planner_t;

struct planner_listener {
    // What of the policy's last firing has not begun is left to the next one.
    void (*close)(void *context, const char *policy);
    // The policy fires. `firing` is to be written in the transaction that makes the run.
    void (*fire)(void *context, const struct policy *policy, const struct schedule_turn *turn,
                 const struct firing *firing);
    // To be written.
    void (*keep)(void *context, const struct firing *firing);
    // Firings were missed (turn->missed), or the clock went back too far (turn->back_ms).
    void (*warn)(void *context, const struct policy *policy, const struct schedule_turn *turn);
    void *context;
};

planner_t *planner_new(void);
void planner_destroy(planner_t **self_p);

// Takes a record over, as it was loaded.
void planner_load(planner_t *self, struct firing **firing_p);

// When the window of a policy's last firing closes; 0 if it has.
int64_t planner_closes(planner_t *self, const char *policy);

// Fires what is due. now_ms is monotonic: against it a step of the clock shows.
void planner_look(planner_t *self, const policies_t *policies, int64_t unix_ms, int64_t now_ms,
                  const struct planner_listener *listener);

// What would fire until then, if the clock goes on as it does: each turn of each policy, which is
// given by its place among the policies. Nothing is remembered of it. It ends early when `tell`
// says so by anything but 0.
typedef int planner_turn_fn(void *context, size_t policy, int64_t at_ms,
                            const struct schedule_turn *turn);
void planner_foresee(planner_t *self, const policies_t *policies, int64_t unix_ms, int64_t until_ms,
                     planner_turn_fn *tell, void *context);

// The next look asks every policy, due or not: what was planned until then is decided.
void planner_ask_all(planner_t *self);

// Other policies have come in place of the old ones, all of which were just asked, so that a
// schedule that has changed holds from now on only. Of a policy that is not on one any more nothing
// is remembered but when its window closes. Also to be called once all is loaded: policies may have
// gone while nothing ran.
void planner_reload(planner_t *self, const policies_t *policies,
                    const struct planner_listener *listener);
