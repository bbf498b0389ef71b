// What the parts of the server share: server (loop), server_load (its start), server_talk (messages
// in and out), server_workers (what workers say), server_jobs (a job's way from queue to end),
// server_attempts (what became of one), server_time (leases), server_runs, server_protect,
// server_policies, server_assign (which database has which), server_promise, server_discovery,
// server_admin (what operators ask). For these files only.

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

// server_placement: which workers could take what
void server_judge(struct server *self);  // notes and tells what nobody could take

// What of a run waits, since nobody could take it, and why; "" = nothing. The caller's.
char *server_placement_note(struct server *self, int64_t run_id);

// Adds to a list of jobs why those that have not begun wait.
void server_tell_waits(struct server *self, table_t *table, const char *id_column);
char *server_explain_wait(struct server *self, const struct board_job *job);  // the caller's

// Adds a row for each worker: would it take a backup of the database?
void server_explain_workers(struct server *self, const struct database *database, table_t *table);

// Counts which of a policy's databases (use->databases of them) no connected worker could take, and
// why the first of them.
struct policy_use;
void server_count_unfit(struct server *self, const struct policy *policy,
                        struct database *const *databases, struct policy_use *use);

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

// Returns the run, or 0 if the policy has no database: then nothing was written.
int64_t server_start_scheduled(struct server *self, const struct policy *policy,
                               const struct schedule_turn *turn, const struct firing *firing);
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

// server_policies
void server_reload(struct server *self);
void server_apply_limits(struct server *self, const struct config_node *root);
void server_warn_of_policies(struct server *self);

// The policy that a database has; NULL if it has none. `choice` tells why.
const struct policy *server_policy(struct server *self, const struct database *database,
                                   struct policy_choice *choice);

// Which databases each policy has now. It lends from the policies and the estate.
roll_t *server_roll(struct server *self);

// Lists of policies, of why a database has which, and of databases that have none. As
// server_list_scopes.
int server_list_policies(struct server *self, const Wire__Query *query, size_t limit,
                         table_t **table, char **cursor, struct error *error);
int server_explain_policy(struct server *self, const Wire__Query *query, size_t limit,
                          table_t **table, char **cursor, struct error *error);
int server_list_unmatched(struct server *self, const Wire__Query *query, size_t limit,
                          table_t **table, char **cursor, struct error *error);

// server_assign
assigning_t *assigning_new(void);
void assigning_destroy(assigning_t **self_p);

// Looks at the policy of a database, or of all, in the turns to come. `why` is told of what changes
// by it; a literal.
void server_assign(struct server *self, const struct database *database);
void server_assign_all(struct server *self, const char *why);
void server_check_assignments(struct server *self);
int server_is_assigning(const struct server *self);  // there is more to look at

// server_promise
void server_check_promises(struct server *self);

// Takes what the catalog's reader answered; `table` is NULL after an error. Returns 0 if it was
// asked for by somebody else.
int server_take_promises(struct server *self, uint64_t tag, const table_t *table, char **cursor_p,
                         const struct error *error);

// A good set of a database was made now; one was found damaged, or some have come off-site.
void server_know_set(struct server *self, int64_t database_id);
void server_know_anew(struct server *self);

// Whether what there is of each database was read since the start. Until then all of them look as
// if there were no sets: nothing may be told as overdue.
int server_knows_promises(const struct server *self);
void server_promise_counts(struct server *self, size_t counts[PROMISE_STATES]);

// What each policy is for, in their order, by one walk over the databases; the caller's.
struct policy_use {
    size_t databases, overdue;
    size_t unfit;                    // of them, those that no connected worker could take
    char reason[TAKER_REASON_SIZE];  // for the first of these
};
struct policy_use *server_count_uses(struct server *self);

// server_schedule
#define SCHEDULE_WHO "schedule"  // who asked for its runs
void server_check_schedule(struct server *self);
void server_reload_schedule(struct server *self);  // after server_check_schedule and new policies
void server_write_firing(struct server *self, const struct firing *firing);  // in an open unit
int server_list_schedule(struct server *self, const Wire__Query *query, size_t limit,
                         table_t **table, char **cursor, struct error *error);

// server_forecast
int server_ask_forecast(struct server *self, struct question **question_p, struct error *error);
int server_gathers_forecast(const struct server *self);
void server_gather_forecast(struct server *self);   // a part of it, if there is one
void server_restart_forecast(struct server *self);  // policies have changed
void server_take_forecast(struct server *self);     // it was played
void server_forget_forecast(struct server *self);
int server_list_forecast(struct server *self, const Wire__Query *query, size_t limit,
                         table_t **table, char **cursor, struct error *error);

// server_discovery
void server_discover(struct server *self);
void server_take_discovery(struct server *self);

// What keeps a run of these databases, which the terms selected, from being whole: parts of the
// estate that do not answer. "" = nothing. The caller's.
char *server_doubt(struct server *self, Wire__Term *const *terms, size_t term_count,
                   struct database *const *databases, size_t count);

// server_protect
void server_open_protect(struct server *self);
void server_load_protections(struct server *self, struct working_set *set);  // after its jobs
// A set was written there by a job of this policy ("" = none).
void server_protect_set(struct server *self, const char *store, const char *policy_name);
// It has ended, and once the catalog is saved snapshots are due.
void server_protect_run(struct server *self, const struct run *run);
void server_check_protections(struct server *self);
void server_deliver_order(struct server *self, const struct outgoing *message);
void server_write_protection(struct server *self,
                             const struct protection *protection);  // in an open unit

// Ends one that will never be, and takes its sets for the next one. Its place is not busy then.
void server_give_up_protection(struct server *self, struct place *place,
                               struct protection **protection_p, const char *why);

// server_protect_reports
void server_take_reports(struct server *self);

// server_unprotect: snapshots that go before their time. What the keeper reports of one.
void server_hear_unprotect(struct server *self, struct question **question_p);
void server_take_unprotect(struct server *self, const struct question *question,
                           const table_t *protections);
void server_write_unprotected(struct server *self, const struct keeper_report *report);

// Of one whose snapshot was to go when we were killed: the order is given again, once.
void server_load_unprotect(struct server *self, const struct protection *protection);
void server_unprotect_again(struct server *self);
void server_forget_unprotect(struct server *self);

// server_protect: sends an order once all changes so far are durable.
void server_send_order(struct server *self, const struct keeper_order *order);

// server_protect_lists
void server_hear_protect(struct server *self, const struct question *question);

// What is protected, and how far its replication is. As server_list_scopes.
int server_list_replication(struct server *self, const Wire__Query *query, size_t limit,
                            table_t **table, char **cursor, struct error *error);

// server_expire: sets that go for good.
expiry_t *expiry_new(void);
void expiry_destroy(expiry_t **self_p);
void server_check_expiry(struct server *self);

// Takes an order of an operator; its question is answered when a run has begun.
void server_ask_expire(struct server *self, struct question **question_p);

// What was written is durable.
void server_expiry_written(struct server *self);

// Takes what the catalog's reader answered; as server_take_promises.
int server_take_expiry(struct server *self, uint64_t tag, const table_t *table, char **cursor_p,
                       const struct error *error);

// ERROR_DENIED if a set is on its way out or gone, whatever the catalog's reader said of it: it may
// have been asked before.
int server_check_stays(struct server *self, int64_t set_id, const char *state, struct error *error);

// server_expire_run: what became of a job of an expiry. The unit of the batch is open.
void server_write_expired(struct server *self, const struct board_job *job, const Wire__Done *done);

// server_expire_judge: the term `policy` of an expiry is ours; of the others the selector gets all
// but those that `expiry` has for itself.
int server_select_kept(Wire__Term *const *terms, size_t count, selector_t *selector,
                       struct error *error);
int server_is_kept_by(struct server *self, Wire__Term *const *terms, size_t count,
                      int64_t database_id);  // a policy that the terms name, if they do

// What becomes of the sets of a database. `verdicts` is for part->count.
void server_judge_sets(struct server *self, const struct shelf_part *part,
                       struct retention_verdict *verdicts);
void server_judge_named(struct server *self, const struct shelf_part *part, size_t named,
                        struct retention_verdict *verdict);
int server_wants_offsite(struct server *self, int64_t database_id);  // before a set of it goes

// Asks for the next page of what an expiry looks at. Sets *tag.
int server_ask_kept(struct server *self, const selector_t *selector, const char *cursor,
                    uint64_t *tag, struct error *error);

// The list `expiry`: what would become of each set, and why.
int server_ask_expiry(struct server *self, struct question **question_p, struct error *error);
void server_take_verdicts(struct server *self, struct question **question_p, const table_t *sets,
                          const char *cursor);

// server_pin: sets that do not expire, whatever their policy says.
void server_hear_pin(struct server *self, struct question **question_p);
void server_take_pin(struct server *self, const struct question *question, const table_t *sets);

// server_admin: asks the catalog's reader; on success the question waits for it.
int server_ask_reader(struct server *self, struct question **question_p, struct query *query,
                      struct error *error);

// server_fetch: what jobs ask for while they run
void server_hear_fetch(struct server *self, struct board_job *job, const Wire__Fetch *fetch);
void server_forget_fetches(struct server *self);

// As server_take_promises.
int server_take_fetched(struct server *self, uint64_t tag, const table_t *page, const char *cursor,
                        const struct error *error);

// server_sweep: what becomes of what is found. The answer is lent until the next question; NULL:
// the attempt began before this coordinator did.
const char *server_hear_findings(struct server *self, struct board_job *job,
                                 const Wire__Fetch *fetch);
int server_may_adopt(struct server *self, const struct board_job *job, const Wire__Fetch *fetch);
int64_t server_adopted_job(const char *line);  // that a set is of, by what it says
const char *server_adopt(struct server *self, const struct board_job *job, uint64_t number,
                         const char *line, int is_taken);  // the catalog has a set of that job
// The answer to a question that comes again; NULL: it does not.
const char *server_said_before(struct server *self, const struct board_job *job, uint64_t number);
void server_forget_sweeps(struct server *self);

// server_saving: the catalog in the stores
void server_open_saving(struct server *self);
void server_close_saving(struct server *self);
void server_used_store(struct server *self, const char *store);      // a set was written there
void server_save_after(struct server *self, const struct run *run);  // it has ended
void server_check_saving(struct server *self);
int64_t server_save_catalog(struct server *self, const struct question *question,
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
