// Makes those who read a server heed what else it does: a watch, the throttle that judges what it
// sees, and what is said about both. A watch that is lost slows nobody down; it is opened again
// some time later.
//
//     struct mysql_heed heed = {.server = server, .sink = sink, .limits = &options->throttle,
//                               .members = 4};
//     mysql_heed_begin(&heed, ours, count);
//     mysql_heed_look(&heed, &gait, now_ms);   // often

#pragma once

#include "worker/engine/crew.h"
#include "worker/engine/engine.h"
#include "worker/engine/mysql_point.h"
#include "worker/engine/mysql_watch.h"
#include "worker/engine/throttle.h"

struct mysql_heed {
    const struct server *server;
    const struct sink *sink;
    const struct throttle_limits *limits;  // none: nothing is watched
    unsigned members;                      // who read, at most

    mysql_watch_t *watch;  // NULL: there is none, or it is lost
    struct throttle throttle;
    unsigned long ours[MYSQL_POINT_SESSIONS_MAX + 1];
    size_t our_count;
    int64_t tried_ms;  // when it was opened or lost last
    int is_without_told, is_lost_told;
};

// `ours` are our own sessions, at most MYSQL_POINT_SESSIONS_MAX + 1. A watch that cannot be opened
// is told, and tried again.
void mysql_heed_begin(struct mysql_heed *self, const unsigned long *ours, size_t count);
void mysql_heed_clear(struct mysql_heed *self);

// How many may read now, and how long they rest, if there is news of it.
void mysql_heed_look(struct mysql_heed *self, struct crew_gait *gait, int64_t now_ms);

// Tells the sink what was slowed down.
void mysql_heed_tell(const struct mysql_heed *self);
