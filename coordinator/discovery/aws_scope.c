// What one account has in one region: its instances, then its clusters, page by page.

#include <assert.h>
#include <stdlib.h>

#include "common/aws/partition.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_judge.h"
#include "coordinator/discovery/aws_work.h"

// A region gets this share of the connections, but a few at least; and it is given up for all after
// so many accounts got no answer from it and none did.
enum { REGION_SHARE = 8, REGION_CALLS_MIN = 4, REGION_FAILURES_MAX = 3 };

static void start_next(struct aws_work *work, struct aws_region *region);

static void
destroy_scope(struct aws_scope **self_p)
{
    struct aws_scope *self = *self_p;
    aws_rds_destroy(&self->instances);
    aws_rds_destroy(&self->clusters);
    free(self);
    *self_p = NULL;
}

// ---- its end

static void
scope_end(struct aws_scope *scope, enum scope_state state, const char *message)
{
    struct aws_account *account = scope->account;
    finding_list_tell(account->work->found, state, account->id, scope->region->name, message);
    destroy_scope(&scope);
    aws_scope_ended(account);
}

static void
take_database(void *context, struct database **database_p, const char *source_arn)
{
    struct aws_work *work = context;
    if (source_arn) {
        size_t count = work->pending_count + 1;
        work->pending = memory_resize(work->pending, count * sizeof *work->pending);
        work->pending[work->pending_count++] =
            (struct aws_pending){*database_p, memory_copy_text(source_arn)};
    }
    finding_list_take(work->found, database_p);
}

static void
scope_answered(struct aws_scope *scope)
{
    struct aws_work *work = scope->account->work;
    if (work->found->count + aws_rds_count(scope->instances) + aws_rds_count(scope->clusters) >
        PROVIDER_DATABASES_MAX) {
        scope_end(scope, SCOPE_FAILED, "there are more databases than a provider may list");
        return;
    }
    struct aws_place place = {.provider = work->provider,
                              .partition = work->caller.partition,
                              .account = scope->account->id,
                              .region = scope->region->name};
    aws_judge(work->arguments, &place, scope->instances, scope->clusters, take_database, work);
    scope_end(scope, SCOPE_ANSWERS, "");
}

// ---- its calls

static void call_page(struct aws_scope *scope);

// Returns 1 if the scope has its next call under way.
static int
go_on(struct aws_scope *scope, struct error *error)
{
    int more = 0;
    if (aws_rds_end_page(scope->current, &more, error))
        return -1;
    if (!more && scope->current == scope->clusters)
        return 0;
    if (!more)
        scope->current = scope->clusters = aws_rds_new(AWS_RDS_CLUSTERS);
    if (clock_monotonic_ms() > scope->account->deadline_ms)
        return error_set(error, ERROR_UNAVAILABLE, "not all of it was answered within %lld s",
                         (long long)scope->account->work->arguments->account_ms / 1000);
    call_page(scope);
    return 1;
}

static void
note_outcome(struct aws_region *region, enum aws_outcome outcome, const char *message)
{
    if (outcome != AWS_TRANSIENT) {
        region->has_answered |= outcome != AWS_CANCELLED;
        return;
    }
    if (!region->has_answered && ++region->failures >= REGION_FAILURES_MAX)
        snprintf(region->broken, sizeof region->broken, "%s", message);
}

static void
scope_failed(struct aws_scope *scope, const struct aws_result *result)
{
    char message[AWS_WORK_MESSAGE_SIZE];
    aws_explain(scope->account->work, result, message);
    note_outcome(scope->region, result->outcome, message);
    if (result->outcome == AWS_REGION_DISABLED)
        scope_end(scope, SCOPE_UNLISTED, "the account has not enabled this region");
    else
        scope_end(scope, SCOPE_FAILED, message);
}

static void
page_done(void *argument, const struct aws_result *result)
{
    struct aws_scope *scope = argument;
    struct aws_region *region = scope->region;
    struct aws_work *work = scope->account->work;
    struct error error = {0};
    if (result->outcome != AWS_DONE) {
        region->under_way--;
        scope_failed(scope, result);
    } else {
        note_outcome(region, AWS_DONE, "");
        int status = work->is_over ? error_set(&error, ERROR_CANCELLED, "%s", work->why_over)
                                   : go_on(scope, &error);
        if (status > 0)
            return;
        region->under_way--;
        if (status < 0)
            scope_end(scope, SCOPE_FAILED, error.message);
        else
            scope_answered(scope);
    }
    start_next(work, region);
}

static int
take_page(void *argument, const void *data, size_t size, struct error *error)
{
    return aws_rds_take(((struct aws_scope *)argument)->current, data, size, error);
}

static void
restart_page(void *argument)
{
    aws_rds_restart(((struct aws_scope *)argument)->current);
}

static void
call_page(struct aws_scope *scope)
{
    CLEAN(memory_free) char *body = aws_rds_body(scope->current);
    struct aws_call call = {.identity = aws_identity_of(scope->account),
                            .service = "rds",
                            .region = scope->region->name,
                            .protocol = AWS_QUERY,
                            .action = aws_rds_action(scope->current),
                            .version = "2014-10-31",
                            .body = body,
                            .answer_max = AWS_RDS_PAGE_SIZE_MAX,
                            .take = take_page,
                            .restart = restart_page,
                            .done = page_done,
                            .argument = scope};
    aws_client_start(scope->account->work->client, &call);
}

static size_t
calls_max(const struct aws_work *work)
{
    size_t share = (size_t)work->arguments->connections / REGION_SHARE;
    return share < REGION_CALLS_MIN ? REGION_CALLS_MIN : share;
}

static void
start_next(struct aws_work *work, struct aws_region *region)
{
    while (!work->is_over && region->under_way < calls_max(work)) {
        struct aws_scope *scope = zlistx_detach(region->queue, NULL);
        if (!scope)
            return;
        if (*region->broken) {
            scope_end(scope, SCOPE_FAILED, region->broken);
            continue;
        }
        region->under_way++;
        scope->current = scope->instances = aws_rds_new(AWS_RDS_INSTANCES);
        call_page(scope);
    }
}

static struct aws_region *
region_named(struct aws_work *work, const char *name)
{
    struct aws_region *region = zhashx_lookup(work->regions, name);
    if (region)
        return region;
    region = memory_get(sizeof *region);
    region->name = memory_copy_text(name);
    region->queue = zlistx_new();
    zhashx_insert(work->regions, name, region);
    return region;
}

void
aws_scope_add(struct aws_account *account, const char *name)
{
    struct aws_region *region = region_named(account->work, name);
    struct aws_scope *scope = memory_get(sizeof *scope);
    scope->account = account;
    scope->region = region;
    account->scopes++;
    zlistx_add_end(region->queue, scope);
    start_next(account->work, region);
}

void
aws_scope_end_all(struct aws_work *work)
{
    struct aws_region *region = zhashx_first(work->regions);
    for (; region; region = zhashx_next(work->regions)) {
        struct aws_scope *scope = NULL;
        while ((scope = zlistx_detach(region->queue, NULL)))
            scope_end(scope, SCOPE_FAILED, work->why_over);
    }
}

// ---- replicas of what is elsewhere

// Whether the account and region of a source were asked and failed: then it may well be there.
static int
may_be_there(zhashx_t *failed, const char *source_arn)
{
    struct aws_arn arn;
    struct error ignored = {0};
    if (aws_arn_parse(source_arn, &arn, &ignored))
        return 0;
    CLEAN(memory_free) char *scope = memory_format("%s %s", arn.account, arn.region);
    CLEAN(memory_free) char *account = memory_format("%s ", arn.account);
    return zhashx_lookup(failed, scope) || zhashx_lookup(failed, account);
}

void
aws_scope_judge_pending(struct aws_work *work)
{
    zhashx_t *listed = zhashx_new();
    zhashx_t *failed = zhashx_new();
    for (size_t index = 0; work->pending_count && index < work->found->count; index++)
        zhashx_insert(listed, work->found->databases[index]->long_name, work);
    for (size_t index = 0; work->pending_count && index < work->found->scope_count; index++) {
        const struct scope *scope = work->found->scopes[index];
        CLEAN(memory_free) char *key = memory_format("%s %s", scope->account, scope->region);
        if (scope_is(scope, SCOPE_FAILED))
            zhashx_insert(failed, key, work);
    }
    for (size_t index = 0; index < work->pending_count; index++) {
        const char *source = work->pending[index].source_arn;
        if (zhashx_lookup(listed, source) || may_be_there(failed, source))
            aws_judge_copy(work->pending[index].database, source);
    }
    zhashx_destroy(&listed);
    zhashx_destroy(&failed);
}
