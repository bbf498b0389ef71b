// The provider `aws`: the RDS instances and clusters of accounts and regions. Its calls are named
// in deploy/aws/coordinator-policy.json and deploy/aws/discovery-role.json.

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_work.h"

enum { TURN_MS = 1000 };

struct provider_aws {
    provider_t base;
    const struct provider_arguments *arguments;
    struct aws_client_options options;
};

static const char *
or_null(const char *text)
{
    return *text ? text : NULL;
}

static int64_t
least(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

static int
aws_open(provider_t **self_p, const struct provider_arguments *arguments, struct error *error)
{
    (void)error;
    struct provider_aws *self = memory_get(sizeof *self);
    self->base.ops = &provider_aws_ops;
    self->arguments = arguments;
    int64_t call_ms = arguments->account_ms / 2;
    int64_t answer_ms = least(AWS_ANSWER_PRESET_MS, call_ms / 2);
    self->options = (struct aws_client_options){
        .region = or_null(arguments->home_region),
        .endpoint = or_null(arguments->endpoint),
        .ca_file = or_null(arguments->ca),
        .connections_max = (size_t)arguments->connections,
        .rate_per_s = arguments->rate_per_s,
        .attempts_max = arguments->attempts,
        .connect_ms = least(AWS_CONNECT_PRESET_MS, answer_ms),
        .answer_ms = answer_ms,
        .call_ms = call_ms,
    };
    *self_p = &self->base;
    return 0;
}

static void
aws_destroy(provider_t **self_p)
{
    memory_free(self_p);
}

static void
destroy_region(void **region_p)
{
    struct aws_region *region = *region_p;
    zlistx_destroy(&region->queue);
    free(region->name);
    free(region);
    *region_p = NULL;
}

static int
is_readable(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&item, 1, 0) > 0;
}

// Moves all calls on until they are done, or we are to stop, or time is over.
static void
run(struct aws_work *work, int stop_fd)
{
    int64_t deadline_ms = clock_monotonic_ms() + work->arguments->deadline_ms;
    aws_ask_who(work);
    while (aws_client_run(work->client, stop_fd, TURN_MS) > 0 && !work->is_over) {
        if (is_readable(stop_fd)) {
            error_set(&work->error, ERROR_CANCELLED, "the coordinator stops");
            snprintf(work->why_over, sizeof work->why_over, "the coordinator stops");
            work->is_over = 1;
        } else if (clock_monotonic_ms() >= deadline_ms) {
            snprintf(work->why_over, sizeof work->why_over,
                     "not all accounts answered within %lld s: set `deadline` if they need longer",
                     (long long)work->arguments->deadline_ms / 1000);
            work->is_over = 1;
        }
    }
}

// What has not ended is told of, and what it holds is given back.
static void
end_rest(struct aws_work *work)
{
    struct aws_account *account = NULL;
    work->is_over = 1;
    struct aws_counters counters;
    aws_client_counters(work->client, &counters);
    finding_list_spent(work->found, (int64_t)counters.requests, 0);
    aws_client_destroy(&work->client);
    aws_scope_end_all(work);
    while ((account = zlistx_detach(work->accounts, NULL))) {
        finding_list_tell(work->found, SCOPE_FAILED, account->id, "", work->why_over);
        free(account->role);
        free(account);
    }
}

static void
work_clear(struct aws_work *work)
{
    for (size_t index = 0; index < work->pending_count; index++)
        free(work->pending[index].source_arn);
    free(work->pending);
    zlistx_destroy(&work->accounts);
    zhashx_destroy(&work->regions);
    aws_accounts_clear(&work->listed);
    buffer_clear(&work->answer);
}

static int
aws_list(provider_t *base, struct finding_list *found, int stop_fd, struct error *error)
{
    struct provider_aws *self = (struct provider_aws *)base;
    CLEAN(work_clear)
    struct aws_work work = {.arguments = self->arguments, .provider = base->name, .found = found};
    work.accounts = zlistx_new();
    work.regions = zhashx_new();
    zhashx_set_destructor(work.regions, destroy_region);
    if (aws_client_open(&work.client, &self->options, error))
        return -1;
    run(&work, stop_fd);
    // Nobody was asked yet if time was over before the accounts were known.
    int has_begun = found->providers[found->provider_count - 1].answered > 0;
    end_rest(&work);
    if (!work.error.code && !has_begun)
        error_set(&work.error, ERROR_UNAVAILABLE, "%s", work.why_over);
    if (work.error.code) {
        *error = work.error;
        return -1;
    }
    aws_scope_judge_pending(&work);
    return 0;
}

const struct provider_ops provider_aws_ops = {
    .kind = "aws",
    .open = aws_open,
    .destroy = aws_destroy,
    .list = aws_list,
};
