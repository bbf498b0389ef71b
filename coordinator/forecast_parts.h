// What a forecast is made of. A part of forecast; nobody else calls it.

#pragma once

#include <czmq.h>

#include "common/heap.h"
#include "coordinator/forecast.h"

struct forecast_need {
    char *text;
    int is_unfit;
    char reason[TAKER_REASON_SIZE];
};

// A database.
struct forecast_member {
    struct database *database;
    char *need, *server;  // of a backup
    char *unable;         // NULL = a backup can be planned
    size_t policy;
    int is_member;
    int is_fired;    // a firing has had a job for it
    int64_t due_ms;  // since when; 0 = it is not, or nobody knows
    int64_t expected_ms;
    enum history_basis basis;
};

struct forecast_firing {
    size_t policy;
    int64_t at_ms;
    struct schedule_turn turn;
};

struct forecast_under_way {
    struct job *record;
    char *need, *server, *worker;
    size_t policy;
    int64_t ran_ms, closes_ms, due_ms;
};

// One thing that is to be done.
struct forecast_row {
    struct heap_node node;           // until it is due in `dues`, while it runs in `ends`
    struct board_job *job;           // while it is on the board
    struct forecast_member *member;  // NULL: of no database
    size_t run;                      // its place
    struct forecast_row *next;       // of the run
    int64_t due_ms, begins_ms, ends_ms, expected_ms;
    enum history_basis basis;
    enum forecast_verdict verdict;
    int is_decided;
    size_t worker;  // its place; SIZE_MAX = none
    char *limit;    // NULL = nothing limited it
};

// A firing's run, or what was under way of one policy.
struct forecast_run {
    struct run *record;  // the board's; NULL once all has ended
    size_t policy;       // FORECAST_NO_POLICY = none
    int is_firing, is_open;
    int64_t planned_ms, closes_ms;  // closes 0: never
    struct forecast_row *first, *last;
    size_t left;  // rows on the board
    size_t count, skipped;
};

struct forecast_worker {
    struct worker *worker;  // of the fleet
    unsigned slots;
    size_t jobs;
    int64_t busy_ms;
};

struct forecast {
    int64_t from_ms, until_ms, now_ms;
    board_t *board;
    fleet_t *fleet;
    zhashx_t *needs;                   // text -> struct forecast_need, owned
    struct policy **policies;          // owned
    struct forecast_member **members;  // owned, in order of their numbers
    struct forecast_under_way *jobs;
    struct forecast_firing *firings;  // in order of their times
    struct forecast_run *runs;
    struct forecast_row **rows;  // owned
    struct forecast_worker *workers;
    size_t policy_count, member_count, job_count, firing_count, run_count, row_count, worker_count;
    heap_t *ends, *dues;
    size_t next_firing;
    int64_t closes_ms;  // when the next window closes
};

// Room for one more item in a list that doubles, all of it 0. Returns the item, which is counted.
void *forecast_grow(void *list_p, size_t *count, size_t size);

const struct forecast_need *forecast_need(forecast_t *self, const char *text);

struct forecast_run *forecast_begin_run(forecast_t *self, size_t policy);

// Adds a row to a run that has not ended; nothing of it is on the board.
struct forecast_row *forecast_add_row(forecast_t *self, size_t run_place,
                                      struct forecast_member *member);

// The same, and its job to the board. A job that nobody could take is
// decided at once and does not go there. The record is taken over; the number it gets is its row's
// place and 1.
struct forecast_row *forecast_begin_job(forecast_t *self, size_t run_place, struct job **record_p,
                                        const char *need, const char *server,
                                        struct forecast_member *member);

// What became of a row. `limit` is copied and may be NULL.
void forecast_decide(struct forecast_row *row, enum forecast_verdict verdict, const char *limit);

// The row's job has ended or is given up; with the last one its run leaves the board.
void forecast_end(forecast_t *self, struct forecast_row *row, enum job_event event);
