// Where a large table is cut into ranges of its key, and how small tables share files. No I/O of
// its own: what must be asked of a server is asked through the caller.
//
// The rows of a range are one file of a set. A store that deduplicates sees the same bytes again
// only if the cuts stay, so:
//   - a key of integers is cut at multiples of powers of two, by halves, until a piece is small
//     enough: the same rows give the same cuts, whatever the least and the greatest key are;
//   - other keys, and those of which the first column has few values, are cut at the values found
//     at the first time;
//   - the cuts of the set before are kept. A range is cut anew only if it has twice the size that
//     was meant, and new ones come only out of it, most often at the end.
//
//     struct ranges_wish wish = {.rows = 500000, .is_integer = 1, .low = "1", .high = "9000000"};
//     CLEAN(ranges_destroy) ranges_t *ranges = NULL;
//     if (ranges_make(&ranges, &wish, &ways, error))
//         return -1;
//     for (size_t i = 0; i < ranges_count(ranges); i++)
//         ... ranges_at(ranges, i)->low ...

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
    RANGES_FILES_MAX = 10000,  // of rows, in one set, however many tables there are
    RANGES_OF_TABLE_MAX = 4096,
    RANGES_SMALL_BYTES = 8 << 20,     // a table below shares files
    RANGES_TARGET_BYTES = 128 << 20,  // of a range
    RANGES_BUCKET_BYTES = 16 << 20,   // of a file that small tables share
    RANGES_BUCKETS_MAX = 1024,
    RANGES_TABLES_MAX = 60000,  // of one server with rows; each takes some 3 KB of memory
};

struct range {
    char *low, *high;  // from low on, before high; NULL: no end
    uint64_t rows;     // about
};

struct ranges_wish {
    uint64_t rows;  // that a range should have
    size_t most;    // ranges of a table, at most; 0: RANGES_OF_TABLE_MAX
    int is_tight;   // there are too many files: ranges of the set before that are small are joined
    int is_integer, is_unsigned;
    const char *low, *high;    // integers: the least and the greatest key there is
    const char *const *edges;  // of the set before, in order, without the open ends; or NULL
    size_t edge_count;
};

struct ranges_ways {
    void *context;

    // About how many rows are there from low on and before high (NULL: no end)?
    int (*estimate)(void *context, const char *low, const char *high, uint64_t *rows,
                    struct error *error);

    // Keys that are no integers: the key that comes `rows` rows after low and is before high, and
    // is greater than low. NULL: there is none. The text is given.
    int (*edge_after)(void *context, const char *low, const char *high, uint64_t rows, char **edge,
                      struct error *error);
};

typedef struct ranges ranges_t;

// At least one range; the first has no low end and the last no high end.
int ranges_make(ranges_t **self_p, const struct ranges_wish *wish, const struct ranges_ways *ways,
                struct error *error);
void ranges_destroy(ranges_t **self_p);

size_t ranges_count(const ranges_t *self);
const struct range *ranges_at(const ranges_t *self, size_t index);

// What to cut in a set of so many bytes. wanted_bytes: of a range, if the set allows it; 0: the
// usual. files_max: RANGES_FILES_MAX, or this database's part of it. A plan is made, its files are
// counted, and if there are too many it is made again with larger ranges:
//
//     struct ranges_sizes sizes = ranges_sizes(bytes, 0, RANGES_FILES_MAX);
//     while (make(self, &sizes), self->count > sizes.files_max && ranges_sizes_grow(&sizes))
//         clear(self);
struct ranges_sizes {
    uint64_t small_bytes;   // a table from here on has files of its own
    uint64_t target_bytes;  // of a range
    uint64_t files_max, total_bytes;
    int is_tight;  // for ranges_wish
};
struct ranges_sizes ranges_sizes(uint64_t total_bytes, uint64_t wanted_bytes, uint64_t files_max);

// Doubles both sizes. 0: they are as large as they need be, and no table has files of its own.
int ranges_sizes_grow(struct ranges_sizes *self);

// What one of `count` databases may have of files_max, by its bytes; at least 2.
uint64_t ranges_share(uint64_t files_max, uint64_t count, uint64_t bytes, uint64_t total_bytes);

// ERROR_CONFIG if there are more tables than one set of ours can hold: to be asked before any row
// is read.
int ranges_check_tables(uint64_t tables, struct error *error);

// How many files small tables share: a power of two, so that it seldom changes. And which of them
// is a table's: by its name, so that tables that come and go move no other.
uint32_t ranges_buckets(const struct ranges_sizes *sizes, uint64_t small_tables_bytes,
                        uint64_t small_tables);
uint32_t ranges_bucket(const char *schema, const char *table, uint32_t buckets);

// A number for a large table, by its name, below RANGES_SLOTS; two may have the same one.
enum { RANGES_SLOTS = 1 << 16 };
uint32_t ranges_slot(const char *schema, const char *table);
