#include "tests/fake/faultfs/rules.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/memory.h"

enum { RULES_MAX = 64, LINE_SIZE = 512, HANG_STEP_MS = 20, CRASH_STATUS = 99 };

struct rule {
    char operation[16];
    char path[256];
    int error, is_late, hangs, is_deaf, crashes, is_flipped;
    long delay_ms, skip;
    long count;  // under 0: for ever
    size_t short_size;
    uint64_t after_bytes;
};

struct rules {
    char *path;
    struct stat seen;  // of the control file when it was read
    struct rule rules[RULES_MAX];
    size_t count;
    uint64_t written_bytes;
    pthread_mutex_t lock;  // libfuse serves from several threads, so that one that hangs is alone
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EACCES", EACCES},     {"EAGAIN", EAGAIN},
    {"EBUSY", EBUSY},       {"ECONNABORTED", ECONNABORTED},
    {"EDQUOT", EDQUOT},     {"EEXIST", EEXIST},
    {"EINTR", EINTR},       {"EINVAL", EINVAL},
    {"EIO", EIO},           {"ENOENT", ENOENT},
    {"ENOSPC", ENOSPC},     {"ENOSYS", ENOSYS},
    {"ENOTCONN", ENOTCONN}, {"EOPNOTSUPP", EOPNOTSUPP},
    {"EPERM", EPERM},       {"EROFS", EROFS},
    {"ESTALE", ESTALE},     {"ETIMEDOUT", ETIMEDOUT},
};

rules_t *
rules_new(const char *path)
{
    rules_t *self = memory_get(sizeof *self);
    self->path = memory_copy_text(path);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void
rules_destroy(rules_t **self_p)
{
    if (!*self_p)
        return;
    pthread_mutex_destroy(&(*self_p)->lock);
    free((*self_p)->path);
    memory_free(self_p);
}

static int
error_number(const char *name)
{
    for (size_t index = 0; index < sizeof errors / sizeof *errors; index++) {
        if (strcmp(errors[index].name, name) == 0)
            return errors[index].number;
    }
    fprintf(stderr, "faultfs: no error is called '%s'\n", name);
    return EIO;
}

static void
set_word(struct rule *rule, const char *word, const char *value)
{
    if (strcmp(word, "late") == 0)
        rule->is_late = 1;
    else if (strcmp(word, "hang") == 0)
        rule->hangs = 1;
    else if (strcmp(word, "deaf") == 0)
        rule->hangs = rule->is_deaf = 1;
    else if (strcmp(word, "crash") == 0)
        rule->crashes = 1;
    else if (strcmp(word, "flip") == 0)
        rule->is_flipped = 1;
    else if (strcmp(word, "errno") == 0)
        rule->error = error_number(value);
    else if (strcmp(word, "path") == 0)
        snprintf(rule->path, sizeof rule->path, "%s", value);
    else if (strcmp(word, "delay_ms") == 0)
        rule->delay_ms = strtol(value, NULL, 10);
    else if (strcmp(word, "skip") == 0)
        rule->skip = strtol(value, NULL, 10);
    else if (strcmp(word, "count") == 0)
        rule->count = strtol(value, NULL, 10);
    else if (strcmp(word, "short") == 0)
        rule->short_size = strtoul(value, NULL, 10);
    else if (strcmp(word, "after") == 0)
        rule->after_bytes = strtoull(value, NULL, 10);
    else
        fprintf(stderr, "faultfs: no rule knows '%s'\n", word);
}

static void
read_rule(rules_t *self, char *line)
{
    char *save = NULL;
    const char *operation = strtok_r(line, " \t\n", &save);
    if (!operation || *operation == '#')
        return;
    struct rule *rule = &self->rules[self->count++];
    *rule = (struct rule){.count = -1};
    snprintf(rule->operation, sizeof rule->operation, "%s", operation);
    for (char *word; (word = strtok_r(NULL, " \t\n", &save));) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        set_word(rule, word, value ? value : "");
    }
}

static int
is_unchanged(const struct stat *was, const struct stat *is)
{
    return was->st_ino == is->st_ino && was->st_size == is->st_size &&
           was->st_mtim.tv_sec == is->st_mtim.tv_sec && was->st_mtim.tv_nsec == is->st_mtim.tv_nsec;
}

static void
refresh(rules_t *self)
{
    struct stat now;
    if (!self->path || stat(self->path, &now)) {
        self->count = 0;
        memset(&self->seen, 0, sizeof self->seen);
        return;
    }
    if (is_unchanged(&self->seen, &now))
        return;
    self->seen = now;
    self->count = 0;
    FILE *file = fopen(self->path, "re");
    if (!file)
        return;
    char line[LINE_SIZE];
    while (self->count < RULES_MAX && fgets(line, sizeof line, file))
        read_rule(self, line);
    fclose(file);
}

static void
wait_ms(long delay_ms)
{
    struct timespec rest = {delay_ms / 1000, delay_ms % 1000 * 1000000};
    while (nanosleep(&rest, &rest) && errno == EINTR)
        continue;
}

static int
fits(const rules_t *self, const struct rule *rule, const char *operation, const char *path,
     size_t size)
{
    if (strcmp(rule->operation, "*") != 0 && strcmp(rule->operation, operation) != 0)
        return 0;
    if (!strstr(path, rule->path))
        return 0;
    uint64_t then_bytes = self->written_bytes + (strcmp(operation, "write") == 0 ? size : 0);
    return rule->after_bytes == 0 || then_bytes > rule->after_bytes;
}

// One look at the rules. Returns whether the operation hangs as things stand: 1, or 2 for good.
static int
decide(rules_t *self, const char *operation, const char *path, struct fault *fault, long *delay_ms)
{
    for (size_t index = 0; index < self->count && !fault->error; index++) {
        struct rule *rule = &self->rules[index];
        if (!fits(self, rule, operation, path, fault->size))
            continue;
        if (rule->skip > 0) {
            rule->skip--;
            continue;
        }
        if (rule->count == 0)
            continue;
        if (rule->crashes)
            _exit(CRASH_STATUS);
        if (rule->hangs)
            return 1 + rule->is_deaf;
        if (rule->count > 0)
            rule->count--;
        *delay_ms += rule->delay_ms;
        if (rule->short_size > 0 && fault->size > rule->short_size)
            fault->size = rule->short_size;
        fault->is_flipped |= rule->is_flipped;
        fault->is_late = rule->is_late;
        fault->error = rule->error;
    }
    return 0;
}

struct fault
rules_apply(rules_t *self, const char *operation, const char *path, size_t size,
            int (*is_interrupted)(void))
{
    for (;;) {
        struct fault fault = {.size = size};
        long delay_ms = 0;
        pthread_mutex_lock(&self->lock);
        refresh(self);
        int hangs = decide(self, operation, path, &fault, &delay_ms);
        pthread_mutex_unlock(&self->lock);
        if (!hangs) {
            wait_ms(delay_ms);
            return fault;
        }
        if (hangs == 1 && is_interrupted())
            return (struct fault){.error = EINTR};
        wait_ms(HANG_STEP_MS);
    }
}

void
rules_wrote(rules_t *self, size_t size)
{
    pthread_mutex_lock(&self->lock);
    self->written_bytes += size;
    pthread_mutex_unlock(&self->lock);
}
