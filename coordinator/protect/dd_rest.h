// A Data Domain's REST interface, as a session: it logs in when it has to (both forms of the body),
// logs in anew once if its token is dead, and reads lists page by page. Only what it can be asked,
// nothing that changes it. Calls wait; an actor uses it.
//
//     CLEAN(dd_rest_destroy) dd_rest_t *rest = dd_rest_new(&options);
//     struct dd_snapshot snapshot;
//     if (dd_rest_snapshot(rest, "/data/col1/su1", "dbhaul-1", &snapshot, error))
//         return -1;  // ERROR_NOT_FOUND: there is no such snapshot
//
// Errors: ERROR_UNAVAILABLE for what may pass, ERROR_DENIED if a login, a token or a certificate is
// not accepted, ERROR_INVALID for an answer that makes no sense, ERROR_CONFIG, and ERROR_CANCELLED
// when stop_fd can be read.

#pragma once

#include "coordinator/protect/dd_record.h"

#include "common/error.h"

typedef struct dd_rest dd_rest_t;

// Gives the password, anew for each login; the caller's (memory_free_secret).
typedef int(dd_password)(const void *context, char **password, struct error *error);

// All is lent for as long as the session lives.
struct dd_rest_options {
    const char *url;         // "https://dd1.example:3009"
    const char *ca_file;     // PEM; NULL: the system's
    const char *pinned_key;  // http.h; NULL: none
    const char *user;
    dd_password *password;
    const void *context;  // of it
    int64_t patience_ms;  // of one request
    int stop_fd;          // -1: none
};

dd_rest_t *dd_rest_new(const struct dd_rest_options *options);
void dd_rest_destroy(dd_rest_t **self_p);  // gives the token back, if that is quick

int dd_rest_system(dd_rest_t *self, struct dd_system *system, struct error *error);

// ERROR_NOT_FOUND if there is no such MTree or snapshot.
int dd_rest_mtree(dd_rest_t *self, const char *mtree, struct dd_mtree *found, struct error *error);
int dd_rest_snapshot(dd_rest_t *self, const char *mtree, const char *name,
                     struct dd_snapshot *found, struct error *error);

// How many snapshots the MTree has, and whether that one is among them.
int dd_rest_count(dd_rest_t *self, const char *mtree, const char *name, size_t *count, int *has,
                  struct error *error);

// The contexts whose source is the MTree; *contexts is the caller's (memory_free). ERROR_NOT_FOUND
// if this release's REST has no contexts.
int dd_rest_contexts(dd_rest_t *self, const char *mtree, struct dd_context **contexts,
                     size_t *count, struct error *error);
