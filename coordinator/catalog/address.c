#include "coordinator/catalog/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"

enum { NAME_MAX_SIZE = 63, HOST_MAX_SIZE = 253, SOCKET_MAX_SIZE = 107 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char socket_key[] = "socket=";

static int
refuse(struct error *error, const char *why)
{
    return error_set(error, ERROR_CONFIG,
                     "the catalog's URL %s: it must be KIND://USER@HOST:PORT/DATABASE", why);
}

static int
consists_of(const char *text, const char *allowed)
{
    size_t size = strlen(text);
    return size > 0 && strspn(text, allowed) == size;
}

// Takes what is before `end` (or all), and moves the place behind it.
static char *
take(const char **place, const char *end)
{
    size_t size = end ? (size_t)(end - *place) : strlen(*place);
    char *text = memory_get(size + 1);
    memcpy(text, *place, size);
    *place += size + (end != NULL);
    return text;
}

static int
read_user(struct address *self, const char **place, struct error *error)
{
    const char *slash = strchr(*place, '/');
    const char *at = slash ? memrchr(*place, '@', (size_t)(slash - *place)) : NULL;
    if (!at)
        return refuse(error, "names no user or no database");
    self->user = take(place, at);
    if (strchr(self->user, ':')) {
        explicit_bzero(self->user, strlen(self->user));
        return error_set(error, ERROR_CONFIG,
                         "a password stands in the catalog's URL, where everybody may read it: "
                         "change it, and give it by `catalog_access: {secret: {from: ...}}`");
    }
    if (!consists_of(self->user, LETTERS "-_.$@") || strlen(self->user) > NAME_MAX_SIZE)
        return refuse(error, "has a user's name that is none");
    return 0;
}

static int
read_port(struct address *self, const char *digits, struct error *error)
{
    size_t size = strlen(digits);
    unsigned long port = size <= 5 ? strtoul(digits, NULL, 10) : 0;
    if (!consists_of(digits, "0123456789") || port == 0 || port > 65535)
        return refuse(error, "has a port that is none");
    self->port = (unsigned)port;
    return 0;
}

static int
read_host(struct address *self, const char **place, struct error *error)
{
    CLEAN(memory_free) char *server = take(place, strchr(*place, '/'));
    const char *rest = server, *colon = strrchr(server, ':');
    if (server[0] == '[') {
        const char *end = strchr(server, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return refuse(error, "has an IPv6 address without an end");
        rest++;
        self->host = take(&rest, end);
        colon = *rest == ':' ? rest : NULL;
    } else {
        self->host = take(&rest, colon);
    }
    if (!self->host[0] && !colon)
        return 0;
    const char *allowed = server[0] == '[' ? "0123456789abcdefABCDEF:." : LETTERS "-_.";
    if (!consists_of(self->host, allowed) || self->host[0] == '-' ||
        strlen(self->host) > HOST_MAX_SIZE)
        return refuse(error, "has a host that is none");
    return colon ? read_port(self, colon + 1, error) : 0;
}

static int
read_rest(struct address *self, const char *place, struct error *error)
{
    self->database = take(&place, strchr(place, '?'));
    if (!consists_of(self->database, LETTERS "-_$") || strlen(self->database) > NAME_MAX_SIZE)
        return refuse(error, "has a database's name that is none");
    if (*place && strncmp(place, socket_key, sizeof socket_key - 1) != 0)
        return refuse(error, "has something behind the '?' that is not 'socket='");
    self->socket = memory_copy_text(*place ? place + sizeof socket_key - 1 : "");
    if ((*self->socket != '\0') == (*self->host != '\0'))
        return refuse(error, "needs a host or a socket, and not both");
    if (*self->socket && (self->socket[0] != '/' || strlen(self->socket) > SOCKET_MAX_SIZE))
        return refuse(error, "has a socket that is no absolute path");
    return 0;
}

int
address_parse(const char *place, unsigned usual_port, struct address *self, struct error *error)
{
    CLEAN(address_clear) struct address found = {.port = usual_port};
    if (strncmp(place, "//", 2) != 0)
        return refuse(error, "does not go on with '//'");
    place += 2;
    if (read_user(&found, &place, error) || read_host(&found, &place, error) ||
        read_rest(&found, place, error))
        return -1;
    *self = found;
    found = (struct address){0};
    return 0;
}

void
address_clear(struct address *self)
{
    free(self->user);
    free(self->database);
    free(self->host);
    free(self->socket);
    *self = (struct address){0};
}

char *
address_name(const struct address *self)
{
    if (*self->socket)
        return memory_format("%s/%s", self->socket, self->database);
    return memory_format(strchr(self->host, ':') ? "[%s]:%u/%s" : "%s:%u/%s", self->host,
                         self->port, self->database);
}

int
address_is_local(const struct address *self)
{
    struct in_addr four;
    struct in6_addr six;
    if (*self->socket || strcasecmp(self->host, "localhost") == 0)
        return 1;
    if (inet_pton(AF_INET, self->host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    return inet_pton(AF_INET6, self->host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}
