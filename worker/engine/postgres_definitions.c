#include "worker/engine/postgres_definitions.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/login.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_kept.h"

struct postgres_definitions {
    struct postgres_dump_run run;  // as it was given
    struct login login;            // the thread's: a login source is for one thread
    void *file;                    // of the first part; NULL: not begun, or ended
    struct postgres_kept first, last;
    struct sink first_sink, last_sink;
    struct postgres_dump_run before, after;
    pthread_t thread;
    int is_started, is_joined;
    const struct postgres_tables *tables;
    int told;  // readable once it has been told the tables
    int stop;  // readable once it is to end
    int done;  // readable once it has ended
    int status;
    struct error error;
};

static void *
dump(void *argument)
{
    postgres_definitions_t *self = argument;
    self->status = postgres_dump_run_definitions(&self->before, &self->after, &self->error);
    eventfd_write(self->done, 1);
    return NULL;
}

// The thread takes no signals: they are the job's.
static int
start(postgres_definitions_t *self, struct error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&self->thread, NULL, dump, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (cause)
        return error_set(error, ERROR_INTERNAL, "cannot start a thread: %s", strerror(cause));
    self->is_started = 1;
    return 0;
}

static void
join(postgres_definitions_t *self)
{
    const struct login_source *source = self->run.server->login;
    if (!self->is_started || self->is_joined)
        return;
    pthread_join(self->thread, NULL);
    self->is_joined = 1;
    if (self->status && source)
        source->mask(source->self, self->error.message);
}

// For the thread.
static int
await_tables(void *context, const struct postgres_tables **tables, struct error *error)
{
    const postgres_definitions_t *self = context;
    eventfd_t count = 0;
    int server_stop = self->run.server->stop;
    struct pollfd items[] = {
        {.fd = self->told, .events = POLLIN},
        {.fd = self->stop, .events = POLLIN},
        {.fd = server_stop > 0 ? server_stop : -1, .events = POLLIN},
    };
    while (poll(items, 3, -1) < 0) {
        if (errno != EINTR)
            return error_set(error, ERROR_INTERNAL, "cannot wait: %s", strerror(errno));
    }
    if (items[1].revents || items[2].revents || eventfd_read(self->told, &count))
        return error_set(error, ERROR_CANCELLED, "cancelled");
    *tables = self->tables;
    return 0;
}

// Its own server has no login source, and its stop is heeded in the thread.
static void
prepare(postgres_definitions_t *self)
{
    self->login.server.login = NULL;
    self->first.stops[0] = self->last.stops[0] = self->run.server->stop;
    self->first.stops[1] = self->last.stops[1] = self->stop;
    self->first_sink = postgres_kept_sink(&self->first);
    self->last_sink = postgres_kept_sink(&self->last);
    self->before = self->run;
    self->before.server = &self->login.server;
    self->before.stop = self->stop;
    self->after = self->before;
    self->before.sink = &self->first_sink;
    self->before.group = "before";
    self->after.sink = &self->last_sink;
    self->after.group = "after";
    self->after.await_tables = await_tables;
    self->after.context = self;
}

int
postgres_definitions_begin(postgres_definitions_t **self_p, const struct postgres_dump_run *run,
                           struct error *error)
{
    CLEAN(postgres_definitions_destroy) postgres_definitions_t *self = memory_get(sizeof *self);
    self->run = *run;
    self->told = eventfd(0, EFD_CLOEXEC);
    self->stop = eventfd(0, EFD_CLOEXEC);
    self->done = eventfd(0, EFD_CLOEXEC);
    if (self->told < 0 || self->stop < 0 || self->done < 0)
        return error_set(error, ERROR_INTERNAL, "cannot watch a thread: %s", strerror(errno));
    if (postgres_settle_login(run->server, run->database, error) ||
        login_begin(&self->login, run->server, error))
        return -1;
    prepare(self);
    struct file_facts facts = postgres_dump_run_facts(&self->before);
    if (run->sink->begin(run->sink->self, 0, &facts, &self->file, error) || start(self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
postgres_definitions_destroy(postgres_definitions_t **self_p)
{
    postgres_definitions_t *self = *self_p;
    if (!self)
        return;
    if (self->stop >= 0)
        eventfd_write(self->stop, 1);
    join(self);
    if (self->file)
        self->run.sink->drop(self->run.sink->self, self->file);
    postgres_kept_clear(&self->first);
    postgres_kept_clear(&self->last);
    login_end(&self->login);
    fd_close(&self->told);
    fd_close(&self->stop);
    fd_close(&self->done);
    memory_free(self_p);
}

void
postgres_definitions_tell(postgres_definitions_t *self, const struct postgres_tables *tables)
{
    self->tables = tables;
    eventfd_write(self->told, 1);
}

int
postgres_definitions_has_ended(const postgres_definitions_t *self)
{
    struct pollfd item = {.fd = self->done, .events = POLLIN};
    return poll(&item, 1, 0) > 0;
}

int
postgres_definitions_wait(postgres_definitions_t *self, struct error *error)
{
    join(self);
    if (self->status)
        *error = self->error;
    return self->status;
}

int
postgres_definitions_check(postgres_definitions_t *self, struct error *error)
{
    return postgres_definitions_has_ended(self) ? postgres_definitions_wait(self, error) : 0;
}

int
postgres_definitions_end(postgres_definitions_t *self, struct error *error)
{
    const struct sink *sink = self->run.sink;
    if (postgres_definitions_wait(self, error) ||
        postgres_kept_write(&self->first, sink, self->file, error))
        return -1;
    return sink->end(sink->self, STEAL(self->file), NULL, 0, error);
}

int
postgres_definitions_put_last(const postgres_definitions_t *self, struct error *error)
{
    return postgres_kept_put(&self->last, self->run.sink, error);
}
