// Time zones by their IANA names, from the files beneath /usr/share/zoneinfo (TZif, RFC 8536).
//
// Own code, for a reason: schedules must follow a country's latest decision, and that comes with
// the package tzdata. ICU brings data of its own (Debian 12: tzdata 2022e in a library of 30 MB,
// so Kazakhstan in 2024, and all since, would fire an hour off for good), and libc has only one
// zone at a time for the whole process. The format is small and its files are taken for hostile.
//
// Local time is UTC plus an offset, in spans. Where a span ends, the local clock may leap forward
// (a gap: local times that never come) or back (local times that come twice); what that means for
// a schedule is timetable.h's. A zone stays as it was read: reload to follow an update.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "coordinator/zone_rule.h"

enum { ZONE_FILE_SIZE_MAX = 256 << 10, ZONE_ID_MAX = 63 };

typedef struct zone zone_t;

// "UTC" needs no file. ERROR_CONFIG for a name that is none, or if there is no such file.
int zone_open(zone_t **self_p, const char *name, struct error *error);

// The bytes of a file. ERROR_INVALID if they are no TZif, beyond limits, or count leap seconds.
int zone_parse(zone_t **self_p, const char *name, const void *data, size_t size,
               struct error *error);

void zone_destroy(zone_t **self_p);

const char *zone_name(const zone_t *self);

// The span that holds unix_s. Times beyond the years 1 to 9999 are taken for those years' ends.
void zone_span(const zone_t *self, int64_t unix_s, struct zone_span *span);
