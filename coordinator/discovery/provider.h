// A provider lists the databases of one part of the estate. Kinds: `file` (an inventory in YAML:
// everything that other providers will find out, written down).
//
// To add one: a file with its ops, a line in the list in provider.c, its keys in settings.c. All
// calls run in the discovery actor and may block, each within a deadline of its own.

#pragma once

#include "common/error.h"
#include "coordinator/record.h"

enum { PROVIDER_DATABASES_MAX = 200000 };

typedef struct provider provider_t;

struct provider_ops {
    const char *kind;
    int (*open)(provider_t **self_p, const char *name, const char *place, struct error *error);
    void (*destroy)(provider_t **self_p);

    // Calls `found` for each database; the record is lent. Its `provider` is "<kind>:<name>", id
    // and stamps are 0, skip_reason is what this provider knows against a backup ("" = nothing).
    int (*list)(provider_t *self, void (*found)(void *context, const struct database *database),
                void *context, struct error *error);
};

// The first member of every implementer.
struct provider {
    const struct provider_ops *ops;
    char name[128];  // "<kind>:<name>"
};

extern const struct provider_ops provider_file_ops;

int provider_open(provider_t **self_p, const char *kind, const char *name, const char *place,
                  struct error *error);
void provider_destroy(provider_t **self_p);
int provider_list(provider_t *self, void (*found)(void *context, const struct database *database),
                  void *context, struct error *error);
const char *provider_name(const provider_t *self);
