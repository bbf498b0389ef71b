// Opens points in time of a server that is written to, as the readers do, and asks the same
// question in each session of each point: all must give the same answer.
//
//     points mysql|postgres PORT USER PASSWORD_FILE DATABASE QUERY_FILE POINTS SESSIONS SECONDS
//
// It ends after so many points, or with the one that is open after so many seconds.
// The query's answer is one row of two cells: what the state is, and "whole", or what is wrong with
// it. (DATABASE is PostgreSQL's.) Each point that is not one is told, up to ten. The last line:
//
//     points=1000 torn=0 states=998 alone=0 tries=2310 locked_ms=17 kind=one point, by lock
//
// states: how many times the state was another than before; alone: points of a single session,
// which prove nothing; tries, locked_ms: the sum, and the longest, of what the points say of
// themselves. The status is 0 if no point was torn, 1 if one was, 2 if something failed.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/mysql_point.h"
#include "worker/engine/postgres_head.h"

enum { FILE_MAX = 1 << 20, TOLD_MAX = 10 };

struct counts {
    unsigned points, torn, states, alone, tries, locked_ms;
    char kind[64];
};

struct scene {
    struct server server;
    const char *database;
    char *query, *password;
    unsigned points;
    size_t sessions;
    int64_t until_ms;
    char *state;  // of the point before
    struct counts counts;
};

// What the sessions of one point have said so far.
struct answers {
    size_t count;
    char *state;
    char wrong[512];
};

static void
answers_add(struct answers *self, const char *state, const char *verdict)
{
    int is_new = self->count++ == 0;
    if (is_new)
        self->state = memory_copy_text(state);
    if (*self->wrong)
        return;
    if (strcmp(verdict, "whole") != 0)
        snprintf(self->wrong, sizeof self->wrong, "%.200s (session %zu: %.200s)", verdict,
                 self->count, state);
    else if (!is_new && strcmp(self->state, state) != 0)
        snprintf(self->wrong, sizeof self->wrong, "session 1: %.200s, session %zu: %.200s",
                 self->state, self->count, state);
}

static void
keep(struct scene *self, struct answers *answers)
{
    struct counts *counts = &self->counts;
    counts->points++;
    counts->alone += answers->count < 2;
    counts->states += !self->state || strcmp(self->state, answers->state) != 0;
    if (*answers->wrong && counts->torn++ < TOLD_MAX)
        printf("point %u: %s\n", counts->points, answers->wrong);
    memory_free(&self->state);
    self->state = STEAL(answers->state);
}

static int
is_to_go_on(const struct scene *self)
{
    return self->counts.points < self->points && clock_monotonic_ms() < self->until_ms;
}

// ---- MySQL and MariaDB

struct mysql_scene {
    mysql_session_t *control;
    mysql_inventory_t *inventory;
    mysql_tables_t *tables;
};

static void
mysql_scene_clear(struct mysql_scene *self)
{
    mysql_tables_destroy(&self->tables);
    mysql_inventory_destroy(&self->inventory);
    mysql_session_destroy(&self->control);
}

static int
hear(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    answers_add(context, cells[0] ? cells[0] : "", cells[1] ? cells[1] : "");
    return 0;
}

static int
try_mysql(struct scene *self, const struct mysql_scene *mysql, struct error *error)
{
    const struct mysql_point_wish wish = {.control = mysql->control,
                                          .server = &self->server,
                                          .tables = mysql->tables,
                                          .sessions = self->sessions};
    CLEAN(mysql_point_close) struct mysql_point point = {0};
    struct answers answers = {0};
    mysql_point_guard(&point, mysql->control);
    if (mysql_point_open(&point, &wish, error))
        return -1;
    for (size_t i = 0; i < point.count; i++) {
        if (mysql_session_query(point.sessions[i], self->query, hear, &answers, error))
            return -1;
    }
    self->counts.tries += point.tries;
    if (point.locked_ms > self->counts.locked_ms)
        self->counts.locked_ms = point.locked_ms;
    snprintf(self->counts.kind, sizeof self->counts.kind, "%s%s", point.kind,
             point.has_backup_lock ? ", with the backup lock" : "");
    keep(self, &answers);
    return point.has_backup_lock
               ? mysql_session_query(mysql->control, "UNLOCK INSTANCE", NULL, NULL, error)
               : 0;
}

static int
try_all_mysql(struct scene *self, struct error *error)
{
    CLEAN(mysql_scene_clear) struct mysql_scene mysql = {.inventory = mysql_inventory_new()};
    if (mysql_session_open(&mysql.control, &self->server, error) ||
        mysql_inventory_read(mysql.inventory, mysql.control, error) ||
        mysql_tables_open(&mysql.tables, mysql.control, mysql.inventory, 0, error))
        return -1;
    while (is_to_go_on(self)) {
        if (try_mysql(self, &mysql, error))
            return -1;
    }
    return 0;
}

// ---- PostgreSQL

struct postgres_scene {
    struct postgres_point point;
    postgres_t *sessions[MYSQL_POINT_SESSIONS_MAX];
};

static void
postgres_scene_clear(struct postgres_scene *self)
{
    for (size_t i = 0; i < MYSQL_POINT_SESSIONS_MAX; i++)
        postgres_destroy(&self->sessions[i]);
    postgres_point_release(&self->point);
}

static int
ask_postgres(const struct scene *self, postgres_t *session, struct answers *answers,
             struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(session, self->query, NULL, &rows, error))
        return -1;
    if (postgres_rows_count(rows) == 1)
        answers_add(answers, postgres_rows_text(rows, 0, 0), postgres_rows_text(rows, 0, 1));
    else
        answers_add(answers, "", "not one row");
    return 0;
}

// The keeper is the first session.
static int
try_postgres(struct scene *self, struct error *error)
{
    CLEAN(postgres_scene_clear) struct postgres_scene postgres = {0};
    struct answers answers = {0};
    if (postgres_point_take(&postgres.point, &self->server, self->database, 0, error))
        return -1;
    for (size_t i = 0; i + 1 < self->sessions; i++) {
        if (postgres_head_open(&postgres.sessions[i], &self->server, self->database,
                               &postgres.point, error))
            return -1;
    }
    if (ask_postgres(self, postgres.point.snapshot.keeper, &answers, error))
        return -1;
    for (size_t i = 0; i + 1 < self->sessions; i++) {
        if (ask_postgres(self, postgres.sessions[i], &answers, error))
            return -1;
    }
    self->counts.tries++;
    snprintf(self->counts.kind, sizeof self->counts.kind, "snapshot %.40s",
             *postgres.point.snapshot.name ? "exported" : "of one session");
    keep(self, &answers);
    return postgres_point_check(&postgres.point, error);
}

static int
try_all_postgres(struct scene *self, struct error *error)
{
    while (is_to_go_on(self)) {
        if (try_postgres(self, error))
            return -1;
    }
    return 0;
}

// ---- all

static char *
read_text(const char *path)
{
    struct error error = {0};
    char *text = NULL;
    size_t size = 0;
    if (fd_read_file(AT_FDCWD, path, FILE_MAX, &text, &size, &error)) {
        fprintf(stderr, "points: %s\n", error.message);
        exit(2);
    }
    return text;
}

int
main(int count, char **words)
{
    if (count != 10) {
        fprintf(stderr, "usage: points mysql|postgres PORT USER PASSWORD_FILE DATABASE QUERY_FILE "
                        "POINTS SESSIONS SECONDS\n");
        return 2;
    }
    struct error error = {0};
    struct scene scene = {.database = words[5],
                          .query = read_text(words[6]),
                          .password = read_text(words[4]),
                          .points = (unsigned)strtoul(words[7], NULL, 10),
                          .sessions = strtoul(words[8], NULL, 10),
                          .until_ms = clock_monotonic_ms() + 1000 * strtoll(words[9], NULL, 10)};
    scene.password[strcspn(scene.password, "\n")] = '\0';
    scene.query[strcspn(scene.query, ";")] = '\0';
    scene.server =
        (struct server){.engine = words[1],
                        .host = "127.0.0.1",
                        .port = (unsigned)strtoul(words[2], NULL, 10),
                        .name = "points",
                        .credentials = {.username = words[3], .password = scene.password}};
    if (scene.sessions < 2 || scene.sessions > MYSQL_POINT_SESSIONS_MAX)
        return 2;
    int status = strcmp(words[1], "postgres") == 0 ? try_all_postgres(&scene, &error)
                                                   : try_all_mysql(&scene, &error);
    const struct counts *counts = &scene.counts;
    if (status)
        fprintf(stderr, "points: %s\n", error.message);
    printf("points=%u torn=%u states=%u alone=%u tries=%u locked_ms=%u kind=%s\n", counts->points,
           counts->torn, counts->states, counts->alone, counts->tries, counts->locked_ms,
           counts->kind);
    memory_free(&scene.state);
    memory_free(&scene.query);
    memory_free(&scene.password);
    return status ? 2 : counts->torn > 0;
}
