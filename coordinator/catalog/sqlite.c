// Opening and closing: who leads, and which file it is.

#include "coordinator/catalog/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"

// A lock that lasts longer than this is the caller's to wait for.
enum { BUSY_MS = 500 };

static void
sqlite_destroy(catalog_t **self_p)
{
    struct sqlite *self = (struct sqlite *)*self_p;
    if (!self)
        return;
    for (size_t index = 0; index < STATEMENTS; index++)
        sqlite3_finalize(self->statements[index]);
    sqlite3_close(self->connection);
    fd_close(&self->lock);  // last: it guards the file
    free(self->base.place);
    free(self);
    *self_p = NULL;
}

static struct sqlite *
sqlite_new(const char *place)
{
    struct sqlite *self = memory_get(sizeof *self);
    self->base.base.ops = &catalog_sqlite_ops;
    self->base.ops = &sqlite_sql_ops;
    self->base.place = memory_copy_text(place);
    self->lock = -1;
    return self;
}

static int
refuse_second(int lock, const char *path, struct error *error)
{
    char holder[128] = "";
    ssize_t size = pread(lock, holder, sizeof holder - 1, 0);
    holder[size > 0 ? size : 0] = '\0';
    return error_set(error, ERROR_CONFIG,
                     "another coordinator (%s) leads this catalog and holds '%s': stop it first",
                     holder[0] ? holder : "unknown", path);
}

// The kernel lets go of the lock when we die, however that happens. The file stays: removing it
// would let two processes hold locks on two files of one name.
static int
take_lock(struct sqlite *self, const char *holder, struct error *error)
{
    CLEAN(memory_free) char *path = memory_format("%s.lock", self->base.place);
    CLEAN(fd_close) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0)
        return error_set(error, ERROR_CONFIG, "cannot open '%s': %s", path, strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK)
            return refuse_second(lock, path, error);
        return error_set(error, ERROR_CONFIG, "cannot lock '%s': %s", path, strerror(errno));
    }
    // Only for people: a disk without room for it is no reason to stop here.
    if (ftruncate(lock, 0) == 0)
        (void)!pwrite(lock, holder, strlen(holder), 0);
    self->lock = fd_steal(&lock);
    return 0;
}

// SQLite would create it with the umask's mode. An existing file is not opened here: closing it
// would drop the locks that this process holds on it through SQLite.
static int
create_file(const char *place, struct error *error)
{
    CLEAN(fd_close) int fd = open(place, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return error_set(error, ERROR_CONFIG, "cannot create '%s': %s", place, strerror(errno));
    if (fd >= 0 && fchmod(fd, 0600))
        return error_set(error, ERROR_CONFIG, "cannot protect '%s': %s", place, strerror(errno));
    return 0;
}

static int
connect_file(struct sqlite *self, int flags, struct error *error)
{
    struct stat status;
    if (stat(self->base.place, &status))
        return error_set(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_CONFIG,
                         "cannot open catalog '%s': %s", self->base.place, strerror(errno));
    self->device = status.st_dev;
    self->inode = status.st_ino;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(self->base.place, &self->connection, flags, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot open");
    sqlite3_busy_timeout(self->connection, BUSY_MS);
    return sqlite_run(self,
                      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                      "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON",
                      error);
}

// Without WAL a commit is not what the contract says, so nothing less will do.
static int
demand_wal(struct sqlite *self, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *rows = NULL;
    int more = 0;
    if (sql_ask(&self->base, "PRAGMA journal_mode = WAL", NULL, 0, &rows, error) ||
        sql_next(rows, &more, error))
        return -1;
    if (!more || strcmp(sql_text(rows, 0), "wal") != 0)
        return error_set(error, ERROR_CONFIG,
                         "the file system of '%s' cannot hold SQLite's write-ahead log: use a "
                         "local disk",
                         self->base.place);
    sql_finish(&rows);
    return sqlite_run(self, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864",
                      error);
}

static int
take_epoch(struct sqlite *self, const char *holder, struct error *error)
{
    if (sqlite_begin(self, error))
        return -1;
    if (sql_take_epoch(&self->base, holder, error) || sqlite_commit(self, error)) {
        sqlite_rollback(self);
        return error_wrap(error, "cannot lead");
    }
    return 0;
}

static int
check_place(const char *place, struct error *error)
{
    if (place[0] != '/')
        return error_set(error, ERROR_CONFIG,
                         "the catalog's place '%s' must be an absolute path, as in "
                         "'sqlite:/var/lib/dbhaul/catalog.db'",
                         place);
    return 0;
}

static int
sqlite_open(catalog_t **self_p, const char *place, const struct catalog_access *access,
            const char *holder, struct error *error)
{
    (void)access;
    if (check_place(place, error))
        return -1;
    CLEAN(catalog_destroy) catalog_t *base = &sqlite_new(place)->base.base;
    struct sqlite *self = (struct sqlite *)base;
    int64_t version = 0;
    if (take_lock(self, holder, error) || create_file(place, error) ||
        connect_file(self, SQLITE_OPEN_READWRITE, error))
        return -1;
    // Before a byte of it is changed.
    if (sqlite_version(self, &version, error) && error->code != ERROR_NOT_FOUND)
        return -1;
    if (demand_wal(self, error) || sqlite_migrate(self, error) || take_epoch(self, holder, error))
        return -1;
    *self_p = STEAL(base);
    return 0;
}

static int
sqlite_open_reader(catalog_t **self_p, const char *place, const struct catalog_access *access,
                   struct error *error)
{
    (void)access;
    if (check_place(place, error))
        return -1;
    CLEAN(catalog_destroy) catalog_t *base = &sqlite_new(place)->base.base;
    struct sqlite *self = (struct sqlite *)base;
    int64_t version = 0;
    if (connect_file(self, SQLITE_OPEN_READONLY, error) || sqlite_version(self, &version, error))
        return -1;
    int64_t epoch = 0;
    if (sql_check_migrated(&self->base, version, schema_sqlite_migrations, error) ||
        sql_read_leader(&self->base, &epoch, error))
        return -1;
    *self_p = STEAL(base);
    return 0;
}

// The lock is the kernel's.
static int
sqlite_keep(catalog_t *base, struct error *error)
{
    (void)base, (void)error;
    return 0;
}

const struct catalog_ops catalog_sqlite_ops = {
    .kind = "sqlite",
    .check = check_place,
    .open = sqlite_open,
    .open_reader = sqlite_open_reader,
    .destroy = sqlite_destroy,
    .apply = sql_apply,
    .keep = sqlite_keep,
    .load = sql_load,
    .query = sql_query,
};
