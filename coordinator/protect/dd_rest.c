#include "coordinator/protect/dd_rest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/protect/dd_answer.h"
#include "coordinator/protect/dd_name.h"
#include "coordinator/protect/dd_session.h"

enum { LIST_PATIENCES = 5 };  // a whole list may take so often what a request may

struct dd_rest {
    const char *url;
    int64_t patience_ms;
    dd_session_t *session;
};

dd_rest_t *
dd_rest_new(const struct dd_rest_options *options)
{
    dd_rest_t *self = memory_get(sizeof *self);
    self->url = options->url;
    self->patience_ms = options->patience_ms;
    self->session = dd_session_new(options);
    return self;
}

void
dd_rest_destroy(dd_rest_t **self_p)
{
    if (!*self_p)
        return;
    dd_session_destroy(&(*self_p)->session);
    memory_free(self_p);
}

// Says which Data Domain it was.
static int
fail(const dd_rest_t *self, struct error *error)
{
    return error_wrap(error, "Data Domain at '%s'", self->url);
}

int
dd_rest_system(dd_rest_t *self, struct dd_system *system, struct error *error)
{
    enum dd_verdict verdict = DD_WELL;
    CLEAN(json_destroy) json_t *json = NULL;
    if (dd_session_ask(self->session, "/rest/v1.0/system", &json, &verdict, error) ||
        dd_answer_system(json, system, error))
        return fail(self, error);
    return 0;
}

int
dd_rest_mtree(dd_rest_t *self, const char *mtree, struct dd_mtree *found, struct error *error)
{
    enum dd_verdict verdict = DD_WELL;
    CLEAN(json_destroy) json_t *json = NULL;
    CLEAN(memory_free) char *id = dd_name_encode(mtree);
    CLEAN(memory_free) char *path = memory_format("/rest/v3.0/dd-systems/0/mtrees/%s", id);
    if (dd_session_ask(self->session, path, &json, &verdict, error) ||
        dd_answer_mtree(json, found, error))
        return fail(self, error);
    return 0;
}

// Reads a list page by page; `take` gets each row.
static int
ask_list(dd_rest_t *self, const char *path, const char *name,
         int (*take)(void *context, const json_t *row, struct error *error), void *context,
         struct error *error)
{
    int64_t total = 1, seen = 0;
    int64_t until_ms = clock_monotonic_ms() + LIST_PATIENCES * self->patience_ms;
    for (int64_t page = 0; seen < total; page++) {
        if (clock_monotonic_ms() > until_ms)
            return error_set(error, ERROR_UNAVAILABLE,
                             "after %" PRId64 " s its list of %" PRId64 " entries has not ended",
                             LIST_PATIENCES * self->patience_ms / 1000, total);
        enum dd_verdict verdict = DD_WELL;
        const json_t *rows = NULL;
        CLEAN(json_destroy) json_t *json = NULL;
        CLEAN(memory_free)
        char *one = memory_format("%s%cpage=%" PRId64 "&size=%d", path,
                                  strchr(path, '?') ? '&' : '?', page, DD_PAGE_ROWS);
        if (dd_session_ask(self->session, one, &json, &verdict, error) ||
            dd_answer_page(json, name, &rows, &total, error))
            return -1;
        for (size_t index = 0; index < json_array_size(rows); index++) {
            if (take(context, json_array_get(rows, index), error))
                return -1;
        }
        if (json_array_size(rows) == 0 && seen < total)
            return error_set(error, ERROR_INVALID,
                             "it says that there are %" PRId64 " entries and gives %" PRId64, total,
                             seen);
        seen += (int64_t)json_array_size(rows);
    }
    return 0;
}

// ---- snapshots

struct counting {
    const char *mtree, *name;
    size_t count;
    int has;
};

// A filter is a regular expression, and may match more than was meant.
static int
count_row(void *context, const json_t *row, struct error *error)
{
    struct counting *counting = context;
    const char *name = NULL, *mtree = NULL;
    if (dd_answer_snapshot_row(row, &name, &mtree, error))
        return -1;
    if (strcmp(mtree, counting->mtree) != 0)
        return 0;
    counting->count++;
    counting->has |= strcmp(name, counting->name) == 0;
    return 0;
}

int
dd_rest_count(dd_rest_t *self, const char *mtree, const char *name, size_t *count, int *has,
              struct error *error)
{
    struct counting counting = {.mtree = mtree, .name = name};
    CLEAN(memory_free) char *filter = memory_format("mtree=%s", mtree);
    CLEAN(memory_free) char *encoded = dd_name_encode(filter);
    CLEAN(memory_free)
    char *path = memory_format("/rest/v1.0/dd-systems/0/snapshots?filter=%s", encoded);
    if (ask_list(self, path, "snapshot", count_row, &counting, error))
        return fail(self, error);
    *count = counting.count;
    *has = counting.has;
    return 0;
}

// A code that stands for more than "not there" is held against the list.
static int
is_missing(dd_rest_t *self, const char *mtree, const char *name, enum dd_verdict verdict)
{
    struct error ignored = {0};
    size_t count = 0;
    int has = 0;
    if (verdict != DD_MISSING_PERHAPS)
        return verdict == DD_MISSING;
    return dd_rest_count(self, mtree, name, &count, &has, &ignored) == 0 && !has;
}

int
dd_rest_snapshot(dd_rest_t *self, const char *mtree, const char *name, struct dd_snapshot *found,
                 struct error *error)
{
    enum dd_verdict verdict = DD_WELL;
    CLEAN(json_destroy) json_t *json = NULL;
    CLEAN(memory_free) char *both = memory_format("%s:%s", mtree, name);
    CLEAN(memory_free) char *id = dd_name_encode(both);
    CLEAN(memory_free) char *path = memory_format("/rest/v1.0/dd-systems/0/snapshots/%s", id);
    if (dd_session_ask(self->session, path, &json, &verdict, error)) {
        if (error->code == ERROR_NOT_FOUND && !is_missing(self, mtree, name, verdict))
            error->code = ERROR_UNAVAILABLE;
        return fail(self, error);
    }
    if (dd_answer_snapshot(json, found, error))
        return fail(self, error);
    int is_of_mtree = !*found->mtree || strcmp(found->mtree, mtree) == 0;
    if (strcmp(found->name, name) == 0 && is_of_mtree)
        return 0;
    return error_set(error, ERROR_INVALID,
                     "Data Domain at '%s': asked for snapshot '%s' of MTree '%s' it tells of '%s' "
                     "of '%s'",
                     self->url, name, mtree, found->name, found->mtree);
}

// ---- contexts

struct gathering {
    const char *mtree;
    struct dd_context *contexts;
    size_t count;
};

static int
gather_row(void *context, const json_t *row, struct error *error)
{
    struct gathering *gathering = context;
    struct dd_context found;
    int is_source = 0;
    if (dd_answer_context(row, &is_source, &found, error))
        return -1;
    if (!is_source || strcmp(found.source_path, gathering->mtree) != 0)
        return 0;
    if (gathering->count == DD_CONTEXTS_MAX)
        return error_set(error, ERROR_INVALID, "the MTree '%s' has more than %d contexts",
                         gathering->mtree, DD_CONTEXTS_MAX);
    gathering->contexts =
        memory_resize(gathering->contexts, (gathering->count + 1) * sizeof *gathering->contexts);
    gathering->contexts[gathering->count++] = found;
    return 0;
}

int
dd_rest_contexts(dd_rest_t *self, const char *mtree, struct dd_context **contexts, size_t *count,
                 struct error *error)
{
    struct gathering gathering = {.mtree = mtree};
    if (ask_list(self, "/api/v1/dd-systems/0/mtree-replications", "contexts", gather_row,
                 &gathering, error)) {
        memory_free(&gathering.contexts);
        return fail(self, error);
    }
    *contexts = gathering.contexts;
    *count = gathering.count;
    return 0;
}
