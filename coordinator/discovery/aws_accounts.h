// The accounts of an organization: reads pages of Organizations' ListAccounts, hostile until
// checked. And who asks: the answer of STS's GetCallerIdentity.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum {
    AWS_ACCOUNT_SIZE = 13,  // 12 digits and NUL
    AWS_ACCOUNTS_MAX = 20000,
    AWS_ACCOUNTS_PAGE_SIZE_MAX = 1 << 20,
    AWS_ACCOUNTS_PAGES_MAX = 5000,  // an empty page may go before a full one
};

struct aws_listed_account {
    char id[AWS_ACCOUNT_SIZE];
    char state[32];  // AWS's word: "ACTIVE", "SUSPENDED", ...
};

struct aws_accounts {
    struct aws_listed_account *items;
    size_t count, capacity;
};

// Adds the accounts of a page. *next_token is the caller's, NULL after the last page.
int aws_accounts_parse(struct aws_accounts *self, const char *text, size_t size, char **next_token,
                       struct error *error);
void aws_accounts_clear(struct aws_accounts *self);

int aws_account_is_active(const struct aws_listed_account *account);

struct aws_caller {
    char account[AWS_ACCOUNT_SIZE];
    char partition[32];
};

// Reads the whole answer of GetCallerIdentity.
int aws_caller_parse(struct aws_caller *caller, const char *text, size_t size, struct error *error);
