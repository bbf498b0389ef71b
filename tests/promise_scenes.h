// Databases for the tests of what is promised of them: each with another policy, age and sets.

#pragma once

#include <sqlite3.h>

#include "common/clock.h"
#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"

enum { HOUR = 3600 * 1000, SCENES_MAX = 700, SETS_EACH = 4 };

// Hours before now; 0 = there is none. A lost set was made, and found damaged.
struct scene {
    const char *policy, *outcome;
    int64_t seen, good, offsite, lost_made, lost_found, promised, promised_offsite, gone;
};

static struct scene scenes[SCENES_MAX];
static size_t scene_count;
static int64_t now;

// ---- filling

static inline void
add_scenes_of(int64_t promised, int64_t promised_offsite, int64_t seen)
{
    static const int64_t goods[] = {0, 25, 27, 90}, offsites[] = {0, 40, 51, 80};
    static const int64_t losses[][2] = {{0, 0}, {3, 2}, {60, 2}, {51, 2}, {60, 30}};
    for (size_t index = 0; index < 4 * 4 * 5; index++) {
        const int64_t *lost = losses[index / 16];
        scenes[scene_count++] = (struct scene){.policy = promised ? "nightly" : "weekly",
                                               .outcome = index % 3 ? "selected" : "tagged",
                                               .seen = seen,
                                               .good = goods[index % 4],
                                               .offsite = offsites[index / 4 % 4],
                                               .lost_made = lost[0],
                                               .lost_found = lost[1],
                                               .promised = promised,
                                               .promised_offsite = promised_offsite};
    }
}

static inline void
make_scenes(void)
{
    static const char *const outcomes[] = {"opted out", "tie", "unmatched", "", "selected"};
    scene_count = 0;
    for (int64_t seen = 20; seen <= 900; seen += 880) {
        add_scenes_of(26, 0, seen);
        add_scenes_of(0, 48, seen);
        add_scenes_of(26, 48, seen);
    }
    for (size_t index = 0; index < 10; index++)
        scenes[scene_count++] = (struct scene){.policy = index % 5 == 4   ? "nightly"
                                                         : index % 5 == 0 ? "a \"b\\"
                                                                          : "",
                                               .outcome = outcomes[index % 5],
                                               .seen = 900,
                                               .promised = index % 5 == 4 ? 26 : 0,
                                               .gone = index % 5 == 4 ? 2 : 0};
    scenes[scene_count++] = (struct scene){.policy = "free", .outcome = "selected", .seen = 900};
}

static inline int64_t
set_id(size_t scene, int64_t number)
{
    return (int64_t)(scene + 1) * SETS_EACH + number;
}

static inline void
add_set_of(batch_t *batch, size_t scene, int64_t number, int64_t hours)
{
    uint8_t digest[32] = {0};
    if (hours)
        batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", set_id(scene, number),
                  (int64_t)scene + 1, (int64_t)1, (int64_t)1, "directory:0b9e", "x", (int64_t)1,
                  (int64_t)1, digest, sizeof digest, "", "", "", "", (int64_t)1, (int64_t)0,
                  now - hours * HOUR);
}

// Off-site is the older one of two good sets.
static inline void
add_scene(batch_t *batch, size_t index)
{
    const struct scene *scene = &scenes[index];
    int64_t id = (int64_t)index + 1;
    CLEAN(memory_free) char *name = memory_format("shop-%" PRId64, id);
    batch_unit(batch);
    add_database(batch, id, name, now - scene->seen * HOUR);
    batch_add(batch, STATEMENT_DATABASE_ASSIGN, "ttttiiii", scene->policy, scene->outcome, "",
              index ? "" : "gold", index ? (int64_t)0 : now - HOUR, scene->promised * HOUR,
              scene->promised_offsite * HOUR, id);
    int is_offsite_older = scene->offsite > scene->good;
    add_set_of(batch, index, is_offsite_older, scene->good);
    add_set_of(batch, index, !is_offsite_older, scene->offsite);
    add_set_of(batch, index, 2, scene->lost_made);
    if (scene->lost_made)
        batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "no",
                  now - scene->lost_found * HOUR, set_id(index, 2));
    if (scene->gone)
        batch_add(batch, STATEMENT_DATABASE_GONE, "ii", now - scene->gone * HOUR, id);
}

// What brings sets off-site is to come; here the facts are there.
static inline void
mark_offsite(const struct fixture *fixture)
{
    char *sql = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&sql, &size);
    fputs("UPDATE sets SET offsite_ms = 1 WHERE id IN (-1", out);
    for (size_t index = 0; index < scene_count; index++)
        if (scenes[index].offsite)
            fprintf(out, ", %" PRId64, set_id(index, scenes[index].offsite <= scenes[index].good));
    fputs(")", out);
    fclose(out);
    if (fixture->kind->server) {
        tell_server(fixture, sql);
    } else {
        sqlite3 *connection = NULL;
        CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
        assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
        assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(connection);
    }
    free(sql);
}

static inline void
fill(catalog_t *catalog)
{
    now = clock_unix_ms() - 2000;  // views count whole seconds
    make_scenes();
    batch_t *batch = batch_new();
    for (size_t index = 0; index < scene_count; index++)
        add_scene(batch, index);
    apply_all(catalog, &batch);
}
