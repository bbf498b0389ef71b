// Makes those who read a database heed what else its server does: a watch, the throttle that judges
// what it sees, and what is said about both. A watch that is lost slows nobody down; it is opened
// again some seconds later.
//
//     struct postgres_heed heed = {.server = server, .database = database, .sink = sink,
//                                  .limits = &options->throttle, .members = 4};
//     if (postgres_heed_open(&heed, error) || postgres_heed_begin(&heed, processes, count, error))
//         return -1;
//     postgres_heed_look(&heed, &gait, now_ms);   // often

#pragma once

#include "worker/engine/crew.h"
#include "worker/engine/engine.h"
#include "worker/engine/postgres_watch.h"
#include "worker/engine/throttle.h"

struct postgres_heed {
    const struct server *server;
    const char *database;
    const struct sink *sink;
    const struct throttle_limits *limits;  // none: nothing is watched
    unsigned members;                      // who read, at most

    postgres_watch_t *watch;  // NULL: there is none, or it is lost
    struct throttle throttle;
    int processes[CREW_MEMBERS_MAX + 1];
    size_t process_count;
    int64_t lost_ms;
    int is_lost_told;
};

// Fails as postgres_watch_open.
int postgres_heed_open(struct postgres_heed *self, struct error *error);
void postgres_heed_clear(struct postgres_heed *self);

// `processes` are our own sessions, at most CREW_MEMBERS_MAX + 1. Fails as postgres_watch_begin.
int postgres_heed_begin(struct postgres_heed *self, const int *processes, size_t count,
                        struct error *error);

// How many may read now, and how long they rest, if there is news of it.
void postgres_heed_look(struct postgres_heed *self, struct crew_gait *gait, int64_t now_ms);

// Tells the sink what was slowed down.
void postgres_heed_tell(const struct postgres_heed *self);
