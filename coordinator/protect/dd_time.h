// Which moment a stamp of the command line is: its year is the one that fits the day of the week
// and is not in the future, its zone the Data Domain's. Of two moments that it may be (a clock that
// was set back) it is the earlier one: what is off-site is never told too early.

#pragma once

#include "common/error.h"
#include "coordinator/protect/dd_output.h"
#include "coordinator/zone.h"

// ERROR_INVALID if there is no such moment within the year before now_s.
int dd_time_find(const struct dd_stamp *stamp, const zone_t *zone, int64_t now_s, int64_t *unix_s,
                 struct error *error);
