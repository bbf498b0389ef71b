#include "coordinator/history.h"

#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

enum { CHANGES_MAX = 256, HALF_SECOND_MS = 500 };

struct item {
    int64_t id, size_bytes;
    int64_t durations_ms[HISTORY_KEPT], set_bytes[HISTORY_KEPT];  // a ring
    int64_t rows[HISTORY_KEPT];
    size_t count, newest;
};

struct history {
    zhashx_t *items;  // id -> struct item, owned
    size_t changes;   // since the throughput was found out
    double rate;      // bytes a millisecond; 0 = not known
};

static void
item_destroy(void **item_p)
{
    memory_free(item_p);
}

static size_t
hash_id(const void *key)
{
    return (size_t)(*(const uint64_t *)key * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static int
compare_ids(const void *a, const void *b)
{
    return *(const int64_t *)a == *(const int64_t *)b ? 0 : 1;
}

history_t *
history_new(void)
{
    history_t *self = memory_get(sizeof *self);
    self->items = zhashx_new();
    zhashx_set_destructor(self->items, item_destroy);
    zhashx_set_key_duplicator(self->items, NULL);
    zhashx_set_key_destructor(self->items, NULL);
    zhashx_set_key_hasher(self->items, hash_id);
    zhashx_set_key_comparator(self->items, compare_ids);
    self->changes = CHANGES_MAX;
    return self;
}

void
history_destroy(history_t **self_p)
{
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->items);
    memory_free(self_p);
}

static struct item *
item_of(history_t *self, int64_t id)
{
    struct item *item = zhashx_lookup(self->items, &id);
    if (!item) {
        item = memory_get(sizeof *item);
        item->id = id;
        item->newest = HISTORY_KEPT - 1;
        zhashx_insert(self->items, &item->id, item);
    }
    return item;
}

void
history_add(history_t *self, const struct past *past)
{
    struct item *item = item_of(self, past->database_id);
    item->newest = (item->newest + 1) % HISTORY_KEPT;
    item->durations_ms[item->newest] = past->duration_ms > 0 ? past->duration_ms : 0;
    item->set_bytes[item->newest] = past->set_bytes > 0 ? past->set_bytes : 0;
    item->rows[item->newest] = past->rows > 0 ? past->rows : 0;
    item->size_bytes = past->size_bytes;
    if (item->count < HISTORY_KEPT)
        item->count++;
    self->changes++;
}

size_t
history_sets(history_t *self, int64_t database_id, int64_t set_bytes[HISTORY_KEPT],
             int64_t rows[HISTORY_KEPT])
{
    const struct item *item = zhashx_lookup(self->items, &database_id);
    for (size_t index = 0; item && index < item->count; index++) {
        size_t place = (item->newest + HISTORY_KEPT - index) % HISTORY_KEPT;
        set_bytes[index] = item->set_bytes[place];
        rows[index] = item->rows[place];
    }
    return item ? item->count : 0;
}

// ---- estimates

static int
compare_numbers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t
median(const int64_t numbers[HISTORY_KEPT], size_t count)
{
    int64_t sorted[HISTORY_KEPT];
    memcpy(sorted, numbers, sizeof sorted);
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    return sorted[count / 2];
}

static int64_t
expect_own(const struct item *item)
{
    int64_t expected_ms = median(item->durations_ms, item->count);
    int64_t usual_bytes = median(item->set_bytes, item->count);
    int64_t bytes = item->set_bytes[item->newest];
    if (usual_bytes > 0 && bytes > usual_bytes) {
        double growth = (double)bytes / (double)usual_bytes;
        if (growth > HISTORY_GROWTH_MAX)
            growth = HISTORY_GROWTH_MAX;
        expected_ms = (int64_t)((double)expected_ms * growth);
    }
    return expected_ms;
}

static int
compare_rates(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// The median of all databases of which size and duration are known.
static void
find_rate(history_t *self)
{
    CLEAN(memory_free) double *rates = memory_get((zhashx_size(self->items) + 1) * sizeof *rates);
    size_t count = 0;
    for (struct item *item = zhashx_first(self->items); item; item = zhashx_next(self->items)) {
        if (item->count == 0 || item->size_bytes <= 0)
            continue;
        int64_t expected_ms = expect_own(item);
        rates[count++] = (double)item->size_bytes /
                         (double)(expected_ms > HALF_SECOND_MS ? expected_ms : HALF_SECOND_MS);
    }
    qsort(rates, count, sizeof *rates, compare_rates);
    self->rate = count >= HISTORY_RATES_MIN ? rates[count / 2] : 0;
    self->changes = 0;
}

static int64_t
expect(history_t *self, int64_t database_id, int64_t size_bytes, enum history_basis *basis)
{
    const struct item *item = zhashx_lookup(self->items, &database_id);
    if (item && item->count) {
        *basis = HISTORY_OWN;
        return expect_own(item);
    }
    if (size_bytes > 0 && self->changes >= CHANGES_MAX)
        find_rate(self);
    if (size_bytes > 0 && self->rate > 0) {
        *basis = HISTORY_SIZE;
        return (int64_t)((double)size_bytes / self->rate);
    }
    *basis = HISTORY_PRESET;
    return HISTORY_PRESET_MS;
}

int64_t
history_expect(history_t *self, int64_t database_id, int64_t size_bytes, enum history_basis *basis)
{
    enum history_basis any;
    int64_t expected_ms = expect(self, database_id, size_bytes, basis ? basis : &any);
    return expected_ms < HISTORY_LEAST_MS ? HISTORY_LEAST_MS : expected_ms;
}

const char *
history_basis_name(enum history_basis basis)
{
    static const char *const names[HISTORY_BASES] = {
        [HISTORY_OWN] = "history", [HISTORY_SIZE] = "size", [HISTORY_PRESET] = "guess"};
    return names[basis];
}
