// Snapshots that go before their time, as an operator says, for instance since an MTree holds no
// more of them. Sets do not go with them. Only of a protection that has ended, so that nothing
// waits for what it covers. What a crash has cut off is done again at the next start.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_sets.h"

// Columns of the list `protections`.
enum { ID, STATE, STORE, SNAPSHOT = 5, EXPIRES = 10 };

// The list is newest first: the page after number + 1 begins with it.
void
server_hear_unprotect(struct server *self, struct question **question_p)
{
    struct error error = {0};
    CLEAN(memory_free)
    char *cursor =
        memory_format("protections.%" PRIu64 ".0", (*question_p)->ask->ask->unprotect->id + 1);
    struct query query = {.name = "protections", .cursor = cursor, .limit = 1};
    if (server_ask_reader(self, question_p, &query, &error))
        server_answer(self, *question_p, &error, 0);
}

static int
check(struct server *self, const Wire__Unprotect *wish, const table_t *found, struct error *error)
{
    if (table_rows(found) == 0 || strtoull(table_cell(found, 0, ID), NULL, 10) != wish->id)
        return error_set(error, ERROR_NOT_FOUND,
                         "there is no protection %" PRIu64 "; `dbhaul protections` lists them",
                         wish->id);
    const char *state = table_cell(found, 0, STATE);
    if (strcmp(state, protection_state_name(PROTECTION_OFFSITE)) != 0 &&
        strcmp(state, protection_state_name(PROTECTION_KEPT)) != 0)
        return error_set(error, ERROR_DENIED,
                         "protection %" PRIu64
                         " is '%s': its snapshot is needed until it has ended",
                         wish->id, state);
    if (!protections_find(self->protections, table_cell(found, 0, STORE)))
        return error_set(error, ERROR_CONFIG,
                         "no entry of `datadomains` is of the store '%.200s' any more",
                         table_cell(found, 0, STORE));
    int64_t expires_ms = strtoll(table_cell(found, 0, EXPIRES), NULL, 10);
    if (expires_ms && expires_ms <= self->unix_ms)
        return error_set(error, ERROR_DENIED, "its snapshot has expired already");
    return 0;
}

static void
write_step(struct server *self, int64_t id, int64_t expires_ms, const char *message, int is_over)
{
    batch_unit(ledger_batch(self->ledger));
    batch_add(ledger_batch(self->ledger), STATEMENT_PROTECTION_EXPIRE, "itii", expires_ms, message,
              (int64_t)(is_over ? 0 : PROTECTION_LET_GO), id);
}

static struct keeper_order
order_of(int64_t id, const char *store, const char *snapshot)
{
    struct keeper_order order = {.step = KEEPER_EXPIRE, .id = id};
    snprintf(order.store, sizeof order.store, "%s", store);
    snprintf(order.name, sizeof order.name, "%s", snapshot);
    return order;
}

void
server_take_unprotect(struct server *self, const struct question *question,
                      const table_t *protections)
{
    struct error error = {0};
    if (check(self, question->ask->ask->unprotect, protections, &error)) {
        server_answer(self, question, &error, 0);
        return;
    }
    struct keeper_order order =
        order_of((int64_t)question->ask->ask->unprotect->id, table_cell(protections, 0, STORE),
                 table_cell(protections, 0, SNAPSHOT));
    CLEAN(memory_free)
    char *message = memory_format("is to expire early, by %s", question->peer.principal);
    write_step(self, order.id, 0, message, 0);
    server_send_order(self, &order);
    log_info("protection %" PRId64 ": snapshot '%s' %s", order.id, order.name, message);
    server_answer(self, question, NULL, 0);
}

void
server_write_unprotected(struct server *self, const struct keeper_report *report)
{
    int64_t id = report->order.id;
    if (report->error.code) {
        CLEAN(memory_free)
        char *message = memory_format("did not expire early: %s", report->error.message);
        write_step(self, id, 0, message, 1);
        log_warning("protection %" PRId64 ": snapshot '%s' %s", id, report->order.name, message);
        return;
    }
    write_step(self, id, self->unix_ms, "expired early", 1);
    log_info("protection %" PRId64 ": snapshot '%s' has expired early", id, report->order.name);
}

// ---- after a crash

void
server_load_unprotect(struct server *self, const struct protection *protection)
{
    struct keeper_order *order = memory_get(sizeof *order);
    *order = order_of(protection->id, protection->store, protection->snapshot);
    zlistx_add_end(self->let_go, order);
}

void
server_unprotect_again(struct server *self)
{
    struct keeper_order *order = NULL;
    while ((order = zlistx_detach(self->let_go, NULL))) {
        log_info("protection %" PRId64 ": snapshot '%s' is to expire early still", order->id,
                 order->name);
        write_step(self, order->id, 0, "is to expire early, once more after a restart", 0);
        server_send_order(self, order);
        memory_free(&order);
    }
}

void
server_forget_unprotect(struct server *self)
{
    struct keeper_order *order = NULL;
    while (self->let_go && (order = zlistx_detach(self->let_go, NULL)))
        memory_free(&order);
    zlistx_destroy(&self->let_go);
}
