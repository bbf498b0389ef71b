// What the parts of the server share of sets: snapshots and the other site, which sets go, what
// jobs ask for while they run, what a sweep finds, and the catalog in the stores. For these files
// only.
//
//     server_protect_set(self, store, policy_name);  // a set was written there
//     server_used_store(self, store);                // so the catalog is to be written there, too

#pragma once

#include "coordinator/server_state.h"

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
