// Slows a reader down on the source's own signals, and lets it go again: a closed loop. Pure: the
// engine measures, waits and obeys; time is an argument.
//
//     struct throttle throttle = throttle_at(&options->throttle, connections);
//     struct throttle_sample sample = throttle_unknown();
//     sample.values[THROTTLE_RUNNING] = 31;                       // about once a second
//     const struct throttle_answer *answer = throttle_take(&throttle, &sample, now_ms);
//     // answer->connections of them may work, each resting answer->pause_ms after each piece
//
// While a signal is above its limit, half as many connections work, then half of these, down to one
// and never below; then that one rests, longer and longer, but all in all no longer than
// pause_limit_ms: after that it goes on without rests. When all signals that are known are at three
// quarters of their limits or less, it goes back up, step by step and slower than down; in between
// all stays as it is. A signal that the source does not tell is -1 and decides nothing.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum throttle_signal {
    THROTTLE_RUNNING,      // statements that others run now
    THROTTLE_LAG,          // ms that a replica is behind
    THROTTLE_TRANSACTION,  // ms since the oldest transaction of others began
    THROTTLE_LONG,         // statements of others that have run for THROTTLE_LONG_MS or longer
    THROTTLE_SIGNALS,
};

enum {
    THROTTLE_LONG_MS = 10000,
    THROTTLE_DOWN_MS = 2000,   // between two steps down: what a step does must show first
    THROTTLE_UP_MS = 5000,     // between two steps up
    THROTTLE_PAUSE_MS = 2000,  // the longest rest after a piece
    THROTTLE_TEXT_SIZE = 320,
};

struct throttle_limits {
    int64_t at_most[THROTTLE_SIGNALS];  // 0 = no limit
    int64_t pause_limit_ms;             // of all rests together; 0 = it never rests
};

struct throttle_sample {
    int64_t values[THROTTLE_SIGNALS];  // -1 = not known
};

struct throttle_answer {
    unsigned connections;  // 1 or more
    unsigned pause_ms;
};

struct throttle {
    struct throttle_limits limits;
    unsigned connections_max;
    struct throttle_answer answer;
    int64_t taken_ms, stepped_ms;  // the last sample, and the last step
    unsigned causes;               // bits of the signals that were above their limits last
    int64_t slowed_ms, paused_ms, caused_ms[THROTTLE_SIGNALS];
};

// The name of a signal's key in policies: "running", "replica_lag", ...
const char *throttle_name(enum throttle_signal signal);

// Is there any limit?
int throttle_is_wanted(const struct throttle_limits *limits);

struct throttle throttle_at(const struct throttle_limits *limits, unsigned connections_max);

struct throttle_sample throttle_unknown(void);

// Lent. now_ms never goes back.
const struct throttle_answer *throttle_take(struct throttle *self,
                                            const struct throttle_sample *sample, int64_t now_ms);

// Nothing is measured any more: from now on there is no reason to go slowly. The next sample begins
// anew; what was counted stays, and the rests' limit with it.
const struct throttle_answer *throttle_lose(struct throttle *self, int64_t now_ms);

// For the manifest and the record: "slowed down for 95 s, resting in 12 s of them, because of
// running (90 s), replica_lag (5 s)". Returns 0, and "", if it never was.
int throttle_tell(const struct throttle *self, char text[THROTTLE_TEXT_SIZE]);

// The same of a watch that was lost: "all signals for a while, as the session that watches was
// lost:
// ...". `where`: ", in database 'shop'", or "". The caller's.
char *throttle_tell_lost(const char *where, const char *why);
