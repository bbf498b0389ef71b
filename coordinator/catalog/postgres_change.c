// Changes, sent in pipelines: a round trip for many.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/postgres.h"

enum { PIPELINE_MAX = 256, NAME_SIZE = 16 };

static void
name_of(enum statement statement, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "change_%d", (int)statement);
}

// The types are those of the columns: a number may go to any of them.
static int
prepare(struct postgres_catalog *self, enum statement statement, struct error *error)
{
    if (self->is_prepared[statement])
        return 0;
    char name[NAME_SIZE];
    name_of(statement, name);
    CLEAN(memory_free) char *sql = postgres_catalog_sql(schema_statements[statement].sql);
    CLEAN(postgres_catalog_clear) PGresult *result = NULL, *end = NULL;
    if (!PQsendPrepare(self->connection, name, sql, 0, NULL))
        return postgres_catalog_fail(self, NULL, "cannot prepare for", error);
    if (postgres_catalog_flush(self, error) || postgres_catalog_result(self, &result, error))
        return -1;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return postgres_catalog_fail(self, result, "cannot prepare for", error);
    self->is_prepared[statement] = 1;
    return postgres_catalog_result(self, &end, error);
}

static int
send(struct postgres_catalog *self, const struct change *change, struct error *error)
{
    char name[NAME_SIZE];
    struct postgres_values given;
    name_of(change->statement, name);
    postgres_catalog_values(change->values, change->count, &given);
    if (!PQsendQueryPrepared(self->connection, name, (int)change->count, given.data, given.sizes,
                             given.formats, 0))
        return postgres_catalog_fail(self, NULL, "cannot write", error);
    return 0;
}

// Integrity constraint violations are class 23.
static int
judge(struct postgres_catalog *self, const struct change *change, PGresult *result, int *refused,
      struct error *error)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
        *refused |= !sql_holds(change, strtoll(PQcmdTuples(result), NULL, 10));
        return 0;
    case PGRES_PIPELINE_ABORTED:
        return 0;  // behind the one that was refused
    default:
        if (!state || strncmp(state, "23", 2) != 0)
            return postgres_catalog_fail(self, result, "cannot write", error);
        *refused = 1;
        return 0;
    }
}

// Each change gives a result and an end; the pipeline gives a last result. A failure is told once
// all was read, so that the connection can be used again.
static int
receive(struct postgres_catalog *self, const struct change *const *changes, size_t count,
        int *refused, struct error *error)
{
    int failed = 0;
    for (size_t index = 0; index < 2 * count + 1; index++) {
        CLEAN(postgres_catalog_clear) PGresult *result = NULL;
        struct error later;
        if (postgres_catalog_result(self, &result, failed ? &later : error))
            return -1;
        if (index % 2 || index == 2 * count)
            continue;
        if (judge(self, changes[index / 2], result, refused, failed ? &later : error))
            failed = -1;
        if (!self->connection)
            return -1;
    }
    return failed;
}

static int
pipeline(struct postgres_catalog *self, const struct change *const *changes, size_t count,
         int *refused, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (prepare(self, changes[index]->statement, error))
            return -1;
    }
    if (!PQenterPipelineMode(self->connection))
        return postgres_catalog_fail(self, NULL, "cannot write", error);
    for (size_t index = 0; index < count; index++) {
        if (send(self, changes[index], error))
            return -1;
    }
    if (!PQpipelineSync(self->connection))
        return postgres_catalog_fail(self, NULL, "cannot write", error);
    int failed =
        postgres_catalog_flush(self, error) || receive(self, changes, count, refused, error);
    if (self->connection && !PQexitPipelineMode(self->connection)) {
        struct error ignored;
        return postgres_catalog_fail(self, NULL, "cannot write", failed ? &ignored : error);
    }
    return failed ? -1 : 0;
}

int
postgres_catalog_change(struct sql *base, const struct change *const *changes, size_t count,
                        int *refused, struct error *error)
{
    struct postgres_catalog *self = (struct postgres_catalog *)base;
    *refused = 0;
    for (size_t done = 0; done < count && !*refused; done += PIPELINE_MAX) {
        size_t part = count - done < PIPELINE_MAX ? count - done : PIPELINE_MAX;
        if (pipeline(self, changes + done, part, refused, error))
            return -1;
    }
    return 0;
}
