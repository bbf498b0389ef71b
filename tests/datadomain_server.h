// The stand-in for a Data Domain (tests/lib/datadomain.sh), for tests in C.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/protector.h"
#include "tests/folder.h"
#include "tests/source.h"

struct datadomain_server {
    char *folder;  // of the stand-in
    char *tree;    // what its MTree /data/col1/su1 holds
    char *url, *ca_file, *key, *known_hosts, *user;
    int64_t ssh_port;
};

static inline int
datadomain_can_run(void)
{
    return access("/usr/sbin/sshd", X_OK) == 0 && access("/usr/bin/ssh", X_OK) == 0;
}

static inline int datadomain_do(const char *format, ...) __attribute__((format(printf, 1, 2)));

// tests/lib/datadomain.sh with these words; its output is dropped.
static inline int
datadomain_do(const char *format, ...)
{
    va_list arguments;
    char words[1024];
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    CLEAN(memory_free)
    char *command = memory_format("%s/lib/datadomain.sh %s >/dev/null", tests_folder, words);
    return system(command);
}

static inline long
datadomain_number(const char *folder, const char *name)
{
    char line[64] = "";
    CLEAN(memory_free) char *path = memory_format("%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    return strtol(line, NULL, 10);
}

static inline void
datadomain_start(struct datadomain_server *self, const char *folder, const char *name)
{
    self->folder = memory_format("%s/%.3s", folder, name);
    self->tree = memory_format("%s/tree-%.3s", folder, name);
    assert_int_equal(mkdir(self->tree, 0700), 0);
    assert_int_equal(datadomain_do("start %s %s", self->folder, name), 0);
    self->url = memory_format("https://127.0.0.1:%ld", datadomain_number(self->folder, "port"));
    self->ca_file = memory_format("%s/ca.pem", self->folder);
    self->key = memory_format("%s/key", self->folder);
    self->known_hosts = memory_format("%s/known_hosts", self->folder);
    self->ssh_port = datadomain_number(self->folder, "ssh_port");
    self->user = memory_copy_text(geteuid() == 0 ? "root" : getenv("USER"));
}

static inline void
datadomain_stop(struct datadomain_server *self)
{
    if (self->folder)
        datadomain_do("stop %s", self->folder);
    memory_free(&self->folder);
    memory_free(&self->tree);
    memory_free(&self->url);
    memory_free(&self->ca_file);
    memory_free(&self->key);
    memory_free(&self->known_hosts);
    memory_free(&self->user);
}

// Tells it a word with its arguments, as `--ask` does, without a process.
static inline void
datadomain_tell(const struct datadomain_server *self, const char *word, const char *first,
                const char *second)
{
    char answer[4096] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control", self->folder);
    CLEAN(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_true(dprintf(fd, "{\"word\": \"%s\", \"arguments\": [\"%s\"%s%s%s]}\n", word, first,
                        second ? ", \"" : "", second ? second : "", second ? "\"" : "") > 0);
    assert_true(read(fd, answer, sizeof answer - 1) > 0);
    if (strstr(answer, "error"))
        fail_msg("%s", answer);
}

static inline void
datadomain_add_mtree(struct datadomain_server *self)
{
    datadomain_tell(self, "mtree", "/data/col1/su1", self->tree);
}

static inline void
datadomain_knob(const struct datadomain_server *self, const char *name, const char *value)
{
    datadomain_tell(self, "knob", name, value);
}

static inline int
datadomain_give_password(const void *context, char **password, struct error *error)
{
    (void)error;
    *password = memory_copy_text(context);
    return 0;
}

static inline struct protector_arguments
datadomain_arguments(const struct datadomain_server *self)
{
    return (struct protector_arguments){
        .kind = "datadomain",
        .name = "dd1",
        .host = "dd1.example",
        .rest_url = self->url,
        .ca_file = self->ca_file,
        .user = "dbhaul",
        .password = datadomain_give_password,
        .context = "dd-secret",
        .login = {.host = "127.0.0.1",
                  .port = self->ssh_port,
                  .user = self->user,
                  .key_path = self->key,
                  .known_hosts_path = self->known_hosts},
        .destination = "",
        .patience_ms = 20000,
        .stop_fd = -1,
    };
}
