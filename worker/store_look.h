// Looks at a store of the configuration as a backup would meet it, within a deadline: is it what it
// claims to be, does it take a file, how much room has it.
//
// A mount whose server is silent hangs whoever touches it: a thread of its own does, which on
// timeout is left where it hangs. The process must then end by _exit.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "worker/settings.h"
#include "worker/store/store.h"

struct store_look {
    char identity[STORE_IDENTITY_SIZE];  // "" if the store could not be opened
    uint64_t free_bytes;
    int is_hanging;  // there was no answer in time
    struct error error;
};

// May the row be the store with this identity? Touches nothing.
int store_look_may_be(const struct settings_store *row, const char *identity);

// `folder`: where in the store the sets would go; NULL: nothing is written. 0, or -1 with
// look->error.
int store_look_at(const struct settings_store *row, const char *folder, int64_t patience_ms,
                  struct store_look *look);

// The same in steps, for who waits for other things, too: once the descriptor, the caller's, can be
// read, the answer is there. To close it is to give up.
int store_look_start(const struct settings_store *row, const char *folder, int *answer,
                     struct error *error);
int store_look_take(int answer, struct store_look *look);

// Says that there was no answer in time. Returns -1.
int store_look_hangs(const struct settings_store *row, int64_t patience_ms,
                     struct store_look *look);
