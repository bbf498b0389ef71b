// One discovery of the provider `aws` under way: what its parts share. aws (the provider: begins
// and ends), aws_asking (whose accounts, which regions), aws_scope (what one account has in one
// region). For these files only.
//
// All accounts and regions are asked side by side over one client. Each account has a deadline of
// its own; so many accounts are under way that the connections are busy. A region has a share of
// the connections, so that one that hangs leaves the others theirs; one that nobody gets an answer
// from is given up for all.

#pragma once

#include <czmq.h>

#include "common/aws/client.h"
#include "common/buffer.h"
#include "coordinator/discovery/aws_accounts.h"
#include "coordinator/discovery/aws_rds.h"
#include "coordinator/discovery/provider.h"

enum { AWS_WORK_MESSAGE_SIZE = 700 };

struct aws_region {
    char *name;
    zlistx_t *queue;  // struct aws_scope, waits
    size_t under_way;
    int has_answered;
    int failures;                        // for want of an answer, in a row
    char broken[AWS_WORK_MESSAGE_SIZE];  // why it was given up, "" = it was not
};

struct aws_account {
    struct aws_work *work;
    char id[AWS_ACCOUNT_SIZE];
    char *role;            // "" = our own credentials
    int64_t deadline_ms;   // monotonic, from its first call
    size_t scopes;         // that have not ended
    struct buffer answer;  // of the call under way
};

// What one account has in one region.
struct aws_scope {
    struct aws_account *account;
    struct aws_region *region;
    aws_rds_t *instances, *clusters;
    aws_rds_t *current;  // which of the two is being asked for
};

// A replica of something elsewhere.
struct aws_pending {
    struct database *database;  // lent by the finding list
    char *source_arn;
};

struct aws_work {
    const struct provider_arguments *arguments;
    const char *provider;  // "aws:<name>"
    aws_client_t *client;
    struct finding_list *found;
    struct aws_caller caller;
    struct aws_accounts listed;
    struct buffer answer;  // of the call for who we are, or for accounts
    size_t pages;
    zlistx_t *accounts;  // struct aws_account, wait
    zhashx_t *regions;   // name -> struct aws_region
    size_t under_way;    // accounts
    struct aws_pending *pending;
    size_t pending_count;
    int is_over;         // nothing new begins
    char why_over[128];  // what is said of what has not ended
    struct error error;  // why all of it failed
};

// aws_asking
void aws_ask_who(struct aws_work *work);
void aws_next_accounts(struct aws_work *work);  // while there is room
void aws_scope_ended(struct aws_account *account);
struct aws_identity aws_identity_of(const struct aws_account *account);

// What is said of a call that failed.
void aws_explain(const struct aws_work *work, const struct aws_result *result,
                 char message[AWS_WORK_MESSAGE_SIZE]);

// aws_scope
void aws_scope_add(struct aws_account *account, const char *region);
void aws_scope_end_all(struct aws_work *work);  // of those that wait

// Looks at replicas of what is elsewhere, once all is known.
void aws_scope_judge_pending(struct aws_work *work);
