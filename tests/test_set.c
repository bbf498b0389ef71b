// Sets: written, finished, read, verified; and a bit of how fast.

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/set/reader.h"
#include "worker/set/writer.h"

#define PATH "c1/db1/7-1"

static char *root;
static const struct set_file_facts facts = {.role = "data", .object = "shop", .loader = "mysql"};

enum { EDGE_SIZE = 64 };

// What a dump tool would write: a child that writes `size` bytes of a pattern into a pipe.
static int
tool(size_t size, pid_t *child)
{
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    *child = fork();
    assert_true(*child >= 0);
    if (*child == 0) {
        struct error error;
        char block[7919];
        for (size_t at = 0; at < sizeof block; at++)
            block[at] = (char)('a' + at % 26);
        while (size > 0) {
            size_t part = size < sizeof block ? size : sizeof block;
            if (fd_write(pipe_fds[1], block, part, &error))
                _exit(1);
            size -= part;
        }
        _exit(0);
    }
    close(pipe_fds[1]);
    return pipe_fds[0];
}

static void
put(set_writer_t *writer, size_t size)
{
    struct error error = {0};
    char head[EDGE_SIZE];
    char tail[EDGE_SIZE];
    size_t head_size = 0;
    size_t tail_size = 0;
    uint64_t size_bytes = 0;
    pid_t child = 0;
    CLEAN(fd_close) int fd = tool(size, &child);
    if (set_writer_put(writer, &facts, fd, head, &head_size, tail, &tail_size, EDGE_SIZE,
                       &size_bytes, &error))
        fail_msg("%s", error.message);
    assert_int_equal(size_bytes, size);
    assert_int_equal(head_size, size < EDGE_SIZE ? size : EDGE_SIZE);
    assert_int_equal(tail_size, size < EDGE_SIZE ? size : EDGE_SIZE);
    for (size_t at = 0; at < head_size; at++) {
        assert_int_equal(head[at], 'a' + at % 7919 % 26);
        assert_int_equal(tail[at], 'a' + (size - tail_size + at) % 7919 % 26);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(set_writer_accept(writer, &error), 0);
}

static struct set_summary
finish(set_writer_t *writer)
{
    struct error error = {0};
    struct set_summary summary = {0};
    if (set_writer_end(writer, &summary, &error))
        fail_msg("%s", error.message);
    return summary;
}

static struct set_summary
write_set(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, path, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &facts, "users", 5, &error), 0);
    put(writer, 3000000);
    put(writer, 0);
    put(writer, 1);
    put(writer, EDGE_SIZE + 1);
    return finish(writer);
}

static char *
full(const char *name)
{
    return memory_format("%s/%s", root, name);
}

static int
exists(const char *name)
{
    CLEAN(memory_free) char *path = full(name);
    return access(path, F_OK) == 0;
}

static void
assert_error(const struct error *error, enum error_code code, const char *says)
{
    if (error->code != code || !strstr(error->message, says))
        fail_msg("%d '%s' is not %d '%s'", error->code, error->message, code, says);
}

static void
a_set_that_was_written_can_be_verified(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct set_summary summary = write_set(store, PATH);
    assert_int_equal(summary.file_count, 5);
    assert_true(summary.size_bytes > 3000000);
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, store, PATH, summary.manifest_sha256, &error), 0);
    if (set_reader_verify(reader, NULL, NULL, &error))
        fail_msg("%s", error.message);
    const struct manifest *manifest = set_reader_manifest(reader);
    assert_string_equal(manifest->set_path, PATH);
    assert_string_equal(manifest->store, store_identity(store));
    assert_int_equal(manifest->file_count, 5);
    assert_string_equal(manifest->files[1].path, "2.sql");
    assert_string_equal(manifest->files[1].object, "shop");
    assert_int_equal(manifest->files[1].size_bytes, 3000000);
    CLEAN(fd_close) int fd = -1;
    char text[8] = "";
    assert_int_equal(set_reader_file(reader, 0, &fd, &error), 0);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "users");
}

static void
files_are_numbers_for_their_owner_alone(void **state)
{
    static const char *const names[] = {"1.sql", "5.sql", "manifest.json", "restore.sh",
                                        "RESTORE.txt"};
    write_set(*state, PATH);
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        struct stat entry;
        CLEAN(memory_free) char *path = memory_format("%s/" PATH "/%s", root, names[index]);
        assert_int_equal(stat(path, &entry), 0);
        assert_int_equal(entry.st_mode & 07777, 0600);
    }
    assert_false(exists(PATH "/6.sql"));
}

static void
there_is_no_set_before_the_end(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    put(writer, 100);
    assert_true(exists(PATH ".partial/1.sql"));
    assert_false(exists(PATH));
    assert_false(exists(PATH ".partial/manifest.json"));
    set_writer_destroy(&writer);
    assert_null(writer);
    assert_false(exists(PATH ".partial"));
    assert_false(exists(PATH));
}

static void
a_writer_that_was_refused_spoils_nothing(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_writer_t *other = NULL;
    struct set_summary summary = write_set(store, PATH);
    assert_int_equal(set_writer_open(&other, store, PATH, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_null(other);
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, store, PATH, summary.manifest_sha256, &error), 0);

    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, "c1/db1/8-1", &error), 0);
    assert_int_equal(set_writer_open(&other, store, "c1/db1/8-1", &error), -1);
    assert_true(exists("c1/db1/8-1.partial"));
}

static void
a_file_that_was_not_accepted_makes_no_set(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct set_summary summary;
    char edge[EDGE_SIZE];
    size_t size = 0;
    uint64_t size_bytes = 0;
    pid_t child = 0;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    CLEAN(fd_close) int fd = tool(100, &child);
    assert_int_equal(
        set_writer_put(writer, &facts, fd, edge, &size, edge, &size, 0, &size_bytes, &error), 0);
    waitpid(child, NULL, 0);
    assert_int_equal(set_writer_put_text(writer, &facts, "x", 1, &error), -1);
    assert_error(&error, ERROR_INTERNAL, "never accepted");
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_error(&error, ERROR_INTERNAL, "never accepted");
    assert_false(exists(PATH));
}

static void
a_set_without_files_is_none(void **state)
{
    struct error error = {0};
    struct set_summary summary;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, PATH, &error), 0);
    assert_int_equal(set_writer_accept(writer, &error), -1);
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_false(exists(PATH));
}

static void
a_source_that_cannot_be_read_fails_the_set_for_good(void **state)
{
    struct error error = {0};
    struct set_summary summary;
    char edge[EDGE_SIZE];
    size_t size = 0;
    uint64_t size_bytes = 0;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, *state, PATH, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &facts, "x", 1, &error), 0);
    CLEAN(fd_close) int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(
        set_writer_put(writer, &facts, folder, edge, &size, edge, &size, 0, &size_bytes, &error),
        -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot read");
    assert_int_equal(set_writer_put_text(writer, &facts, "x", 1, &error), -1);
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_false(exists(PATH));
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
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    set_writer_on_progress(writer, see, &seen);
    put(writer, 80 << 20);
    assert_true(seen.written_bytes == 80 << 20);
    assert_true(seen.calls >= 80);
    struct set_summary summary = finish(writer);
    assert_int_equal(seen.written_bytes, summary.size_bytes);
    assert_int_equal(seen.verified_bytes, summary.size_bytes);

    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, store, PATH, NULL, &error), 0);
    seen = (struct seen){0};
    assert_int_equal(set_reader_verify(reader, see, &seen, &error), 0);
    assert_true(seen.verified_bytes > 80 << 20);
}

static void
spoil(const char *name, off_t at, const char *bytes)
{
    CLEAN(memory_free) char *path = memory_format("%s/" PATH "/%s", root, name);
    CLEAN(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
}

static void
assert_not_whole(store_t *store, const struct set_summary *summary, const char *says)
{
    struct error error = {0};
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (set_reader_open(&reader, store, PATH, summary->manifest_sha256, &error))
        fail_msg("%s", error.message);
    assert_int_equal(set_reader_verify(reader, NULL, NULL, &error), -1);
    assert_error(&error, ERROR_CORRUPT, says);
}

static void
a_flipped_byte_is_found_and_its_file_named(void **state)
{
    struct set_summary summary = write_set(*state, PATH);
    spoil("2.sql", 2999999, "X");
    assert_not_whole(*state, &summary, "'2.sql' holds other bytes");
}

static void
a_file_of_another_size_is_found(void **state)
{
    struct set_summary summary = write_set(*state, PATH);
    spoil("3.sql", 0, "X");
    assert_not_whole(*state, &summary, "'3.sql' has 1 bytes where 0");
}

static void
a_script_that_was_changed_is_found(void **state)
{
    struct set_summary summary = write_set(*state, PATH);
    spoil("restore.sh", 3, "X");
    assert_not_whole(*state, &summary, "'restore.sh' holds other bytes");
}

static void
a_stranger_in_the_set_is_found(void **state)
{
    struct set_summary summary = write_set(*state, PATH);
    spoil(".odd\033[2J", 0, "X");
    assert_not_whole(*state, &summary, "'.odd?[2J' is in the set and not in its manifest");
}

static void
a_file_that_is_missing_or_no_file_is_found(void **state)
{
    struct set_summary summary = write_set(*state, PATH);
    CLEAN(memory_free) char *path = full(PATH "/2.sql");
    assert_int_equal(unlink(path), 0);
    assert_not_whole(*state, &summary, "'2.sql'");
    assert_int_equal(symlink("1.sql", path), 0);
    assert_not_whole(*state, &summary, "'2.sql' is a link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_not_whole(*state, &summary, "'2.sql' is not a plain file");
}

static void
another_manifest_than_the_catalog_knows_is_refused(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_reader_t *reader = NULL;
    struct set_summary summary = write_set(store, PATH);
    summary.manifest_sha256[0] ^= 1;
    assert_int_equal(set_reader_open(&reader, store, PATH, summary.manifest_sha256, &error), -1);
    assert_error(&error, ERROR_CORRUPT, "digest");
    assert_int_equal(set_reader_open(&reader, store, PATH, NULL, &error), 0);
    set_reader_destroy(&reader);
    assert_null(reader);
}

static void
what_has_no_manifest_is_no_set(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_reader_t *reader = NULL;
    write_set(store, PATH);
    CLEAN(memory_free) char *path = full(PATH "/manifest.json");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(set_reader_open(&reader, store, PATH, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_int_equal(set_reader_open(&reader, store, "c1/db1/9-9", NULL, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_null(reader);
}

// ---- killed

// Writes sets for as long as it lives; tells each path over the pipe before it begins.
static void
write_for_ever(unsigned round)
{
    struct error error;
    store_t *store = NULL;
    if (store_open(&store, "directory", root, NULL, &error))
        _exit(1);
    for (unsigned number = 0;; number++) {
        char path[64];
        struct set_summary summary;
        set_writer_t *writer = NULL;
        snprintf(path, sizeof path, "c1/db1/%u-%u", round, number);
        if (set_writer_open(&writer, store, path, &error) ||
            set_writer_put_text(writer, &facts, "users", 5, &error) ||
            set_writer_put_text(writer, &facts, "more", 4, &error) ||
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
    for (unsigned round = 0; round < 40; round++) {
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_for_ever(round);
        struct timespec rest = {0, (long)random_below(40000000)};
        nanosleep(&rest, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_int_equal(store_list(*state, "c1", judge, &count, &error), 0);
    print_message("killed 40 times: %u sets finished, all good; %u partial\n", count.finished,
                  count.partial);
    assert_true(count.finished > 0);
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
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    int64_t begun_ms = clock_monotonic_ms();
    put(writer, size);
    int64_t put_ms = clock_monotonic_ms();
    finish(writer);
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

static int
open_store(void **state)
{
    struct error error = {0};
    root = folder_new();
    assert_int_equal(store_create(root, &error), 0);
    return store_open((store_t **)state, "directory", root, NULL, &error);
}

static int
close_store(void **state)
{
    store_destroy((store_t **)state);
    folder_destroy(&root);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_that_was_written_can_be_verified),
        TEST(files_are_numbers_for_their_owner_alone),
        TEST(there_is_no_set_before_the_end),
        TEST(a_writer_that_was_refused_spoils_nothing),
        TEST(a_file_that_was_not_accepted_makes_no_set),
        TEST(a_set_without_files_is_none),
        TEST(a_source_that_cannot_be_read_fails_the_set_for_good),
        TEST(progress_tells_of_all_bytes),
        TEST(a_flipped_byte_is_found_and_its_file_named),
        TEST(a_file_of_another_size_is_found),
        TEST(a_script_that_was_changed_is_found),
        TEST(a_stranger_in_the_set_is_found),
        TEST(a_file_that_is_missing_or_no_file_is_found),
        TEST(another_manifest_than_the_catalog_knows_is_refused),
        TEST(what_has_no_manifest_is_no_set),
        TEST(a_writer_that_is_killed_at_any_moment_leaves_no_bad_set),
        TEST(how_fast_it_is_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
