// A sentry watches the store that a job uses: it looks at it again and again (store_look.h), and
// tells when there is no answer in time. Whoever hangs in a store cannot tell it himself.
//
//     sentry_watch(sentry, row, folder, now_ms);
//     poll(... sentry_fd(sentry) ..., until sentry_deadline(sentry));
//     if (sentry_tick(sentry, now_ms, error))
//         ... the store hangs: leave by _exit
//
// A store that answers with an error is left to those who use it: they get it themselves.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "worker/settings.h"

typedef struct sentry sentry_t;

// How long one answer may take, which is also how soon a hanging store is noticed, about.
sentry_t *sentry_new(int64_t patience_ms);
void sentry_destroy(sentry_t **self_p);

// From now on that store, which is lent. `folder` as store_look_at's.
void sentry_watch(sentry_t *self, const struct settings_store *row, const char *folder,
                  int64_t now_ms);

int sentry_fd(const sentry_t *self);  // readable: call sentry_tick; -1: nothing to wait for
int64_t sentry_deadline(const sentry_t *self);  // of the next sentry_tick; INT64_MAX: none

// 0, or -1 and why if the store hangs.
int sentry_tick(sentry_t *self, int64_t now_ms, struct error *error);
