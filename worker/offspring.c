#include "worker/offspring.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"

void
offspring_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void
folder_close(DIR **folder_p)
{
    if (*folder_p)
        closedir(*folder_p);
    *folder_p = NULL;
}

// Is this process a child of ours that still runs?
static int
is_child(pid_t pid)
{
    char path[64];
    char text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    CLEAN(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    // "12 (a name) S 7 ...": a name may hold anything, parentheses too.
    const char *end = strrchr(text, ')');
    char state = 0;
    int parent = 0;
    return end && sscanf(end + 1, " %c %d", &state, &parent) == 2 && parent == (int)getpid() &&
           state != 'Z' && state != 'X';
}

// By a descriptor, so that a number that was given to somebody else meanwhile is not hit.
static int
signal_child(pid_t pid, int number)
{
    CLEAN(fd_close) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 || !is_child(pid))
        return 0;
    if (getpgid(pid) == pid)
        kill(-pid, number);
    syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
    return 1;
}

int
offspring_signal(int signal)
{
    CLEAN(folder_close) DIR *folder = opendir("/proc");
    int count = 0;
    const struct dirent *entry = NULL;
    while (folder && (entry = readdir(folder))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            count += signal_child((pid_t)atoi(entry->d_name), signal);
    }
    return count;
}
