// The real dbhaul-coordinator as a child, and what plays workers and operators against it.
// Its timers are short, so that silence and leases are over within three or four seconds.

#pragma once

#include <signal.h>
#include <sys/wait.h>

#include "common/process.h"
#include "proto/wire.h"
#include "tests/folder.h"
#include "tests/talk.h"

struct coordinator {
    char *folder, *program;
    process_t *process;
    wire_decoder_t *decoder;
};

struct speaker {
    sock_t *sock;
    wire_decoder_t *decoder;
    const char *instance;
    Wire__Envelope *last;  // what was heard last, a copy
};

static inline void
coordinator_start(struct coordinator *self)
{
    struct error error = {0};
    CLEAN(memory_free) char *config = memory_format("%s/coordinator.yaml", self->folder);
    const char *argv[] = {self->program,       "--config",   config,
                          "--endpoint-folder", self->folder, NULL};
    struct process_options options = {.argv = argv, .inherit_stderr = 1};
    assert_int_equal(process_start(&self->process, &options, &error), 0);
    CLEAN(memory_free) char *path = memory_format("%s/operator.ipc", self->folder);
    WAIT_UNTIL(access(path, F_OK) == 0);
}

static inline int
coordinator_end(struct coordinator *self, int signal)
{
    struct error error = {0};
    struct process_end end = {0};
    process_signal(self->process, signal);
    assert_int_equal(process_wait(self->process, PATIENCE_MS, &end, &error), 0);
    process_destroy(&self->process);
    return end.exit_code;
}

static inline void
coordinator_kill(struct coordinator *self)
{
    coordinator_end(self, SIGKILL);
    CLEAN(memory_free) char *path = memory_format("%s/operator.ipc", self->folder);
    unlink(path);
}

// The program lies beside the folder of the tests.
static inline char *
program_path(const char *name)
{
    char path[4096] = "";
    assert_true(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    *strrchr(path, '/') = '\0';
    return memory_format("%s/../%s", path, name);
}

// `databases` is the inventory; placement: how long a job that nobody can take waits.
static inline void
coordinator_make(struct coordinator *self, const char *databases, const char *placement)
{
    self->folder = folder_new();
    self->program = program_path("dbhaul-coordinator");
    self->decoder = wire_decoder_new();
    CLEAN(memory_free)
    char *text = memory_format("catalog: sqlite:%s/catalog.db\n"
                               "providers:\n"
                               "  - {kind: file, name: lab, path: %s/inventory.yaml}\n"
                               "limits: {server: 8}\n"
                               "retry: {failures: 2, delay: 10ms, delay_max: 20ms}\n"
                               "timers: {lease: 3500ms, beat: 200ms, worker_lost: 2500ms, "
                               "placement: %s}\n",
                               self->folder, self->folder, placement);
    CLEAN(memory_free) char *one = folder_write(self->folder, "coordinator.yaml", 0600, text);
    CLEAN(memory_free) char *two = folder_write(self->folder, "inventory.yaml", 0600, databases);
    coordinator_start(self);
}

static inline void
coordinator_destroy(struct coordinator *self)
{
    if (self->process)
        coordinator_end(self, SIGTERM);
    wire_decoder_destroy(&self->decoder);
    memory_free(&self->program);
    folder_destroy(&self->folder);
}

// ---- speaking

static inline void
speaker_open(struct speaker *self, const struct coordinator *coordinator, const char *socket_name)
{
    struct error error = {0};
    CLEAN(memory_free)
    char *endpoint = memory_format("ipc://%s/%s.ipc", coordinator->folder, socket_name);
    assert_int_equal(
        sock_connect(&self->sock, endpoint, NULL, NULL, WIRE_OPERATOR_SIZE_MAX, &error), 0);
    self->decoder = wire_decoder_new();
}

static inline void
speaker_close(struct speaker *self)
{
    wire_free(&self->last);
    wire_decoder_destroy(&self->decoder);
    sock_destroy(&self->sock);
}

static inline void
speaker_say(struct speaker *self, enum wire_role role, Wire__Envelope *message)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    message->version = WIRE_VERSION;
    assert_int_equal(wire_pack(message, role, &data, &size, &error), 0);
    WAIT_UNTIL(sock_send(self->sock, NULL, data, size, &error) == 0);
}

// The next message with this body; others are passed over.
static inline const Wire__Envelope *
speaker_hear(struct speaker *self, enum wire_role role, int body)
{
    struct error error = {0};
    for (long end = now_ms() + PATIENCE_MS; now_ms() < end; poll(NULL, 0, 1)) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        if (sock_receive(self->sock, NULL, &data, &size, &error))
            continue;
        assert_int_equal(wire_unpack(self->decoder, data, size, role, &message, &error), 0);
        if ((int)message->body_case != body)
            continue;
        wire_free(&self->last);
        self->last = wire_clone(message);
        return self->last;
    }
    fail_msg("no message of body %d came", body);
    return NULL;
}

// ---- workers

static Wire__Tool worker_tool = WIRE__TOOL__INIT;
static Wire__Tool *worker_tools[] = {&worker_tool};
static Wire__Store worker_store = WIRE__STORE__INIT;
static Wire__Store *worker_stores[] = {&worker_store};

static char *worker_place = "directory:1";  // the identity of its store, and of its sets
static int worker_fetches;                  // whether it may be given a catalog to save

static inline void
worker_ready(struct speaker *self, const char *instance, const char *boot, unsigned slots,
             Wire__Attempt **running, size_t count)
{
    worker_tool.name = "mysqldump";
    worker_tool.major = 8;
    worker_store.identity = worker_place;
    Wire__Ready ready = WIRE__READY__INIT;
    self->instance = instance;
    ready.instance_id = ready.name = (char *)(uintptr_t)instance;
    ready.boot_id = (char *)(uintptr_t)boot;
    ready.slots = slots;
    ready.tools = worker_tools;
    ready.n_tools = 1;
    ready.stores = worker_stores;
    ready.n_stores = 1;
    ready.running = running;
    ready.n_running = count;
    ready.fetches = worker_fetches;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_READY;
    message.ready = &ready;
    speaker_say(self, WIRE_FROM_WORKER, &message);
}

static inline void
worker_open(struct speaker *self, const struct coordinator *coordinator, const char *instance,
            unsigned slots)
{
    speaker_open(self, coordinator, "workers");
    worker_ready(self, instance, "boot-1", slots, NULL, 0);
    speaker_hear(self, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_BEAT);
}

static inline void
worker_beat(struct speaker *self, uint64_t job_id, uint32_t attempt)
{
    Wire__Attempt one = WIRE__ATTEMPT__INIT;
    Wire__Attempt *running[] = {&one};
    one.job_id = job_id;
    one.number = attempt;
    Wire__Beat beat = WIRE__BEAT__INIT;
    beat.running = running;
    beat.n_running = job_id ? 1 : 0;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_BEAT;
    message.beat = &beat;
    speaker_say(self, WIRE_FROM_WORKER, &message);
}

static inline void
worker_accept(struct speaker *self, const Wire__Envelope *run)
{
    Wire__Accepted accepted = WIRE__ACCEPTED__INIT;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.job_id = run->job_id;
    message.attempt = run->attempt;
    message.body_case = WIRE__ENVELOPE__BODY_ACCEPTED;
    message.accepted = &accepted;
    speaker_say(self, WIRE_FROM_WORKER, &message);
}

// Reports an attempt. path NULL: no set.
static inline void
worker_done(struct speaker *self, uint64_t job_id, uint32_t attempt, Wire__Outcome outcome,
            Wire__FailureClass class, const char *path)
{
    uint8_t digest[32] = {7};
    Wire__SetFacts set = WIRE__SET_FACTS__INIT;
    set.store = worker_place;
    set.path = (char *)(uintptr_t)path;
    set.size_bytes = 5000;
    set.file_count = 2;
    set.manifest_sha256 = (ProtobufCBinaryData){.len = sizeof digest, .data = digest};
    Wire__Done done = WIRE__DONE__INIT;
    done.outcome = outcome;
    done.failure_class = class;
    done.message = outcome == WIRE__OUTCOME__OUTCOME_SUCCEEDED ? "" : "it broke";
    done.set = path ? &set : NULL;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.job_id = job_id;
    message.attempt = attempt;
    message.body_case = WIRE__ENVELOPE__BODY_DONE;
    message.done = &done;
    speaker_say(self, WIRE_FROM_WORKER, &message);
}

// Asks for a piece of a list, as a job does while it runs.
static inline const Wire__Piece *
worker_fetch(struct speaker *self, const Wire__Envelope *run, uint64_t number, const char *list,
             const char *cursor, const char *text)
{
    Wire__Fetch fetch = WIRE__FETCH__INIT;
    fetch.number = number;
    fetch.list = (char *)(uintptr_t)list;
    fetch.cursor = (char *)(uintptr_t)cursor;
    fetch.text = (char *)(uintptr_t)text;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.job_id = run->job_id;
    message.attempt = run->attempt;
    message.body_case = WIRE__ENVELOPE__BODY_FETCH;
    message.fetch = &fetch;
    speaker_say(self, WIRE_FROM_WORKER, &message);
    const Wire__Piece *piece =
        speaker_hear(self, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_PIECE)->piece;
    assert_int_equal(piece->number, number);
    return piece;
}

static inline int
worker_acked(struct speaker *self)
{
    return speaker_hear(self, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_DONE_ACK)
        ->done_ack->accepted;
}

static inline const Wire__Envelope *
worker_run(struct speaker *self)
{
    return speaker_hear(self, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_RUN);
}

// ---- operators

static inline const Wire__Answer *
operator_ask(struct speaker *self, Wire__Ask *ask)
{
    static uint64_t request = 100;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    ask->request_id = ++request;
    message.body_case = WIRE__ENVELOPE__BODY_ASK;
    message.ask = ask;
    speaker_say(self, WIRE_FROM_OPERATOR, &message);
    const Wire__Answer *answer =
        speaker_hear(self, WIRE_TO_OPERATOR, WIRE__ENVELOPE__BODY_ANSWER)->answer;
    assert_int_equal(answer->request_id, request);
    return answer;
}

// Submits a run about the databases whose name matches. Returns the run.
static inline uint64_t
operator_submit(struct speaker *self, const char *name, Wire__Submit__WhatCase what)
{
    Wire__Term term = WIRE__TERM__INIT;
    Wire__Term *terms[] = {&term};
    term.key = "name";
    term.pattern = (char *)(uintptr_t)name;
    Wire__SubmitBackup backup = WIRE__SUBMIT_BACKUP__INIT;
    Wire__SubmitCheck check = WIRE__SUBMIT_CHECK__INIT;
    backup.selector = check.selector = terms;
    backup.n_selector = check.n_selector = 1;
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    submit.what_case = what;
    if (what == WIRE__SUBMIT__WHAT_CHECK)
        submit.check = &check;
    else
        submit.backup = &backup;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = &submit;
    const Wire__Answer *answer = operator_ask(self, &ask);
    assert_string_equal(answer->message, "");
    return answer->run_id;
}

static inline uint64_t
operator_backup(struct speaker *self, const char *name)
{
    return operator_submit(self, name, WIRE__SUBMIT__WHAT_BACKUP);
}

static inline uint64_t
operator_check(struct speaker *self, const char *name)
{
    return operator_submit(self, name, WIRE__SUBMIT__WHAT_CHECK);
}

static inline const Wire__Answer *
operator_list(struct speaker *self, const char *name, const char *key, uint64_t number)
{
    char pattern[24];
    snprintf(pattern, sizeof pattern, "%llu", (unsigned long long)number);
    Wire__Term term = WIRE__TERM__INIT;
    Wire__Term *terms[] = {&term};
    term.key = (char *)(uintptr_t)key;
    term.pattern = pattern;
    Wire__Query query = WIRE__QUERY__INIT;
    query.name = (char *)(uintptr_t)name;
    query.terms = terms;
    query.n_terms = key ? 1 : 0;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &query;
    const Wire__Answer *answer = operator_ask(self, &ask);
    assert_string_equal(answer->message, "");
    return answer;
}

// A cell of an answer; "" if there is no such row.
static inline const char *
answer_cell(const Wire__Answer *answer, size_t row, const char *column)
{
    for (size_t index = 0; row < answer->table->n_rows && index < answer->table->n_columns;
         index++) {
        if (strcmp(answer->table->columns[index]->name, column) == 0)
            return answer->table->rows[row]->cells[index];
    }
    return "";
}

static inline void
await_run_state(struct speaker *self, uint64_t run, const char *state)
{
    WAIT_UNTIL(strcmp(answer_cell(operator_list(self, "run", "run", run), 0, "state"), state) == 0);
}

static inline void
operator_cancel(struct speaker *self, uint64_t job_id, uint64_t run_id)
{
    Wire__CancelJobs cancel = WIRE__CANCEL_JOBS__INIT;
    cancel.job_id = job_id;
    cancel.run_id = run_id;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_CANCEL;
    ask.cancel = &cancel;
    assert_string_equal(operator_ask(self, &ask)->message, "");
}
