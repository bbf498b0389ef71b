// Follows what keeps a run's sets safe.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/follow.h"

enum { LOOK_MS = 500, STORES_MAX = 500 };

// A cell of a column by its name; "" if there is none.
static const char *
cell(const table_t *table, size_t row, const char *name)
{
    for (size_t column = 0; column < table_columns(table); column++) {
        if (strcmp(table_name(table, column), name) == 0)
            return table_cell(table, row, column);
    }
    return "";
}

// What is not safe yet, as a sentence; "" = all is. The caller's.
static char *
tell_waiting(const table_t *table)
{
    char *text = memory_copy_text("");
    for (size_t row = 0; row < table_rows(table); row++) {
        const char *message = cell(table, row, "message");
        int64_t sets = strtoll(cell(table, row, "unprotected"), NULL, 10);
        int64_t under_way = strtoll(cell(table, row, "under_way"), NULL, 10);
        if (sets == 0 && under_way == 0)
            continue;
        CLEAN(memory_free) char *before = STEAL(text);
        text = memory_format("%s%s'%s' waits for %s%s%s", before, *before ? "; " : "",
                             cell(table, row, "store"),
                             under_way ? "its snapshot or the other site" : "a snapshot",
                             *message ? ": " : "", message);
    }
    return text;
}

// *places gets how many stores are protected.
static int
look(const struct follow *self, char **waiting, size_t *places, struct error *error)
{
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    struct client_query query = {.name = "replication", .limit = STORES_MAX};
    if (client_list(self->client, &query, &table, &cursor, error))
        return -1;
    *waiting = tell_waiting(table);
    *places = table_rows(table);
    return 0;
}

int
follow_protections(const struct follow *self, int64_t limit_ms, struct error *error)
{
    CLEAN(memory_free) char *told = memory_copy_text("");
    int64_t until_ms = clock_monotonic_ms() + limit_ms;
    for (;;) {
        CLEAN(memory_free) char *waiting = NULL;
        size_t places = 0;
        if (look(self, &waiting, &places, error))
            return -1;
        if (!*waiting) {
            if (places > 0)
                fprintf(self->out, "all sets are protected\n");
            return STATUS_WELL;
        }
        if (strcmp(waiting, told) != 0)
            fprintf(self->out, "%s\n", waiting);
        fflush(self->out);
        memory_free(&told);
        told = STEAL(waiting);
        if (clock_monotonic_ms() >= until_ms) {
            fprintf(stderr,
                    "dbhaul: not all sets are protected after %" PRId64 " s, which is all that is "
                    "waited: the next `dbhaul once` goes on with them\n",
                    limit_ms / 1000);
            return STATUS_PARTIAL;
        }
        if (self->pause(self->context, LOOK_MS, error))
            return -1;
    }
}
