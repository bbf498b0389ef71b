// A command of `dbhaul`: a row in the table of cli.c, and a function in the file it belongs to.
//
// Adding one: a function `int x_run(struct session *, struct error *)`, a line in the table.

#pragma once

#include "common/options.h"
#include "coordinator/cli/client.h"

// What `dbhaul` exits with; --help tells them.
enum {
    STATUS_WELL = 0,
    STATUS_PARTIAL = 1,  // something failed, or could not be asked
    STATUS_USAGE = 2,
    STATUS_UNREACHED = 3,
    STATUS_CANCELLED = 4,
    STATUS_REFUSED = 5,
    STATUS_LAPSED = 6,       // protected yesterday, not today
    STATUS_UNPROTECTED = 7,  // never protected, for longer than promised
};

struct session {
    const struct command *command;
    const options_t *options;
    client_t *client;  // NULL if the command is local
    int is_json;
};

struct command {
    const char *name;
    const char *arguments;          // for the usage line
    const char *help;               // one line
    const char *details;            // more lines, or NULL
    const struct option_row *rows;  // of its own
    int is_local;                   // it asks no coordinator
    // Returns a status, or -1 with an error, from whose code the status follows.
    int (*run)(struct session *self, struct error *error);
};

// ERROR_CONFIG if there are not between low and high arguments.
int command_expect(const struct session *self, size_t low, size_t high, struct error *error);

// The option's value as seconds in milliseconds; preset_ms if it was not given.
int command_seconds(const struct session *self, const char *option, int64_t preset_ms,
                    int64_t *value_ms, struct error *error);

// The functions of the table.
int lists_run(struct session *self, struct error *error);
int details_run(struct session *self, struct error *error);
int details_status_run(struct session *self, struct error *error);
int submit_backup_run(struct session *self, struct error *error);
int submit_restore_run(struct session *self, struct error *error);
int submit_verify_run(struct session *self, struct error *error);
int check_run(struct session *self, struct error *error);
int submit_sweep_run(struct session *self, struct error *error);
int expire_run(struct session *self, struct error *error);
int expire_pin_run(struct session *self, struct error *error);
int expire_unpin_run(struct session *self, struct error *error);
int catalog_run(struct session *self, struct error *error);
int steer_cancel_run(struct session *self, struct error *error);
int steer_drain_run(struct session *self, struct error *error);
int steer_protect_run(struct session *self, struct error *error);
int steer_unprotect_run(struct session *self, struct error *error);
int steer_discover_run(struct session *self, struct error *error);
int policy_run(struct session *self, struct error *error);
int policy_schedule_run(struct session *self, struct error *error);
int notify_run(struct session *self, struct error *error);
int keygen_run(struct session *self, struct error *error);
int once_run(struct session *self, struct error *error);

extern const struct option_row lists_rows[], lists_databases_rows[], lists_backups_rows[],
    lists_report_rows[], submit_rows[], submit_restore_rows[], submit_sweep_rows[], check_rows[],
    expire_rows[], expire_pin_rows[], catalog_rows[], steer_drain_rows[], policy_rows[],
    policy_schedule_rows[], notify_rows[], once_rows[];

// Prints the pages of a list as the options --all, --limit, --wide and --json say. `columns` are
// those that a table for people shows unless it is wide; NULL: all.
int lists_print(struct session *self, struct client_query *query, const char *const *columns,
                struct error *error);

// Prints all that a list has of a run, wide or as JSON.
int lists_print_run(client_t *client, const char *list, uint64_t run_id, int is_json,
                    struct error *error);

// Starts a run and returns; for commands that make one.
int submit_start(struct session *self, Wire__Submit *what, uint64_t *run_id, struct error *error);

// The same, and waits for it if the option --wait says so.
int submit_run(struct session *self, Wire__Submit *what, struct error *error);

// Says that a run has begun, for who does not wait for it.
void submit_say(const struct session *self, uint64_t run_id);
