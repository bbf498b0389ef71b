#include "coordinator/server.h"

#include <assert.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

enum {
    TICK_MS = 500,
    IPC_MODE = 0660,
    STOP_MS = 10000,
    POLL_ITEMS = ENDPOINTS + 6 + TARGETS_MAX,
};

// ---- opening

static int
open_signals(struct server *self, struct error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    self->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (self->signals < 0)
        return error_set(error, ERROR_INTERNAL, "cannot watch signals: %s", strerror(errno));
    return 0;
}

static int
bind_one(struct server *self, enum endpoint endpoint, const char *address,
         const struct key_pair *key, struct error *error)
{
    if (!*address)
        return 0;
    int is_worker = endpoint == WORKERS_TCP || endpoint == WORKERS_IPC;
    size_t size_max = is_worker ? WIRE_SIZE_MAX : WIRE_OPERATOR_SIZE_MAX;
    if (sock_bind(&self->sockets[endpoint], address, endpoint_domain(endpoint), key, IPC_MODE,
                  size_max, error))
        return error_wrap(error, "cannot listen on '%s'", address);
    log_info("listens for %ss on %s", endpoint_domain(endpoint), address);
    return key ? zap_self_test(address, key->public_text, error) : 0;
}

static int
open_sockets(struct server *self, struct error *error)
{
    const struct settings *settings = self->settings;
    CLEAN(key_clear) struct key_pair key = {0};
    int has_tcp = *settings->workers_tcp || *settings->operators_tcp;
    if (has_tcp && (zap_open(&self->zap, settings->allow_path, error) ||
                    key_read(&key, settings->key_path, error)))
        return -1;
    if (bind_one(self, WORKERS_IPC, settings->workers_ipc, NULL, error) ||
        bind_one(self, OPERATORS_IPC, settings->operators_ipc, NULL, error))
        return -1;
    if (!has_tcp)
        return 0;
    if (bind_one(self, WORKERS_TCP, settings->workers_tcp, &key, error))
        return -1;
    return bind_one(self, OPERATORS_TCP, settings->operators_tcp, &key, error);
}

int
server_open(server_t **self_p, const struct settings_file *file, const struct settings *settings,
            policies_t **policies, struct error *error)
{
    CLEAN(server_destroy) struct server *self = memory_get(sizeof *self);
    self->file = file;
    self->settings = settings;
    self->policies = STEAL(*policies);
    self->signals = -1;
    self->now_ms = clock_monotonic_ms();
    self->unix_ms = clock_unix_ms();
    self->next_tag = 1;
    self->decoder = wire_decoder_new();
    self->planner = planner_new();
    self->history = history_new();
    self->fleet = fleet_new(settings->worker_lost_ms);
    self->board = board_new(settings->retry.delay_max_ms > settings->retry.defer_ms
                                ? settings->retry.delay_max_ms
                                : settings->retry.defer_ms);
    board_set_time(self->board, self->now_ms);
    server_apply_limits(self, settings->root);
    self->questions = zhashx_new();
    self->wait_discovery = zlistx_new();
    self->assigning = assigning_new();
    self->expiry = expiry_new();
    self->fetches = zlistx_new();
    self->sweeps = zlistx_new();
    server_open_saving(self);
    server_open_protect(self);
    if (open_signals(self, error) || server_open_catalog(self, error) || open_sockets(self, error))
        return -1;
    server_drop_unknown(self);
    self->discovery = discovery_new(settings->root);
    server_warn_of_policies(self);
    server_assign_all(self, "found at the coordinator's start");
    self->forecaster = forecaster_new();
    *self_p = STEAL(self);
    return 0;
}

static void
destroy_questions(struct server *self)
{
    struct question *question = zhashx_first(self->questions);
    for (; question; question = zhashx_next(self->questions))
        question_destroy(&question);
    zhashx_destroy(&self->questions);
    while ((question = zlistx_detach(self->wait_discovery, NULL)))
        question_destroy(&question);
    zlistx_destroy(&self->wait_discovery);
}

void
server_destroy(server_t **self_p)
{
    assert(self_p);
    struct server *self = *self_p;
    if (!self)
        return;
    discovery_destroy(&self->discovery);
    forecaster_destroy(&self->forecaster);
    forecast_destroy(&self->forecast);
    server_forget_forecast(self);
    server_close_notifier(self);
    keeper_destroy(&self->keeper);
    server_forget_unprotect(self);
    protections_destroy(&self->protections);
    catalog_reader_destroy(&self->reader);
    ledger_destroy(&self->ledger);
    for (int endpoint = 0; endpoint < ENDPOINTS; endpoint++)
        sock_destroy(&self->sockets[endpoint]);
    zap_destroy(&self->zap);
    destroy_questions(self);
    server_forget_fetches(self);
    server_forget_sweeps(self);
    server_close_saving(self);
    board_destroy(&self->board);
    fleet_destroy(&self->fleet);
    memory_free(&self->knowing.cursor);
    assigning_destroy(&self->assigning);
    expiry_destroy(&self->expiry);
    estate_destroy(&self->estate);
    wire_decoder_destroy(&self->decoder);
    history_destroy(&self->history);
    planner_destroy(&self->planner);
    policies_destroy(&self->policies);
    fd_close(&self->signals);
    memory_free(self_p);
}

// ---- the loop

static void
hear_signals(struct server *self)
{
    struct signalfd_siginfo info;
    while (read(self->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGHUP) {
            log_info("stops: signal %u", info.ssi_signo);
            self->is_stopping = 1;
            continue;
        }
        server_reload(self);
    }
}

// What avoids a worker may go to it when the others are gone.
static void
bury(struct server *self)
{
    size_t before = fleet_count(self->fleet);
    fleet_bury(self->fleet);
    if (fleet_count(self->fleet) != before)
        queue_workers_changed(board_queue(self->board));
}

static void
do_what_is_due(struct server *self)
{
    if (self->now_ms >= self->discover_ms && !self->is_discovering)
        server_discover(self);
    if (self->now_ms >= self->beat_ms) {
        self->beat_ms = self->now_ms + self->settings->beat_ms;
        server_beat(self);
    }
    if (self->now_ms >= self->tick_ms) {
        self->tick_ms = self->now_ms + TICK_MS;
        server_check_leases(self);
        server_check_waits(self);
        server_check_placement(self);
        server_check_schedule(self);
        server_notify_protections(self);
        server_check_outages(self);
    }
    server_check_assignments(self);
    server_check_promises(self);
    server_move_couriers(self);
    if (!self->is_stopping) {
        server_check_saving(self);
        server_dispatch(self);
        server_check_protections(self);
        server_check_expiry(self);
    }
    server_gather_forecast(self);
    bury(self);
    ledger_flush(self->ledger, self->now_ms);
    bury(self);
}

static long
patience(const struct server *self)
{
    int64_t due_ms = self->tick_ms < self->beat_ms ? self->tick_ms : self->beat_ms;
    if (server_is_assigning(self))
        return 0;
    int64_t ledger_ms = ledger_due(self->ledger);
    if (ledger_ms >= 0 && ledger_ms < due_ms)
        due_ms = ledger_ms;
    int64_t wait_ms = due_ms - clock_monotonic_ms();
    return wait_ms < 0 || server_gathers_forecast(self) ? 0 : (long)wait_ms;
}

static int
take_commit(struct server *self, struct error *error)
{
    if (ledger_take(self->ledger, self->now_ms, error) == 0)
        return 0;
    if (error->code != ERROR_UNAVAILABLE)
        return -1;
    log_error("cannot write the catalog, tries again: %s", error->message);
    return 0;
}

static int
hear(struct server *self, const zmq_pollitem_t *items, struct error *error)
{
    if (items[0].revents)
        hear_signals(self);
    if (items[1].revents && take_commit(self, error))
        return -1;
    if (items[2].revents)
        server_take_list(self);
    if (items[3].revents)
        server_take_discovery(self);
    if (items[4].revents)
        server_take_forecast(self);
    if (items[5].revents)
        server_take_reports(self);
    for (int endpoint = 0; endpoint < ENDPOINTS; endpoint++) {
        if (self->sockets[endpoint])
            server_receive(self, (enum endpoint)endpoint);
    }
    return 0;
}

static int
wait_for_news(struct server *self, zmq_pollitem_t *items, int *count)
{
    *count = 0;
    items[(*count)++] = (zmq_pollitem_t){.fd = self->signals, .events = ZMQ_POLLIN};
    items[(*count)++] =
        (zmq_pollitem_t){.socket = ledger_handle(self->ledger), .events = ZMQ_POLLIN};
    items[(*count)++] =
        (zmq_pollitem_t){.socket = catalog_reader_handle(self->reader), .events = ZMQ_POLLIN};
    items[(*count)++] =
        (zmq_pollitem_t){.socket = discovery_handle(self->discovery), .events = ZMQ_POLLIN};
    items[(*count)++] =
        (zmq_pollitem_t){.socket = forecaster_handle(self->forecaster), .events = ZMQ_POLLIN};
    items[(*count)++] =
        (zmq_pollitem_t){.socket = keeper_handle(self->keeper), .events = ZMQ_POLLIN};
    for (int endpoint = 0; endpoint < ENDPOINTS; endpoint++) {
        if (self->sockets[endpoint])
            items[(*count)++] = (zmq_pollitem_t){.socket = sock_handle(self->sockets[endpoint]),
                                                 .events = ZMQ_POLLIN};
    }
    *count += server_courier_handles(self, items + *count);
    int rc = zmq_poll(items, *count, patience(self));
    self->now_ms = clock_monotonic_ms();
    self->unix_ms = clock_unix_ms();
    board_set_time(self->board, self->now_ms);
    return rc;
}

// What was decided is written before we go; what runs goes on, and its workers find the next one.
static int
finish(struct server *self, struct error *error)
{
    int64_t until_ms = self->now_ms + STOP_MS;
    while (!ledger_is_idle(self->ledger) && self->now_ms < until_ms) {
        ledger_flush(self->ledger, self->now_ms);
        zmq_pollitem_t item = {.socket = ledger_handle(self->ledger), .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, 100) > 0 && take_commit(self, error))
            return -1;
        self->now_ms = clock_monotonic_ms();
    }
    return 0;
}

int
server_run(server_t *self, struct error *error)
{
    while (!self->is_stopping) {
        zmq_pollitem_t items[POLL_ITEMS];
        int count = 0;
        if (wait_for_news(self, items, &count) > 0 && hear(self, items, error))
            return error_wrap(error, "cannot go on");
        do_what_is_due(self);
    }
    return finish(self, error);
}
