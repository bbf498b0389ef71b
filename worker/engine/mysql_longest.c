#include "worker/engine/mysql_longest.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clean.h"
#include "common/memory.h"

void
mysql_longest_note(struct mysql_longest *self, const struct mysql_longest *one)
{
    size_t others = self->others + one->others;
    if (!one->table)
        return;
    others += self->table && self->table != one->table;
    if (!self->table || one->ms > self->ms)
        *self = *one;
    self->others = others;
}

static const char *
reason_of(const struct mysql_longest *self)
{
    if (self->could_be_cut)
        return "the server, or the store, stood still";
    if (self->table->has_history)
        return "it has rows of the past";
    return self->table->key_count > 0 ? "its key cannot be cut" : "it has no key to go on by";
}

void
mysql_longest_tell(const struct mysql_longest *self, const struct sink *sink)
{
    char more[64] = "";
    if (!self->table)
        return;
    if (self->others > 0)
        snprintf(more, sizeof more, "; and %zu more took too long", self->others);
    CLEAN(memory_free)
    char *text = memory_format("table %s was read by one statement of %" PRId64 " s, as %s%s",
                               self->table->quoted, self->ms / 1000, reason_of(self), more);
    sink->fact(sink->self, "statement_limit", text);
}
