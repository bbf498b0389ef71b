#include "coordinator/discovery/aws_accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/partition.h"
#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/xml.h"

enum { PAGE_ACCOUNTS_MAX = 1000, TOKEN_MAX = 262144, CALLER_SIZE_MAX = 65536, DIGITS = 12 };

static int
is_account(const char *text)
{
    return strlen(text) == DIGITS && strspn(text, "0123456789") == DIGITS;
}

// ---- accounts

// `Status` is to be retired; an answer that has `State` is judged by that alone.
static const char *
state_of(const json_t *item)
{
    const char *state = json_string_value(json_object_get(item, "State"));
    if (!state)
        state = json_string_value(json_object_get(item, "Status"));
    return state ? state : "";
}

static int
add_account(struct aws_accounts *self, const json_t *item, struct error *error)
{
    const char *id = NULL;
    if (!json_is_object(item))
        return error_set(error, ERROR_INVALID, "an account is no object");
    if (json_get_text(item, "Id", DIGITS, &id, error))
        return -1;
    if (!is_account(id))
        return error_set(error, ERROR_INVALID, "'%.20s' is not the number of an account", id);
    if (self->count >= AWS_ACCOUNTS_MAX)
        return error_set(error, ERROR_INVALID, "there are more than %d accounts", AWS_ACCOUNTS_MAX);
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->items = memory_resize(self->items, self->capacity * sizeof *self->items);
    }
    struct aws_listed_account *account = &self->items[self->count++];
    snprintf(account->id, sizeof account->id, "%s", id);
    snprintf(account->state, sizeof account->state, "%s", state_of(item));
    return 0;
}

static int
read_token(const json_t *page, char **next_token, struct error *error)
{
    const json_t *token = json_object_get(page, "NextToken");
    if (!token || json_is_null(token)) {
        *next_token = NULL;
        return 0;
    }
    const char *text = json_string_value(token);
    if (!text || !*text || strlen(text) > TOKEN_MAX)
        return error_set(error, ERROR_INVALID, "NextToken is no text of 1 to %d bytes", TOKEN_MAX);
    *next_token = memory_copy_text(text);
    return 0;
}

int
aws_accounts_parse(struct aws_accounts *self, const char *text, size_t size, char **next_token,
                   struct error *error)
{
    CLEAN(json_destroy) json_t *page = NULL;
    const json_t *accounts = NULL;
    if (json_parse(text, size, AWS_ACCOUNTS_PAGE_SIZE_MAX, &page, error) ||
        json_get_array(page, "Accounts", PAGE_ACCOUNTS_MAX, &accounts, error))
        return error_wrap(error, "the list of accounts");
    for (size_t index = 0; index < json_array_size(accounts); index++) {
        if (add_account(self, json_array_get(accounts, index), error))
            return error_wrap(error, "the list of accounts");
    }
    if (read_token(page, next_token, error))
        return error_wrap(error, "the list of accounts");
    return 0;
}

void
aws_accounts_clear(struct aws_accounts *self)
{
    free(self->items);
    *self = (struct aws_accounts){0};
}

int
aws_account_is_active(const struct aws_listed_account *account)
{
    return strcmp(account->state, "ACTIVE") == 0;
}

// ---- the caller

struct caller_reading {
    char account[64];
    char arn[AWS_ARN_MAX];
};

static int
end_element(void *argument, const char *path, const char *name, const char *text,
            struct error *error)
{
    static const char account[] = "/GetCallerIdentityResponse/GetCallerIdentityResult/Account";
    static const char arn[] = "/GetCallerIdentityResponse/GetCallerIdentityResult/Arn";
    struct caller_reading *reading = argument;
    (void)name;
    (void)error;
    if (strcmp(path, account) == 0)
        snprintf(reading->account, sizeof reading->account, "%s", text);
    else if (strcmp(path, arn) == 0)
        snprintf(reading->arn, sizeof reading->arn, "%s", text);
    return 0;
}

int
aws_caller_parse(struct aws_caller *caller, const char *text, size_t size, struct error *error)
{
    static const struct xml_handler handler = {.end = end_element};
    static const struct xml_limits limits = {.size_max = CALLER_SIZE_MAX, .text_max = AWS_ARN_MAX};
    struct caller_reading reading = {0};
    struct aws_arn arn;
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, &reading, &limits);
    if (xml_feed(xml, text, size, error) || xml_end(xml, error) ||
        aws_arn_parse(reading.arn, &arn, error))
        return error_wrap(error, "the answer of GetCallerIdentity");
    if (!is_account(reading.account) || strlen(arn.partition) >= sizeof caller->partition)
        return error_set(error, ERROR_INVALID,
                         "the answer of GetCallerIdentity names no account and partition");
    snprintf(caller->account, sizeof caller->account, "%.12s", reading.account);
    snprintf(caller->partition, sizeof caller->partition, "%.31s", arn.partition);
    return 0;
}
