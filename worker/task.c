#include "worker/task.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/memory.h"
#include "worker/frame.h"
#include "worker/offspring.h"
#include "worker/order.h"
#include "worker/work.h"

enum {
    CANCEL_TURN_MS = 100,     // how often new children are looked for while the work is to end
    CANCEL_POLITE_MS = 3000,  // tools that are told to stop may say so to their servers
};

struct task {
    struct work work;
    int output;
    int notes[2];  // from the work to us; its end closes the writer
    pthread_t thread;
    int has_failed;
    struct error error;
    struct work_note note;  // the last one
    int has_note;
    int64_t tell_at_ms;
    int64_t cancelled_ms;  // 0: it was not
};

static void
limit(int which, int64_t bytes)
{
    if (bytes <= 0)
        return;
    struct rlimit both = {.rlim_cur = (rlim_t)bytes, .rlim_max = (rlim_t)bytes};
    if (setrlimit((__rlimit_resource_t)which, &both))
        log_warning("cannot set a limit of %lld bytes: %s", (long long)bytes, strerror(errno));
}

static int
do_work(struct work *work, struct error *error)
{
    if (order_check(work->run->run, error))
        return -1;
    switch (work->run->run->task_case) {
    case WIRE__RUN__TASK_BACKUP:
        return work_backup(work, error);
    case WIRE__RUN__TASK_RESTORE:
        return work_restore(work, error);
    case WIRE__RUN__TASK_VERIFY:
        return work_verify(work, error);
    case WIRE__RUN__TASK_CHECK:
        return work_check(work, error);
    case WIRE__RUN__TASK_SWEEP:
        return work_sweep(work, error);
    default:
        return error_set(error, ERROR_INVALID, "a kind of job that this worker does not know");
    }
}

static void *
work_thread(void *argument)
{
    struct task *self = argument;
    self->has_failed = do_work(&self->work, &self->error) != 0;
    fd_close(&self->notes[1]);
    return NULL;
}

static int
send_envelope(const struct task *self, Wire__Envelope *envelope)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    envelope->job_id = self->work.run->job_id;
    envelope->attempt = self->work.run->attempt;
    if (wire_pack(envelope, WIRE_FROM_TASK, &data, &size, &error) == 0 &&
        frame_write(self->output, data, size, &error) == 0)
        return 0;
    log_error("cannot tell the daemon: %s", error.message);
    return -1;
}

static void
tell_progress(struct task *self, int64_t now_ms)
{
    if (!self->has_note || now_ms < self->tell_at_ms)
        return;
    Wire__Progress progress = WIRE__PROGRESS__INIT;
    progress.phase = self->note.phase;
    progress.done_bytes = self->note.done_bytes;
    progress.total_bytes = self->note.total_bytes;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_PROGRESS;
    envelope.progress = &progress;
    send_envelope(self, &envelope);
    self->tell_at_ms = now_ms + self->work.settings->timers.progress_ms;
}

// What a failure asks for, by its kind.
static Wire__FailureClass
class_of(enum error_code code)
{
    switch (code) {
    case ERROR_BUSY:
        return WIRE__FAILURE_CLASS__FAILURE_DEFER;
    case ERROR_CONFIG:
    case ERROR_DENIED:
    case ERROR_NOT_FOUND:
    case ERROR_INVALID:
        return WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT;
    default:
        return WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN;
    }
}

static void
describe_set(const struct work *work, Wire__SetFacts *facts)
{
    const Wire__Backup *backup = work->run->run->backup;
    struct work_set *set = work->set;
    facts->store = backup->store;
    facts->path = backup->path;
    facts->size_bytes = set->summary.size_bytes;
    facts->file_count = set->summary.file_count;
    facts->manifest_sha256.data = set->summary.manifest_sha256;
    facts->manifest_sha256.len = sizeof set->summary.manifest_sha256;
    facts->tool = set->tool;
    facts->tool_version = set->tool_version;
    facts->server_version = set->server_version;
    facts->consistency = set->consistency;
    facts->schema_count = set->schema_count;
    facts->left_out_count = set->left_out_count;
    facts->excluded_count = set->excluded_count;
}

// The person gets what the work had to say and why it failed, with no password in it.
static char *
message_of(struct task *self)
{
    struct work *work = &self->work;
    if (self->cancelled_ms && self->has_failed)
        return memory_copy_text("cancelled");
    int is_said = work->run->run->task_case == WIRE__RUN__TASK_CHECK && work->message;
    if (self->has_failed && !is_said)
        work_remark(work, "%s", self->error.message);
    char *message = memory_copy_text(work->message ? work->message : "");
    if (work->keyring)
        keyring_mask(work->keyring, message);
    return message;
}

static int
tell_done(struct task *self)
{
    CLEAN(memory_free) char *message = message_of(self);
    Wire__SetFacts facts = WIRE__SET_FACTS__INIT;
    Wire__Done done = WIRE__DONE__INIT;
    done.outcome = WIRE__OUTCOME__OUTCOME_SUCCEEDED;
    done.message = message;
    if (self->has_failed) {
        done.outcome =
            self->cancelled_ms ? WIRE__OUTCOME__OUTCOME_CANCELLED : WIRE__OUTCOME__OUTCOME_FAILED;
        if (!self->cancelled_ms)
            done.failure_class = class_of(self->error.code);
        done.damaged = self->work.is_damaged;
    } else if (self->work.set) {
        describe_set(&self->work, &facts);
        done.set = &facts;
    }
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE;
    envelope.done = &done;
    return send_envelope(self, &envelope);
}

// Who reads a server itself is told, and its tools are; without them the work ends in an error. It
// may start another tool before it notices, so this is repeated.
static void
cancel(struct task *self, int signals, int64_t now_ms)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) == sizeof info && !self->cancelled_ms)
        self->cancelled_ms = now_ms;
    if (self->cancelled_ms == now_ms)
        eventfd_write(self->work.stop, 1);
    if (self->cancelled_ms)
        offspring_signal(now_ms - self->cancelled_ms < CANCEL_POLITE_MS ? SIGTERM : SIGKILL);
}

// Returns 0 when the work has ended.
static int
read_notes(struct task *self)
{
    struct work_note note;
    ssize_t size = read(self->notes[0], &note, sizeof note);
    if (size != sizeof note)
        return size < 0 && (errno == EINTR || errno == EAGAIN);
    self->note = note;
    self->has_note = 1;
    return 1;
}

static void
watch(struct task *self, int signals)
{
    for (int is_working = 1; is_working;) {
        struct pollfd items[] = {{.fd = signals, .events = POLLIN},
                                 {.fd = self->notes[0], .events = POLLIN}};
        int64_t turn_ms =
            self->cancelled_ms ? CANCEL_TURN_MS : self->work.settings->timers.progress_ms;
        poll(items, 2, (int)turn_ms);
        int64_t now_ms = clock_monotonic_ms();
        cancel(self, signals, now_ms);
        if (items[1].revents)
            is_working = read_notes(self);
        tell_progress(self, now_ms);
    }
}

static int
run(struct task *self, struct error *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CLEAN(fd_close) int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0 || pipe2(self->notes, O_CLOEXEC | O_NONBLOCK))
        return error_set(error, ERROR_UNAVAILABLE, "cannot watch the work: %s", strerror(errno));
    self->work.notes = self->notes[1];
    self->work.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->work.stop < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot watch the work: %s", strerror(errno));
    int cause = pthread_create(&self->thread, NULL, work_thread, self);
    if (cause)
        return error_set(error, ERROR_UNAVAILABLE, "cannot start the work: %s", strerror(cause));
    watch(self, signals);
    pthread_join(self->thread, NULL);
    return 0;
}

static void
task_clear(struct task *self)
{
    fd_close(&self->notes[0]);
    fd_close(&self->notes[1]);
    work_clear(&self->work);
    if (self->work.stop > 0)
        fd_close(&self->work.stop);
}

int
task_run(const struct settings *settings, int input, int output)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *message = NULL;
    if (frame_read(input, &data, &size, &error) ||
        wire_unpack(decoder, data, size, WIRE_FROM_COORDINATOR, &message, &error)) {
        log_error("cannot read the job: %s", error.message);
        return 1;
    }
    if (message->body_case != WIRE__ENVELOPE__BODY_RUN) {
        log_error("'%s' is no job", wire_body_name(message));
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_AS, settings->memory_bytes);
    limit(RLIMIT_FSIZE, settings->file_bytes);
    offspring_adopt();
    CLEAN(task_clear)
    struct task self = {
        .work = {.settings = settings, .run = message}, .output = output, .notes = {-1, -1}};
    if (run(&self, &self.error))
        self.has_failed = 1;
    int status = tell_done(&self) ? 1 : 0;
    if (self.work.is_hanging)
        _exit(status);
    return status;
}
