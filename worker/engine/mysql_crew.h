// Works off a plan over the sessions of a point: the crew of our own MySQL reader. Part of
// mysql_reader.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_plan.h"
#include "worker/engine/mysql_point.h"

struct mysql_crew {
    mysql_session_t *control;  // kills what is to be cancelled
    struct mysql_point *point;
    mysql_plan_t *plan;
    const struct sink *sink;
    uint64_t limit_bytes_per_s;  // of all together; 0: none
    int stop;                    // as of the server
};

int mysql_crew_run(const struct mysql_crew *self, struct error *error);
