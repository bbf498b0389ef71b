// A provider lists the databases of one part of the estate. Kinds: `file` (an inventory in YAML:
// everything that other providers find out, written down), `aws` (RDS over accounts and regions).
//
// To add one: a file with its ops, a line in the list in provider.c, its keys in arguments.c. All
// calls run in the discovery actor and may block, each within a deadline of its own.

#pragma once

#include "common/error.h"
#include "coordinator/discovery/finding.h"
#include "coordinator/record.h"

enum { PROVIDER_DATABASES_MAX = 200000, PROVIDER_NAME_SIZE = 128 };

enum read_from {
    READ_FROM_WRITER,
    READ_FROM_READER,   // a cluster's reader endpoint
    READ_FROM_REPLICA,  // that, or a healthy replica of an instance
};

// Texts "" and numbers 0 where nothing was said. All are lent, and outlive the provider.
struct provider_arguments {
    const char *kind, *name;
    const char *path;  // file

    // aws
    int organization;
    const char *const *accounts, *const *excluded_accounts;  // up to a NULL
    const char *const *regions, *const *excluded_regions;
    const char *role, *external_id;                // of discovery; {partition}, {account}
    const char *worker_role, *worker_external_id;  // what a worker assumes
    const char *home_region, *endpoint, *ca;
    const char *secret, *iam_user;
    enum read_from read_from;
    int64_t rate_per_s, connections, attempts, account_ms, deadline_ms;
};

typedef struct provider provider_t;

struct provider_ops {
    const char *kind;
    int (*open)(provider_t **self_p, const struct provider_arguments *arguments,
                struct error *error);
    void (*destroy)(provider_t **self_p);

    // Adds databases and tells of scopes (finding.h). A database's `provider` is "<kind>:<name>",
    // id and stamps are 0, skip_reason is what this provider knows against a backup ("" = nothing).
    // -1 if it failed as a whole; ERROR_CANCELLED soon after stop_fd can be read.
    int (*list)(provider_t *self, struct finding_list *found, int stop_fd, struct error *error);
};

// The first member of every implementer.
struct provider {
    const struct provider_ops *ops;
    char name[PROVIDER_NAME_SIZE];  // "<kind>:<name>"
};

extern const struct provider_ops provider_file_ops, provider_aws_ops;

int provider_open(provider_t **self_p, const struct provider_arguments *arguments,
                  struct error *error);
void provider_destroy(provider_t **self_p);
int provider_list(provider_t *self, struct finding_list *found, int stop_fd, struct error *error);
const char *provider_name(const provider_t *self);
