#include "worker/engine/loans.h"

struct loans
loans_of(uint64_t room_bytes)
{
    return (struct loans){.room_bytes = room_bytes > 0 ? room_bytes : UINT64_MAX};
}

void
loans_ask(struct loans *self, size_t member, uint64_t size_bytes)
{
    self->list[member] = (struct loan){
        .size_bytes = size_bytes < self->room_bytes ? size_bytes : self->room_bytes,
        .turn = ++self->turns,
    };
}

int
loans_is_waiting(const struct loans *self, size_t member)
{
    return self->list[member].turn > 0 && !self->list[member].is_lent;
}

// Who waits longest; LOANS_MEMBERS_MAX: nobody waits.
static size_t
find_next(const struct loans *self)
{
    size_t next = LOANS_MEMBERS_MAX;
    for (size_t i = 0; i < LOANS_MEMBERS_MAX; i++) {
        if (loans_is_waiting(self, i) &&
            (next == LOANS_MEMBERS_MAX || self->list[i].turn < self->list[next].turn))
            next = i;
    }
    return next;
}

int
loans_is_awaited(const struct loans *self, size_t member)
{
    return self->list[member].is_lent && find_next(self) < LOANS_MEMBERS_MAX;
}

int
loans_grant(struct loans *self, size_t *member)
{
    size_t next = find_next(self);
    if (next == LOANS_MEMBERS_MAX ||
        self->list[next].size_bytes > self->room_bytes - self->lent_bytes)
        return 0;
    self->list[next].is_lent = 1;
    self->lent_bytes += self->list[next].size_bytes;
    *member = next;
    return 1;
}

void
loans_end(struct loans *self, size_t member)
{
    if (self->list[member].is_lent)
        self->lent_bytes -= self->list[member].size_bytes;
    self->list[member] = (struct loan){0};
}
