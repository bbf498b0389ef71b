// Works off a plan over the sessions of a point: the crew of our own MySQL reader. Part of
// mysql_reader.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_plan.h"
#include "worker/engine/mysql_point.h"

struct mysql_crew {
    const struct server *server;
    mysql_session_t *control;  // kills what is to be cancelled
    struct mysql_point *point;
    mysql_plan_t *plan;
    const struct sink *sink;
    uint64_t limit_bytes_per_s;  // of all together; 0: none
    int64_t statement_limit_ms;  // 0: mysql_rows' own
    const struct throttle_limits *throttle;
};

// Tells the sink what slowed it down, too.
int mysql_crew_run(const struct mysql_crew *self, struct error *error);
