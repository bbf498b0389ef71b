// Cuts a connection: from another thread, so that whatever waits for the other end fails at once;
// and by itself once the job is cancelled.
//
//     CLEAN(cutter_destroy) cutter_t *cutter = cutter_new(socket, server->stop);
//     ... use the connection; cutter_cut(cutter) from wherever ...
//
// It has a descriptor of its own: a library may close its socket at any time, and the number would
// be another's then. Close the connection first, the cutter then.

#pragma once

enum { CUTTER_PATIENCE_MS = 300 };  // after a cancel, for those who can say goodbye

typedef struct cutter cutter_t;

// `stop`: readable once the job is cancelled; 0: it cannot be.
cutter_t *cutter_new(int socket, int stop);
void cutter_destroy(cutter_t **self_p);

// From any thread, as often as one likes.
void cutter_cut(const cutter_t *self);
