// timeout: 120
// The protectors as their header has them, against a Data Domain with a real sshd: what is there
// already is left alone, each trap of its interfaces is seen for what it is.

#include <poll.h>
#include <sys/eventfd.h>

#include "coordinator/protect/dd_rest.h"
#include "tests/datadomain_server.h"

static const char mtree[] = "/data/col1/su1";

static struct {
    char *folder;
    struct datadomain_server one, two;
    int number;
} world;

static int
open_world(void **state)
{
    (void)state;
    world.folder = folder_new();
    datadomain_start(&world.one, world.folder, "dd1.example");
    datadomain_start(&world.two, world.folder, "dd2.example");
    datadomain_add_mtree(&world.one);
    assert_int_equal(datadomain_do("replicate %s %s %s", world.one.folder, mtree, world.two.folder),
                     0);
    return 0;
}

static int
close_world(void **state)
{
    (void)state;
    datadomain_stop(&world.one);
    datadomain_stop(&world.two);
    folder_destroy(&world.folder);
    return 0;
}

static protector_t *
open_with(const struct protector_arguments *arguments)
{
    struct error error = {0};
    protector_t *protector = NULL;
    assert_int_equal(protector_open(&protector, arguments, &error), 0);
    return protector;
}

static protector_t *
open_one(void)
{
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    return open_with(&arguments);
}

static void
name_snapshot(char name[PROTECTOR_NAME_SIZE])
{
    snprintf(name, PROTECTOR_NAME_SIZE, "dbhaul-test-%d", ++world.number);
}

static int
take(protector_t *protector, const char *name, struct protector_snapshot *snapshot,
     struct error *error)
{
    struct protector_wish wish = {.mtree = mtree, .name = name, .retention_days = 14};
    return protector_take(protector, &wish, snapshot, error);
}

static void
must_take(protector_t *protector, const char *name, struct protector_snapshot *snapshot)
{
    struct error error = {0};
    if (take(protector, name, snapshot, &error))
        fail_msg("%s", error.message);
}

// ---- snapshots

static void
a_snapshot_is_made_once_and_seen(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot first, again;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    assert_int_equal(protector_confirm(protector, mtree, name, &first, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    must_take(protector, name, &first);
    assert_true(first.created_s > 0 && !first.was_there);
    assert_int_equal(first.expires_s - first.created_s, 14 * 86400);
    must_take(protector, name, &again);
    assert_true(again.was_there);
    assert_int_equal(again.created_s, first.created_s);
}

static void
a_snapshot_of_another_mtree_is_none_of_ours(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    must_take(protector, name, &snapshot);
    datadomain_knob(&world.one, "snapshot_of", "/data/col1/other");
    assert_int_equal(protector_confirm(protector, mtree, name, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "/data/col1/other"));
    datadomain_knob(&world.one, "snapshot_of", "");
    assert_int_equal(protector_confirm(protector, mtree, name, &snapshot, &error), 0);
}

// ssh alone makes it; it is not seen until REST is back.
static void
without_rest_a_snapshot_is_made_and_not_seen(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    datadomain_knob(&world.one, "rest", "down");
    must_take(protector, name, &snapshot);
    assert_true(snapshot.created_s == 0 && !snapshot.was_there);
    must_take(protector, name, &snapshot);
    assert_true(snapshot.created_s == 0 && snapshot.was_there);
    assert_int_equal(protector_confirm(protector, mtree, name, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    datadomain_knob(&world.one, "rest", "well");
    assert_int_equal(protector_confirm(protector, mtree, name, &snapshot, &error), 0);
    assert_true(snapshot.created_s > 0);
}

static void
a_failure_with_status_0_is_a_failure(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot snapshot;
    struct error error = {0};
    datadomain_knob(&world.one, "error_status", "0");
    datadomain_knob(&world.one, "noise", "true");
    struct protector_wish wish = {.mtree = "/data/col1/none", .name = "x", .retention_days = 1};
    assert_int_equal(protector_take(protector, &wish, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "does not exist"));
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    must_take(protector, name, &snapshot);
    datadomain_knob(&world.one, "noise", "false");
    datadomain_knob(&world.one, "error_status", "1");
}

static void
a_command_that_asks_back_is_a_failure(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    datadomain_knob(&world.one, "prompts", "true");
    assert_int_equal(take(protector, name, &snapshot, &error), -1);
    datadomain_knob(&world.one, "prompts", "false");
    assert_int_equal(error.code, ERROR_DENIED);
}

static void
a_full_mtree_is_said_plainly(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_wish wish = {.mtree = "/data/col1/full", .name = "x", .retention_days = 1};
    struct protector_snapshot snapshot;
    struct error error = {0};
    datadomain_tell(&world.one, "mtree", "/data/col1/full", world.one.tree);
    datadomain_tell(&world.one, "fill", "/data/col1/full", "749");
    assert_int_equal(protector_take(protector, &wish, &snapshot, &error), 0);
    assert_int_equal(snapshot.count, 750);
    wish.name = "y";
    assert_int_equal(protector_take(protector, &wish, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "750 snapshots"));
}

static void
an_expired_snapshot_is_still_seen(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    must_take(protector, name, &snapshot);
    assert_int_equal(protector_expire(protector, mtree, name, &error), 0);
    assert_int_equal(protector_confirm(protector, mtree, name, &snapshot, &error), 0);
    assert_true(snapshot.expires_s <= snapshot.created_s + 60);
}

static void
that_a_snapshot_expires_is_confirmed_over_rest(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    must_take(protector, name, &snapshot);
    assert_int_equal(protector_expire(protector, mtree, name, &error), 0);
    // Done already, as after a crash: that the command fails now says nothing.
    datadomain_knob(&world.one, "command", "refuse");
    assert_int_equal(protector_expire(protector, mtree, name, &error), 0);
    datadomain_knob(&world.one, "command", "well");
    name_snapshot(name);
    must_take(protector, name, &snapshot);
    datadomain_knob(&world.one, "command", "refuse");
    assert_int_equal(protector_expire(protector, mtree, name, &error), -1);
    assert_non_null(strstr(error.message, "Permission denied"));
    datadomain_knob(&world.one, "command", "well");
    // What ssh says is not believed where REST cannot say the same.
    datadomain_knob(&world.one, "rest", "error");
    assert_int_equal(protector_expire(protector, mtree, name, &error), -1);
    assert_non_null(strstr(error.message, "which REST cannot confirm"));
    datadomain_knob(&world.one, "rest", "well");
}

// ---- REST

static void
a_dead_token_costs_one_login(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_replica replica;
    struct error error = {0};
    static const char *const statuses[] = {"401", "422"};
    assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    for (size_t index = 0; index < 2; index++) {
        datadomain_knob(&world.one, "token_status", statuses[index]);
        datadomain_tell(&world.one, "kill-tokens", "", NULL);
        assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    }
    datadomain_knob(&world.one, "token_turns", "true");
    assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    datadomain_knob(&world.one, "token_turns", "false");
    datadomain_knob(&world.one, "token_status", "401");
}

static void
either_form_of_login_is_found(void **state)
{
    (void)state;
    static const char *const forms[] = {"flat", "wrapped"};
    for (size_t index = 0; index < 2; index++) {
        CLEAN(protector_destroy) protector_t *protector = open_one();
        struct protector_replica replica;
        struct error error = {0};
        datadomain_knob(&world.one, "login", forms[index]);
        assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    }
    datadomain_knob(&world.one, "login", "both");
}

static int
fails_to_look(const struct protector_arguments *arguments, struct error *error)
{
    CLEAN(protector_destroy) protector_t *protector = open_with(arguments);
    struct protector_replica replica;
    return protector_look(protector, mtree, &replica, error);
}

static void
a_wrong_password_and_a_second_factor_are_denied(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    struct error error = {0};
    datadomain_knob(&world.one, "mfa", "true");
    assert_int_equal(fails_to_look(&arguments, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "second factor"));
    datadomain_knob(&world.one, "mfa", "false");
    arguments.context = "wrong";
    assert_int_equal(fails_to_look(&arguments, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_null(strstr(error.message, "wrong"));
}

// How often somebody logged in over REST since the calls were forgotten.
static int
count_logins(const struct datadomain_server *server)
{
    char line[65536] = "";
    int count = 0;
    CLEAN(memory_free)
    char *command =
        memory_format("%s/lib/datadomain.sh ask %s calls", tests_folder, server->folder);
    FILE *file = popen(command, "r");
    assert_non_null(file);
    assert_true(fread(line, 1, sizeof line - 1, file) > 0);
    assert_int_equal(pclose(file), 0);
    for (const char *at = strstr(line, "POST "); at; at = strstr(at + 1, "POST "))
        count++;
    return count;
}

static void
a_refused_password_is_not_tried_over_and_over(void **state)
{
    (void)state;
    char password[] = "wrong";
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    arguments.context = password;
    CLEAN(protector_destroy) protector_t *protector = open_with(&arguments);
    struct protector_replica replica;
    struct error error = {0};
    datadomain_tell(&world.one, "forget", "", NULL);
    for (int tries = 0; tries < 5; tries++) {
        assert_int_equal(protector_look(protector, mtree, &replica, &error), -1);
        assert_int_equal(error.code, ERROR_DENIED);
    }
    // Once in each form.
    assert_int_equal(count_logins(&world.one), 2);
    datadomain_knob(&world.one, "login", "flat");
    memcpy(password, "other", sizeof password);
    assert_int_equal(protector_look(protector, mtree, &replica, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    datadomain_knob(&world.one, "login", "both");
    assert_int_equal(count_logins(&world.one), 4);
}

static void
a_certificate_that_is_not_trusted_gets_no_password(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    struct error error = {0};
    arguments.ca_file = NULL;
    assert_int_equal(fails_to_look(&arguments, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
}

static void
hostile_bodies_are_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {"garbage", "cut", "huge"};
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    for (size_t index = 0; index < sizeof bodies / sizeof *bodies; index++) {
        struct error error = {0};
        datadomain_knob(&world.one, "body", bodies[index]);
        assert_int_equal(fails_to_look(&arguments, &error), -1);
        assert_true(error.code == ERROR_INVALID || error.code == ERROR_UNAVAILABLE);
    }
    datadomain_knob(&world.one, "body", "well");
}

static void
what_hangs_has_a_deadline_and_ends_when_told(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    struct error error = {0};
    arguments.patience_ms = 500;
    datadomain_knob(&world.one, "rest", "hang");
    assert_int_equal(fails_to_look(&arguments, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    arguments.patience_ms = 60000;
    CLEAN(fd_close) int stop = eventfd(1, EFD_CLOEXEC);
    arguments.stop_fd = stop;
    assert_int_equal(fails_to_look(&arguments, &error), -1);
    assert_int_equal(error.code, ERROR_CANCELLED);
    datadomain_knob(&world.one, "rest", "well");
}

// ---- ssh

static void
another_host_key_is_refused(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    arguments.login.known_hosts_path = world.two.known_hosts;
    CLEAN(protector_destroy) protector_t *protector = open_with(&arguments);
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    assert_int_equal(take(protector, name, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "Host key verification failed"));
}

static void
a_command_that_hangs_has_a_deadline(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    arguments.patience_ms = 1500;
    CLEAN(protector_destroy) protector_t *protector = open_with(&arguments);
    struct protector_snapshot snapshot;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    datadomain_knob(&world.one, "command", "hang");
    assert_int_equal(take(protector, name, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    datadomain_knob(&world.one, "command", "well");
}

// ---- replication

// As who runs it does: what it prints is taken while it runs.
static void
await_sync(ssh_t *ssh)
{
    struct pollfd items[] = {{.fd = ssh_fd(ssh), .events = POLLIN},
                             {.fd = ssh_output_fd(ssh), .events = POLLIN}};
    do {
        assert_true(poll(items, 2, 20000) > 0);
        ssh_drain(ssh);
        items[1].fd = ssh_output_fd(ssh);
    } while (!items[0].revents);
}

static void
sync_brings_the_destination_up_to_a_snapshot(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    CLEAN(ssh_destroy) ssh_t *ssh = NULL;
    struct protector_snapshot snapshot;
    struct protector_replica replica;
    struct error error = {0};
    char name[PROTECTOR_NAME_SIZE];
    name_snapshot(name);
    datadomain_knob(&world.one, "auto_sync", "false");
    must_take(protector, name, &snapshot);
    assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    assert_int_equal(replica.count, 1);
    assert_string_equal(replica.destinations[0].host, "dd2.example");
    // It prints more than a pipe holds.
    datadomain_knob(&world.one, "sync", "chatty");
    assert_int_equal(protector_start_sync(protector, &replica.destinations[0], &ssh, &error), 0);
    await_sync(ssh);
    assert_int_equal(protector_finish_sync(protector, ssh, &error), 0);
    datadomain_knob(&world.one, "sync", "well");
    assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    assert_true(replica.synced_s >= snapshot.created_s);
    assert_string_equal(replica.trouble, "");
    assert_string_equal(replica.lock, "never-enabled");
    datadomain_knob(&world.one, "auto_sync", "true");
}

static void
a_link_that_does_not_go_on_is_told(void **state)
{
    (void)state;
    static const char *const links[][2] = {
        {"disconnected", "not connected"}, {"disabled", "disabled"}, {"resync", "resync"}};
    CLEAN(protector_destroy) protector_t *protector = open_one();
    for (size_t index = 0; index < 3; index++) {
        struct protector_replica replica;
        struct error error = {0};
        datadomain_knob(&world.one, "link", links[index][0]);
        assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
        assert_non_null(strstr(replica.trouble, links[index][1]));
        // Of what needs a resync nobody knows what is there.
        assert_int_equal(replica.synced_s > 0, index < 2);
    }
    datadomain_knob(&world.one, "link", "connected");
}

static void
where_rest_has_no_contexts_the_command_line_is_asked(void **state)
{
    (void)state;
    CLEAN(protector_destroy) protector_t *protector = open_one();
    struct protector_replica by_rest, by_shell;
    struct error error = {0};
    assert_int_equal(protector_look(protector, mtree, &by_rest, &error), 0);
    static const char *const knobs[][2] = {{"has_contexts", "true"}, {"no_sync_epoch", "false"}};
    for (size_t index = 0; index < 2; index++) {
        datadomain_knob(&world.one, knobs[index][0], index ? "true" : "false");
        datadomain_knob(&world.one, "wide", index ? "true" : "false");
        if (protector_look(protector, mtree, &by_shell, &error))
            fail_msg("%s", error.message);
        datadomain_knob(&world.one, knobs[index][0], knobs[index][1]);
        assert_int_equal(by_shell.count, 1);
        assert_string_equal(by_shell.destinations[0].path, mtree);
        // To the minute, and never later than it is.
        assert_true(by_shell.synced_s <= by_rest.synced_s + 60);
        assert_true(by_shell.synced_s > by_rest.synced_s - 120);
        assert_int_equal(by_shell.synced_s % 60, 0);
    }
    datadomain_knob(&world.one, "wide", "false");
}

// The other side has an MTree of the same path, which is what is sent to it from here.
static void
what_others_send_here_is_no_copy_of_ours(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.two);
    arguments.host = "dd2.example";
    CLEAN(protector_destroy) protector_t *protector = open_with(&arguments);
    struct protector_replica replica;
    struct error error = {0};
    for (size_t index = 0; index < 2; index++) {
        datadomain_knob(&world.two, "has_contexts", index ? "false" : "true");
        if (protector_look(protector, mtree, &replica, &error))
            fail_msg("%s", error.message);
        assert_int_equal(replica.count, 0);
    }
    datadomain_knob(&world.two, "has_contexts", "true");
}

static void
an_mtree_without_a_context_has_no_destination(void **state)
{
    (void)state;
    struct protector_arguments arguments = datadomain_arguments(&world.one);
    arguments.destination = "dd3.example";
    CLEAN(protector_destroy) protector_t *protector = open_with(&arguments);
    struct protector_replica replica;
    struct error error = {0};
    assert_int_equal(protector_look(protector, mtree, &replica, &error), 0);
    assert_int_equal(replica.count, 0);
    assert_int_equal(protector_look(protector, "/data/col1/other", &replica, &error), 0);
    assert_int_equal(replica.count, 0);
}

// ---- none

static void
where_nothing_protects_all_is_refused(void **state)
{
    (void)state;
    struct protector_arguments arguments = {.kind = "none", .name = "lab"};
    CLEAN(protector_destroy) protector_t *protector = open_with(&arguments);
    struct protector_snapshot snapshot;
    struct protector_replica replica;
    struct error error = {0};
    assert_int_equal(take(protector, "x", &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(protector_look(protector, mtree, &replica, &error), -1);
}

int
main(void)
{
    if (!datadomain_can_run()) {
        printf("not run: there is no sshd\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_is_made_once_and_seen),
        cmocka_unit_test(a_snapshot_of_another_mtree_is_none_of_ours),
        cmocka_unit_test(without_rest_a_snapshot_is_made_and_not_seen),
        cmocka_unit_test(a_failure_with_status_0_is_a_failure),
        cmocka_unit_test(a_command_that_asks_back_is_a_failure),
        cmocka_unit_test(a_full_mtree_is_said_plainly),
        cmocka_unit_test(an_expired_snapshot_is_still_seen),
        cmocka_unit_test(that_a_snapshot_expires_is_confirmed_over_rest),
        cmocka_unit_test(a_dead_token_costs_one_login),
        cmocka_unit_test(either_form_of_login_is_found),
        cmocka_unit_test(a_wrong_password_and_a_second_factor_are_denied),
        cmocka_unit_test(a_refused_password_is_not_tried_over_and_over),
        cmocka_unit_test(a_certificate_that_is_not_trusted_gets_no_password),
        cmocka_unit_test(hostile_bodies_are_refused),
        cmocka_unit_test(what_hangs_has_a_deadline_and_ends_when_told),
        cmocka_unit_test(another_host_key_is_refused),
        cmocka_unit_test(a_command_that_hangs_has_a_deadline),
        cmocka_unit_test(sync_brings_the_destination_up_to_a_snapshot),
        cmocka_unit_test(a_link_that_does_not_go_on_is_told),
        cmocka_unit_test(where_rest_has_no_contexts_the_command_line_is_asked),
        cmocka_unit_test(what_others_send_here_is_no_copy_of_ours),
        cmocka_unit_test(an_mtree_without_a_context_has_no_destination),
        cmocka_unit_test(where_nothing_protects_all_is_refused),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
