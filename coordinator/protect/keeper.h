// The keeper: an actor for each system that protects, so that the server's loop never waits for
// one, and none waits for another. It does one order after the other; a sync runs in a child beside
// them, with a deadline. It decides nothing and remembers nothing.
//
//     struct keeper_order order = {.step = KEEPER_LOOK, .id = 7};
//     snprintf(order.store, sizeof order.store, "boostfs:dd1.example:/su1");
//     keeper_start(keeper, &order);
//     struct keeper_report *report = keeper_take(keeper);  // when the handle is readable

#pragma once

#include "common/config.h"
#include "coordinator/protect/protector.h"
#include "coordinator/protect/protector_config.h"

enum { KEEPER_STORE_SIZE = 1024 };

enum keeper_step {
    KEEPER_TAKE,     // make sure that a snapshot is there
    KEEPER_CONFIRM,  // look at it
    KEEPER_LOOK,     // where the MTree goes and how far that is
    KEEPER_SYNC,     // send to each destination that is behind wanted_s, and wait for that
    KEEPER_EXPIRE,   // let go of a snapshot
};

// Plain bytes: a copy of one is another.
struct keeper_order {
    enum keeper_step step;
    int64_t id;                      // the asker's; comes back
    char store[KEEPER_STORE_SIZE];   // decides which system it goes to
    char name[PROTECTOR_NAME_SIZE];  // of the snapshot; not of LOOK and SYNC
    int64_t retention_days;          // TAKE
    int is_secured;                  // TAKE
    int64_t wanted_s;                // SYNC
    int64_t limit_ms;                // SYNC: no longer than that
};

// What came of an order. error.code is ERROR_NONE if it went well; of a sync that went well as far
// as it was seen, `look` says what is so.
struct keeper_report {
    struct keeper_order order;
    struct protector_snapshot snapshot;  // TAKE, CONFIRM
    struct protector_replica replica;    // LOOK, SYNC: as it was before
    struct error error;
};

typedef struct keeper keeper_t;

void keeper_report_destroy(struct keeper_report **self_p);

// `root` holds the map `datadomains`, was checked, and must outlive the keeper.
keeper_t *keeper_new(const struct config_node *root);
void keeper_destroy(keeper_t **self_p);  // ends what is under way

void *keeper_handle(keeper_t *self);  // for zmq_poll

// Whether a store is protected. If so `system` gets the name of what protects it (lent), and
// `mtree` what it is there.
int keeper_covers(const keeper_t *self, const char *store, const char **system,
                  char mtree[STORE_PATH_SIZE]);

// The store must be one that is protected. The order is copied.
void keeper_start(keeper_t *self, const struct keeper_order *order);

// The caller's; NULL if there is none yet.
struct keeper_report *keeper_take(keeper_t *self);
