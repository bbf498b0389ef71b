// The kinds of catalogs that the suites run on: add one to the list.
//
//     struct CMUnitTest tests[] = {SUITE(each_opening_takes_a_higher_epoch)};
//     return run_on_every_kind(tests, sizeof tests / sizeof *tests);

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/catalog.h"
#include "tests/catalog_server.h"
#include "tests/check.h"
#include "tests/folder.h"

// How a kind gets an empty place, and how it can be out of reach for a while.
struct kind {
    const char *name;
    struct catalog_server *server;         // NULL = a file
    char *(*prepare)(const char *folder);  // a URL
    void (*take_away)(const char *folder);
    void (*bring_back)(const char *folder);
};

struct fixture {
    const struct kind *kind;
    char *folder, *url;
    catalog_t *catalog;
};

static inline char *
prepare_sqlite(const char *folder)
{
    return memory_format("sqlite:%s/catalog.db", folder);
}

static inline void
rename_in(const char *folder, const char *from, const char *to)
{
    CLEAN(memory_free) char *old = memory_format("%s/%s", folder, from);
    CLEAN(memory_free) char *new = memory_format("%s/%s", folder, to);
    assert_int_equal(rename(old, new), 0);
}

static inline void
take_away_sqlite(const char *folder)
{
    rename_in(folder, "catalog.db", "away.db");
}

static inline void
bring_back_sqlite(const char *folder)
{
    rename_in(folder, "away.db", "catalog.db");
}

static inline char *
prepare_mysql(const char *folder)
{
    (void)folder;
    return catalog_server_prepare(&catalog_mysql_server);
}

static inline void
take_away_mysql(const char *folder)
{
    (void)folder;
    catalog_server_do(&catalog_mysql_server, "kill", "");
}

static inline void
bring_back_mysql(const char *folder)
{
    (void)folder;
    assert_int_equal(catalog_server_start(&catalog_mysql_server), 0);
}

static inline char *
prepare_postgres(const char *folder)
{
    (void)folder;
    return catalog_server_prepare(&catalog_postgres_server);
}

static inline void
take_away_postgres(const char *folder)
{
    (void)folder;
    catalog_server_stop(&catalog_postgres_server);
}

static inline void
bring_back_postgres(const char *folder)
{
    (void)folder;
    assert_int_equal(catalog_server_start(&catalog_postgres_server), 0);
}

static const struct kind kinds[] = {
    {"sqlite", NULL, prepare_sqlite, take_away_sqlite, bring_back_sqlite},
    {"mysql", &catalog_mysql_server, prepare_mysql, take_away_mysql, bring_back_mysql},
    {"postgres", &catalog_postgres_server, prepare_postgres, take_away_postgres,
     bring_back_postgres},
};

enum { KIND_SQLITE, KIND_MYSQL, KIND_POSTGRES, KINDS };

// Whether this host has what the kind needs; says so if not.
static inline int
kind_is_here(const struct kind *kind)
{
    if (!kind->server || !catalog_server_is_missing(kind->server))
        return 1;
    printf("not run: there is no server for catalogs in %s here\n", kind->name);
    return 0;
}

static inline void
open_again(struct fixture *fixture)
{
    struct error error = {0};
    catalog_destroy(&fixture->catalog);
    if (catalog_open(&fixture->catalog, fixture->url, &catalog_server_access, "host:1", &error))
        fail_msg("open: %s", error.message);
}

static inline int
setup(void **state)
{
    struct fixture *fixture = memory_get(sizeof *fixture);
    fixture->kind = *state;
    fixture->folder = folder_new();
    fixture->url = fixture->kind->prepare(fixture->folder);
    open_again(fixture);
    *state = fixture;
    return 0;
}

static inline int
teardown(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    folder_destroy(&fixture->folder);
    free(fixture->url);
    free(fixture);
    return 0;
}

#define SUITE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static inline int
run_on_kind(const struct kind *kind, struct CMUnitTest *tests, size_t count)
{
    for (size_t test = 0; test < count; test++)
        memcpy(&tests[test].initial_state, &kind, sizeof kind);
    return _cmocka_run_group_tests(kind->name, tests, count, NULL, NULL);
}

// Under the thread sanitizer only on SQLite: what has threads is the same for all kinds, and the
// servers' client libraries, which it cannot look into, make it crawl.
#ifdef __SANITIZE_THREAD__
enum { KINDS_RUN = KIND_SQLITE + 1 };
#else
enum { KINDS_RUN = KINDS };
#endif

static inline int
run_on_every_kind(struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    for (size_t kind = 0; kind < KINDS_RUN; kind++) {
        if (kind_is_here(&kinds[kind]))
            failed += run_on_kind(&kinds[kind], tests, count);
    }
    catalog_servers_end();
    return failed;
}

static inline int
run_on_servers(struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    for (size_t kind = KIND_MYSQL; kind < KINDS; kind++) {
        if (kind_is_here(&kinds[kind]))
            failed += run_on_kind(&kinds[kind], tests, count);
    }
    catalog_servers_end();
    return failed;
}

// ---- a fixture on a server

// The first line that SQL gives to the administrator, in the fixture's database.
static inline char *
ask_server(const struct fixture *fixture, const char *sql)
{
    char *text =
        catalog_server_ask(fixture->kind->server, catalog_server_database(fixture->url), sql);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static inline void
check_server(const struct fixture *fixture, const char *sql, const char *expected)
{
    CLEAN(memory_free) char *found = ask_server(fixture, sql);
    if (strcmp(found, expected) != 0)
        fail_msg("%s: '%s', not '%s'", sql, found, expected);
}

static inline void
tell_server(const struct fixture *fixture, const char *sql)
{
    CLEAN(memory_free) char *ignored = ask_server(fixture, sql);
}

static inline int
is_mysql(const struct fixture *fixture)
{
    return fixture->kind == &kinds[KIND_MYSQL];
}

static inline void
check_cannot_reach(const char *url, const struct catalog_access *access, enum error_code code,
                   const char *words)
{
    struct error error = {0};
    catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, url, access, "host:1", &error), -1);
    if (error.code != code || !strstr(error.message, words))
        fail_msg("code %d, '%s' does not say '%s'", (int)error.code, error.message, words);
    assert_null(catalog);
}
