// For test_agent: the test's own program in the roles that the agent gives its children. What the
// job does is the path of its backup: "ok", "wait", "hang" ...

#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "proto/wire.h"
#include "worker/frame.h"

#define FAKE_STORE "directory:00000000-0000-4000-8000-000000000001"

static inline void
fake_send(Wire__Envelope *envelope, enum wire_role role)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    if (wire_pack(envelope, role, &data, &size, &error) || frame_write(1, data, size, &error))
        _exit(3);
}

static inline void
fake_send_done(const Wire__Envelope *run, Wire__Outcome outcome, uint64_t job_id)
{
    uint8_t digest[32] = {7};
    Wire__SetFacts set = WIRE__SET_FACTS__INIT;
    set.store = run->run->backup->store;
    set.path = run->run->backup->path;
    set.size_bytes = 4096;
    set.file_count = 2;
    set.manifest_sha256 = (ProtobufCBinaryData){sizeof digest, digest};
    Wire__Done done = WIRE__DONE__INIT;
    done.outcome = outcome;
    if (outcome == WIRE__OUTCOME__OUTCOME_SUCCEEDED)
        done.set = &set;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = job_id;
    envelope.attempt = run->attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE;
    envelope.done = &done;
    fake_send(&envelope, WIRE_FROM_TASK);
}

static inline void
fake_send_progress(const Wire__Envelope *run)
{
    Wire__Progress progress = WIRE__PROGRESS__INIT;
    char phase[] = "dump";
    progress.phase = phase;
    progress.done_bytes = 1234;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = run->job_id;
    envelope.attempt = run->attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_PROGRESS;
    envelope.progress = &progress;
    fake_send(&envelope, WIRE_FROM_TASK);
}

static inline void
fake_note(const char *folder, const char *name)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s", folder, name);
    CLEAN(memory_free) char *text = memory_format("%d\n", (int)getpid());
    struct error error = {0};
    if (fd_write_file(AT_FDCWD, path, text, strlen(text), &error))
        _exit(3);
}

static inline int
fake_is_there(const char *folder, const char *name)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static inline void
fake_await(const char *folder, const char *name)
{
    while (!fake_is_there(folder, name))
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static inline void
fake_be_polite(const Wire__Envelope *run)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fake_send_progress(run);
    sigwaitinfo(&set, &info);
    fake_send_done(run, WIRE__OUTCOME__OUTCOME_CANCELLED, run->job_id);
}

static inline int
fake_task(const char *folder)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *run = NULL;
    if (frame_read(0, &data, &size, &error) ||
        wire_unpack(decoder, data, size, WIRE_FROM_COORDINATOR, &run, &error))
        return 4;
    const char *what = run->run->backup->path;
    fake_note(folder, "task.pid");
    if (strcmp(what, "ok") == 0)
        fake_send_progress(run);
    else if (strcmp(what, "wait") == 0)
        fake_await(folder, "go");
    else if (strcmp(what, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    else if (strcmp(what, "crash") == 0)
        raise(SIGKILL);
    else if (strcmp(what, "silent") == 0)
        return 5;
    else if (strcmp(what, "garbage") == 0)
        return frame_write(1, "\xff\xff\xff", 3, &error);
    else if (strcmp(what, "flood") == 0)
        return fd_write(1, "\xff\xff\xff\xff rest", 9, &error);
    else if (strcmp(what, "liar") == 0)
        fake_send_done(run, WIRE__OUTCOME__OUTCOME_SUCCEEDED, run->job_id + 1);
    if (strcmp(what, "hang") == 0 || strcmp(what, "stubborn") == 0) {
        fake_send_progress(run);
        for (;;)
            pause();
    }
    if (strcmp(what, "polite") == 0)
        fake_be_polite(run);
    else if (strcmp(what, "liar") != 0)
        fake_send_done(run, WIRE__OUTCOME__OUTCOME_SUCCEEDED, run->job_id);
    return strcmp(what, "bad end") == 0 ? 9 : 0;
}

static inline int
fake_survey(const char *folder, int with_tools)
{
    char dump[] = "mysqldump", version[] = "8.0.36", kind[] = "directory", identity[] = FAKE_STORE;
    Wire__Tool tool = WIRE__TOOL__INIT;
    Wire__Tool *tools = &tool;
    tool.name = dump;
    tool.version = version;
    tool.major = 8;
    Wire__Store store = WIRE__STORE__INIT;
    Wire__Store *stores = &store;
    store.identity = identity;
    store.kind = kind;
    store.free_bytes = fake_is_there(folder, "store is fuller") ? 1 << 19 : 1 << 20;
    Wire__Ready ready = WIRE__READY__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_READY;
    envelope.ready = &ready;
    if (with_tools) {
        ready.tools = &tools;
        ready.n_tools = 1;
        fake_send(&envelope, WIRE_FROM_WORKER);
    }
    ready = (Wire__Ready)WIRE__READY__INIT;
    if (fake_is_there(folder, "survey raves"))
        return write(1, "\xff\xff\xff\xff", 4) != 4;
    if (fake_is_there(folder, "survey fails"))
        return 1;
    while (fake_is_there(folder, "survey hangs"))
        pause();
    if (fake_is_there(folder, "store is gone"))
        return 0;
    ready.stores = &stores;
    ready.n_stores = 1;
    fake_send(&envelope, WIRE_FROM_WORKER);
    return 0;
}
