// Looks at a MySQL or MariaDB server and says what would go wrong tonight, and what a set of it
// would not hold, without dumping anything.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_session.h"

struct mysql_check {
    mysql_session_t *session;
    const struct tool *tool;       // NULL: there is none that fits
    int is_ours;                   // our reader will read it, over several connections
    const selection_t *selection;  // NULL: all is wanted
    findings_t *findings;
    uint64_t *size_bytes;  // of the rows, as the server has it
};

// What cannot be looked at is a finding, too.
void mysql_check_run(const struct mysql_check *self);
