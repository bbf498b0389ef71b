// faultfs: a folder shown as a BoostFS mount, which fails on command (see faultfs/rules.h).
//
//     faultfs -f -o backing=DIR,ctl=FILE,subtype=boostfs,fsname=dd1.example:/su1 MOUNTPOINT
//
// As BoostFS does, it refuses hard links and locks, and paths of more than 1023 bytes where
// "/data/col1" counts; it knows no symbolic links either. Nothing is cached by the kernel beyond an
// open file.

#define FUSE_USE_VERSION 312

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/fake/faultfs/rules.h"

enum { PATH_LIMIT = 1023 - (int)sizeof "/data/col1" + 1 };

struct faultfs {
    int root;
    rules_t *rules;
};

struct mount_options {
    char *backing, *ctl;
};

static struct faultfs *
self(void)
{
    return fuse_get_context()->private_data;
}

static const char *
relative(const char *path)
{
    return path[1] ? path + 1 : ".";
}

static struct fault
ask(const char *operation, const char *path, size_t size)
{
    if (!path)  // of a file that was removed while it is open
        path = "";
    if (strlen(path) > PATH_LIMIT)
        return (struct fault){.error = ENAMETOOLONG};
    return rules_apply(self()->rules, operation, path, size, fuse_interrupted);
}

static int
is_refused(const struct fault *fault)
{
    return fault->error && !fault->is_late;
}

// The answer to an operation that returned `result` and perhaps set errno.
static int
answer(const struct fault *fault, int result)
{
    return result < 0 ? -errno : -fault->error;
}

static void *
start(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)connection;
    config->use_ino = 1;
    config->hard_remove = 1;
    config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
    return self();
}

static int
get_attributes(const char *path, struct stat *attributes, struct fuse_file_info *file)
{
    struct fault fault = ask("getattr", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    if (file)
        return answer(&fault, fstat((int)file->fh, attributes));
    return answer(&fault, fstatat(self()->root, relative(path), attributes, AT_SYMLINK_NOFOLLOW));
}

static int
make_folder(const char *path, mode_t mode)
{
    struct fault fault = ask("mkdir", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, mkdirat(self()->root, relative(path), mode));
}

static int
remove_file(const char *path)
{
    struct fault fault = ask("unlink", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, unlinkat(self()->root, relative(path), 0));
}

static int
remove_folder(const char *path)
{
    struct fault fault = ask("rmdir", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, unlinkat(self()->root, relative(path), AT_REMOVEDIR));
}

static int
make_link(const char *from, const char *to)
{
    (void)from;
    (void)to;
    return -EOPNOTSUPP;
}

static int
rename_entry(const char *from, const char *to, unsigned flags)
{
    struct fault fault = ask("rename", to, 0);
    if (is_refused(&fault))
        return -fault.error;
    int root = self()->root;
    return answer(&fault, renameat2(root, relative(from), root, relative(to), flags));
}

static int
change_mode(const char *path, mode_t mode, struct fuse_file_info *file)
{
    struct fault fault = ask("chmod", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, file ? fchmod((int)file->fh, mode)
                               : fchmodat(self()->root, relative(path), mode, 0));
}

static int
change_owner(const char *path, uid_t user, gid_t group, struct fuse_file_info *file)
{
    (void)file;
    struct fault fault = ask("chown", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, fchownat(self()->root, relative(path), user, group, AT_SYMLINK_NOFOLLOW));
}

static int
change_times(const char *path, const struct timespec times[2], struct fuse_file_info *file)
{
    (void)file;
    struct fault fault = ask("utimens", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, utimensat(self()->root, relative(path), times, AT_SYMLINK_NOFOLLOW));
}

static int
change_size(const char *path, off_t size, struct fuse_file_info *file)
{
    struct fault fault = ask("truncate", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    if (file)
        return answer(&fault, ftruncate((int)file->fh, size));
    CLEAN(fd_close) int fd = openat(self()->root, relative(path), O_WRONLY | O_CLOEXEC);
    return answer(&fault, fd < 0 ? -1 : ftruncate(fd, size));
}

static int
open_as(const char *operation, const char *path, int flags, mode_t mode,
        struct fuse_file_info *file)
{
    struct fault fault = ask(operation, path, 0);
    if (is_refused(&fault))
        return -fault.error;
    // The kernel gives the offset of an append; O_APPEND beneath would ignore it.
    CLEAN(fd_close)
    int fd = openat(self()->root, relative(path), (flags & ~O_APPEND) | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    if (fault.error)
        return -fault.error;
    file->fh = (uint64_t)fd_steal(&fd);
    return 0;
}

static int
open_file(const char *path, struct fuse_file_info *file)
{
    return open_as("open", path, file->flags, 0, file);
}

static int
create_file(const char *path, mode_t mode, struct fuse_file_info *file)
{
    return open_as("create", path, file->flags | O_CREAT, mode, file);
}

static int
open_folder(const char *path, struct fuse_file_info *file)
{
    return open_as("opendir", path, O_RDONLY | O_DIRECTORY, 0, file);
}

static int
close_file(const char *path, struct fuse_file_info *file)
{
    (void)path;
    close((int)file->fh);
    return 0;
}

static int
read_file(const char *path, char *data, size_t size, off_t offset, struct fuse_file_info *file)
{
    struct fault fault = ask("read", path, size);
    if (fault.error)
        return -fault.error;
    ssize_t got = pread((int)file->fh, data, fault.size, offset);
    if (got > 0 && fault.is_flipped)
        data[got / 2] ^= 1;
    return got < 0 ? -errno : (int)got;
}

static int
write_file(const char *path, const char *data, size_t size, off_t offset,
           struct fuse_file_info *file)
{
    struct fault fault = ask("write", path, size);
    if (is_refused(&fault))
        return -fault.error;
    ssize_t written = pwrite((int)file->fh, data, fault.size, offset);
    if (written < 0)
        return -errno;
    rules_wrote(self()->rules, (size_t)written);
    return fault.error ? -fault.error : (int)written;
}

static int
get_room(const char *path, struct statvfs *room)
{
    struct fault fault = ask("statfs", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, fstatvfs(self()->root, room));
}

// Called at every close of a descriptor: what it returns is what close returns.
static int
flush_file(const char *path, struct fuse_file_info *file)
{
    struct fault fault = ask("flush", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, close(dup((int)file->fh)));
}

static int
sync_file(const char *path, int data_only, struct fuse_file_info *file)
{
    struct fault fault = ask("fsync", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, data_only ? fdatasync((int)file->fh) : fsync((int)file->fh));
}

static int
sync_folder(const char *path, int data_only, struct fuse_file_info *file)
{
    (void)data_only;
    struct fault fault = ask("fsyncdir", path, 0);
    if (is_refused(&fault))
        return -fault.error;
    return answer(&fault, fsync((int)file->fh));
}

static int
list_folder(const char *path, void *list, fuse_fill_dir_t fill, off_t offset,
            struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    (void)offset;
    (void)file;
    (void)flags;
    struct fault fault = ask("readdir", path, 0);
    if (fault.error)
        return -fault.error;
    int fd = openat(self()->root, relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        fd_close(&fd);
        return -errno;
    }
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct stat kind = {.st_ino = entry->d_ino, .st_mode = (mode_t)DTTOIF(entry->d_type)};
        if (fill(list, entry->d_name, &kind, 0, 0))
            break;
    }
    closedir(folder);
    return 0;
}

static int
lock_range(const char *path, struct fuse_file_info *file, int command, struct flock *range)
{
    (void)path;
    (void)file;
    (void)command;
    (void)range;
    return -EOPNOTSUPP;
}

static int
lock_file(const char *path, struct fuse_file_info *file, int operation)
{
    (void)path;
    (void)file;
    (void)operation;
    return -EOPNOTSUPP;
}

static const struct fuse_operations operations = {
    .init = start,
    .getattr = get_attributes,
    .mkdir = make_folder,
    .unlink = remove_file,
    .rmdir = remove_folder,
    .link = make_link,
    .rename = rename_entry,
    .chmod = change_mode,
    .chown = change_owner,
    .utimens = change_times,
    .truncate = change_size,
    .open = open_file,
    .create = create_file,
    .release = close_file,
    .read = read_file,
    .write = write_file,
    .statfs = get_room,
    .flush = flush_file,
    .fsync = sync_file,
    .opendir = open_folder,
    .releasedir = close_file,
    .fsyncdir = sync_folder,
    .readdir = list_folder,
    .lock = lock_range,
    .flock = lock_file,
};

int
main(int argc, char **argv)
{
    static const struct fuse_opt option_table[] = {
        {"backing=%s", offsetof(struct mount_options, backing), 0},
        {"ctl=%s", offsetof(struct mount_options, ctl), 0},
        FUSE_OPT_END,
    };
    struct mount_options options = {0};
    struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
    if (fuse_opt_parse(&args, &options, option_table, NULL) || !options.backing) {
        fprintf(stderr, "usage: faultfs [-f] -o backing=DIR[,ctl=FILE,subtype=boostfs,"
                        "fsname=DD:/SU] MOUNTPOINT\n");
        return 2;
    }
    fuse_opt_add_arg(&args, "-omax_idle_threads=10");  // or libfuse 3.14 tells us of its own preset
    umask(0);
    struct faultfs faultfs = {
        .root = open(options.backing, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .rules = rules_new(options.ctl),
    };
    if (faultfs.root < 0) {
        fprintf(stderr, "faultfs: cannot open '%s': %s\n", options.backing, strerror(errno));
        return 1;
    }
    int status = fuse_main(args.argc, args.argv, &operations, &faultfs);
    rules_destroy(&faultfs.rules);
    fd_close(&faultfs.root);
    memory_free(&options.backing);
    memory_free(&options.ctl);
    fuse_opt_free_args(&args);
    return status;
}
