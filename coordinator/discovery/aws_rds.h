// The database servers of one account and region as RDS lists them: reads the answers of
// DescribeDBInstances or DescribeDBClusters piece by piece, page after page, and keeps of each
// server what a backup needs. Hostile until checked: every text and count has a limit.
//
//     aws_rds_t *list = aws_rds_new(AWS_RDS_INSTANCES);
//     do {
//         char *body = aws_rds_body(list);    // of the next page's call
//         aws_rds_take(list, data, size, error);    // as often as data comes
//         aws_rds_end_page(list, &more, error);
//     } while (more);

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "coordinator/discovery/aws_server.h"

enum {
    AWS_RDS_SERVERS_MAX = 20000,  // of one list
    AWS_RDS_PAGES_MAX = 2000,
    AWS_RDS_PAGE_SIZE_MAX = 16 << 20,
};

typedef struct aws_rds aws_rds_t;

aws_rds_t *aws_rds_new(enum aws_rds_list list);
void aws_rds_destroy(aws_rds_t **self_p);

const char *aws_rds_action(const aws_rds_t *self);  // "DescribeDBInstances"

// The form of the call for the page that comes next. The caller's.
char *aws_rds_body(const aws_rds_t *self);

// For struct aws_call: a piece of a page; forgetting what came of it so far.
int aws_rds_take(void *self, const void *data, size_t size, struct error *error);
void aws_rds_restart(void *self);

// The page is at its end. ERROR_INVALID if it was cut short, or is none.
int aws_rds_end_page(aws_rds_t *self, int *more, struct error *error);

size_t aws_rds_count(const aws_rds_t *self);
const struct aws_server *aws_rds_at(const aws_rds_t *self, size_t index);

// By its name; NULL if it is not listed.
const struct aws_server *aws_rds_find(const aws_rds_t *self, const char *name);
