#include "coordinator/catalog/catalog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct catalog_ops *const kinds[] = {
    &catalog_sqlite_ops,
    &catalog_mysql_ops,
    &catalog_postgres_ops,
};

// Finds the kind that a URL names, and where its own part begins.
static const struct catalog_ops *
kind_of(const char *url, const char **place, struct error *error)
{
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        size_t size = strlen(kinds[index]->kind);
        if (strncmp(url, kinds[index]->kind, size) == 0 && url[size] == ':') {
            *place = url + size + 1;
            return kinds[index];
        }
    }
    // Not the whole URL: other kinds carry names of users.
    error_set(error, ERROR_CONFIG,
              "no kind of catalog is called '%.*s', try 'sqlite:/path', "
              "'mysql://...' or 'postgres://...'",
              (int)strcspn(url, ":"), url);
    return NULL;
}

int
catalog_check_url(const char *url, struct error *error)
{
    const char *place = NULL;
    const struct catalog_ops *ops = kind_of(url, &place, error);
    return ops ? ops->check(place, error) : -1;
}

int
catalog_open(catalog_t **self_p, const char *url, const struct catalog_access *access,
             const char *holder, struct error *error)
{
    const char *place = NULL;
    const struct catalog_ops *ops = kind_of(url, &place, error);
    return ops ? ops->open(self_p, place, access, holder, error) : -1;
}

int
catalog_open_reader(catalog_t **self_p, const char *url, const struct catalog_access *access,
                    struct error *error)
{
    const char *place = NULL;
    const struct catalog_ops *ops = kind_of(url, &place, error);
    return ops ? ops->open_reader(self_p, place, access, error) : -1;
}

void
catalog_destroy(catalog_t **self_p)
{
    if (*self_p)
        (*self_p)->ops->destroy(self_p);
}

int
catalog_apply(catalog_t *self, batch_t *batch, struct error *error)
{
    return self->ops->apply(self, batch, error);
}

int
catalog_keep(catalog_t *self, struct error *error)
{
    return self->ops->keep(self, error);
}

int
catalog_load(catalog_t *self, struct working_set *set, struct error *error)
{
    return self->ops->load(self, set, error);
}

int
catalog_query(catalog_t *self, const struct query *query, table_t **table, char **cursor,
              struct error *error)
{
    assert(query->limit > 0 && query->limit <= CATALOG_PAGE_MAX);
    return self->ops->query(self, query, table, cursor, error);
}

int64_t
catalog_epoch(const catalog_t *self)
{
    return self->epoch;
}

const char *
catalog_id(const catalog_t *self)
{
    return self->id;
}

void
working_set_clear(struct working_set *self)
{
    for (size_t index = 0; index < self->database_count; index++)
        database_destroy(&self->databases[index]);
    for (size_t index = 0; index < self->run_count; index++)
        run_record_destroy(&self->runs[index]);
    for (size_t index = 0; index < self->job_count; index++)
        job_record_destroy(&self->jobs[index]);
    for (size_t index = 0; index < self->scope_count; index++)
        scope_destroy(&self->scopes[index]);
    free(self->scopes);
    for (size_t index = 0; index < self->firing_count; index++)
        firing_destroy(&self->firings[index]);
    free(self->firings);
    free(self->pasts);
    for (size_t index = 0; index < self->outage_count; index++)
        outage_destroy(&self->outages[index]);
    free(self->outages);
    for (size_t index = 0; index < self->outage_member_count; index++)
        outage_member_destroy(&self->outage_members[index]);
    free(self->outage_members);
    for (size_t index = 0; index < self->delivery_count; index++)
        delivery_destroy(&self->deliveries[index]);
    free(self->deliveries);
    for (size_t index = 0; index < self->receipt_count; index++)
        receipt_destroy(&self->receipts[index]);
    free(self->receipts);
    for (size_t index = 0; index < self->protection_count; index++)
        protection_destroy(&self->protections[index]);
    free(self->protections);
    for (size_t index = 0; index < self->uncovered_count; index++)
        uncovered_destroy(&self->uncovered[index]);
    free(self->uncovered);
    free(self->databases);
    free(self->runs);
    free(self->jobs);
    *self = (struct working_set){0};
}
