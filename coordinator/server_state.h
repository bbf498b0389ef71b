// What the parts of the server share: server (loop), server_load (its start), server_talk (messages
// in and out), server_workers (what workers say), server_jobs (a job's way from queue to end),
// server_attempts (what became of one), server_time (leases), server_runs, server_discovery,
// server_admin (what operators ask). What is shared of policies is in server_policies.h, of sets
// and stores in server_sets.h. For these files only.

#pragma once

#include <czmq.h>

#include "common/sock.h"
#include "common/zap.h"
#include "coordinator/board.h"
#include "coordinator/discovery/discovery.h"
#include "coordinator/discovery/estate.h"
#include "coordinator/fleet.h"
#include "coordinator/forecaster.h"
#include "coordinator/history.h"
#include "coordinator/jump.h"
#include "coordinator/ledger.h"
#include "coordinator/notify_config.h"
#include "coordinator/planner.h"
#include "coordinator/promise.h"
#include "coordinator/protect/keeper.h"
#include "coordinator/protections.h"
#include "coordinator/roll.h"
#include "coordinator/server.h"
#include "coordinator/shelf.h"
#include "coordinator/taker.h"
#include "proto/wire.h"

enum endpoint { WORKERS_TCP, WORKERS_IPC, OPERATORS_TCP, OPERATORS_IPC, ENDPOINTS };

// Where the ledger sends the id of a delivery once it is written, and orders for the keeper.
// Where the expiry is told that what it wrote is durable: EXPIRIES.
enum { TO_COURIERS = ENDPOINTS, ORDERS, EXPIRIES };

enum { SERVER_SNAPSHOTS_MANY = 675 };  // of an MTree: 90 % of what it may have

enum { FOLDER_SIZE = 32, QUESTIONS_MAX = 1000, PAGE_ROWS_MAX = 500 };

// An operator's question that waits for the catalog's reader or for a discovery.
struct question {
    enum endpoint endpoint;
    struct sock_peer peer;
    Wire__Envelope *ask;  // a copy
    size_t limit;         // rows of a list
    shelf_t *shelf;       // what would expire: sets that are not judged yet
    table_t *verdicts;    // and those that are
    int waits_next;       // the discovery under way began before it was asked
};

typedef struct assigning assigning_t;
typedef struct expiry expiry_t;

// Where the server is in writing the catalog into the stores.
struct saving {
    zhashx_t *stores;  // those that were used since
    int64_t run_id;    // that writes it now; 0 = none
    int64_t began_ms;  // monotonic; 0 = not since the start
    int is_due;
    int is_held;            // snapshots wait for it
    int64_t held_until_ms;  // monotonic
};

// Where the server is in reading what there is of each database.
struct knowing {
    uint64_t tag;      // of the page that was asked for; 0 = none
    char *cursor;      // of the next page
    int64_t due_ms;    // monotonic
    int64_t asked_ms;  // UTC
    int is_known;      // all was read since the start
    int is_anew;       // something has changed since this reading began
};

enum { STORE_DOUBT_SIZE = 640 };  // of what speaks against a store, for people

struct server {
    const struct settings_file *file;
    const struct settings *settings;
    policies_t *policies;
    planner_t *planner;
    roll_t *roll;  // while the planner looks and a policy has fired; NULL = not made yet
    sock_t *sockets[ENDPOINTS];
    zap_t *zap;
    ledger_t *ledger;
    catalog_reader_t *reader;
    discovery_t *discovery;
    keeper_t *keeper;
    protections_t *protections;
    expiry_t *expiry;
    zlistx_t *let_go;            // struct keeper_order, as server_load_unprotect found them
    int has_judged_protections;  // those that the configuration has moved are given up
    wire_decoder_t *decoder;
    fleet_t *fleet;
    board_t *board;
    estate_t *estate;
    struct notifier *notifier;  // server_notify.h
    assigning_t *assigning;
    struct knowing knowing;
    history_t *history;
    forecaster_t *forecaster;
    forecast_t *forecast;  // the last one; NULL = none yet
    int64_t forecast_number;
    struct foresight *foresight;  // one on its way
    zhashx_t *questions;          // tag -> struct question, wait for the reader
    zlistx_t *wait_discovery;     // struct question, wait for a discovery
    zlistx_t *fetches;            // of jobs, wait for the reader
    zlistx_t *sweeps;             // attempts that run
    struct saving saving;
    uint64_t next_tag;
    int64_t next_run_id, next_job_id, next_set_id, next_event_id, next_protection_id;
    int64_t epoch;
    char folder[FOLDER_SIZE];  // this catalog's in every store: "dbhaul/0b9e2c1e"
    int signals;               // descriptor
    int is_stopping, is_discovering;
    int must_discover;        // again: what is under way began before somebody asked
    int64_t now_ms, unix_ms;  // of this turn of the loop: monotonic, UTC
    int64_t discover_ms, discovered_ms, beat_ms, tick_ms;  // monotonic; when due, when it was
    uint64_t refused_messages;                             // since the start
    int64_t refused_logged_ms;
};

// server_load: opens the catalog, becomes its leader, and takes over what is under way.
int server_open_catalog(struct server *self, struct error *error);

// server_talk
const char *endpoint_domain(enum endpoint endpoint);  // "worker" or "operator"
void server_receive(struct server *self, enum endpoint endpoint);
void server_send(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                 Wire__Envelope *message);
void server_send_after(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                       Wire__Envelope *message);
void server_deliver(void *context, const struct outgoing *message);
int server_pack(enum endpoint endpoint, Wire__Envelope *message, uint8_t **data, size_t *size,
                struct error *error);
void server_bye(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                const char *reason);

// server_workers
void server_hear_worker(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                        const Wire__Envelope *message);
void server_beat(struct server *self);
void server_hear_drain(struct server *self, const struct question *question);
void server_drop_worker(struct worker *worker, const char *why);

// server_jobs
void server_dispatch(struct server *self);
void server_send_run(struct server *self, struct board_job *job, struct worker *worker, int after);
void server_cancel_attempt(struct server *self, struct worker *worker, uint64_t job_id,
                           uint32_t attempt, const char *reason);
void server_cancel_job(struct server *self, struct board_job *job, const char *who);
void server_defer_job(struct server *self, struct board_job *job);
void server_job_unfit(struct server *self, struct board_job *job, const char *message);
const char *server_subject(const struct board_job *job);  // for people

// The job has a state in which it stays. The unit of the batch is open.
void server_write_job_end(struct server *self, struct board_job *job, const char *message,
                          int64_t size_bytes);

// server_attempts
void server_attempt_done(struct server *self, struct board_job *job, struct worker *worker,
                         const Wire__Done *done);
void server_attempt_refused(struct server *self, struct board_job *job, struct worker *worker,
                            const Wire__Refused *refused);
void server_attempt_postponed(struct server *self, struct board_job *job, const char *why);
void server_attempt_lost(struct server *self, struct board_job *job, const char *why);

// server_check: if no worker could take a backup of what the check is of, why, before the lines of
// `message`, in the form of findings; the caller's. Else NULL.
char *server_check_unfit(struct server *self, const struct board_job *job, const char *message);

// Whether the MTree's retention lock is known not to be as the configuration wants it.
int server_lacks_lock(const struct server *self, const struct place *place,
                      char why[STORE_DOUBT_SIZE]);

// Judges what a check came to by that, and puts in a message: the caller's, or NULL if it stays.
char *server_check_judge(struct server *self, const struct board_job *job, Wire__Done *done);

// server_room: whether a set of the job's database surely has no room in the store, by what is
// known of the store and of that worker (NULL: none); and whether a backup has none that is to
// begin there.
int server_lacks_room(struct server *self, const struct board_job *job, const char *store,
                      const struct worker *worker, char why[STORE_DOUBT_SIZE]);
int server_has_no_room(struct server *self, const struct board_job *job,
                       const struct worker *worker, char why[STORE_DOUBT_SIZE]);

// server_history
void server_expect(struct server *self, struct job *job, const struct database *database);
void server_remember(struct server *self, const struct board_job *job, const Wire__SetFacts *set);

// Whether the set, which is not remembered yet, is unlike those before; "" = it is not.
void server_judge_set(struct server *self, const struct board_job *job, const Wire__SetFacts *set,
                      char jump[JUMP_TEXT_SIZE]);

// server_time
void server_check_leases(struct server *self);
void server_check_placement(struct server *self);

// Keeps queued jobs from starting while their database is in a state that will pass, and fails them
// if it lasts too long.
void server_check_waits(struct server *self);
int server_waits(const struct board_job *job);

// server_runs
int64_t server_start_backup(struct server *self, const struct question *question,
                            struct error *error);
int64_t server_start_check(struct server *self, const struct question *question,
                           struct error *error);
int64_t server_start_with_sets(struct server *self, const struct question *question,
                               const table_t *sets, struct error *error);
int64_t server_start_sweep(struct server *self, const struct question *question,
                           struct error *error);

void server_end_run_if_done(struct server *self, int64_t run_id);
struct run *server_begin_run(struct server *self, enum job_kind kind, const struct policy *policy,
                             const char *selector, const char *who, const char *note);

// The database that limits of a job count for: of a restore its target, if the estate has it; else
// what the job is about.
const struct database *server_touched(struct server *self, const Wire__Run *run,
                                      const struct database *database);
int server_add_job(struct server *self, struct run *run, const struct policy *policy,
                   const struct database *database, int64_t set_id, uint8_t *task, size_t task_size,
                   struct error *error);
struct database **server_select(struct server *self, Wire__Term *const *terms, size_t term_count,
                                size_t *count, struct error *error);
char *server_words(Wire__Term *const *terms, size_t count);

// server_discovery
void server_discover(struct server *self);
void server_take_discovery(struct server *self);

// What keeps a run of these databases, which the terms selected, from being whole: parts of the
// estate that do not answer. "" = nothing. The caller's.
char *server_doubt(struct server *self, Wire__Term *const *terms, size_t term_count,
                   struct database *const *databases, size_t count);

// server_admin: asks the catalog's reader; on success the question waits for it.
int server_ask_reader(struct server *self, struct question **question_p, struct query *query,
                      struct error *error);

// server_notify: what outages are told of. A job that is about to end, a database that a scheduled
// run leaves out (both within a unit of the batch), a run that ends, a database that is gone.
void server_open_notifier(struct server *self, struct working_set *set);
void server_close_notifier(struct server *self);
void server_notify_job(struct server *self, const struct board_job *job, const char *message);
void server_notify_left_out(struct server *self, const struct run *run,
                            const struct database *database, const char *reason);
void server_notify_run(struct server *self, const struct run *run);
void server_notify_jump(struct server *self, const struct board_job *job,
                        const char *jump);  // of its new set; "" = none
void server_notify_gone(struct server *self, const struct database *database);
void server_check_outages(struct server *self);
void server_hear_close_outage(struct server *self, const struct question *question);

// server_notify_protect: protections that wait for long, and those that do no more.
void server_notify_protections(struct server *self);

// server_couriers: messages on their way. A configuration that was read anew is taken over if
// `root` (of it) says something else of who is notified.
void server_reload_notifier(struct server *self, config_t **config_p,
                            const struct config_node *root);

// Drops what waits for targets that there are no more, and closes all outages if there are none.
void server_drop_unknown(struct server *self);
void server_move_couriers(struct server *self);
void server_delivery_written(struct server *self, const char *id);
int server_courier_handles(struct server *self, zmq_pollitem_t *items);  // at most TARGETS_MAX
void server_hear_notify_test(struct server *self, struct question **question_p);
int server_list_targets(struct server *self, const Wire__Query *query, size_t limit,
                        table_t **table, char **cursor, struct error *error);
int server_list_outages(struct server *self, const Wire__Query *query, size_t limit,
                        table_t **table, char **cursor, struct error *error);
void server_count_notices(struct server *self, int64_t *outages, int64_t *waiting,
                          int64_t *given_up);

// server_admin
void server_hear_operator(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                          const Wire__Envelope *message);
void server_take_list(struct server *self);
void server_answer_waiting(struct server *self, const struct finding_list *found);

// server_query: fills in a query from an operator's, and adds its terms to the selector; both lent.
int server_read_query(struct server *self, const Wire__Query *wish, selector_t *selector,
                      struct query *query, struct error *error);
const char *server_query_term(const Wire__Query *query, const char *key);  // "" if there is none

// server_answers
struct question *question_new(enum endpoint endpoint, const struct sock_peer *peer,
                              const Wire__Envelope *message);
void question_destroy(struct question **self_p);
void server_answer(struct server *self, const struct question *question, const struct error *error,
                   int64_t run_id);
void server_answer_failed(struct server *self, const struct question *question,
                          enum error_code code, const char *text);

// Sends a page. -1 if it does not fit into a message.
int server_answer_table(struct server *self, const struct question *question, const table_t *table,
                        const char *cursor, struct error *error);

// The same once all changes so far are durable, so that lists asked for next show them.
int server_answer_table_after(struct server *self, const struct question *question,
                              const table_t *table, struct error *error);

// server_lists: the tables are the caller's
table_t *server_list_workers(struct server *self);
table_t *server_list_status(struct server *self);
table_t *server_list_progress(struct server *self, int64_t run_id);  // of jobs that have not ended;
                                                                     // run_id 0: of all runs
table_t *server_list_findings(struct server *self, const struct finding_list *found);

// A page of the scopes that the query takes; *cursor is the caller's, NULL after the last page.
int server_list_scopes(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                       char **cursor, struct error *error);
