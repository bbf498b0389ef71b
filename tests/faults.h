// A mount of tests/fake/faultfs for a test: a file system of type fuse.boostfs that fails on
// command. What the rules can say is in tests/fake/faultfs/rules.h.
//
//     struct faults faults;
//     if (faults_why_not()) { print "not run: ..." and skip(); }
//     faults_mount(&faults, "boostfs", "dd1.example:/su1");
//     faults_rule(&faults, "fsync errno=EIO path=1.sql");
//     ...
//     faults_unmount(&faults);

#pragma once

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/store/mount.h"

#define FAULTS_SOURCE "dd1.example:/su1"

enum { FAULTS_PATIENCE_MS = 10000, FAULTS_PATH_SIZE = 96 };

struct faults {
    char *folder;
    char backing[FAULTS_PATH_SIZE];  // what lies beneath
    char point[FAULTS_PATH_SIZE];    // where it is mounted
    char control[FAULTS_PATH_SIZE];
    pid_t daemon;  // 0: none
};

static inline void
faults_program(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof "faultfs");
    assert_true(length > 0);
    path[length] = '\0';
    memcpy(strrchr(path, '/') + 1, "faultfs", sizeof "faultfs");
}

// Why no FUSE file system can be had here, or NULL. Asks the kernel, not our own program: that
// one has to work where the kernel lets it.
static inline const char *
faults_why_not(void)
{
    char path[PATH_MAX];
    char options[128];
    faults_program(path);
    if (access(path, X_OK))
        return "faultfs was not built, libfuse3 is missing";
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return "/dev/fuse cannot be opened";
    CLEAN(folder_destroy) char *point = folder_new();
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
    int refused = mount("probe", point, "fuse.probe", 0, options);
    if (!refused)
        umount2(point, MNT_DETACH);
    close(device);
    return refused ? "a FUSE file system cannot be mounted" : NULL;
}

static inline void
faults_rest(void)
{
    nanosleep(&(struct timespec){0, 2000000}, NULL);
}

// The control file is replaced as a whole, so that no half of it is read.
static inline void
faults_rule(const struct faults *self, const char *rules)
{
    char fresh[FAULTS_PATH_SIZE + 8];
    snprintf(fresh, sizeof fresh, "%s.new", self->control);
    FILE *file = fopen(fresh, "we");
    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", rules) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, self->control), 0);
}

static inline void
faults_start(struct faults *self, const char *subtype, const char *source)
{
    char program[PATH_MAX];
    char options[4 * FAULTS_PATH_SIZE];
    faults_program(program);
    snprintf(options, sizeof options, "backing=%s,ctl=%s,subtype=%s,fsname=%s", self->backing,
             self->control, subtype, source);
    self->daemon = fork();
    assert_true(self->daemon >= 0);
    if (self->daemon == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program, program, "-f", "-o", options, self->point, (char *)NULL);
        _exit(127);
    }
    int64_t until_ms = clock_monotonic_ms() + FAULTS_PATIENCE_MS;
    struct mount mount;
    struct error error;
    do {
        faults_rest();
        assert_true(clock_monotonic_ms() < until_ms);
        assert_int_equal(waitpid(self->daemon, NULL, WNOHANG), 0);
    } while (mount_of(self->point, &mount, &error) || strcmp(mount.point, self->point) != 0);
}

// Makes the folders without mounting anything.
static inline void
faults_prepare(struct faults *self)
{
    memset(self, 0, sizeof *self);
    self->folder = folder_new();
    snprintf(self->backing, sizeof self->backing, "%s/backing", self->folder);
    snprintf(self->point, sizeof self->point, "%s/mount", self->folder);
    snprintf(self->control, sizeof self->control, "%s/control", self->folder);
    assert_int_equal(mkdir(self->backing, 0700), 0);
    assert_int_equal(mkdir(self->point, 0700), 0);
    faults_rule(self, "");
}

static inline void
faults_mount(struct faults *self, const char *subtype, const char *source)
{
    faults_prepare(self);
    faults_start(self, subtype, source);
}

static inline void
faults_reap(struct faults *self)
{
    if (self->daemon > 0)
        waitpid(self->daemon, NULL, 0);
    self->daemon = 0;
}

// Ends the file system's process; the mount stays and answers ENOTCONN.
static inline void
faults_kill(struct faults *self)
{
    if (self->daemon > 0)
        kill(self->daemon, SIGKILL);
    faults_reap(self);
}

// Takes the dead mount away and mounts the same anew.
static inline void
faults_mount_again(struct faults *self)
{
    faults_kill(self);
    umount2(self->point, MNT_DETACH);
    faults_rule(self, "");
    faults_start(self, "boostfs", FAULTS_SOURCE);
}

static inline void
faults_unmount(struct faults *self)
{
    while (umount2(self->point, MNT_DETACH) == 0)
        continue;
    faults_kill(self);
    folder_destroy(&self->folder);
}
