// Looks at a MySQL or MariaDB server and says what would go wrong tonight, and what a set of it
// would not hold, without dumping anything.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_session.h"

struct mysql_check {
    mysql_session_t *session;
    const struct tool *tool;
    struct finding *findings;
    size_t *count;
    size_t count_max;
};

// Sets *count. Findings beyond count_max are dropped; fatal ones come first.
int mysql_check_run(const struct mysql_check *self, struct error *error);
