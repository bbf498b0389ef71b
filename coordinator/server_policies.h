// What the parts of the server share of policies: which database has which, what they promise, when
// they fire, who could take what they want, and what the night will come to. For these files only.
//
//     const struct policy *policy = server_policy(self, database, &choice);
//     server_assign(self, database);  // what changes by it is told in the turns to come

#pragma once

#include "coordinator/server_state.h"

// What a policy is for.
struct policy_use {
    size_t databases, overdue;
    size_t unfit;                    // of them, those that no connected worker could take
    char reason[TAKER_REASON_SIZE];  // for the first of these
};

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
void server_count_unfit(struct server *self, const struct policy *policy,
                        struct database *const *databases, struct policy_use *use);

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

// A backup of a database has ended now, well or failed; a good set of it was made now; one was
// found damaged, or some have come off-site.
void server_know_try(struct server *self, int64_t database_id);
void server_know_set(struct server *self, int64_t database_id);
void server_know_anew(struct server *self);

// Whether what there is of each database was read since the start. Until then all of them look as
// if there were no sets: nothing may be told as overdue.
int server_knows_promises(const struct server *self);
void server_promise_counts(struct server *self, size_t counts[PROMISE_STATES]);

// Of each policy, in their order, by one walk over the databases; the caller's.
struct policy_use *server_count_uses(struct server *self);

// server_schedule, and the run that a firing starts (server_runs)
#define SCHEDULE_WHO "schedule"  // who asked for its runs
void server_check_schedule(struct server *self);
void server_reload_schedule(struct server *self);  // after server_check_schedule and new policies
void server_write_firing(struct server *self, const struct firing *firing);  // in an open unit
int server_list_schedule(struct server *self, const Wire__Query *query, size_t limit,
                         table_t **table, char **cursor, struct error *error);

// Returns the run, or 0 if the policy has no database: then nothing was written.
int64_t server_start_scheduled(struct server *self, const struct policy *policy,
                               const struct schedule_turn *turn, const struct firing *firing);

// server_forecast
int server_ask_forecast(struct server *self, struct question **question_p, struct error *error);
int server_gathers_forecast(const struct server *self);
void server_gather_forecast(struct server *self);   // a part of it, if there is one
void server_restart_forecast(struct server *self);  // policies have changed
void server_take_forecast(struct server *self);     // it was played
void server_forget_forecast(struct server *self);
int server_list_forecast(struct server *self, const Wire__Query *query, size_t limit,
                         table_t **table, char **cursor, struct error *error);
