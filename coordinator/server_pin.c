// Pins: sets that do not expire, whatever their policy says, until somebody or a date says
// otherwise.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_sets.h"

static int
check(const struct server *self, const Wire__Pin *wish, struct error *error)
{
    if (!wish->set_id == !wish->job_id)
        return error_set(error, ERROR_INVALID, "name either a set or the job that made it");
    if (!wish->undo && wish->until_unix_ms && wish->until_unix_ms <= self->unix_ms)
        return error_set(error, ERROR_CONFIG, "a pin cannot end in the past");
    return 0;
}

void
server_hear_pin(struct server *self, struct question **question_p)
{
    struct error error = {0};
    const Wire__Pin *wish = (*question_p)->ask->ask->pin;
    struct query query = {.name = "sets",
                          .set_id = (int64_t)wish->set_id,
                          .job_id = (int64_t)wish->job_id,
                          .limit = 1};
    if (check(self, wish, &error) || server_ask_reader(self, question_p, &query, &error))
        server_answer(self, *question_p, &error, 0);
}

static void
write_event(struct server *self, const struct plan_set *set, const char *kind, const char *message)
{
    const struct database *database = estate_find(self->estate, set->database_id);
    if (database)
        batch_add(ledger_batch(self->ledger), STATEMENT_EVENT_ADD, "iiittttt",
                  self->next_event_id++, self->unix_ms, database->id, database->provider,
                  database->account, database->region, kind, message);
}

static void
write_pin(struct server *self, const struct question *question, const struct plan_set *set)
{
    const Wire__Pin *wish = question->ask->ask->pin;
    const char *who = question->peer.principal;
    batch_unit(ledger_batch(self->ledger));
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_PIN, "iitti",
              wish->undo ? (int64_t)0 : self->unix_ms,
              wish->undo ? (int64_t)0 : wish->until_unix_ms, wish->undo ? "" : who,
              wish->undo ? "" : wish->reason, set->id);
    CLEAN(memory_free)
    char *message = memory_format("set %" PRId64 " was %s by %s%s%s", set->id,
                                  wish->undo ? "unpinned" : "pinned", who,
                                  *wish->reason ? ": " : "", wish->reason);
    write_event(self, set, wish->undo ? "unpinned" : "pinned", message);
    log_info("%s", message);
}

void
server_take_pin(struct server *self, const struct question *question, const table_t *sets)
{
    struct error error = {0};
    struct plan_set set;
    if (table_rows(sets) == 0)
        error_set(&error, ERROR_NOT_FOUND,
                  "there is no such set; `dbhaul backups` shows what there is");
    else if (plan_read_set(sets, 0, &set, &error) == 0 &&
             server_check_stays(self, set.id, set.state, &error) == 0)
        write_pin(self, question, &set);
    server_answer(self, question, &error, 0);
}
