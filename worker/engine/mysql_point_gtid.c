// One point by equal positions of the server before and after the snapshots. Part of mysql_point.

#include <string.h>

#include "common/clock.h"
#include "worker/engine/mysql_point_inside.h"

// A server may show a transaction's rows to one session before the next one's snapshot, while its
// position is not told yet, or is told already: this proves nothing.
int
mysql_point_by_gtid(struct mysql_point *self, const struct mysql_point_wish *wish,
                    struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + MYSQL_POINT_LIMIT_MS;
    for (unsigned tries = 1; tries <= MYSQL_POINT_TRIES; tries++) {
        char before[MYSQL_POSITION_SIZE] = "", after[MYSQL_POSITION_SIZE] = "";
        mysql_point_ask_position(wish->control, before);
        if (*before && mysql_point_take_snapshots(self, error))
            return -1;
        self->unix_ms = clock_unix_ms();
        self->tries = tries;
        mysql_point_ask_position(wish->control, after);
        if (*before && strcmp(before, after) == 0) {
            memcpy(self->position, before, sizeof before);
            self->kind = "one point, not proven";
            return 0;
        }
        if (mysql_point_tell_all(self, "ROLLBACK", error))
            return -1;
        if (!*before) {
            mysql_point_remark(self, "the server says no GTIDs and no place in its binlog");
            return 0;
        }
        if (clock_monotonic_ms() > until_ms)
            break;
    }
    mysql_point_remark(self, "no equal positions before and after in %u tries", self->tries);
    return 0;
}
