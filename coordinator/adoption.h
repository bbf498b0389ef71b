// A set that was found in a store without a row in the catalog: the line that a worker makes of its
// manifest (worker/set/found.h), as a record, and as the rows that it becomes. No I/O.
//
// A line is hostile: texts have limits, numbers ranges.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/error.h"
#include "coordinator/catalog/batch.h"

struct adoption {
    char *path, *engine, *resource_id, *name, *host;
    char *provider;  // which listed it; "" = its manifest does not tell
    char *server_version, *tool, *tool_version, *consistency;
    int64_t port, job_id, attempt, size_bytes, file_count, schema_count, left_out_count,
        excluded_count, started_ms, created_ms;
    uint8_t manifest_sha256[DIGEST_SIZE];
};

// ERROR_INVALID if it makes no sense.
int adoption_read(struct adoption *self, const char *line, size_t size, struct error *error);
void adoption_clear(struct adoption *self);

// Adds the set's row to the last unit of a batch.
void adoption_write(const struct adoption *self, int64_t set_id, int64_t database_id,
                    const char *store, batch_t *batch);
