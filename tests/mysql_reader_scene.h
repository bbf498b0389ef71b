// Tests of our own reader of MySQL and MariaDB: extract, load elsewhere, and compare what the
// vendor's own tool dumps of both servers.

#pragma once

#include <poll.h>

#include "common/clock.h"
#include "tests/mysql_engine.h"
#include "worker/engine/mysql_watch.h"

static inline engine_t *
open_reader(const struct server *server)
{
    struct error error = {0};
    engine_t *engine = NULL;
    if (engine_open(&engine, "mysql", server, world.toolbox, &error))
        fail_msg("%s", error.message);
    assert_string_equal(engine_tool_name(engine), "mysql");
    return engine;
}

static inline int
extract(const struct server *server, const struct backup_options *options, struct file_sink *sink,
        struct error *error)
{
    CLEAN(engine_destroy) engine_t *engine = open_reader(server);
    return engine_backup(engine, options, &sink->base, error);
}

// Waits until a watch with the right to see all says that the server, a replica, is behind. Its
// writer is another server.
static inline void
await_lag(const struct mariadb_server *replica)
{
    struct server server = as_backup(replica);
    struct error error = {0};
    struct throttle_sample sample = throttle_unknown();
    const struct throttle_limits limits = {.at_most = {9, 9, 9, 9}};
    int64_t until_ms = clock_monotonic_ms() + 30000;
    int status = 0;
    CLEAN(mysql_watch_destroy) mysql_watch_t *watch = NULL;
    if (mysql_watch_open(&watch, &server, &limits, NULL, 0, &error))
        fail_msg("%s", error.message);
    assert_string_equal(mysql_watch_without(watch), "");
    while (sample.values[THROTTLE_LAG] < 1000) {
        while ((status = mysql_watch_take(watch, &sample, &error)) == 0)
            poll(NULL, 0, 10);
        if (status < 0 || clock_monotonic_ms() > until_ms)
            fail_msg("the replica is never seen behind: %lld ms",
                     (long long)sample.values[THROTTLE_LAG]);
    }
    assert_in_range(sample.values[THROTTLE_LAG], 1000, 600000);
    assert_in_range(sample.values[THROTTLE_RUNNING], 0, 50);
    assert_in_range(sample.values[THROTTLE_TRANSACTION], 0, 600000);
}

// Takes out the lines that say where the binary log was.
static inline void
drop_lines(char *text, const char *begin)
{
    for (char *found = text; (found = strstr(found, begin));) {
        char *end = strchr(found, '\n');
        memmove(found, end + 1, strlen(end + 1) + 1);
    }
}

// MySQL shows a column's character set once its collation was named, as in every dump.
static inline void
drop_charsets(char *text)
{
    static const char charset[] = " CHARACTER SET utf8mb4 COLLATE";
    size_t size = strlen(charset) - strlen(" COLLATE");
    for (char *found = text; (found = strstr(found, charset));)
        memmove(found, found + size, strlen(found + size) + 1);
}

// What the vendor's tool dumps of a server, in one text.
static inline char *
dump_text(const struct mariadb_server *server)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server access = as_backup(server);
    file_sink_begin(&sink, folder);
    if (dump(&access, &sink, 1, &error))
        fail_msg("%s", error.message);
    char *text = memory_copy_text("");
    for (size_t i = 0; i < sink.count; i++) {
        if (strcmp(sink.files[i].role, "users") == 0)
            continue;  // the servers' accounts for these tests differ
        CLEAN(memory_free) char *part = read_file(sink.files[i].path);
        drop_lines(part, "-- CHANGE MASTER TO ");
        drop_lines(part, "-- SET GLOBAL gtid_slave_pos=");
        drop_charsets(part);
        char *longer = memory_format("%s%s", text, part);
        free(text);
        text = longer;
    }
    file_sink_end(&sink);
    return text;
}

static inline void
load(const struct mariadb_server *server, const struct file_sink *sink)
{
    struct error error = {0};
    struct server access = as_backup(server);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&access);
    struct restore_options options = {.overwrite = 1};
    if (engine_restore(engine, &options, sink->files, sink->count, &error))
        fail_msg("%s", error.message);
}

static inline void
assert_same_servers(const struct mariadb_server *one, const struct mariadb_server *other)
{
    CLEAN(memory_free) char *here = dump_text(one);
    CLEAN(memory_free) char *there = dump_text(other);
    assert_same_text(there, here);
}

// Extracts from the source with these options, loads into the target, and compares.
static inline void
go_round(const struct backup_options *options, struct file_sink *sink, char *folder)
{
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(sink, folder);
    if (extract(&server, options, sink, &error))
        fail_msg("%s", error.message);
    load(&world.target, sink);
    assert_same_servers(&world.source, &world.target);
}

static inline size_t
count_lines(const char *text, const char *begin)
{
    size_t count = 0;
    for (const char *found = text; (found = strstr(found, begin)); found++)
        count += found == text || found[-1] == '\n';
    return count;
}

static inline void
extract_well(const struct backup_options *options, struct file_sink *sink)
{
    struct server server = as_backup(&world.source);
    struct error error = {0};
    if (extract(&server, options, sink, &error))
        fail_msg("%s", error.message);
}

static inline void
assert_noted(const struct file_sink *sink, const char *text)
{
    if (!strstr(sink->notes, text))
        fail_msg("'%s' is not in: %s", text, strstr(sink->notes, "point (all)"));
}

static inline char *
files_text(const struct file_sink *sink)
{
    char *text = memory_copy_text("");
    for (size_t i = 0; i < sink->count; i++) {
        CLEAN(memory_free) char *part = read_file(sink->files[i].path);
        char *longer = memory_format("%s== %u ==\n%s", text, sink->numbers[i], part);
        free(text);
        text = longer;
    }
    return text;
}

static inline int
compare_lines(const void *one, const void *other)
{
    char *const *a = one, *const *b = other;
    return strcmp(*a, *b);
}

// Only the lines of the parts of files, which are ended in any order: which rows they hold, and
// their digests.
static inline char *
parts_text(const struct file_sink *sink)
{
    enum { LINES_MAX = 4096 };
    char *lines[LINES_MAX], *text = memory_copy_text("");
    size_t count = 0;
    for (const char *at = sink->notes; at && (at = strstr(at, "part ")); at = strchr(at, '\n')) {
        assert_true(count < LINES_MAX);
        lines[count++] = memory_format("%.*s\n", (int)strcspn(at, "\n"), at);
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        char *longer = memory_format("%s%s", text, lines[i]);
        free(text);
        free(lines[i]);
        text = longer;
    }
    return text;
}

// What two extracts gave, as bytes.
static inline void
assert_same_extracts(const struct backup_options *one, const char *before_other,
                     const struct backup_options *other, const char *fact)
{
    CLEAN(folder_destroy) char *first_folder = folder_new();
    CLEAN(folder_destroy) char *second_folder = folder_new();
    struct file_sink first, second;
    file_sink_begin(&first, first_folder);
    file_sink_begin(&second, second_folder);
    extract_well(one, &first);
    if (before_other)
        mariadb_server_tell(&world.source, before_other);
    extract_well(other, &second);
    if (fact)
        assert_noted(&second, fact);
    CLEAN(memory_free) char *first_files = files_text(&first);
    CLEAN(memory_free) char *second_files = files_text(&second);
    assert_same_text(second_files, first_files);
    CLEAN(memory_free) char *first_parts = parts_text(&first);
    CLEAN(memory_free) char *second_parts = parts_text(&second);
    assert_true(strlen(first_parts) > 100);
    assert_same_text(second_parts, first_parts);
    file_sink_end(&first);
    file_sink_end(&second);
}
