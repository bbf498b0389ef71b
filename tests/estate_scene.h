// An estate, what is found for it, and what it tells the catalog: for the tests of the estate.

#pragma once

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/eligible.h"
#include "coordinator/discovery/estate.h"
#include "tests/check.h"

struct told {
    int put, seen, stale, gone, scopes, events;
    int64_t last_id;
    char last_reason[ELIGIBLE_REASON_SIZE];
    char text[8192];  // a line for each event: "<kind> <id>: <message>"
};

static inline void
tell_put(void *context, const struct database *database)
{
    struct told *told = context;
    told->put++;
    told->last_id = database->id;
    snprintf(told->last_reason, sizeof told->last_reason, "%s", database->skip_reason);
}

static inline void
tell_seen(void *context, const struct database *database)
{
    ((struct told *)context)->seen += database->id > 0;
}

static inline void
tell_stale(void *context, const struct database *database)
{
    ((struct told *)context)->stale += database->stale_ms > 0;
}

static inline void
tell_gone(void *context, const struct database *database)
{
    ((struct told *)context)->gone += database->gone_ms > 0;
}

static inline void
tell_scope(void *context, const struct scope *scope)
{
    ((struct told *)context)->scopes += scope->since_ms > 0;
}

static inline void
tell_event(void *context, const struct estate_event *event)
{
    struct told *told = context;
    size_t used = strlen(told->text);
    snprintf(told->text + used, sizeof told->text - used, "%s %d: %s\n", event->kind,
             (int)event->database_id, event->message);
    told->events++;
}

static inline struct told
merge(estate_t *estate, struct finding_list *found, int64_t unix_ms)
{
    struct told told = {0};
    struct estate_listener listener = {tell_put,   tell_seen,  tell_stale, tell_gone,
                                       tell_scope, tell_event, &told};
    estate_merge(estate, found, unix_ms, &listener);
    return told;
}

static inline int
statements(const struct told *told)
{
    return told->put + told->seen + told->stale + told->gone + told->scopes + told->events;
}

static inline struct finding_list *
found_by(const char *provider)
{
    struct finding_list *found = finding_list_new();
    finding_list_begin(found, provider);
    return found;
}

// What one database has; the rest is as of a healthy MySQL.
struct sample {
    const char *id, *name, *account, *region, *state, *version, *tags;
};

static inline const char *
or_else(const char *text, const char *preset)
{
    return text ? text : preset;
}

static inline void
find(struct finding_list *found, struct sample sample)
{
    CLEAN(database_destroy) struct database *database = database_new();
    record_set(&database->provider, found->providers[found->provider_count - 1].name);
    record_set(&database->resource_id, sample.id);
    record_set(&database->name, or_else(sample.name, sample.id));
    record_set(&database->account, or_else(sample.account, ""));
    record_set(&database->region, or_else(sample.region, ""));
    record_set(&database->state, or_else(sample.state, "available"));
    record_set(&database->version, or_else(sample.version, "8.0.35"));
    record_set(&database->tags, or_else(sample.tags, "{}"));
    record_set(&database->engine, "mysql");
    record_set(&database->host, "db.example");
    record_set(&database->secret, "s");
    database->port = 3306;
    finding_list_add(found, database);
}

#define FIND(found, ...) find(found, (struct sample){.id = __VA_ARGS__})
#define ASSERT_TOLD(told, line) \
    do { \
        if (!strstr((told).text, line)) \
            fail_msg("'%s' is not in:\n%s", line, (told).text); \
    } while (0)
