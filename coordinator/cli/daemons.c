#include "coordinator/cli/daemons.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/program.h"
#include "coordinator/cli/client.h"

enum {
    START_MS = 60000,
    STOP_MS = 60000,
    STEP_MS = 100,
    FOLDER_MAX = 80,  // so that a socket's path fits into its 107 bytes
};

struct daemons {
    char folder[FOLDER_MAX];
    char endpoint[FOLDER_MAX + 32];
    int signal_fd;
    sigset_t mask_before;
    process_t *coordinator, *worker;
};

// ---- starting

// `more` is one argument besides; it may be NULL.
static int
start(const daemons_t *self, process_t **process, const char *name, const char *section,
      const char *config, const char *more, struct error *error)
{
    CLEAN(memory_free) char *path = NULL;
    if (program_find(name, &path, error))
        return -1;
    const char *argv[] = {path,         "--config", config,
                          "--section",  section,    "--endpoint-folder",
                          self->folder, more,       NULL};
    // The worker's rules may say `env:`, so it gets all that we have.
    union {
        char **ours;
        const char *const *given;
    } environment = {.ours = environ};
    struct process_options options = {
        .argv = argv, .environment = environment.given, .inherit_stderr = 1};
    return process_start(process, &options, error);
}

static int
catch_signals(daemons_t *self, struct error *error)
{
    sigset_t caught;
    sigemptyset(&caught);
    sigaddset(&caught, SIGINT);
    sigaddset(&caught, SIGTERM);
    sigaddset(&caught, SIGHUP);
    sigprocmask(SIG_BLOCK, &caught, &self->mask_before);
    self->signal_fd = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    if (self->signal_fd < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot catch signals: %s", strerror(errno));
    return 0;
}

static int
make_folder(daemons_t *self, struct error *error)
{
    const char *base = getenv("TMPDIR");
    if (!base || *base != '/' || strlen(base) > FOLDER_MAX - 24)
        base = "/tmp";
    snprintf(self->folder, sizeof self->folder, "%s/dbhaul-once.XXXXXX", base);
    if (!mkdtemp(self->folder)) {
        self->folder[0] = '\0';
        return error_set(error, ERROR_CONFIG, "cannot make a folder in '%s': %s", base,
                         strerror(errno));
    }
    snprintf(self->endpoint, sizeof self->endpoint, "ipc://%s/operator.ipc", self->folder);
    return 0;
}

// Asks for a list until it comes and is_enough holds.
static int
await_list(daemons_t *self, const char *list, int (*is_enough)(const table_t *),
           struct error *error)
{
    struct client_address address = {.endpoint = self->endpoint};
    CLEAN(client_destroy) client_t *client = client_new(&address);
    client_set_patience(client, 1000, 5000);
    int64_t deadline_ms = clock_monotonic_ms() + START_MS;
    for (;;) {
        CLEAN(table_destroy) table_t *table = NULL;
        CLEAN(memory_free) char *cursor = NULL;
        struct client_query query = {.name = list};
        int status = client_list(client, &query, &table, &cursor, error);
        if (status && error->code != ERROR_UNAVAILABLE)
            return -1;
        if (status == 0 && is_enough(table))
            return 0;
        if (clock_monotonic_ms() >= deadline_ms)
            return status ? -1
                          : error_set(error, ERROR_UNAVAILABLE, "no worker within %d s",
                                      START_MS / 1000);
        if (daemons_pause(self, STEP_MS, error))
            return -1;
    }
}

static int
has_any(const table_t *table)
{
    (void)table;
    return 1;
}

static int
has_rows(const table_t *table)
{
    return table_rows(table) > 0;
}

int
daemons_open(daemons_t **self_p, const char *config, struct error *error)
{
    CLEAN(daemons_destroy) daemons_t *self = memory_get(sizeof *self);
    self->signal_fd = -1;
    sigprocmask(SIG_BLOCK, NULL, &self->mask_before);
    if (catch_signals(self, error) || make_folder(self, error) ||
        start(self, &self->coordinator, "dbhaul-coordinator", "coordinator", config,
              "--no-schedules", error) ||
        await_list(self, "status", has_any, error) ||
        start(self, &self->worker, "dbhaul-worker", "worker", config, NULL, error) ||
        await_list(self, "workers", has_rows, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

// ---- running

const char *
daemons_endpoint(const daemons_t *self)
{
    return self->endpoint;
}

static int
report_end(process_t *process, const char *name, struct error *error)
{
    struct process_end end;
    char text[64];
    if (process_wait(process, 0, &end, error))
        return -1;
    return error_set(error, end.exit_code == 2 ? ERROR_CONFIG : ERROR_INTERNAL,
                     "%s has ended (%s); what it said stands above", name,
                     process_end_text(&end, text));
}

int
daemons_pause(daemons_t *self, int64_t pause_ms, struct error *error)
{
    struct pollfd items[] = {
        {.fd = self->signal_fd, .events = POLLIN},
        {.fd = self->coordinator ? process_fd(self->coordinator) : -1, .events = POLLIN},
        {.fd = self->worker ? process_fd(self->worker) : -1, .events = POLLIN}};
    if (poll(items, 3, (int)pause_ms) <= 0)
        return 0;
    struct signalfd_siginfo info;
    if (items[0].revents && read(self->signal_fd, &info, sizeof info) == sizeof info)
        return error_set(error, ERROR_CANCELLED, "stopped by signal %u", info.ssi_signo);
    if (items[1].revents)
        return report_end(self->coordinator, "dbhaul-coordinator", error);
    if (items[2].revents)
        return report_end(self->worker, "dbhaul-worker", error);
    return 0;
}

// ---- stopping

static void
stop(process_t **process, const char *name)
{
    struct process_end end;
    struct error ignored = {0};
    if (!*process)
        return;
    process_signal(*process, SIGTERM);
    if (process_wait(*process, STOP_MS, &end, &ignored))
        fprintf(stderr, "dbhaul: %s did not stop within %d s and is killed\n", name,
                STOP_MS / 1000);
    process_destroy(process);
}

static void
remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    rmdir(folder);
}

void
daemons_destroy(daemons_t **self_p)
{
    daemons_t *self = *self_p;
    if (!self)
        return;
    stop(&self->worker, "dbhaul-worker");
    stop(&self->coordinator, "dbhaul-coordinator");
    if (*self->folder)
        remove_folder(self->folder);
    fd_close(&self->signal_fd);
    sigprocmask(SIG_SETMASK, &self->mask_before, NULL);
    memory_free(self_p);
}
