// Whose accounts, and which regions: who we are, the accounts of the organization or of the
// configuration, and the regions that are enabled for each.

#include <stdio.h>
#include <stdlib.h>

#include "common/aws/partition.h"
#include "common/aws/sign.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_judge.h"
#include "coordinator/discovery/aws_regions.h"
#include "coordinator/discovery/aws_work.h"

// So many accounts are under way that the connections are busy, and no more.
enum { ACCOUNTS_SHARE = 4, ACCOUNTS_MIN = 8 };

void
aws_explain(const struct aws_work *work, const struct aws_result *result,
            char message[AWS_WORK_MESSAGE_SIZE])
{
    if (result->outcome == AWS_CANCELLED && work->is_over)
        snprintf(message, AWS_WORK_MESSAGE_SIZE, "%s", work->why_over);
    else
        snprintf(message, AWS_WORK_MESSAGE_SIZE, "%s: %s", aws_outcome_name(result->outcome),
                 result->error.message);
}

static int
has(const char *const *texts, const char *text)
{
    for (; *texts; texts++) {
        if (strcmp(*texts, text) == 0)
            return 1;
    }
    return 0;
}

static int
gather(struct buffer *answer, const void *data, size_t size, size_t limit, struct error *error)
{
    if (answer->size + size > limit)
        return error_set(error, ERROR_INVALID, "the answer is longer than %zu bytes", limit);
    buffer_add(answer, data, size);
    return 0;
}

static int
take_answer(void *argument, const void *data, size_t size, struct error *error)
{
    struct aws_work *work = argument;
    return gather(&work->answer, data, size, AWS_ACCOUNTS_PAGE_SIZE_MAX, error);
}

static void
restart_answer(void *argument)
{
    struct aws_work *work = argument;
    buffer_clear(&work->answer);
}

static void
fail(struct aws_work *work, const struct aws_result *result, const char *what, const char *advice)
{
    char message[AWS_WORK_MESSAGE_SIZE];
    aws_explain(work, result, message);
    error_set(&work->error, result->error.code ? result->error.code : ERROR_UNAVAILABLE, "%s: %s%s",
              what, message, advice);
    work->is_over = 1;
}

// ---- an account

struct aws_identity
aws_identity_of(const struct aws_account *account)
{
    return (struct aws_identity){.role_arn = account->role,
                                 .external_id = account->work->arguments->external_id,
                                 .session_name = "dbhaul-discovery"};
}

static void
account_end(struct aws_account *account)
{
    struct aws_work *work = account->work;
    buffer_clear(&account->answer);
    free(account->role);
    free(account);
    work->under_way--;
    aws_next_accounts(work);
}

void
aws_scope_ended(struct aws_account *account)
{
    if (--account->scopes == 0)
        account_end(account);
}

static int
take_account_answer(void *argument, const void *data, size_t size, struct error *error)
{
    struct aws_account *account = argument;
    return gather(&account->answer, data, size, AWS_REGIONS_SIZE_MAX, error);
}

static void
restart_account_answer(void *argument)
{
    struct aws_account *account = argument;
    buffer_clear(&account->answer);
}

// The account itself counts as a scope meanwhile, so that it cannot end under our hands.
static void
ask_regions_of(struct aws_account *account, const struct aws_regions *enabled)
{
    const struct provider_arguments *arguments = account->work->arguments;
    finding_list_tell(account->work->found, SCOPE_ANSWERS, account->id, "", "");
    account->scopes = 1;
    for (size_t index = 0; enabled && index < enabled->count; index++) {
        if (!has(arguments->excluded_regions, enabled->names[index]))
            aws_scope_add(account, enabled->names[index]);
    }
    for (size_t index = 0; !enabled && arguments->regions[index]; index++) {
        if (!has(arguments->excluded_regions, arguments->regions[index]))
            aws_scope_add(account, arguments->regions[index]);
    }
    aws_scope_ended(account);
}

static void
account_done(void *argument, const struct aws_result *result)
{
    struct aws_account *account = argument;
    struct aws_work *work = account->work;
    struct error error = {0};
    CLEAN(memory_free) struct aws_regions *regions = memory_get(sizeof *regions);
    int has_list = *work->arguments->regions != NULL;
    char message[AWS_WORK_MESSAGE_SIZE] = "";
    if (result->outcome != AWS_DONE)
        aws_explain(work, result, message);
    else if (work->is_over)
        snprintf(message, sizeof message, "%s", work->why_over);
    else if (!has_list && aws_regions_parse(regions, buffer_read(&account->answer),
                                            account->answer.size, &error))
        snprintf(message, sizeof message, "%s", error.message);
    if (*message) {
        finding_list_tell(work->found, SCOPE_FAILED, account->id, "", message);
        account_end(account);
        return;
    }
    ask_regions_of(account, has_list ? NULL : regions);
}

// If the configuration names the regions, an account is only asked whether it lets us in.
static void
start_account(struct aws_account *account)
{
    struct aws_work *work = account->work;
    int has_list = *work->arguments->regions != NULL;
    struct aws_call call = {.identity = aws_identity_of(account),
                            .service = has_list ? "sts" : "ec2",
                            .region = aws_client_region(work->client),
                            .protocol = AWS_QUERY,
                            .action = has_list ? "GetCallerIdentity" : "DescribeRegions",
                            .version = has_list ? "2011-06-15" : "2016-11-15",
                            .answer_max = AWS_REGIONS_SIZE_MAX,
                            .take = take_account_answer,
                            .restart = restart_account_answer,
                            .done = account_done,
                            .argument = account};
    work->under_way++;
    account->deadline_ms = clock_monotonic_ms() + work->arguments->account_ms;
    aws_client_start(work->client, &call);
}

void
aws_next_accounts(struct aws_work *work)
{
    size_t share = (size_t)work->arguments->connections / ACCOUNTS_SHARE;
    size_t most = share < ACCOUNTS_MIN ? ACCOUNTS_MIN : share;
    while (!work->is_over && work->under_way < most) {
        struct aws_account *account = zlistx_detach(work->accounts, NULL);
        if (!account)
            return;
        start_account(account);
    }
}

// ---- which accounts

static void
add_account(struct aws_work *work, const char *id)
{
    int is_own = strcmp(id, work->caller.account) == 0;
    if (has(work->arguments->excluded_accounts, id))
        return;
    if (!is_own && !*work->arguments->role) {
        CLEAN(memory_free)
        char *message =
            memory_format("it is not the account of our credentials (%s): set `role` in "
                          "the provider's configuration",
                          work->caller.account);
        finding_list_tell(work->found, SCOPE_FAILED, id, "", message);
        return;
    }
    struct aws_place place = {.partition = work->caller.partition, .account = id, .region = ""};
    struct aws_account *account = memory_get(sizeof *account);
    account->work = work;
    account->role = aws_judge_fill(work->arguments->role, &place, "");
    snprintf(account->id, sizeof account->id, "%s", id);
    zlistx_add_end(work->accounts, account);
}

static void
tell_excluded(struct aws_work *work)
{
    for (const char *const *id = work->arguments->excluded_accounts; *id; id++)
        finding_list_tell(work->found, SCOPE_EXCLUDED, *id, "", "");
    for (const char *const *name = work->arguments->excluded_regions; *name; name++)
        finding_list_tell(work->found, SCOPE_EXCLUDED, "", *name, "");
}

static void
begin_accounts(struct aws_work *work)
{
    const char *const *ids = work->arguments->accounts;
    finding_list_tell(work->found, SCOPE_ANSWERS, "", "", "");
    tell_excluded(work);
    for (size_t index = 0; index < work->listed.count; index++) {
        const struct aws_listed_account *listed = &work->listed.items[index];
        CLEAN(memory_free)
        char *message = memory_format("the account is '%s' in its organization", listed->state);
        if (aws_account_is_active(listed))
            add_account(work, listed->id);
        else if (!has(work->arguments->excluded_accounts, listed->id))
            finding_list_tell(work->found, SCOPE_UNLISTED, listed->id, "", message);
    }
    for (; *ids; ids++)
        add_account(work, *ids);
    if (!work->arguments->organization && !*work->arguments->accounts)
        add_account(work, work->caller.account);
    aws_next_accounts(work);
}

static void call_accounts(struct aws_work *work, const char *token);

static void
accounts_done(void *argument, const struct aws_result *result)
{
    struct aws_work *work = argument;
    CLEAN(memory_free) char *token = NULL;
    if (result->outcome != AWS_DONE) {
        const char *advice =
            result->outcome == AWS_DENIED
                ? "; only the management account and delegated administrators may list accounts: "
                  "let the coordinator be one, or name `accounts`"
                : "";
        fail(work, result, "cannot list the accounts of the organization", advice);
        return;
    }
    if (work->is_over || aws_accounts_parse(&work->listed, buffer_read(&work->answer),
                                            work->answer.size, &token, &work->error)) {
        work->is_over = 1;
        return;
    }
    buffer_clear(&work->answer);
    if (token && ++work->pages >= AWS_ACCOUNTS_PAGES_MAX) {
        error_set(&work->error, ERROR_INVALID, "the list of accounts comes to no end");
        work->is_over = 1;
    } else if (token) {
        call_accounts(work, token);
    } else {
        begin_accounts(work);
    }
}

static void
call_accounts(struct aws_work *work, const char *token)
{
    const struct aws_partition *partition = aws_partition_named(work->caller.partition);
    CLEAN(json_destroy) json_t *wish = json_object();
    json_object_set_new(wish, "MaxResults", json_integer(20));
    if (token)
        json_object_set_new(wish, "NextToken", json_text(token));
    CLEAN(memory_free) char *body = json_print(wish);
    struct aws_call call = {.service = "organizations",
                            .region = partition->global_region,
                            .protocol = AWS_JSON,
                            .action = "AWSOrganizationsV20161128.ListAccounts",
                            .body = body,
                            .answer_max = AWS_ACCOUNTS_PAGE_SIZE_MAX,
                            .take = take_answer,
                            .restart = restart_answer,
                            .done = accounts_done,
                            .argument = work};
    aws_client_start(work->client, &call);
}

// ---- who asks

static void
who_done(void *argument, const struct aws_result *result)
{
    struct aws_work *work = argument;
    if (result->outcome != AWS_DONE) {
        fail(work, result, "AWS does not tell who we are", "");
        return;
    }
    if (aws_caller_parse(&work->caller, buffer_read(&work->answer), work->answer.size,
                         &work->error) ||
        work->is_over) {
        work->is_over = 1;
        return;
    }
    buffer_clear(&work->answer);
    if (work->arguments->organization)
        call_accounts(work, NULL);
    else
        begin_accounts(work);
}

void
aws_ask_who(struct aws_work *work)
{
    struct aws_call call = {.service = "sts",
                            .region = aws_client_region(work->client),
                            .protocol = AWS_QUERY,
                            .action = "GetCallerIdentity",
                            .version = "2011-06-15",
                            .answer_max = AWS_ACCOUNTS_PAGE_SIZE_MAX,
                            .take = take_answer,
                            .restart = restart_answer,
                            .done = who_done,
                            .argument = work};
    aws_client_start(work->client, &call);
}
