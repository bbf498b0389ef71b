#include "worker/engine/mysql_load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/load_columns.h"
#include "common/memory.h"
#include "worker/engine/crew.h"
#include "worker/engine/mysql_lines.h"
#include "worker/engine/mysql_session.h"

// MariaDB without these checks locks an empty table for one session, so that ranges would wait for
// each other until they time out, and sorts what is in order already: twice the CPU.
#define SETTINGS(unique_checks) \
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00', " \
    "foreign_key_checks = 0, unique_checks = " unique_checks ", autocommit = 1"

struct loading {
    mysql_session_t *sessions[MYSQL_LOAD_CONNECTIONS_MAX];
    size_t session_count;
    const struct set_source_file **files;  // the largest first
    size_t count;
    int has_local_infile;
};

// One file on its way.
struct turn {
    mysql_session_t *session;
    crew_member_t *member;
    const struct set_source_file *file;
    int fd;
    uint64_t sent_bytes;
    struct error error;  // of the handler, which cannot return one
};

// ---- lines, by LOAD DATA LOCAL

static int
infile_begin(void **context, const char *name, void *turn)
{
    (void)name;  // the server may ask for what it likes: it gets the file that we load
    *context = turn;
    return 0;
}

static int
infile_read(void *context, char *buffer, unsigned size)
{
    struct turn *turn = context;
    if (crew_tell(turn->member, turn->sent_bytes, &turn->error))
        return -1;
    ssize_t got = 0;
    do
        got = read(turn->fd, buffer, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        error_set(&turn->error, ERROR_UNAVAILABLE, "cannot read the file: %s", strerror(errno));
    turn->sent_bytes += got > 0 ? (uint64_t)got : 0;
    return (int)got;
}

static void
infile_end(void *context)
{
    (void)context;
}

static int
infile_error(void *context, char *text, unsigned size)
{
    const struct turn *turn = context;
    snprintf(text, size, "%s", turn->error.message);
    return 1;
}

static char *
name_of(const struct set_source_file *file)
{
    CLEAN(memory_free) char *schema = mysql_session_name(file->schema);
    CLEAN(memory_free) char *table = mysql_session_name(file->table);
    return memory_format("%s.%s", schema, table);
}

static int
check_rows(const struct turn *turn, uint64_t rows, struct error *error)
{
    if (rows == turn->file->rows)
        return 0;
    return error_set(error, ERROR_INVALID,
                     "the server took %" PRIu64 " of %" PRIu64 " rows: has the table rows already?",
                     rows, turn->file->rows);
}

static int
load_local(struct turn *turn, struct error *error)
{
    MYSQL *handle = mysql_session_handle(turn->session);
    CLEAN(memory_free) char *name = name_of(turn->file);
    CLEAN(memory_free)
    char *sql = memory_format("LOAD DATA LOCAL INFILE 'rows' INTO TABLE %s CHARACTER SET binary %s",
                              name, turn->file->columns);
    mysql_set_local_infile_handler(handle, infile_begin, infile_read, infile_end, infile_error,
                                   turn);
    if (mysql_real_query(handle, sql, strlen(sql))) {
        if (turn->error.code == ERROR_NONE)
            return mysql_session_fail(turn->session, NULL, "cannot load rows into", error);
        *error = turn->error;
        return -1;
    }
    return check_rows(turn, mysql_affected_rows(handle), error);
}

// ---- statements

static int
run_statements(struct turn *turn, mysql_lines_t *lines, struct error *error)
{
    MYSQL *handle = mysql_session_handle(turn->session);
    uint64_t rows = 0;
    for (;;) {
        const char *statement = NULL;
        size_t size = 0, more = 0;
        if (mysql_lines_next(lines, &statement, &size, &more, error) ||
            crew_tell(turn->member, turn->sent_bytes, error))
            return -1;
        if (!statement)
            break;
        if (mysql_real_query(handle, statement, size))
            return mysql_session_fail(turn->session, NULL, "cannot load rows into", error);
        turn->sent_bytes += size;
        rows += more;
    }
    return turn->file->table ? check_rows(turn, rows, error) : 0;
}

static int
load_inserts(struct turn *turn, struct error *error)
{
    struct load_columns columns = {0};
    if (load_columns_read(&columns, turn->file->columns, error))
        return -1;
    CLEAN(memory_free) char *name = name_of(turn->file);
    CLEAN(memory_free)
    char *insert = memory_format("INSERT INTO %s %s VALUES", name, columns.list);
    CLEAN(mysql_lines_destroy)
    mysql_lines_t *lines = mysql_lines_new(turn->fd, insert, columns.converted);
    int status = run_statements(turn, lines, error);
    load_columns_clear(&columns);
    return status;
}

static int
load_script(struct turn *turn, struct error *error)
{
    CLEAN(mysql_lines_destroy) mysql_lines_t *lines = mysql_lines_new(turn->fd, NULL, NULL);
    return run_statements(turn, lines, error);
}

// ---- the crew

static int
load_file(struct turn *turn, int has_local_infile, struct error *error)
{
    const struct set_source_file *file = turn->file;
    CLEAN(fd_close) int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot open '%s': %s", file->path,
                         strerror(errno));
    turn->fd = fd;
    if (mysql_session_query(turn->session,
                            mysql_session_is_mariadb(turn->session) ? SETTINGS("1") : SETTINGS("0"),
                            NULL, NULL, error))
        return -1;
    if (strcmp(file->loader, "load-data") != 0)
        return load_script(turn, error);
    return has_local_infile ? load_local(turn, error) : load_inserts(turn, error);
}

static int
work(void *self, crew_member_t *member, size_t number, size_t task, struct error *error)
{
    const struct loading *loading = self;
    struct turn turn = {.session = loading->sessions[number],
                        .member = member,
                        .file = loading->files[task],
                        .fd = -1};
    if (load_file(&turn, loading->has_local_infile, error) == 0)
        return 0;
    if (turn.file->table)
        return error_wrap(error, "rows of `%s`.`%s`", turn.file->schema, turn.file->table);
    const char *slash = strrchr(turn.file->path, '/');
    return error_wrap(error, "'%s'", slash ? slash + 1 : turn.file->path);
}

static void
cancel(void *self, size_t number)
{
    const struct loading *loading = self;
    mysql_session_cut(loading->sessions[number]);
}

static int
compare_sizes(const void *one, const void *other)
{
    const struct set_source_file *const *a = one, *const *b = other;
    return (*a)->size_bytes > (*b)->size_bytes ? -1 : (*a)->size_bytes < (*b)->size_bytes;
}

static void
loading_end(struct loading *self)
{
    for (size_t i = 0; i < self->session_count; i++)
        mysql_session_destroy(&self->sessions[i]);
    memory_free(&self->files);
}

static int
open_all(struct loading *self, const struct server *server, size_t wanted, struct error *error)
{
    CLEAN(memory_free) char *local_infile = NULL;
    while (self->session_count < wanted) {
        if (mysql_session_open_to_load(&self->sessions[self->session_count], server, error))
            return -1;
        self->session_count++;
    }
    if (mysql_session_value(self->sessions[0], "SELECT @@GLOBAL.local_infile", &local_infile,
                            error))
        return -1;
    self->has_local_infile = local_infile && strcmp(local_infile, "1") == 0;
    return 0;
}

int
mysql_load_rows(const struct server *server, const struct set_source_file *files, size_t count,
                unsigned connections, struct error *error)
{
    CLEAN(loading_end) struct loading loading = {.count = count};
    size_t wanted = connections ? connections : MYSQL_LOAD_CONNECTIONS;
    wanted = wanted > MYSQL_LOAD_CONNECTIONS_MAX ? MYSQL_LOAD_CONNECTIONS_MAX : wanted;
    if (count == 0)
        return 0;
    loading.files = memory_get(count * sizeof *loading.files);
    for (size_t i = 0; i < count; i++)
        loading.files[i] = &files[i];
    qsort(loading.files, count, sizeof *loading.files, compare_sizes);
    if (open_all(&loading, server, wanted < count ? wanted : count, error))
        return -1;
    const struct crew_job job = {.self = &loading,
                                 .members = loading.session_count,
                                 .tasks = count,
                                 .stop = server->stop,
                                 .work = work,
                                 .cancel = cancel};
    return crew_run(&job, error);
}
