// RESTORE.txt and restore.sh: what they say and do whatever the names are. The clients are
// stand-ins that write down what they were given; tests/run.d has the real ones.

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/set/script.h"
#include "worker/set/script_text.h"

enum { OUTPUT_MAX = 1 << 20 };

static const char *const names[] = {
    "shop",
    "a=b",
    "postgresql://x",
    "host=evil.example user=x",
    "it's",
    "'",
    "\\",
    "back\\slash\\'",
    "two words",
    "new\nline",
    "ends in a newline\n",
    "\n",
    "`touch PWNED`",
    "$(touch PWNED)",
    "'; touch PWNED; '",
    "'\n\\! touch PWNED\n",
    "\"double\"",
    "\033[2J\033]0;title\007",
    "%s%n%d",
    "-f",
    "--help",
    "#comment",
    "*",
    "!x",
    "caf\xc3\xa9 \xe2\x80\x99 \xf0\x9f\x90\x98",
    "no utf8 \xff\xfe",
    "END",
    "0123",
};

enum { NAME_COUNT = sizeof names / sizeof *names };

struct set {
    char *folder;  // the set is in it, as are the stand-ins in bin/
    struct manifest *manifest;
};

static void
add_file(struct set *set, size_t number, const char *loader, const char *object,
         const char *load_into)
{
    CLEAN(memory_free) char *name = memory_format("%zu.sql", number);
    CLEAN(memory_free) char *text = memory_format("content of file %zu\n", number);
    CLEAN(memory_free) char *path = folder_write(set->folder, name, 0600, text);
    struct manifest_file *file = manifest_add_file(set->manifest, name);
    file->role = memory_copy_text("data");
    file->object = memory_copy_text(object);
    file->loader = memory_copy_text(loader);
    file->load_into = memory_copy_text(load_into);
    file->size_bytes = strlen(text);
    digest_of(text, strlen(text), file->sha256);
}

// A client that writes its arguments, each with a NUL after it, and its input into the folder, and
// fails for one file.
static void
add_client(const struct set *set, const char *name)
{
    CLEAN(memory_free)
    char *text = memory_format("#!/bin/sh\n"
                               "printf '%%s\\0' \"$@\" '' >>'%s/arguments'\n"
                               "case $* in *' -f '*) ;; *) cat >>'%s/input' ;; esac\n"
                               "[ ! -e '%s/fail' ] || case $* in *2.sql*) exit 3 ;; esac\n"
                               "[ ! -e '%s/fail-all' ] || exit 4\n",
                               set->folder, set->folder, set->folder, set->folder);
    CLEAN(memory_free) char *file = memory_format("bin/%s", name);
    CLEAN(memory_free) char *path = folder_write(set->folder, file, 0700, text);
}

static struct set
begin(void)
{
    struct set set = {.folder = folder_new(), .manifest = manifest_new()};
    CLEAN(memory_free) char *bin = memory_format("%s/bin", set.folder);
    assert_int_equal(mkdir(bin, 0700), 0);
    set.manifest->engine = memory_copy_text("postgres");
    set.manifest->name = memory_copy_text("shop");
    set.manifest->host = memory_copy_text("db.example");
    set.manifest->port = 5432;
    set.manifest->started_unix_ms = 1795402800000;
    return set;
}

static void
finish(struct set *set)
{
    CLEAN(memory_free) char *script = script_print(set->manifest);
    CLEAN(memory_free) char *text = script_text_print(set->manifest);
    CLEAN(memory_free) char *one = folder_write(set->folder, "restore.sh", 0600, script);
    CLEAN(memory_free) char *other = folder_write(set->folder, "RESTORE.txt", 0600, text);
}

static void
destroy(struct set *set)
{
    folder_destroy(&set->folder);
    manifest_destroy(&set->manifest);
}

// A set that psql loads, one file a name.
static struct set
psql_set(void)
{
    struct set set = begin();
    add_client(&set, "psql");
    for (size_t index = 0; index < NAME_COUNT; index++) {
        add_file(&set, index + 1, "psql", names[index], names[index]);
        manifest_add_left_out(set.manifest, names[index], names[NAME_COUNT - 1 - index]);
        manifest_add_point(set.manifest, names[index], "snapshot", names[index], 1795402800000);
    }
    finish(&set);
    return set;
}

static struct set
mysql_set(const char *engine)
{
    struct set set = begin();
    free(set.manifest->engine);
    set.manifest->engine = memory_copy_text(engine);
    for (size_t index = 0; index < 3; index++)
        add_file(&set, index + 1, "mysql", names[index], NULL);
    finish(&set);
    return set;
}

// Runs the script with only the stand-ins and the system's tools. Returns its exit status; *output
// is what it said on both outputs.
static int
run_with(const struct set *set, const char *shell, const char *path, const char *arguments,
         char **output)
{
    CLEAN(memory_free)
    char *command = memory_format("cd / && PATH='%s/bin:%s' %s '%s/restore.sh' %s 2>&1",
                                  set->folder, path, shell, set->folder, arguments);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    *output = memory_get(OUTPUT_MAX);
    size_t size = fread(*output, 1, OUTPUT_MAX - 1, pipe);
    (*output)[size] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
run(const struct set *set, const char *arguments, char **output)
{
    return run_with(set, "sh", "/usr/bin:/bin", arguments, output);
}

static char *
recorded(const struct set *set, const char *name, size_t *size)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s", set->folder, name);
    struct error error = {0};
    char *data = NULL;
    if (fd_read_file(AT_FDCWD, path, OUTPUT_MAX, &data, size, &error))
        fail_msg("%s", error.message);
    return data;
}

static int
has(const struct set *set, const char *name)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s", set->folder, name);
    return access(path, F_OK) == 0;
}

static void
touch(const struct set *set, const char *name)
{
    CLEAN(memory_free) char *path = folder_write(set->folder, name, 0600, "");
}

static void
assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("'%s' is not in: %s", words, text);
}

// What libpq makes of a connection string: nothing but the database's name.
static void
assert_connects_to(const char *connection, const char *name)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(connection, &why);
    if (!options)
        fail_msg("libpq does not understand \"%s\": %s", connection, why);
    for (const PQconninfoOption *option = options; option->keyword; option++) {
        if (strcmp(option->keyword, "dbname") == 0)
            assert_string_equal(option->val, name);
        else
            assert_null(option->val);
    }
    PQconninfoFree(options);
}

static void
assert_psql_calls(const struct set *set)
{
    size_t size = 0;
    CLEAN(memory_free) char *arguments = recorded(set, "arguments", &size);
    const char *next = arguments;
    for (size_t index = 0; index < NAME_COUNT; index++) {
        static const char *const before[] = {"-X", "-q",  "-v", "ON_ERROR_STOP=1",
                                             "-h", "a b", "-d"};
        for (size_t at = 0; at < sizeof before / sizeof *before; at++, next += strlen(next) + 1)
            assert_string_equal(next, before[at]);
        assert_connects_to(next, names[index]);
        next += strlen(next) + 1;
        CLEAN(memory_free) char *file = memory_format("%zu.sql", index + 1);
        assert_string_equal(next, "-f");
        next += strlen(next) + 1;
        assert_string_equal(next, file);
        next += strlen(next) + 1;
        assert_string_equal(next, "");
        next++;
    }
    assert_int_equal(next - arguments, size);
}

static void
psql_gets_every_name_as_it_is(void **state)
{
    (void)state;
    static const char *const shells[] = {"sh", "bash", "bash --posix", "busybox sh"};
    unsigned tried = 0;
    for (size_t index = 0; index < sizeof shells / sizeof *shells; index++) {
        CLEAN(memory_free) char *probe = memory_format("%s -c : 2>/dev/null", shells[index]);
        CLEAN(destroy) struct set set = psql_set();
        CLEAN(memory_free) char *output = NULL;
        if (system(probe) != 0)
            continue;
        tried++;
        int status = run_with(&set, shells[index], "/usr/bin:/bin", "-h 'a b'", &output);
        if (status != 0)
            fail_msg("%s: %s", shells[index], output);
        assert_psql_calls(&set);
        assert_false(has(&set, "PWNED"));
        assert_int_equal(access("/PWNED", F_OK), -1);
        assert_says(output, "28 of 28 files loaded");
    }
    assert_true(tried >= 1);
}

static void
nothing_that_is_shown_commands_the_terminal(void **state)
{
    (void)state;
    CLEAN(destroy) struct set set = psql_set();
    CLEAN(memory_free) char *output = NULL;
    assert_int_equal(run(&set, "-h 'a b'", &output), 0);
    size_t size = 0;
    CLEAN(memory_free) char *script = recorded(&set, "restore.sh", &size);
    CLEAN(memory_free) char *text = recorded(&set, "RESTORE.txt", &size);
    const char *const shown[] = {output, script, text};
    for (size_t index = 0; index < 3; index++) {
        for (const char *c = shown[index]; *c; c++)
            assert_true(*c == '\n' || (unsigned char)*c >= ' ');
        assert_null(strchr(shown[index], 0x7f));
        assert_null(strstr(shown[index], "\xff"));
    }
    assert_says(output, "caf\xc3\xa9 \xe2\x80\x99");
    assert_says(output, "?[2J?]0;title?");
    assert_says(text, "'; touch PWNED; '");
}

static void
the_script_is_clean_to_shellcheck(void **state)
{
    (void)state;
    if (system("command -v shellcheck >/dev/null") != 0) {
        print_message("not run: shellcheck is not installed\n");
        skip();
    }
    struct set sets[] = {psql_set(), mysql_set("mysql"), mysql_set("mariadb")};
    for (size_t index = 0; index < sizeof sets / sizeof *sets; index++) {
        CLEAN(memory_free)
        char *command = memory_format("shellcheck '%s/restore.sh'", sets[index].folder);
        assert_int_equal(system(command), 0);
        destroy(&sets[index]);
    }
}

static void
mysql_loads_each_file_in_binary_mode(void **state)
{
    (void)state;
    CLEAN(destroy) struct set set = mysql_set("mysql");
    CLEAN(memory_free) char *output = NULL;
    add_client(&set, "mysql");
    add_client(&set, "mariadb");
    assert_int_equal(run(&set, "--defaults-extra-file=/x -h 'a b'", &output), 0);
    size_t size = 0;
    CLEAN(memory_free) char *input = recorded(&set, "input", &size);
    assert_string_equal(input, "content of file 1\ncontent of file 2\ncontent of file 3\n");
    CLEAN(memory_free) char *arguments = recorded(&set, "arguments", &size);
    static const char *const expected[] = {"--defaults-extra-file=/x", "-h", "a b", "--binary-mode",
                                           "--comments"};
    const char *next = arguments;
    for (size_t at = 0; at < sizeof expected / sizeof *expected; at++, next += strlen(next) + 1)
        assert_string_equal(next, expected[at]);
    assert_says(output, "3 of 3 files loaded");
}

static void
the_client_of_the_engine_comes_first(void **state)
{
    (void)state;
    static const char *const engines[] = {"mysql", "mariadb"};
    for (size_t index = 0; index < 2; index++) {
        CLEAN(destroy) struct set set = mysql_set(engines[index]);
        CLEAN(memory_free) char *output = NULL;
        CLEAN(memory_free) char *other = memory_format("bin/%s", engines[1 - index]);
        CLEAN(memory_free)
        char *wrong = folder_write(set.folder, other, 0700, "#!/bin/sh\nexit 9\n");
        add_client(&set, engines[index]);
        assert_int_equal(run(&set, "", &output), 0);
    }
}

static void
one_file_that_fails_is_counted_and_the_rest_is_loaded(void **state)
{
    (void)state;
    CLEAN(destroy) struct set set = psql_set();
    CLEAN(memory_free) char *output = NULL;
    touch(&set, "fail");
    assert_int_equal(run(&set, "-h 'a b'", &output), 2);
    assert_says(output, "FAILED 2.sql, data of a=b (status 3)");
    assert_says(output, "25 of 28 files loaded");  // 12.sql and 22.sql
    assert_says(output, "failed: 2.sql 12.sql 22.sql");
    assert_psql_calls(&set);
}

static void
what_was_left_out_is_said(void **state)
{
    (void)state;
    CLEAN(destroy) struct set set = begin();
    CLEAN(memory_free) char *output = NULL;
    add_client(&set, "psql");
    add_file(&set, 1, "psql", NULL, NULL);
    manifest_add_left_out(set.manifest, "passwords of roles", "the server hides them");
    finish(&set);
    assert_int_equal(run(&set, "", &output), 0);
    assert_says(output, "not in this set:\n  passwords of roles: the server hides them\n");
    size_t size = 0;
    CLEAN(memory_free) char *text = recorded(&set, "RESTORE.txt", &size);
    assert_says(text, "Not in this set:\n  passwords of roles: the server hides them\n");
    assert_says(text, "host            db.example\n");
    assert_says(text, "2026-11-23 ");
    CLEAN(memory_free) char *arguments = recorded(&set, "arguments", &size);
    assert_int_equal(size, sizeof "-X\0-q\0-v\0ON_ERROR_STOP=1\0-f\0001.sql\0");
}

static void
nothing_is_loaded_from_a_damaged_set(void **state)
{
    (void)state;
    CLEAN(destroy) struct set set = psql_set();
    CLEAN(memory_free) char *output = NULL;
    CLEAN(memory_free) char *path = folder_write(set.folder, "3.sql", 0600, "content of file X\n");
    assert_int_equal(run(&set, "", &output), 2);
    assert_says(output, "3.sql: FAILED");
    assert_says(output, "nothing was loaded");
    assert_null(strstr(output, "1.sql: OK"));
    assert_false(has(&set, "arguments"));
    assert_int_equal(unlink(path), 0);
    CLEAN(memory_free) char *again = NULL;
    assert_int_equal(run(&set, "", &again), 2);
    assert_says(again, "3.sql");
    assert_false(has(&set, "arguments"));
}

static void
openssl_may_be_of_no_use(void **state)
{
    (void)state;
    static const char *const uses[] = {"exit 1", "echo 0123 '*1.sql'", "cat"};
    for (size_t index = 0; index < sizeof uses / sizeof *uses; index++) {
        CLEAN(destroy) struct set set = psql_set();
        CLEAN(memory_free) char *output = NULL, *again = NULL;
        CLEAN(memory_free) char *text = memory_format("#!/bin/sh\n%s\n", uses[index]);
        CLEAN(memory_free) char *openssl = folder_write(set.folder, "bin/openssl", 0700, text);
        assert_int_equal(run(&set, "-h 'a b'", &output), 0);
        assert_says(output, "28 of 28 files loaded");
        CLEAN(memory_free) char *path = folder_write(set.folder, "3.sql", 0600, "other");
        assert_int_equal(run(&set, "", &again), 2);
        assert_says(again, "nothing was loaded");
    }
}

static void
files_of_rows_are_each_loaded_once_by_any_number_of_jobs(void **state)
{
    (void)state;
    enum { FILES = 9 };
    static const char *const jobs[] = {"1", "2", "5", "40"};
    for (size_t index = 0; index < sizeof jobs / sizeof *jobs; index++) {
        CLEAN(destroy) struct set set = begin();
        CLEAN(memory_free) char *output = NULL;
        size_t size = 0, calls = 0;
        add_client(&set, "psql");
        for (size_t number = 1; number <= FILES; number++) {
            add_file(&set, number, "psql", "rows", "shop");
            set.manifest->files[number - 1].group = memory_copy_text("data");
        }
        finish(&set);
        touch(&set, "fail");
        setenv("RESTORE_JOBS", jobs[index], 1);
        assert_int_equal(run(&set, "", &output), 2);
        assert_says(output, "8 of 9 files loaded");
        assert_says(output, "failed: 2.sql\n");
        CLEAN(memory_free) char *arguments = recorded(&set, "arguments", &size);
        for (const char *next = arguments; next < arguments + size; next += strlen(next) + 1)
            calls += strcmp(next, "-f") == 0;
        assert_int_equal(calls, FILES);
    }
    unsetenv("RESTORE_JOBS");
}

// The place of a word in what the clients wrote down.
static size_t
place_of(const char *arguments, size_t size, const char *word)
{
    for (const char *next = arguments; next < arguments + size; next += strlen(next) + 1) {
        if (strcmp(next, word) == 0)
            return (size_t)(next - arguments);
    }
    fail_msg("'%s' was not loaded", word);
    return 0;
}

static void
indexes_come_between_rows_and_the_rest_in_their_own_order(void **state)
{
    (void)state;
    static const char *const groups[] = {"before", "data", "data", "indexes", "indexes", "after"};
    CLEAN(destroy) struct set set = begin();
    CLEAN(memory_free) char *output = NULL;
    size_t size = 0, last = 0;
    add_client(&set, "psql");
    for (size_t number = 1; number <= 6; number++) {
        add_file(&set, number, "psql", "shop", "shop");
        set.manifest->files[number - 1].group = memory_copy_text(groups[number - 1]);
    }
    // Larger files of rows are loaded first; of indexes the size tells nothing.
    set.manifest->files[2].size_bytes = set.manifest->files[4].size_bytes = 1 << 20;
    finish(&set);
    setenv("RESTORE_JOBS", "1", 1);
    assert_int_equal(run(&set, "", &output), 0);
    unsetenv("RESTORE_JOBS");
    assert_says(output, "6 of 6 files loaded");
    CLEAN(memory_free) char *arguments = recorded(&set, "arguments", &size);
    static const char *const order[] = {"1.sql", "3.sql", "2.sql", "4.sql", "5.sql", "6.sql"};
    for (size_t index = 0; index < 6; index++) {
        size_t place = place_of(arguments, size, order[index]);
        assert_true(place > last);
        last = place;
    }
}

// Debian's psql, which looks for a server and for the newest psql, and that one beside it.
static void
add_wrapper(struct set *set)
{
    static const char *const folders[] = {
        "share",          "share/postgresql-common", "lib",
        "lib/postgresql", "lib/postgresql/15",       "lib/postgresql/15/bin"};
    for (size_t index = 0; index < sizeof folders / sizeof *folders; index++) {
        CLEAN(memory_free) char *path = memory_format("%s/%s", set->folder, folders[index]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    CLEAN(memory_free) char *link = memory_format("%s/bin/psql", set->folder);
    CLEAN(memory_free)
    char *said = memory_format("#!/bin/sh\necho 'psql (PostgreSQL) 15.18 (Debian 15.18-0)'\n"
                               "[ \"$*\" = --version ] || touch '%s/wrapped'\n",
                               set->folder);
    CLEAN(memory_free)
    char *path = folder_write(set->folder, "share/postgresql-common/pg_wrapper", 0700, said);
    add_client(set, "../lib/postgresql/15/bin/psql");
    assert_int_equal(symlink("../share/postgresql-common/pg_wrapper", link), 0);
}

static void
debians_script_is_left_out_where_the_server_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *host, *arguments;
        int is_direct;
    } cases[] = {{NULL, "", 0},
                 {NULL, "-U me", 0},
                 {NULL, "-h db.example", 1},
                 {NULL, "--host=db.example -U me", 1},
                 {"db.example", "", 1},
                 {"db.example", "--cluster 15/main", 0}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(destroy) struct set set = begin();
        CLEAN(memory_free) char *output = NULL;
        add_wrapper(&set);
        add_file(&set, 1, "psql", NULL, NULL);
        finish(&set);
        unsetenv("PGHOST");
        if (cases[index].host)
            setenv("PGHOST", cases[index].host, 1);
        assert_int_equal(run(&set, cases[index].arguments, &output), 0);
        assert_says(output, "1 of 1 files loaded");
        assert_int_equal(has(&set, "arguments"), cases[index].is_direct);
        assert_int_equal(has(&set, "wrapped"), !cases[index].is_direct);
    }
    unsetenv("PGHOST");
}

static void
jobs_that_are_no_number_are_refused(void **state)
{
    (void)state;
    static const char *const jobs[] = {"0", "-1", "many", "2 3", "00"};
    CLEAN(destroy) struct set set = psql_set();
    for (size_t index = 0; index < sizeof jobs / sizeof *jobs; index++) {
        CLEAN(memory_free) char *output = NULL;
        setenv("RESTORE_JOBS", jobs[index], 1);
        assert_int_equal(run(&set, "", &output), 2);
        assert_says(output, "RESTORE_JOBS is no number");
        assert_false(has(&set, "arguments"));
    }
    unsetenv("RESTORE_JOBS");
}

// Only what the script itself needs, so that nothing of the system's can stand in.
static void
link_tool(const struct set *set, const char *tool)
{
    CLEAN(memory_free) char *to = memory_format("/usr/bin/%s", tool);
    CLEAN(memory_free) char *from = memory_format("%s/bin/%s", set->folder, tool);
    assert_int_equal(symlink(to, from), 0);
}

static void
a_missing_tool_is_said(void **state)
{
    (void)state;
    CLEAN(destroy) struct set set = mysql_set("mysql");
    CLEAN(memory_free) char *without_sums = NULL;
    CLEAN(memory_free) char *without_client = NULL;
    link_tool(&set, "dirname");
    assert_int_equal(run_with(&set, "/bin/sh", "/nonexistent", "", &without_sums), 2);
    assert_says(without_sums, "sha256sum is missing");
    link_tool(&set, "sha256sum");
    assert_int_equal(run_with(&set, "/bin/sh", "/nonexistent", "", &without_client), 2);
    assert_says(without_client, "neither mysql nor mariadb is installed");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psql_gets_every_name_as_it_is),
        cmocka_unit_test(nothing_that_is_shown_commands_the_terminal),
        cmocka_unit_test(the_script_is_clean_to_shellcheck),
        cmocka_unit_test(mysql_loads_each_file_in_binary_mode),
        cmocka_unit_test(the_client_of_the_engine_comes_first),
        cmocka_unit_test(one_file_that_fails_is_counted_and_the_rest_is_loaded),
        cmocka_unit_test(what_was_left_out_is_said),
        cmocka_unit_test(nothing_is_loaded_from_a_damaged_set),
        cmocka_unit_test(openssl_may_be_of_no_use),
        cmocka_unit_test(files_of_rows_are_each_loaded_once_by_any_number_of_jobs),
        cmocka_unit_test(indexes_come_between_rows_and_the_rest_in_their_own_order),
        cmocka_unit_test(debians_script_is_left_out_where_the_server_is_named),
        cmocka_unit_test(jobs_that_are_no_number_are_refused),
        cmocka_unit_test(a_missing_tool_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
