// Which policy each database has, kept in the catalog so that its views can tell, and told when it
// changes. Looked at when a provider says something new of a database, when policies are read, and
// at the start: in slices, so that an estate of any size holds nothing up.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/assignment.h"
#include "coordinator/server_policies.h"

enum { SLICE = 250 };

struct assigning {
    int64_t *ids;
    size_t count, next;
    int is_all;       // of all databases: the policies are others
    const char *why;  // what is told of it
    size_t told;      // events
};

assigning_t *
assigning_new(void)
{
    return memory_get(sizeof(assigning_t));
}

void
assigning_destroy(assigning_t **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->ids);
    memory_free(self_p);
}

// A list that doubles.
static void
add(assigning_t *self, int64_t id)
{
    if ((self->count & (self->count - 1)) == 0)
        self->ids = memory_resize(self->ids, (self->count ? 2 * self->count : 1) * sizeof(int64_t));
    self->ids[self->count++] = id;
}

void
server_assign(struct server *self, const struct database *database)
{
    add(self->assigning, database->id);
}

void
server_assign_all(struct server *self, const char *why)
{
    assigning_t *assigning = self->assigning;
    *assigning = (assigning_t){.ids = assigning->ids, .is_all = 1, .why = why};
    memory_free(&assigning->ids);
    for (struct database *each = estate_first(self->estate); each; each = estate_next(self->estate))
        add(assigning, each->id);
}

// ---- a slice

static void
write_assignment(struct server *self, const struct database *database,
                 const struct assignment_turn *turn)
{
    batch_t *batch = ledger_batch(self->ledger);
    const struct assignment *assignment = &database->assignment;
    batch_unit(batch);
    batch_add(batch, STATEMENT_DATABASE_ASSIGN, "ttttiiii", assignment->policy, assignment->outcome,
              assignment->tag, assignment->lost_policy, assignment->lost_ms, assignment->good_ms,
              assignment->offsite_ms, database->id);
    if (turn->kind)
        batch_add(batch, STATEMENT_EVENT_ADD, "iiittttt", self->next_event_id++, self->unix_ms,
                  database->id, database->provider, database->account, database->region, turn->kind,
                  turn->message);
}

static void
assign_one(struct server *self, struct database *database)
{
    struct policy_choice choice;
    struct assignment_turn turn;
    policies_choose(self->policies, database, &choice);
    assignment_take(&database->assignment, &choice,
                    self->assigning->is_all ? self->assigning->why : "", self->unix_ms, &turn);
    if (!turn.is_changed)
        return;
    write_assignment(self, database, &turn);
    self->assigning->told += turn.kind != NULL;
}

static void
end_assigning(struct server *self)
{
    assigning_t *assigning = self->assigning;
    if (assigning->told)
        log_info("policies: %zu databases have another one, or a tag that changed; `dbhaul events` "
                 "tells which and why",
                 assigning->told);
    memory_free(&assigning->ids);
    *assigning = (assigning_t){0};
}

void
server_check_assignments(struct server *self)
{
    assigning_t *assigning = self->assigning;
    if (!assigning->count)
        return;
    for (size_t done = 0; done < SLICE && assigning->next < assigning->count; done++) {
        struct database *database = estate_find(self->estate, assigning->ids[assigning->next++]);
        if (!database->gone_ms)
            assign_one(self, database);
    }
    if (assigning->next == assigning->count)
        end_assigning(self);
}

int
server_is_assigning(const struct server *self)
{
    return self->assigning->count > 0;
}
