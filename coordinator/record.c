#include "coordinator/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

void
record_set(char **text_p, const char *text)
{
    char *copy = memory_copy_text(text ? text : "");
    free(*text_p);
    *text_p = copy;
}

void
database_texts(struct database *self, char **texts[DATABASE_TEXTS])
{
    char **all[] = {&self->provider,    &self->resource_id, &self->name,    &self->long_name,
                    &self->engine,      &self->version,     &self->account, &self->region,
                    &self->host,        &self->source,      &self->secret,  &self->role_arn,
                    &self->external_id, &self->state,       &self->tags,    &self->skip_reason,
                    &self->endpoints};
    static_assert(sizeof all / sizeof *all == DATABASE_TEXTS, "the header names them");
    memcpy(texts, all, sizeof all);
}

void
assignment_texts(struct assignment *self, char **texts[ASSIGNMENT_TEXTS])
{
    char **all[] = {&self->policy, &self->outcome, &self->tag, &self->lost_policy};
    static_assert(sizeof all / sizeof *all == ASSIGNMENT_TEXTS, "the header names them");
    memcpy(texts, all, sizeof all);
}

struct database *
database_new(void)
{
    struct database *self = memory_get(sizeof *self);
    char **texts[DATABASE_TEXTS], **more[ASSIGNMENT_TEXTS];
    database_texts(self, texts);
    assignment_texts(&self->assignment, more);
    for (size_t index = 0; index < DATABASE_TEXTS; index++)
        record_set(texts[index], "");
    for (size_t index = 0; index < ASSIGNMENT_TEXTS; index++)
        record_set(more[index], "");
    return self;
}

void
database_destroy(struct database **self_p)
{
    struct database *self = *self_p;
    if (!self)
        return;
    char **texts[DATABASE_TEXTS], **more[ASSIGNMENT_TEXTS];
    database_texts(self, texts);
    assignment_texts(&self->assignment, more);
    for (size_t index = 0; index < DATABASE_TEXTS; index++)
        free(*texts[index]);
    for (size_t index = 0; index < ASSIGNMENT_TEXTS; index++)
        free(*more[index]);
    free(self);
    *self_p = NULL;
}

void
database_copy(struct database *to, const struct database *from)
{
    char **old[DATABASE_TEXTS], **new[DATABASE_TEXTS];
    database_texts(to, old);
    database_texts((struct database *)(uintptr_t)from, new);  // only read
    for (size_t index = 0; index < DATABASE_TEXTS; index++)
        record_set(old[index], *new[index]);
    to->port = from->port;
    to->size_bytes = from->size_bytes;
}

struct scope *
scope_new(void)
{
    struct scope *self = memory_get(sizeof *self);
    record_set(&self->provider, "");
    record_set(&self->account, "");
    record_set(&self->region, "");
    record_set(&self->state, "");
    record_set(&self->message, "");
    return self;
}

void
scope_destroy(struct scope **self_p)
{
    struct scope *self = *self_p;
    if (!self)
        return;
    free(self->provider);
    free(self->account);
    free(self->region);
    free(self->state);
    free(self->message);
    free(self);
    *self_p = NULL;
}

struct firing *
firing_new(void)
{
    struct firing *self = memory_get(sizeof *self);
    record_set(&self->policy, "");
    return self;
}

void
firing_destroy(struct firing **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->policy);
    memory_free(self_p);
}

enum { PROTECTION_TEXTS = 7 };

static void
protection_texts(struct protection *self, char **texts[PROTECTION_TEXTS])
{
    char **all[PROTECTION_TEXTS] = {&self->store,    &self->system,  &self->mtree,
                                    &self->snapshot, &self->context, &self->destination,
                                    &self->message};
    memcpy(texts, all, sizeof all);
}

struct protection *
protection_new(void)
{
    struct protection *self = memory_get(sizeof *self);
    char **texts[PROTECTION_TEXTS];
    protection_texts(self, texts);
    for (size_t index = 0; index < PROTECTION_TEXTS; index++)
        record_set(texts[index], "");
    return self;
}

void
protection_destroy(struct protection **self_p)
{
    if (!*self_p)
        return;
    char **texts[PROTECTION_TEXTS];
    protection_texts(*self_p, texts);
    for (size_t index = 0; index < PROTECTION_TEXTS; index++)
        free(*texts[index]);
    memory_free(self_p);
}

struct uncovered *
uncovered_new(void)
{
    struct uncovered *self = memory_get(sizeof *self);
    record_set(&self->store, "");
    record_set(&self->policy, "");
    return self;
}

void
uncovered_destroy(struct uncovered **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->store);
    memory_free(&(*self_p)->policy);
    memory_free(self_p);
}

struct run *
run_record_new(void)
{
    struct run *self = memory_get(sizeof *self);
    record_set(&self->label, "");
    record_set(&self->selector, "");
    record_set(&self->requested_by, "");
    record_set(&self->policy_digest, "");
    record_set(&self->note, "");
    return self;
}

void
run_record_destroy(struct run **self_p)
{
    struct run *self = *self_p;
    if (!self)
        return;
    free(self->label);
    free(self->selector);
    free(self->requested_by);
    free(self->policy_digest);
    free(self->note);
    free(self);
    *self_p = NULL;
}

struct job *
job_record_new(void)
{
    struct job *self = memory_get(sizeof *self);
    record_set(&self->worker, "");
    record_set(&self->message, "");
    record_set(&self->policy, "");
    return self;
}

void
job_record_destroy(struct job **self_p)
{
    struct job *self = *self_p;
    if (!self)
        return;
    free(self->task);
    free(self->worker);
    free(self->message);
    free(self->policy);
    free(self);
    *self_p = NULL;
}

struct outage *
outage_new(void)
{
    struct outage *self = memory_get(sizeof *self);
    record_set(&self->key, "");
    record_set(&self->cause, "");
    record_set(&self->told_to, "");
    return self;
}

void
outage_destroy(struct outage **self_p)
{
    struct outage *self = *self_p;
    if (!self)
        return;
    free(self->key);
    free(self->cause);
    free(self->told_to);
    free(self);
    *self_p = NULL;
}

struct outage_member *
outage_member_new(void)
{
    struct outage_member *self = memory_get(sizeof *self);
    record_set(&self->subject, "");
    record_set(&self->name, "");
    record_set(&self->policy, "");
    return self;
}

void
outage_member_destroy(struct outage_member **self_p)
{
    struct outage_member *self = *self_p;
    if (!self)
        return;
    free(self->subject);
    free(self->name);
    free(self->policy);
    free(self);
    *self_p = NULL;
}

struct delivery *
delivery_new(void)
{
    struct delivery *self = memory_get(sizeof *self);
    record_set(&self->id, "");
    record_set(&self->target, "");
    record_set(&self->event, "");
    record_set(&self->severity, "");
    record_set(&self->title, "");
    record_set(&self->text, "");
    record_set(&self->document, "");
    return self;
}

void
delivery_destroy(struct delivery **self_p)
{
    struct delivery *self = *self_p;
    if (!self)
        return;
    free(self->id);
    free(self->target);
    free(self->event);
    free(self->severity);
    free(self->title);
    free(self->text);
    free(self->document);
    free(self);
    *self_p = NULL;
}

struct receipt *
receipt_new(void)
{
    struct receipt *self = memory_get(sizeof *self);
    record_set(&self->target, "");
    record_set(&self->message, "");
    return self;
}

void
receipt_destroy(struct receipt **self_p)
{
    struct receipt *self = *self_p;
    if (!self)
        return;
    free(self->target);
    free(self->message);
    free(self);
    *self_p = NULL;
}
