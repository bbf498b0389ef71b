// Whether a database can be backed up, by what discovery knows: its state, its engine, how to
// reach it. The sentence goes into the catalog and is shown to people.

#pragma once

#include "coordinator/record.h"

enum { ELIGIBLE_REASON_SIZE = 256 };

// Returns 1, or 0 and the reason why not. A state that will pass is no reason.
int eligible_judge(const struct database *database, char reason[ELIGIBLE_REASON_SIZE]);

// Whether it is in a state that will pass (upgrading, failing over, ...): a job waits for that.
int eligible_waits(const struct database *database);
