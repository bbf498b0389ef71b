// What server_notify (what goes wrong), server_outages (who is told of it) and server_couriers
// (messages on their way) share. For these alone.

#pragma once

#include "coordinator/deliveries.h"
#include "coordinator/notice.h"
#include "coordinator/notify/courier.h"
#include "coordinator/server_state.h"

// The targets as one reading of the configuration has them. An old one stays until its couriers,
// told to stop, have done so: the loop does not wait for them.
struct targets {
    config_t *config;  // whose texts the targets lend; NULL if it is the one of the start
    const struct config_node *root;
    struct notify_config rules;
    courier_t *couriers[TARGETS_MAX];
    char *under_way[TARGETS_MAX];  // the delivery that the courier has; "" = a test
    int tests[TARGETS_MAX];        // a test is to be sent
};

struct notifier {
    struct targets *targets;
    zlistx_t *retiring;  // struct targets
    outages_t *outages;
    deliveries_t *deliveries;
    zhashx_t *receipts;      // target's name -> struct receipt
    struct question *asked;  // of a test that is under way
    table_t *answer;         // to it
    int64_t listed_ms;       // monotonic: when what no policy has was looked for last
    int64_t judge_ms;        // monotonic: when promises are judged next
    int has_settled;         // what was told of stores that nothing protects any more is over
};

// What becomes of outages: into the catalog, and to the targets.
struct outages_listener server_outages_listener(struct server *self);

// Puts a message on its way; in an open unit. Takes it over.
void server_send_notice(struct server *self, struct delivery **delivery_p);

struct targets *server_new_targets(config_t **config_p, const struct config_node *root);
void server_stop_targets(struct targets *targets);
void server_destroy_targets(struct targets **targets_p);
