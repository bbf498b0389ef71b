#include "coordinator/jump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is judged, and from which difference on.
struct measure {
    const char *unit;
    int64_t least, unit_size;
};

static const struct measure in_bytes = {"MiB", JUMP_LEAST_BYTES, 1 << 20};
static const struct measure in_rows = {"rows", JUMP_LEAST_ROWS, 1};

static int
compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t
median(const int64_t *numbers, size_t count)
{
    int64_t sorted[JUMP_PAST_MAX];
    memcpy(sorted, numbers, count * sizeof *numbers);
    qsort(sorted, count, sizeof *sorted, compare);
    return sorted[count / 2];
}

static int64_t
distance(int64_t one, int64_t other)
{
    return one > other ? one - other : other - one;
}

// The median of how far they lie from the usual: of all but one odd night.
static int64_t
spread(const struct jump_series *series, int64_t usual)
{
    int64_t distances[JUMP_PAST_MAX];
    for (size_t index = 0; index < series->count; index++)
        distances[index] = distance(series->past[index], usual);
    return median(distances, series->count);
}

// Percent without overflow, whatever the sizes are.
static int
is_beyond(const struct jump_rules *rules, int64_t now, int64_t usual)
{
    double percent = usual > 0 ? 100.0 * (double)now / (double)usual : 0;
    if (now > usual)
        return rules->growth_percent > 0 && (usual == 0 || percent > (double)rules->growth_percent);
    return rules->shrink_percent > 0 && percent < (double)rules->shrink_percent;
}

static int
judge(const struct jump_rules *rules, const struct jump_series *series,
      const struct measure *measure, char text[JUMP_TEXT_SIZE])
{
    if (series->count < JUMP_SETS_MIN)
        return 0;
    int64_t usual = median(series->past, series->count);
    int64_t change = distance(series->now, usual);
    if (change < measure->least || change / JUMP_SPREADS < spread(series, usual) ||
        !is_beyond(rules, series->now, usual))
        return 0;
    snprintf(text, JUMP_TEXT_SIZE,
             "the set has %" PRId64 " %s, and the %zu sets before it had %" PRId64 " (median): %s?",
             series->now / measure->unit_size, measure->unit, series->count,
             usual / measure->unit_size,
             series->now > usual ? "a mass change, or another server behind the name"
                                 : "a mass deletion, or another server behind the name");
    return 1;
}

// Of past sets whose rows were not counted nothing can be said.
static struct jump_series
known(const struct jump_series *rows)
{
    struct jump_series found = {.now = rows->now};
    for (size_t index = 0; index < rows->count; index++) {
        if (rows->past[index] > 0)
            found.past[found.count++] = rows->past[index];
    }
    return found;
}

int
jump_judge(const struct jump_rules *rules, const struct jump_series *bytes,
           const struct jump_series *rows, char text[JUMP_TEXT_SIZE])
{
    struct jump_series counted = known(rows);
    *text = '\0';
    return judge(rules, bytes, &in_bytes, text) ||
           (counted.now > 0 && judge(rules, &counted, &in_rows, text));
}
