// Whether a set would find room in its store: by what the last one of the database had, what else
// is being written there, and what is left of the MTree's quota or of the disk.
//
// Only what surely does not fit is kept back. A quota counts bytes as they were written, as sets
// do. What a BoostFS mount says is free does not: there sets take less than they have bytes.

#include <stdio.h>
#include <string.h>

#include "coordinator/server_state.h"

enum { MIB_SHIFT = 20 };

// Of a job that runs or is to run on that worker; "" = not known.
static const char *
store_of(const Wire__Backup *backup, const struct worker *worker)
{
    if (*backup->store || !worker || !worker->hello->ready->n_stores)
        return backup->store;
    return worker->hello->ready->stores[0]->identity;
}

// What the next set of a database will have; 0 = not known.
static int64_t
expect_bytes(struct server *self, int64_t database_id)
{
    int64_t set_bytes[HISTORY_KEPT], rows[HISTORY_KEPT];
    return history_sets(self->history, database_id, set_bytes, rows) ? set_bytes[0] : 0;
}

// What those that run will still write to the store.
static int64_t
others_bytes(struct server *self, const char *store, const struct board_job *own, size_t *count)
{
    int64_t bytes = 0;
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (job == own || job->record->kind != JOB_BACKUP || job->record->state != JOB_RUNNING)
            continue;
        const struct worker *worker = fleet_by_instance(self->fleet, job->record->worker);
        if (strcmp(store_of(job->task->run->backup, worker), store) != 0)
            continue;
        int64_t left = expect_bytes(self, job->record->database_id) - (int64_t)job->progress_bytes;
        bytes += left > 0 ? left : 0;
        (*count)++;
    }
    return bytes;
}

// The least of what is known; INT64_MAX = nothing is.
static int64_t
room_of(struct server *self, const char *store, const struct worker *worker, const char **what)
{
    static const char boostfs[] = "boostfs:";
    int64_t room = INT64_MAX;
    const struct place *place = protections_find(self->protections, store);
    if (place && place->quota_bytes > 0) {
        room = place->quota_bytes > place->used_bytes ? place->quota_bytes - place->used_bytes : 0;
        *what = "of its MTree's quota";
    }
    if (!self->settings->is_free_counted && strncmp(store, boostfs, sizeof boostfs - 1) == 0)
        return room;
    for (size_t index = 0; worker && index < worker->hello->ready->n_stores; index++) {
        const Wire__Store *each = worker->hello->ready->stores[index];
        // 0 may be what was not told; that a store is full its probe says.
        if (strcmp(each->identity, store) != 0 || each->free_bytes == 0 ||
            (int64_t)each->free_bytes >= room)
            continue;
        room = (int64_t)each->free_bytes;
        *what = "free";
    }
    return room;
}

int
server_lacks_room(struct server *self, const struct board_job *job, const char *store,
                  const struct worker *worker, char why[STORE_DOUBT_SIZE])
{
    const char *what = "";
    size_t count = 0;
    int64_t percent = self->settings->room_percent;
    int64_t expected = expect_bytes(self, job->record->database_id);
    if (percent == 0 || expected == 0 || !*store)
        return 0;
    int64_t room = room_of(self, store, worker, &what);
    int64_t wanted = expected / 100 * percent + others_bytes(self, store, job, &count);
    if (wanted <= room)
        return 0;
    snprintf(why, STORE_DOUBT_SIZE,
             "the store '%.200s' has %" PRId64 " MiB %s, and the last set had %" PRId64
             " MiB; with `backup: room` of %" PRId64 " %% and %zu backups that are being written "
             "%" PRId64 " MiB are needed: expire sets, make room, or raise the quota",
             store, room >> MIB_SHIFT, what, expected >> MIB_SHIFT, percent, count,
             wanted >> MIB_SHIFT);
    return 1;
}

int
server_has_no_room(struct server *self, const struct board_job *job, const struct worker *worker,
                   char why[STORE_DOUBT_SIZE])
{
    return job->record->kind == JOB_BACKUP &&
           server_lacks_room(self, job, store_of(job->task->run->backup, worker), worker, why);
}
