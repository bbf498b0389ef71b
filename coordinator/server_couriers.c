// Messages on their way: what is written goes to its target's courier, and what came of it into the
// catalog. The loop never waits for a target.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "coordinator/server_notify.h"

// ---- targets

struct targets *
server_new_targets(config_t **config_p, const struct config_node *root)
{
    struct targets *targets = memory_get(sizeof *targets);
    targets->config = STEAL(*config_p);
    targets->root = root;
    notify_config_read(config_section(root, "notify"), &targets->rules);
    for (size_t index = 0; index < targets->rules.count; index++) {
        const struct target *target = &targets->rules.targets[index];
        targets->couriers[index] = courier_new(target->ops, &target->place);
    }
    return targets;
}

void
server_stop_targets(struct targets *targets)
{
    for (size_t index = 0; index < targets->rules.count; index++)
        courier_stop(targets->couriers[index]);
}

void
server_destroy_targets(struct targets **targets_p)
{
    struct targets *targets = *targets_p;
    if (!targets)
        return;
    for (size_t index = 0; index < targets->rules.count; index++) {
        courier_destroy(&targets->couriers[index]);
        memory_free(&targets->under_way[index]);
    }
    config_destroy(&targets->config);
    memory_free(targets_p);
}

static int
is_target(const struct server *self, const char *name)
{
    const struct notify_config *rules = &self->notifier->targets->rules;
    for (size_t index = 0; index < rules->count; index++) {
        if (strcmp(rules->targets[index].name, name) == 0)
            return 1;
    }
    return 0;
}

static void
end_test(struct server *self, const char *why)
{
    struct error error = {0};
    struct notifier *notifier = self->notifier;
    CLEAN(question_destroy) struct question *asked = STEAL(notifier->asked);
    CLEAN(table_destroy) table_t *answer = STEAL(notifier->answer);
    if (why)
        server_answer_failed(self, asked, ERROR_UNAVAILABLE, why);
    else if (server_answer_table(self, asked, answer, NULL, &error))
        server_answer(self, asked, &error, 0);
}

void
server_reload_notifier(struct server *self, config_t **config_p, const struct config_node *root)
{
    struct notifier *notifier = self->notifier;
    if (config_is_same(root, notifier->targets->root, "notify"))
        return;
    server_stop_targets(notifier->targets);
    zlistx_add_end(notifier->retiring, notifier->targets);
    if (notifier->asked)
        end_test(self, "the configuration has changed meanwhile: ask again");
    notifier->targets = server_new_targets(config_p, root);
    notifier->listed_ms = 0;
    outages_set_times(notifier->outages, notifier->targets->rules.gather_ms,
                      notifier->targets->rules.remind_ms);
    server_drop_unknown(self);
}

// ---- into the catalog

static void
write_delivery(struct server *self, const struct delivery *delivery)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_DELIVERY_PUT, "tttttttiiii", delivery->id,
              delivery->target, delivery->event, delivery->severity, delivery->title,
              delivery->text, delivery->document, delivery->at_ms, delivery->next_ms,
              delivery->tries, delivery->merged);
}

static struct receipt *
receipt_of(struct server *self, const char *target)
{
    struct receipt *receipt = zhashx_lookup(self->notifier->receipts, target);
    if (receipt)
        return receipt;
    receipt = receipt_new();
    record_set(&receipt->target, target);
    zhashx_insert(self->notifier->receipts, target, receipt);
    return receipt;
}

static void
write_receipt(struct server *self, const struct receipt *receipt)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_RECEIPT_PUT, "ttiii", receipt->target,
              receipt->message, receipt->delivered_ms, receipt->failed_ms, receipt->given_up);
}

static void
write_end(struct server *self, const struct delivery *delivery, const char *outcome)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_DELIVERY_END, "itt", self->unix_ms, outcome,
              delivery->id);
}

static void
end_delivery(struct server *self, struct delivery *delivery, const char *outcome)
{
    write_end(self, delivery, outcome);
    CLEAN(delivery_destroy)
    struct delivery *taken = deliveries_take(self->notifier->deliveries, delivery);
}

void
server_send_notice(struct server *self, struct delivery **delivery_p)
{
    CLEAN(delivery_destroy) struct delivery *dropped = NULL;
    const struct delivery *heir = NULL;
    CLEAN(memory_free) uint8_t *id = (uint8_t *)memory_copy_text((*delivery_p)->id);
    size_t size = strlen((*delivery_p)->id) + 1;
    (*delivery_p)->next_ms = self->unix_ms;
    write_delivery(self, *delivery_p);
    deliveries_add(self->notifier->deliveries, delivery_p, &dropped, &heir);
    ledger_after(self->ledger, TO_COURIERS, &(struct sock_peer){0}, &id, size);
    if (!dropped)
        return;
    log_warning("target '%s': %d messages wait, the oldest is merged into the one after it",
                dropped->target, DELIVERIES_MAX);
    write_end(self, dropped, "merged");
    write_delivery(self, heir);
}

void
server_delivery_written(struct server *self, const char *id)
{
    struct delivery *delivery = deliveries_find(self->notifier->deliveries, id);
    if (delivery)
        delivery->is_written = 1;
}

// The next of those that wait for no target any more.
static struct delivery *
find_unknown(struct server *self)
{
    deliveries_t *deliveries = self->notifier->deliveries;
    struct delivery *each = deliveries_first(deliveries);
    while (each && (each->is_under_way || is_target(self, each->target)))
        each = deliveries_next(deliveries);
    return each;
}

void
server_drop_unknown(struct server *self)
{
    struct delivery *delivery = NULL;
    while ((delivery = find_unknown(self))) {
        log_warning("drops a message for target '%s', which there is no more: %s", delivery->target,
                    delivery->title);
        batch_unit(ledger_batch(self->ledger));
        end_delivery(self, delivery, "no target");
    }
    if (self->notifier->targets->rules.count == 0)
        outages_clear(self->notifier->outages, self->unix_ms);
}

// ---- what came of it

static void
take_delivered(struct server *self, struct delivery *delivery, struct receipt *receipt)
{
    receipt->delivered_ms = self->unix_ms;
    record_set(&receipt->message, "");
    log_info("told target '%s': %s", delivery->target, delivery->title);
    end_delivery(self, delivery, "delivered");
}

static void
take_failed(struct server *self, const struct target *target, struct delivery *delivery,
            struct receipt *receipt, const struct channel_result *result)
{
    uint64_t random = 0;
    random_bytes(&random, sizeof random);
    receipt->failed_ms = self->unix_ms;
    record_set(&receipt->message, result->reason.message);
    if (result->outcome == CHANNEL_AGAIN &&
        deliveries_again(delivery, self->unix_ms, result->asked_ms, target->give_up_ms, random)) {
        log_warning("cannot tell target '%s', try %" PRId64 ": %s; again in %" PRId64 " s",
                    delivery->target, delivery->tries, result->reason.message,
                    (delivery->next_ms - self->unix_ms + 999) / 1000);
        write_delivery(self, delivery);
        return;
    }
    receipt->given_up++;
    log_error("gives up telling target '%s': %s; it was: %s", delivery->target,
              result->reason.message, delivery->title);
    end_delivery(self, delivery, "given up");
}

static void
take_result(struct server *self, const struct target *target, const char *id,
            const struct channel_result *result)
{
    struct delivery *delivery = deliveries_find(self->notifier->deliveries, id);
    if (!delivery)
        return;
    if (result->outcome != CHANNEL_DELIVERED && result->reason.code == ERROR_CANCELLED) {
        delivery->is_under_way = 0;  // we stopped it ourselves: the next courier tries
        return;
    }
    struct receipt *receipt = receipt_of(self, delivery->target);
    batch_unit(ledger_batch(self->ledger));
    if (result->outcome == CHANNEL_DELIVERED)
        take_delivered(self, delivery, receipt);
    else
        take_failed(self, target, delivery, receipt, result);
    write_receipt(self, receipt);
}

static void
take_test(struct server *self, const struct target *target, const struct channel_result *result)
{
    table_t *answer = self->notifier->answer;
    if (!answer)
        return;
    table_add_row(answer);
    table_set(answer, "target", target->name);
    table_set(answer, "kind", target->ops->kind);
    table_set(answer, "outcome", result->outcome == CHANNEL_DELIVERED ? "delivered" : "failed");
    table_set(answer, "message", result->reason.message);
}

static void
take(struct server *self, struct targets *targets, size_t index)
{
    struct channel_result result;
    CLEAN(memory_free) char *id = STEAL(targets->under_way[index]);
    courier_take(targets->couriers[index], &result);
    if (*id)
        take_result(self, &targets->rules.targets[index], id, &result);
    else if (targets == self->notifier->targets)
        take_test(self, &targets->rules.targets[index], &result);
}

// ---- sending

static void
hand_over(struct targets *targets, size_t index, const struct delivery *delivery, const char *id,
          int64_t unix_ms)
{
    CLEAN(memory_free) char *text = NULL;
    CLEAN(memory_free) char *document = NULL;
    notice_finish(delivery, &text, &document);
    struct channel_message message = {.id = delivery->id,
                                      .event = delivery->event,
                                      .severity = delivery->severity,
                                      .title = delivery->title,
                                      .text = text,
                                      .document = document,
                                      .unix_ms = unix_ms};
    targets->under_way[index] = memory_copy_text(id);
    courier_send(targets->couriers[index], &message);
}

static void
send_test(struct server *self, struct targets *targets, size_t index)
{
    char id[RANDOM_ID_SIZE];
    CLEAN(delivery_destroy) struct delivery *delivery = delivery_new();
    random_id(id);
    record_set(&delivery->id, id);
    notice_compose_test(delivery, self->unix_ms);
    targets->tests[index] = 0;
    hand_over(targets, index, delivery, "", self->unix_ms);
}

static void
move(struct server *self, struct targets *targets, size_t index)
{
    const struct target *target = &targets->rules.targets[index];
    if (courier_is_ready(targets->couriers[index]))
        take(self, targets, index);
    if (courier_is_busy(targets->couriers[index]))
        return;
    if (targets->tests[index]) {
        send_test(self, targets, index);
        return;
    }
    struct delivery *delivery =
        deliveries_due(self->notifier->deliveries, target->name, self->unix_ms);
    if (!delivery || self->is_stopping)
        return;
    delivery->is_under_way = 1;
    hand_over(targets, index, delivery, delivery->id, self->unix_ms);
}

// Old targets whose couriers have all stopped.
static void
retire(struct server *self)
{
    zlistx_t *retiring = self->notifier->retiring;
    for (size_t count = zlistx_size(retiring); count > 0; count--) {
        struct targets *targets = zlistx_detach(retiring, NULL);
        int is_busy = 0;
        for (size_t index = 0; index < targets->rules.count; index++) {
            if (courier_is_ready(targets->couriers[index]))
                take(self, targets, index);
            is_busy |= courier_is_busy(targets->couriers[index]);
        }
        if (is_busy)
            zlistx_add_end(retiring, targets);
        else
            server_destroy_targets(&targets);
        // What such a courier was stopped in may be for a target that there is no more.
        if (!is_busy)
            server_drop_unknown(self);
    }
}

static int
is_testing(const struct targets *targets)
{
    for (size_t index = 0; index < targets->rules.count; index++) {
        const char *id = targets->under_way[index];
        if (targets->tests[index] || (id && !*id))
            return 1;
    }
    return 0;
}

void
server_move_couriers(struct server *self)
{
    struct targets *targets = self->notifier->targets;
    retire(self);
    for (size_t index = 0; index < targets->rules.count; index++)
        move(self, targets, index);
    if (self->notifier->asked && !is_testing(targets))
        end_test(self, NULL);
}

int
server_courier_handles(struct server *self, zmq_pollitem_t *items)
{
    const struct targets *targets = self->notifier->targets;
    for (size_t index = 0; index < targets->rules.count; index++)
        items[index] = (zmq_pollitem_t){.socket = courier_handle(targets->couriers[index]),
                                        .events = ZMQ_POLLIN};
    return (int)targets->rules.count;
}

// ---- tests

void
server_hear_notify_test(struct server *self, struct question **question_p)
{
    static const char *const columns[] = {"target", "kind", "outcome", "message"};
    struct notifier *notifier = self->notifier;
    struct targets *targets = notifier->targets;
    const char *name = (*question_p)->ask->ask->notify_test->target;
    if (notifier->asked || (*name && !is_target(self, name)) || !targets->rules.count) {
        server_answer_failed(
            self, *question_p, notifier->asked ? ERROR_UNAVAILABLE : ERROR_NOT_FOUND,
            notifier->asked ? "another test is under way: ask again"
                            : "there is no such target: `dbhaul notify list` shows "
                              "those of the section `notify`");
        return;
    }
    notifier->asked = STEAL(*question_p);
    notifier->answer = table_new();
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(notifier->answer, columns[index], TABLE_TEXT);
    for (size_t index = 0; index < targets->rules.count; index++)
        targets->tests[index] = !*name || strcmp(targets->rules.targets[index].name, name) == 0;
}
