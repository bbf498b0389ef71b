#include "common/zap.h"

#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/sock.h"
#include "common/zap_list.h"

enum { KEY_BINARY_SIZE = 32, ANSWER_MS = 5000 };

static const char place[] = "inproc://zeromq.zap.01";

// What libzmq asks with (RFC 27), frame by frame.
enum { ASK_VERSION, ASK_ID, ASK_DOMAIN, ASK_ADDRESS, ASK_IDENTITY, ASK_MECHANISM, ASK_KEY, ASKED };

struct zap {
    char *path;
    struct zap_list list;  // the actor has a copy of its own
    zactor_t *actor;
};

// What the actor is born with; it takes over the socket and copies the rest.
struct birth {
    void *socket;
    const struct zap_list *list;
};

static void
take_list(struct zap_list *list, const void *entries, size_t count)
{
    zap_list_clear(list);
    list->entries = memory_get(count * sizeof *list->entries);
    list->count = count;
    if (count > 0)
        memcpy(list->entries, entries, count * sizeof *list->entries);
}

// One property as ZMTP writes them: name and value, each after its length.
static void
add_key_property(zmsg_t *reply, const char *key)
{
    static const char name[] = ZAP_KEY_PROPERTY;
    enum { NAME_SIZE = sizeof name - 1, VALUE_SIZE = KEY_TEXT_SIZE - 1 };
    uint8_t property[1 + NAME_SIZE + 4 + VALUE_SIZE] = {NAME_SIZE};
    memcpy(property + 1, name, NAME_SIZE);
    property[1 + NAME_SIZE + 3] = VALUE_SIZE;
    memcpy(property + 1 + NAME_SIZE + 4, key, VALUE_SIZE);
    zmsg_addmem(reply, property, sizeof property);
}

static const struct zap_entry *
judge(const struct zap_list *list, zmsg_t *request)
{
    zframe_t *frames[ASKED] = {zmsg_first(request)};
    for (size_t i = 1; i < ASKED; i++)
        frames[i] = zmsg_next(request);
    char key[KEY_TEXT_SIZE];
    if (zmsg_size(request) != ASKED || !zframe_streq(frames[ASK_VERSION], "1.0") ||
        !zframe_streq(frames[ASK_MECHANISM], "CURVE") ||
        zframe_size(frames[ASK_KEY]) != KEY_BINARY_SIZE ||
        !zmq_z85_encode(key, zframe_data(frames[ASK_KEY]), KEY_BINARY_SIZE))
        return NULL;
    CLEAN(zstr_free) char *domain = zframe_strdup(frames[ASK_DOMAIN]);
    return zap_list_find(list, domain, key);
}

// Always answers: REP takes no other question before. 400 is final for the client's socket.
static void
answer(void *socket, const struct zap_list *list)
{
    CLEAN(zmsg_destroy) zmsg_t *request = zmsg_recv(socket);
    if (!request)
        return;
    const struct zap_entry *entry = judge(list, request);
    zmsg_first(request);
    zframe_t *id = zmsg_next(request);
    zmsg_t *reply = zmsg_new();
    zmsg_addstr(reply, "1.0");
    zmsg_addmem(reply, id ? zframe_data(id) : NULL, id ? zframe_size(id) : 0);
    zmsg_addstr(reply, entry ? "200" : "400");
    zmsg_addstr(reply, entry ? "OK" : "not in the allow-list");
    if (entry) {
        zmsg_addstrf(reply, "key:%s", entry->name);
        add_key_property(reply, entry->public_key);
    } else {
        zmsg_addmem(reply, NULL, 0);
        zmsg_addmem(reply, NULL, 0);
    }
    zmsg_send(&reply, socket);
    zmsg_destroy(&reply);
}

// A table, or "$TERM". Returns whether to go on.
static int
obey(zsock_t *pipe, struct zap_list *list)
{
    CLEAN(zmsg_destroy) zmsg_t *command = zmsg_recv(pipe);
    if (!command)
        return 0;
    zframe_t *word = zmsg_first(command);
    zframe_t *table = zmsg_next(command);
    if (!table || !zframe_streq(word, "TABLE"))
        return 0;
    take_list(list, zframe_data(table), zframe_size(table) / sizeof(struct zap_entry));
    zsock_signal(pipe, 0);
    return 1;
}

static void
run(zsock_t *pipe, void *argument)
{
    const struct birth *birth = argument;
    void *socket = birth->socket;
    CLEAN(zap_list_clear) struct zap_list list = {0};
    take_list(&list, birth->list->entries, birth->list->count);
    zsock_signal(pipe, 0);
    zmq_pollitem_t items[] = {
        {zsock_resolve(pipe), 0, ZMQ_POLLIN, 0},
        {socket, 0, ZMQ_POLLIN, 0},
    };
    int goes_on = 1;
    while (goes_on) {
        if (zmq_poll(items, 2, -1) < 0) {
            goes_on = errno == EINTR;
            continue;
        }
        if (items[1].revents)
            answer(socket, &list);
        if (items[0].revents)
            goes_on = obey(pipe, &list);
    }
    zmq_unbind(socket, place);  // the close alone would free the place some time later
    zsys_close(socket, __FILE__, __LINE__);
}

int
zap_open(zap_t **self_p, const char *path, struct error *error)
{
    CLEAN(zap_destroy) zap_t *self = memory_get(sizeof *self);
    self->path = memory_copy_text(path);
    if (zap_list_read(&self->list, path, error))
        return -1;
    struct birth birth = {zsys_socket(ZMQ_REP, __FILE__, __LINE__), &self->list};
    if (!birth.socket)
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a socket: %s", zmq_strerror(errno));
    if (zmq_bind(birth.socket, place)) {
        error_set(error, ERROR_INTERNAL, "cannot start the ZAP handler: %s", zmq_strerror(errno));
        zsys_close(birth.socket, __FILE__, __LINE__);
        return -1;
    }
    self->actor = zactor_new(run, &birth);
    if (!self->actor) {
        zsys_close(birth.socket, __FILE__, __LINE__);
        return error_set(error, ERROR_UNAVAILABLE, "cannot start the ZAP handler's thread");
    }
    zsock_set_rcvtimeo(zactor_sock(self->actor), ANSWER_MS);
    *self_p = STEAL(self);
    return 0;
}

void
zap_destroy(zap_t **self_p)
{
    zap_t *self = *self_p;
    if (!self)
        return;
    zactor_destroy(&self->actor);
    zap_list_clear(&self->list);
    memory_free(&self->path);
    memory_free(self_p);
}

int
zap_reload(zap_t *self, struct error *error)
{
    CLEAN(zap_list_clear) struct zap_list list = {0};
    if (zap_list_read(&list, self->path, error))
        return -1;
    zmsg_t *command = zmsg_new();
    zmsg_addstr(command, "TABLE");
    zmsg_addmem(command, list.entries, list.count * sizeof *list.entries);
    if (zmsg_send(&command, self->actor) || zsock_wait(self->actor)) {
        zmsg_destroy(&command);
        return error_set(error, ERROR_INTERNAL, "the ZAP handler does not answer");
    }
    struct zap_list old = self->list;
    self->list = list;
    list = old;
    return 0;
}

const char *
zap_allows(const zap_t *self, const char *domain, const char *public_key)
{
    const struct zap_entry *entry = zap_list_find(&self->list, domain, public_key);
    return entry ? entry->name : NULL;
}
