// For test_agent*: the test is the coordinator, a ROUTER. The worker is the test's program once
// more, in a process of its own, so that it can be killed; its children are this program too
// (fake_task.h). main begins with world_role.

#pragma once

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <zmq.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/sock.h"
#include "tests/check.h"
#include "tests/fake_task.h"
#include "tests/folder.h"
#include "worker/agent.h"

enum { PATIENCE_MS = 20000, EPOCH = 5 };

static const char world_configuration[] =
    "name: tester\n"
    "coordinators:\n"
    "  - endpoint: ipc://%s/a.ipc\n"
    "  - endpoint: ipc://%s/b.ipc\n"
    "state: %s/state\n"
    "slots: 2\n"
    "labels: {region: here}\n"
    "stores: [{kind: directory, place: /nonexistent}]\n"
    "timers: {beat: 50ms, silence: 600ms, reconnect_max: 200ms, done_resend: 200ms,\n"
    "         kill_grace: 300ms, survey: 250ms}\n";

struct world {
    char *folder;
    char *config;
    pid_t agent;
    sock_t *sock;
    wire_decoder_t *decoder;
    struct sock_peer peer;
    uint64_t epoch;
};

// ---- the worker's process

static inline int
run_agent(const char *folder)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    sock_prepare(1);
    log_open("test_agent", LOG_LEVEL_DEBUG);
    struct error error = {0};
    CLEAN(memory_free) char *config = memory_format("%s/worker.yaml", folder);
    const char *const command[] = {"/proc/self/exe", "--child", folder, NULL};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    CLEAN(agent_destroy) agent_t *agent = NULL;
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (settings_read(&settings, config, NULL, NULL, &error) ||
        agent_open(&agent, settings, command, &error) || agent_run(agent, fd, &error)) {
        log_error("%s", error.message);
        return 1;
    }
    return 0;
}

static inline void
agent_start(struct world *world)
{
    CLEAN(memory_free) char *log = memory_format("%s/log", world->folder);
    world->agent = fork();
    if (world->agent == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, 2);
        execl("/proc/self/exe", "test_agent", "--agent", world->folder, NULL);
        _exit(9);
    }
    assert_true(world->agent > 0);
}

static inline int
agent_end(struct world *world, int signal)
{
    int status = 0;
    kill(world->agent, signal);
    assert_int_equal(waitpid(world->agent, &status, 0), world->agent);
    world->agent = 0;
    return status;
}

// ---- the coordinator

static inline void
bind_to(struct world *world, const char *name)
{
    struct error error = {0};
    CLEAN(memory_free) char *endpoint = memory_format("ipc://%s/%s", world->folder, name);
    sock_destroy(&world->sock);
    if (sock_bind(&world->sock, endpoint, "worker", NULL, 0600, WIRE_SIZE_MAX, &error))
        fail_msg("%s", error.message);
}

static inline int
try_say(struct world *world, Wire__Envelope *envelope, struct error *error)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    envelope->epoch = world->epoch;
    if (wire_pack(envelope, WIRE_FROM_COORDINATOR, &data, &size, error))
        return -1;
    return sock_send(world->sock, &world->peer, data, size, error);
}

static inline void
say(struct world *world, Wire__Envelope *envelope)
{
    struct error error = {0};
    if (try_say(world, envelope, &error))
        fail_msg("%s", error.message);
}

// The answer to a beat, which may be the last one of a worker that was killed since.
static inline void
say_beat(struct world *world)
{
    struct error error = {0};
    Wire__Beat beat = WIRE__BEAT__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_BEAT;
    envelope.beat = &beat;
    if (try_say(world, &envelope, &error) && error.code != ERROR_NOT_FOUND)
        fail_msg("%s", error.message);
}

// Whatever comes next, within the time; NULL if nothing does.
static inline const Wire__Envelope *
next(struct world *world, int64_t until_ms)
{
    for (;;) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        struct error error = {0};
        if (sock_receive(world->sock, &world->peer, &data, &size, &error) == 0) {
            const Wire__Envelope *message = NULL;
            if (wire_unpack(world->decoder, data, size, WIRE_FROM_WORKER, &message, &error))
                fail_msg("the worker said nonsense: %s", error.message);
            return message;
        }
        int64_t left_ms = until_ms - clock_monotonic_ms();
        if (left_ms <= 0)
            return NULL;
        zmq_pollitem_t item = {.socket = sock_handle(world->sock), .events = ZMQ_POLLIN};
        zmq_poll(&item, 1, (long)left_ms);
    }
}

// The next message of this kind; beats are answered, all else is passed over.
static inline const Wire__Envelope *
hear_within(struct world *world, Wire__Envelope__BodyCase body, int64_t patience_ms)
{
    int64_t until_ms = clock_monotonic_ms() + patience_ms;
    for (;;) {
        const Wire__Envelope *message = next(world, until_ms);
        if (!message || message->body_case == body)
            return message;
        if (message->body_case == WIRE__ENVELOPE__BODY_BEAT)
            say_beat(world);
        if (clock_monotonic_ms() >= until_ms)
            return NULL;
    }
}

static inline const Wire__Envelope *
hear(struct world *world, Wire__Envelope__BodyCase body)
{
    const Wire__Envelope *message = hear_within(world, body, PATIENCE_MS);
    if (!message)
        fail_msg("waited too long for message kind %d", (int)body);
    return message;
}

static inline void
say_this_run(struct world *world, uint64_t job_id, uint32_t attempt, Wire__Run *run)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = job_id;
    envelope.attempt = attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_RUN;
    envelope.run = run;
    say(world, &envelope);
}

// A backup that the worker can take.
static inline void
fill_run(Wire__Run *run, Wire__Backup *backup, Wire__Server *server)
{
    static char engine[] = "mysql", host[] = "db.example", secret[] = "shop", path[] = "ok",
                store[] = FAKE_STORE;
    server->engine = engine;
    server->host = host;
    server->port = 3306;
    server->secret = secret;
    backup->source = server;
    backup->store = store;
    backup->path = path;
    run->time_limit_ms = 60000;
    run->task_case = WIRE__RUN__TASK_BACKUP;
    run->backup = backup;
}

// `what`: see fake_task.h.
static inline void
say_run(struct world *world, uint64_t job_id, uint32_t attempt, const char *what)
{
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_run(&run, &backup, &server);
    CLEAN(memory_free) char *path = memory_copy_text(what);
    backup.path = path;
    if (strcmp(what, "hang for long") == 0) {
        run.time_limit_ms = 1000;
        path[4] = '\0';
    }
    say_this_run(world, job_id, attempt, &run);
}

static inline void
say_ack(struct world *world, uint64_t job_id, uint32_t attempt, int accepted)
{
    Wire__DoneAck ack = WIRE__DONE_ACK__INIT;
    ack.accepted = accepted;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = job_id;
    envelope.attempt = attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE_ACK;
    envelope.done_ack = &ack;
    say(world, &envelope);
}

static inline void
say_cancel(struct world *world, uint64_t job_id, uint32_t attempt)
{
    Wire__Cancel cancel = WIRE__CANCEL__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = job_id;
    envelope.attempt = attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_CANCEL;
    envelope.cancel = &cancel;
    say(world, &envelope);
}

static inline void
say_bye(struct world *world)
{
    Wire__Bye bye = WIRE__BYE__INIT;
    char reason[] = "I do not know you";
    bye.reason = reason;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_BYE;
    envelope.bye = &bye;
    say(world, &envelope);
}

static inline void
check_accepted(struct world *world, uint64_t job_id, uint32_t attempt)
{
    const Wire__Envelope *message = hear(world, WIRE__ENVELOPE__BODY_ACCEPTED);
    assert_int_equal(message->job_id, job_id);
    assert_int_equal(message->attempt, attempt);
}

static inline void
check_refused(struct world *world, Wire__Refused__Reason reason)
{
    const Wire__Envelope *message = hear(world, WIRE__ENVELOPE__BODY_REFUSED);
    if (message->refused->reason != reason)
        fail_msg("refused for %d, not %d: %s", (int)message->refused->reason, (int)reason,
                 message->refused->message);
}

static inline const Wire__Done *
check_done(struct world *world, uint64_t job_id, uint32_t attempt, Wire__Outcome outcome,
           const char *word)
{
    // Another attempt's may come once more, until it has read that it was acknowledged.
    const Wire__Envelope *message = hear(world, WIRE__ENVELOPE__BODY_DONE);
    for (int others = 0; message->job_id != job_id || message->attempt != attempt; others++) {
        assert_true(others < 10);
        message = hear(world, WIRE__ENVELOPE__BODY_DONE);
    }
    if (message->done->outcome != outcome || !strstr(message->done->message, word))
        fail_msg("outcome %d: %s", (int)message->done->outcome, message->done->message);
    if (outcome == WIRE__OUTCOME__OUTCOME_FAILED)
        assert_int_equal(message->done->failure_class, WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN);
    return message->done;
}

// ---- set-up

static inline int
world_open(void **state)
{
    struct world *world = memory_get(sizeof *world);
    world->folder = folder_new();
    world->epoch = EPOCH;
    world->decoder = wire_decoder_new();
    CLEAN(memory_free)
    char *text = memory_format(world_configuration, world->folder, world->folder, world->folder);
    world->config = folder_write(world->folder, "worker.yaml", 0600, text);
    bind_to(world, "a.ipc");
    agent_start(world);
    hear(world, WIRE__ENVELOPE__BODY_READY);
    say_beat(world);
    *state = world;
    return 0;
}

static inline int
world_close(void **state)
{
    struct world *world = *state;
    if (world->agent > 0)
        agent_end(world, SIGKILL);
    sock_destroy(&world->sock);
    wire_decoder_destroy(&world->decoder);
    memory_free(&world->config);
    folder_destroy(&world->folder);
    memory_free(state);
    return 0;
}

static inline void
make_file(const struct world *world, const char *name)
{
    CLEAN(memory_free) char *path = folder_write(world->folder, name, 0600, "");
}

static inline size_t
spooled(const struct world *world)
{
    CLEAN(memory_free) char *path = memory_format("%s/state/spool", world->folder);
    DIR *folder = opendir(path);
    size_t count = 0;
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static inline pid_t
task_pid(const struct world *world)
{
    CLEAN(memory_free) char *path = memory_format("%s/task.pid", world->folder);
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, path, 64, &text, &size, &error), 0);
    return (pid_t)atoi(text);
}

static inline void
check_gone(pid_t pid)
{
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (kill(pid, 0) == 0 && clock_monotonic_ms() < until_ms)
        poll(NULL, 0, 5);
    assert_int_equal(kill(pid, 0), -1);
}

// If this process is not the test but one of its children, sets its exit status and returns 1.
static inline int
world_role(int argc, char **argv, int *status)
{
    if (argc == 3 && strcmp(argv[1], "--agent") == 0)
        *status = run_agent(argv[2]);
    else if (argc == 4 && strcmp(argv[3], "--task") == 0)
        *status = fake_task(argv[2]);
    else if (argc == 4)
        *status = fake_survey(argv[2], strcmp(argv[3], "--survey") == 0);
    else
        return 0;
    return 1;
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
