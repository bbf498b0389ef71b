// What a Data Domain answers over REST: its JSON as records, its refusals as errors. All of it is
// hostile until checked: types, lengths and ranges are.
//
// The pair of HTTP status and `code` of the body says what a refusal is. A token is dead if the
// status is 401 or the code 5427, with whatever status; what is not there is told by 404, or by 400
// or 500 with code 5469, which stands for other things too.

#pragma once

#include "common/json.h"
#include "coordinator/protect/dd_record.h"

enum { DD_ANSWER_SIZE_MAX = 1 << 20, DD_PAGE_ROWS = 200 };

enum dd_verdict {
    DD_WELL,
    DD_TOKEN_DEAD,
    DD_MISSING,          // 404
    DD_MISSING_PERHAPS,  // 5469: what was named is not there, or not understood
    DD_FAILED,
};

// What an answer is. `details` gets what the body says of it, cleaned; "" = nothing.
enum dd_verdict dd_answer_judge(int status, const char *body, size_t size,
                                char details[DD_TEXT_SIZE]);

// A login's body of 200 that wants a second factor.
int dd_answer_wants_factor(const char *body, size_t size);

// A page of a list: the array `name` (NULL if it is left out, as there are none), and how many
// entries there are in all.
int dd_answer_page(const json_t *page, const char *name, const json_t **rows, int64_t *total,
                   struct error *error);

int dd_answer_system(const json_t *json, struct dd_system *system, struct error *error);
int dd_answer_mtree(const json_t *json, struct dd_mtree *mtree, struct error *error);
int dd_answer_snapshot(const json_t *json, struct dd_snapshot *snapshot, struct error *error);

// A row of the list of snapshots: its name and MTree. Lent by the row.
int dd_answer_snapshot_row(const json_t *row, const char **name, const char **mtree,
                           struct error *error);

// *is_source is 0 for a context that this Data Domain is the destination of; nothing else is read
// then.
int dd_answer_context(const json_t *row, int *is_source, struct dd_context *context,
                      struct error *error);
