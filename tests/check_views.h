// What the tests of the catalog's views share: asking them past the catalog, as a report does, and
// what docs/dpa.md and deploy/dpa say of them.

#pragma once

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "tests/check_catalog.h"
#include "tests/source.h"

static const char *const views[] = {"dpa_backup_jobs_v1", "dpa_databases_v1", "dbhaul_metrics_v1"};

// ---- asking

// The rows of an answer: "cell|cell|\n" each, "NULL" for NULL. The caller's.
static inline char *
ask_sqlite(const char *path, const char *sql)
{
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int result = sqlite3_step(statement);
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        for (int column = 0; column < sqlite3_column_count(statement); column++) {
            const unsigned char *cell_text = sqlite3_column_text(statement, column);
            fprintf(out, "%s|", cell_text ? (const char *)cell_text : "NULL");
        }
        fputc('\n', out);
    }
    if (result != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    fclose(out);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return text;
}

// What a client of the server's kind prints: cells apart by a tab or a bar, a line a row.
static inline char *
as_rows(const char *printed)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (; *printed; printed++) {
        if (*printed == '\n')
            fputc('|', out);
        fputc(*printed == '\t' ? '|' : *printed, out);
    }
    fclose(out);
    return text;
}

// As the reader of deploy/catalog, over TCP and TLS.
static inline char *
ask_as_reader(const struct catalog_server *server, const char *database, const char *sql)
{
    CLEAN(memory_free) char *input = folder_write(server->folder, "reader.sql", 0600, sql);
    CLEAN(memory_free) char *output = memory_format("%s/reader.out", server->folder);
    CLEAN(memory_free)
    char *command =
        strcmp(server->name, "mysql") == 0
            ? memory_format(
                  "mariadb --no-defaults --ssl --host=127.0.0.1 --port=%u"
                  " --user=dbhaul_reader --batch --raw --skip-column-names %s <'%s' >'%s'",
                  server->port, database, input, output)
            : memory_format("psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p %u"
                            " -U dbhaul_reader -d %s -f '%s' >'%s'",
                            server->port, database, input, output);
    setenv("MYSQL_PWD", CATALOG_PASSWORD, 1);
    setenv("PGPASSWORD", CATALOG_PASSWORD, 1);
    setenv("PGSSLMODE", "require", 1);
    int status = system(command);
    unsetenv("MYSQL_PWD");
    unsetenv("PGPASSWORD");
    unsetenv("PGSSLMODE");
    if (status)
        return NULL;
    char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, output, 1 << 24, &text, &size, &error), 0);
    return text;
}

static inline char *
ask_view(const struct fixture *fixture, const char *sql)
{
    if (!fixture->kind->server) {
        CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
        return ask_sqlite(path, sql);
    }
    CLEAN(memory_free)
    char *printed =
        ask_as_reader(fixture->kind->server, catalog_server_database(fixture->url), sql);
    if (!printed)
        fail_msg("the reader may not ask: %s", sql);
    return as_rows(printed);
}

static inline void
check_view(const struct fixture *fixture, const char *sql, const char *expected)
{
    CLEAN(memory_free) char *found = ask_view(fixture, sql);
    size_t same = 0, line = 0;
    for (; found[same] && found[same] == expected[same]; same++)
        line = found[same] == '\n' ? same + 1 : line;
    if (found[same] != expected[same])
        fail_msg("%s: from '%.200s' on, not '%.200s'", sql, found + line, expected + line);
}

// The columns of a view as the database has them, in their order: "name|type|\n" each, the type in
// the words of docs/dpa.md. SQLite's views have no types: "name|\n".
static inline char *
view_columns(const struct fixture *fixture, const char *view)
{
    static const char in_sqlite[] = "SELECT name FROM pragma_table_info('%s') ORDER BY cid";
    static const char in_servers[] =
        "SELECT column_name, CASE WHEN data_type IN ('bigint', 'int', 'integer') THEN 'number'"
        " WHEN data_type IN ('datetime', 'timestamp without time zone') THEN 'time'"
        " WHEN data_type IN ('varchar', 'character varying')"
        " THEN concat('text(', character_maximum_length, ')') ELSE data_type END"
        " FROM information_schema.columns WHERE table_name = '%s' AND table_schema = '%s'"
        " ORDER BY ordinal_position";
    int is_mysql = fixture->kind->server && strcmp(fixture->kind->server->name, "mysql") == 0;
    CLEAN(memory_free)
    char *sql = fixture->kind->server
                    ? memory_format(in_servers, view,
                                    is_mysql ? catalog_server_database(fixture->url) : "public")
                    : memory_format(in_sqlite, view);
    return ask_view(fixture, sql);
}

// ---- what is written of them

// A file of the source, whole; the caller's.
static inline char *
source_text(const char *name)
{
    CLEAN(memory_free)
    char *path = memory_format("%s/../%s", tests_folder, name);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("there is no '%s'", path);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int byte = fgetc(file); byte != EOF; byte = fgetc(file))
        fputc(byte, out);
    fclose(out);
    fclose(file);
    return text;
}

// The section of docs/dpa.md that has a view's columns.
static inline char *
page_text(const char *view)
{
    CLEAN(memory_free) char *page = source_text("docs/dpa.md");
    CLEAN(memory_free) char *title = memory_format("\n## %s\n", view);
    char *from = strstr(page, title);
    if (!from)
        fail_msg("docs/dpa.md does not describe '%s'", view);
    from += strlen(title);
    char *end = strstr(from, "\n## ");
    return memory_format("%.*s", (int)(end ? end - from : (long)strlen(from)), from);
}

struct page_row {
    char name[64], type[64];
};

// The next row of a table of columns: "| `name` | type | ...".
static inline int
page_next(const char **next, struct page_row *row)
{
    const char *line = *next;
    while ((line = strstr(line, "\n| `"))) {
        line++;
        if (sscanf(line, "| `%63[a-z0-9_]` | %63[^ |] |", row->name, row->type) == 2) {
            *next = line;
            return 1;
        }
        fail_msg("docs/dpa.md has a row without name and type: %.60s", line);
    }
    return 0;
}

// What the page says of a view's columns, in the form of view_columns.
static inline char *
page_columns(const struct fixture *fixture, const char *view)
{
    CLEAN(memory_free) char *page = page_text(view);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct page_row row;
    for (const char *next = page; page_next(&next, &row);)
        fprintf(out, "%s|%s%s\n", row.name, fixture->kind->server ? row.type : "",
                fixture->kind->server ? "|" : "");
    fclose(out);
    return text;
}

static inline void
replace_all(char **text, const char *word, const char *by)
{
    for (char *place = strstr(*text, word); place; place = strstr(*text, word)) {
        char *longer =
            memory_format("%.*s'%s'%s", (int)(place - *text), *text, by, place + strlen(word));
        free(*text);
        *text = longer;
    }
}

// A sample of deploy/dpa with its period.
static inline char *
sample_text(const char *name, const char *start, const char *end)
{
    CLEAN(memory_free) char *path = memory_format("deploy/dpa/%s.sql", name);
    char *text = source_text(path);
    replace_all(&text, ":start", start);
    replace_all(&text, ":end", end);
    return text;
}

// ---- on every kind

// Each kind gets one catalog for all tests, which `fill` fills and its reader may ask.
static inline int
run_views_on_every_kind(struct CMUnitTest *tests, size_t count, void (*fill)(catalog_t *catalog))
{
    int failed = 0;
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (!kind_is_here(&kinds[kind]))
            continue;
        void *state = NULL;
        memcpy(&state, &(const void *){&kinds[kind]}, sizeof state);
        setup(&state);
        const struct fixture *fixture = state;
        if (fixture->kind->server)
            catalog_server_deploy(fixture->kind->server, "reader",
                                  catalog_server_database(fixture->url));
        fill(fixture->catalog);
        for (size_t test = 0; test < count; test++)
            tests[test].initial_state = state;
        failed += _cmocka_run_group_tests(kinds[kind].name, tests, count, NULL, NULL);
        teardown(&state);
    }
    catalog_servers_end();
    return failed;
}
