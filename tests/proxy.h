// A TCP proxy on loopback in a process of its own, which cuts connections at chosen moments: for
// tests of what happens when a network does.
//
//     struct proxy proxy;
//     proxy_start(&proxy, server_port);          // proxy.port is to be connected to
//     proxy.rules->cut = PROXY_CUT_AFTER_WORD;   // each takes effect once, then is PROXY_CUT_NOT
//     proxy_end(&proxy);

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

enum proxy_cut {
    PROXY_CUT_NOT,
    PROXY_CUT_BEFORE_WORD,  // what has the word in it does not reach the server
    PROXY_CUT_AFTER_WORD,   // it does, but the answer does not come back
    PROXY_CUT_AT_BYTE,      // after so many bytes of either direction
};

enum { PROXY_PAIRS = 512, PROXY_BLOCK = 16384, PROXY_WORD_SIZE = 16 };

// Shared with the proxy's process.
struct proxy_rules {
    atomic_int cut;
    atomic_long bytes;  // that may still pass
    atomic_int keeps;   // a cut connection stays open at the server, which does not miss it
    atomic_long cuts;   // how many there were
    char word[PROXY_WORD_SIZE];
};

struct proxy {
    struct proxy_rules *rules;
    unsigned port;
    pid_t pid;
};

struct proxy_pair {
    int client, server;
};

static inline int
proxy_connect(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static inline void
proxy_cut(struct proxy_rules *rules, struct proxy_pair *pair)
{
    close(pair->client);
    if (!atomic_load(&rules->keeps))
        close(pair->server);
    *pair = (struct proxy_pair){-1, -1};
    atomic_store(&rules->cut, PROXY_CUT_NOT);
    atomic_fetch_add(&rules->cuts, 1);
}

// Passes on what is there. Returns -1 if the connection has ended or was cut.
static inline int
proxy_pass(struct proxy_rules *rules, struct proxy_pair *pair, int from, int to, int is_request)
{
    char block[PROXY_BLOCK];
    ssize_t size = read(from, block, sizeof block);
    if (size <= 0) {
        close(pair->client);
        close(pair->server);
        *pair = (struct proxy_pair){-1, -1};
        return -1;
    }
    int rule = atomic_load(&rules->cut);
    int has_word = is_request && memmem(block, (size_t)size, rules->word, strlen(rules->word));
    ssize_t passed = size;
    if (rule == PROXY_CUT_AT_BYTE) {
        long left = atomic_load(&rules->bytes);
        passed = left < size ? left : size;
        atomic_store(&rules->bytes, left - passed);
    }
    int is_stopped = rule == PROXY_CUT_BEFORE_WORD && has_word;
    for (ssize_t done = 0; !is_stopped && done < passed;) {
        ssize_t written = send(to, block + done, (size_t)(passed - done), MSG_NOSIGNAL);
        if (written <= 0)
            break;
        done += written;
    }
    if (is_stopped || passed < size || (rule == PROXY_CUT_AFTER_WORD && has_word)) {
        if (rule == PROXY_CUT_AFTER_WORD) {
            // Until the server has answered: then it has done what it was asked for.
            struct pollfd answered = {.fd = pair->server, .events = POLLIN};
            poll(&answered, 1, -1);
        }
        proxy_cut(rules, pair);
        return -1;
    }
    return 0;
}

static inline void
proxy_accept(int listener, unsigned server_port, struct proxy_pair *pairs)
{
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int server = client >= 0 ? proxy_connect(server_port) : -1;
    for (size_t index = 0; server >= 0 && index < PROXY_PAIRS; index++) {
        if (pairs[index].client >= 0)
            continue;
        pairs[index] = (struct proxy_pair){client, server};
        return;
    }
    close(client);
}

static inline void
proxy_serve(struct proxy_rules *rules, int listener, unsigned server_port)
{
    static struct proxy_pair pairs[PROXY_PAIRS];
    memset(pairs, -1, sizeof pairs);
    for (;;) {
        struct pollfd items[2 * PROXY_PAIRS + 1] = {{.fd = listener, .events = POLLIN}};
        for (size_t index = 0; index < PROXY_PAIRS; index++) {
            items[2 * index + 1] = (struct pollfd){.fd = pairs[index].client, .events = POLLIN};
            items[2 * index + 2] = (struct pollfd){.fd = pairs[index].server, .events = POLLIN};
        }
        poll(items, 2 * PROXY_PAIRS + 1, -1);
        for (size_t index = 0; index < PROXY_PAIRS; index++) {
            struct proxy_pair *pair = &pairs[index];
            if (pair->client >= 0 && items[2 * index + 1].revents &&
                proxy_pass(rules, pair, pair->client, pair->server, 1))
                continue;
            if (pair->client >= 0 && items[2 * index + 2].revents)
                proxy_pass(rules, pair, pair->server, pair->client, 0);
        }
        if (items[0].revents)
            proxy_accept(listener, server_port, pairs);
    }
}

static inline void
proxy_start(struct proxy *self, unsigned server_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    self->rules =
        mmap(NULL, sizeof *self->rules, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(self->rules, MAP_FAILED);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 64), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    self->port = ntohs(address.sin_port);
    pid_t parent = getpid();
    self->pid = fork();
    assert_true(self->pid >= 0);
    if (self->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            proxy_serve(self->rules, listener, server_port);
        _exit(1);
    }
    close(listener);
}

static inline void
proxy_end(struct proxy *self)
{
    kill(self->pid, SIGKILL);
    waitpid(self->pid, NULL, 0);
    munmap(self->rules, sizeof *self->rules);
}
