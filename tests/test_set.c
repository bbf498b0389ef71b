// Sets are written, finished or given up, or their writer is killed; and how fast it goes.

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"
#include "tests/set_maker.h"
#include "worker/set/writer.h"

static void
files_are_numbers_for_their_owner_alone(void **state)
{
    static const char *const names[] = {"1.sql", "5.sql", "manifest.json", "restore.sh",
                                        "RESTORE.txt"};
    set_write(*state, SET_PATH);
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        struct stat entry;
        CLEAN(memory_free) char *path = memory_format("%s/" SET_PATH "/%s", set_root, names[index]);
        assert_int_equal(stat(path, &entry), 0);
        assert_int_equal(entry.st_mode & 07777, 0600);
    }
    assert_false(set_exists(SET_PATH "/6.sql"));
}

static void
what_is_put_is_read_no_faster_than_the_limit(void **state)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, SET_PATH, &error), 0);
    set_writer_limit(writer, 4000000);
    int64_t started_ms = clock_monotonic_ms();
    set_put(writer, 2000000);
    set_put(writer, 1000000);
    assert_true(clock_monotonic_ms() - started_ms >= 450);
}

static void
there_is_no_set_before_the_end(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, SET_PATH, &error), 0);
    set_put(writer, 100);
    assert_true(set_exists(SET_PATH ".partial/1.sql"));
    assert_false(set_exists(SET_PATH));
    assert_false(set_exists(SET_PATH ".partial/manifest.json"));
    set_writer_destroy(&writer);
    assert_null(writer);
    assert_false(set_exists(SET_PATH ".partial"));
    assert_false(set_exists(SET_PATH));
}

static void
a_writer_that_was_refused_spoils_nothing(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_writer_t *other = NULL;
    struct set_summary summary = set_write(store, SET_PATH);
    assert_int_equal(set_writer_open(&other, store, SET_PATH, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_null(other);
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, store, SET_PATH, summary.manifest_sha256, &error), 0);

    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, "c1/db1/8-1", &error), 0);
    assert_int_equal(set_writer_open(&other, store, "c1/db1/8-1", &error), -1);
    assert_true(set_exists("c1/db1/8-1.partial"));
}

static void
a_file_that_was_not_accepted_makes_no_set(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct set_summary summary;
    char edge[SET_EDGE_SIZE];
    size_t size = 0;
    uint64_t size_bytes = 0;
    pid_t child = 0;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, SET_PATH, &error), 0);
    CLEAN(fd_close) int fd = set_tool(100, &child);
    assert_int_equal(
        set_writer_put(writer, &set_facts, fd, edge, &size, edge, &size, 0, &size_bytes, &error),
        0);
    waitpid(child, NULL, 0);
    assert_int_equal(set_writer_put_text(writer, &set_facts, "x", 1, &error), -1);
    set_assert_error(&error, ERROR_INTERNAL, "never accepted");
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    set_assert_error(&error, ERROR_INTERNAL, "never accepted");
    assert_false(set_exists(SET_PATH));
}

// What a thread of a reader does with a file.
struct scribe {
    set_file_t *file;
    char letter;
    pthread_t thread;
    int status;
    struct error error;
};

enum { SCRIBES = 5, SCRIBE_PIECE = 1 << 20, SCRIBE_PIECES = 36 };

static void *
write_file(void *argument)
{
    struct scribe *scribe = argument;
    CLEAN(memory_free) char *piece = memory_get(SCRIBE_PIECE);
    memset(piece, scribe->letter, SCRIBE_PIECE);
    for (int i = 0; i < SCRIBE_PIECES && scribe->status == 0; i++)
        scribe->status = set_file_write(scribe->file, piece, SCRIBE_PIECE, &scribe->error);
    if (scribe->status == 0)
        scribe->status = set_file_close(scribe->file, &scribe->error);
    return NULL;
}

static void
several_files_are_written_at_once(void **state)
{
    struct error error = {0};
    struct scribe scribes[SCRIBES] = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, SET_PATH, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &set_facts, "x", 1, &error), 0);
    struct set_file_facts facts = {.role = "data", .loader = "load-data", .group = "data"};
    for (uint32_t i = 0; i < SCRIBES; i++) {
        scribes[i].letter = (char)('a' + i);
        assert_int_equal(set_writer_begin(writer, 30 - i, &facts, &scribes[i].file, &error), 0);
        assert_int_equal(pthread_create(&scribes[i].thread, NULL, write_file, &scribes[i]), 0);
    }
    manifest_add_table(set_writer_manifest(writer), "shop", "orders");
    for (uint32_t i = 0; i < SCRIBES; i++) {
        struct manifest_part part = {.table = 1, .rows = i, .digest = {.low = i}};
        pthread_join(scribes[i].thread, NULL);
        assert_int_equal(scribes[i].status, 0);
        if (i == 0)
            set_writer_drop(writer, &scribes[i].file);
        else
            assert_int_equal(set_writer_keep(writer, &scribes[i].file, &part, 1, &error), 0);
        assert_null(scribes[i].file);
    }
    assert_int_equal(set_writer_put_text(writer, &set_facts, "last", 4, &error), 0);
    struct set_summary summary = set_finish(writer);
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, *state, SET_PATH, summary.manifest_sha256, &error),
                     0);
    const struct manifest *manifest = set_reader_manifest(reader);
    static const char *const paths[] = {"1.sql", "26.tsv", "27.tsv", "28.tsv", "29.tsv", "31.sql"};
    assert_int_equal(manifest->file_count, sizeof paths / sizeof *paths);
    for (size_t i = 0; i < manifest->file_count; i++)
        assert_string_equal(manifest->files[i].path, paths[i]);
    assert_int_equal(manifest->parts[0].file, 26);
    assert_int_equal(manifest->parts[0].rows, 4);
    assert_int_equal(manifest->files[1].size_bytes, SCRIBE_PIECE * SCRIBE_PIECES);
    assert_string_equal(manifest->files[1].group, "data");
    assert_int_equal(set_reader_verify(reader, NULL, NULL, &error), 0);
}

static void
a_file_that_was_begun_and_not_ended_makes_no_set(void **state)
{
    struct error error = {0};
    struct set_summary summary;
    set_file_t *file = NULL, *same = NULL;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, SET_PATH, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &set_facts, "x", 1, &error), 0);
    assert_int_equal(set_writer_begin(writer, 1, &set_facts, &same, &error), -1);
    assert_int_equal(set_writer_begin(writer, 0, &set_facts, &file, &error), 0);
    assert_int_equal(set_file_write(file, "half", 4, &error), 0);
    set_file_t *kept = file;
    assert_int_equal(set_writer_keep(writer, &kept, NULL, 0, &error), -1);
    set_assert_error(&error, ERROR_INTERNAL, "not closed well");
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    set_assert_error(&error, ERROR_INTERNAL, "never ended");
    set_writer_destroy(&writer);
    assert_false(set_exists(SET_PATH));
    assert_false(set_exists(SET_PATH ".partial"));
}

static void
a_set_without_files_is_none(void **state)
{
    struct error error = {0};
    struct set_summary summary;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, SET_PATH, &error), 0);
    assert_int_equal(set_writer_accept(writer, &error), -1);
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_false(set_exists(SET_PATH));
}

static void
a_source_that_cannot_be_read_fails_the_set_for_good(void **state)
{
    struct error error = {0};
    struct set_summary summary;
    char edge[SET_EDGE_SIZE];
    size_t size = 0;
    uint64_t size_bytes = 0;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, SET_PATH, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &set_facts, "x", 1, &error), 0);
    CLEAN(fd_close) int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(set_writer_put(writer, &set_facts, folder, edge, &size, edge, &size, 0,
                                    &size_bytes, &error),
                     -1);
    set_assert_error(&error, ERROR_UNAVAILABLE, "cannot read");
    assert_int_equal(set_writer_put_text(writer, &set_facts, "x", 1, &error), -1);
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_false(set_exists(SET_PATH));
}

static void
keep_piece(void *context, const char *data, size_t size)
{
    char *next = context;
    memcpy(next + strlen(next), data, size);
}

static void
a_watcher_sees_all_that_goes_into_a_file(void **state)
{
    struct error error = {0};
    char seen[64] = "", edge[SET_EDGE_SIZE];
    size_t size = 0;
    uint64_t size_bytes = 0;
    struct set_file_facts facts = set_facts;
    facts.watch = keep_piece;
    facts.watch_context = seen;
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    CLEAN(fd_close) int reader = pipe_fds[0];
    assert_int_equal(write(pipe_fds[1], "some rows", 9), 9);
    close(pipe_fds[1]);
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, SET_PATH, &error), 0);
    assert_int_equal(
        set_writer_put(writer, &facts, reader, edge, &size, edge, &size, 0, &size_bytes, &error),
        0);
    assert_string_equal(seen, "some rows");
}

struct seen {
    uint64_t written_bytes, verified_bytes;
    unsigned calls;
};

static void
see(void *context, uint64_t written_bytes, uint64_t verified_bytes)
{
    struct seen *seen = context;
    assert_true(written_bytes >= seen->written_bytes);
    assert_true(verified_bytes >= seen->verified_bytes);
    *seen = (struct seen){written_bytes, verified_bytes, seen->calls + 1};
}

static void
progress_tells_of_all_bytes(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct seen seen = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, SET_PATH, &error), 0);
    set_writer_on_progress(writer, see, &seen);
    set_put(writer, 80 << 20);
    assert_true(seen.written_bytes == 80 << 20);
    assert_true(seen.calls >= 80);
    struct set_summary summary = set_finish(writer);
    assert_int_equal(seen.written_bytes, summary.size_bytes);
    assert_int_equal(seen.verified_bytes, summary.size_bytes);

    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, store, SET_PATH, NULL, &error), 0);
    seen = (struct seen){0};
    assert_int_equal(set_reader_verify(reader, see, &seen, &error), 0);
    assert_true(seen.verified_bytes > 80 << 20);
}

// ---- killed

// Writes sets for as long as it lives; tells each path over the pipe before it begins.
static void
write_for_ever(unsigned round)
{
    struct error error;
    store_t *store = NULL;
    if (store_open(&store, "directory", set_root, NULL, &error))
        _exit(1);
    for (unsigned number = 0;; number++) {
        char path[64];
        struct set_summary summary;
        set_writer_t *writer = NULL;
        snprintf(path, sizeof path, "c1/db1/%u-%u", round, number);
        if (set_writer_open(&writer, store, path, &error) ||
            set_writer_put_text(writer, &set_facts, "users", 5, &error) ||
            set_writer_put_text(writer, &set_facts, "more", 4, &error) ||
            set_writer_end(writer, &summary, &error))
            _exit(1);
        set_writer_destroy(&writer);
    }
}

struct count {
    store_t *store;
    unsigned finished, partial;
};

static int
judge(void *context, const char *path)
{
    struct count *count = context;
    struct error error = {0};
    if (strstr(path, ".partial")) {
        count->partial++;
        assert_int_equal(store_remove(count->store, path, &error), 0);
        return 0;
    }
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (set_reader_open(&reader, count->store, path, NULL, &error) ||
        set_reader_verify(reader, NULL, NULL, &error))
        fail_msg("%s", error.message);
    count->finished++;
    return 0;
}

static void
a_writer_that_is_killed_at_any_moment_leaves_no_bad_set(void **state)
{
    struct error error = {0};
    struct count count = {.store = *state};
    // Killed within the time that three sets take, however slow the machine is just now.
    int64_t begun_ms = clock_monotonic_ms();
    set_write(*state, "c1/db1/first");
    uint64_t range_us = (uint64_t)(clock_monotonic_ms() - begun_ms + 5) * 3000;
    for (unsigned round = 0; round < 40; round++) {
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_for_ever(round);
        uint64_t rest_us = random_below(range_us);
        struct timespec rest = {(time_t)(rest_us / 1000000), (long)(rest_us % 1000000) * 1000};
        nanosleep(&rest, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_int_equal(store_list(*state, "c1", judge, &count, &error), 0);
    print_message("killed 40 times: %u sets finished, all good; %u partial\n", count.finished,
                  count.partial);
    assert_true(count.finished > 1);  // more than the first
    assert_true(count.partial > 0);
    struct count after = {.store = *state};
    assert_int_equal(store_list(*state, "c1", judge, &after, &error), 0);
    assert_int_equal(after.partial, 0);
}

// ---- how fast

static void
measure(const char *where, size_t size)
{
    struct error error = {0};
    CLEAN(folder_destroy) char *place = memory_format("%s/dbhaul-test.XXXXXX", where);
    assert_non_null(mkdtemp(place));
    assert_int_equal(store_create(place, &error), 0);
    CLEAN(store_destroy) store_t *store = NULL;
    assert_int_equal(store_open(&store, "directory", place, NULL, &error), 0);
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, SET_PATH, &error), 0);
    int64_t begun_ms = clock_monotonic_ms();
    set_put(writer, size);
    int64_t put_ms = clock_monotonic_ms();
    set_finish(writer);
    int64_t ended_ms = clock_monotonic_ms();
    print_message("%s: %zu MiB, put %lld ms, end %lld ms: %.0f MiB/s\n", where, size >> 20,
                  (long long)(put_ms - begun_ms), (long long)(ended_ms - put_ms),
                  (double)(size >> 20) * 1000 / (double)(ended_ms - begun_ms + 1));
}

static void
how_fast_it_is_is_printed(void **state)
{
    (void)state;
    measure("/dev/shm", 256 << 20);
    measure("/tmp", 256 << 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_open_store, set_close_store)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_numbers_for_their_owner_alone),
        TEST(what_is_put_is_read_no_faster_than_the_limit),
        TEST(there_is_no_set_before_the_end),
        TEST(a_writer_that_was_refused_spoils_nothing),
        TEST(a_file_that_was_not_accepted_makes_no_set),
        TEST(several_files_are_written_at_once),
        TEST(a_file_that_was_begun_and_not_ended_makes_no_set),
        TEST(a_set_without_files_is_none),
        TEST(a_watcher_sees_all_that_goes_into_a_file),
        TEST(a_source_that_cannot_be_read_fails_the_set_for_good),
        TEST(progress_tells_of_all_bytes),
        TEST(a_writer_that_is_killed_at_any_moment_leaves_no_bad_set),
        TEST(how_fast_it_is_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
