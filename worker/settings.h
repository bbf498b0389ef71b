// The worker's configuration: one file, read once, then never changed. A job's own process reads
// it again, so a secret's rule that was put right serves the next job.
//
// What a message may not decide stands here: where secrets come from and to which servers they go,
// which secrets of AWS a job may name, which servers may be restored into, where TLS may go
// unverified, which stores there are.
// The file must belong to root or to us and be writable by nobody else.
//
//     CLEAN(settings_destroy) struct settings *settings = NULL;
//     if (settings_read(&settings, "/etc/dbhaul/worker.yaml", NULL, NULL, error)) ...
//
// To add a key: a row in settings_keys.c, a field here, a line where it is read.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "common/error.h"
#include "common/log.h"
#include "common/secret.h"

enum {
    SETTINGS_SLOTS_MAX = 64,
    SETTINGS_LIST_MAX = 32,  // coordinators, stores, labels, folders
    SETTINGS_NAME_MAX = 63,  // bytes of the worker's name, of a label and its text
};

struct settings_coordinator {
    char *endpoint;
    char *server_key;  // 40 characters of Z85; NULL on ipc
};

struct settings_store {
    const char *kind, *place, *source;  // source: "" = none
};

struct settings_pair {
    const char *key, *value;
};

struct settings_timers {
    int64_t beat_ms, silence_ms, reconnect_max_ms, done_resend_ms, progress_ms, kill_grace_ms,
        survey_ms, store_ms;
};

struct settings {
    config_t *config;                // all texts that are lent below live in it
    const struct config_node *node;  // the worker's part of the file
    char *name;
    char *state_folder;
    const char *key_path;  // "" = none: ipc only
    unsigned slots;
    struct settings_coordinator *coordinators;
    struct settings_store *stores;
    struct settings_pair *labels;
    const char **tool_folders;  // NULL-terminated
    size_t coordinator_count, store_count, label_count;
    struct settings_timers timers;
    int64_t memory_bytes, file_bytes;  // of a job's processes; 0 = no limit
    enum log_level log_level;
};

// Reads the file. `section` (may be NULL): the key beneath which the worker's settings stand.
// `endpoint_folder` (may be NULL): the coordinator listens on workers.ipc in it, whatever the file
// says, and the state is kept beneath it unless the file says where.
// ERROR_CONFIG names line and column of what is wrong.
int settings_read(struct settings **self_p, const char *path, const char *section,
                  const char *endpoint_folder, struct error *error);
void settings_destroy(struct settings **self_p);

// Resolves a secret by the rules of the file. As secret_resolve.
int settings_secret(const struct settings *self, const char *name,
                    const struct secret_target *target, secret_aws_t *aws,
                    struct credentials *credentials, struct error *error);

// Whether a job may name this secret of AWS itself; ERROR_DENIED says what to add where it may not.
int settings_allow_aws(const struct settings *self, const struct secret_aws_request *request,
                       struct error *error);

// How AWS is reached. The texts are lent.
void settings_aws_options(const struct settings *self, struct aws_client_options *options);

// Is host:port listed as a server that may be restored or drilled into?
int settings_may_restore(const struct settings *self, const char *host, unsigned port);

// Must TLS to host:port be verified? *ca_path: the file of authorities, NULL = the system's; lent.
int settings_verify_tls(const struct settings *self, const char *host, unsigned port,
                        const char **ca_path);

// The file of the authorities that a policy names, if they are for this server: the `name` of an
// entry under `authorities`. ERROR_CONFIG if they are not. Lent.
int settings_authority(const struct settings *self, const char *name, const char *host,
                       unsigned port, const char **ca_path, struct error *error);

// Prints all keys with types, presets, ranges and what they are for.
void settings_print_reference(void);
