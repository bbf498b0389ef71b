#include "common/secret.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/secret_source.h"
#include "common/text.h"

const struct config_key secret_keys[] = {
    {.name = "from",
     .type = CONFIG_TEXT,
     .required = 1,
     .low = 5,
     .high = 4096,
     .help = "where the value is: env:NAME, file:/path or exec:/path argument ..."},
    {.name = "username",
     .type = CONFIG_TEXT,
     .high = 255,
     .help = "whose password it is; not needed if the value is JSON with \"username\""},
    {.name = "servers",
     .type = CONFIG_TEXTS,
     .required = 1,
     .low = 1,
     .high = 1000,
     .help = "host:port patterns of the servers to which it may be sent"},
    {0}};

// A host is more than a name to the clients' libraries: libpq takes "a,b" for two hosts and "/x"
// for a socket. What could lead past the patterns is no host.
static int
is_host(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_:";
    size_t size = strlen(host);
    return size > 0 && size <= 253 && host[0] != '-' && strspn(host, allowed) == size;
}

static int
check_server(const struct config_node *rule, const char *host, unsigned port, struct error *error)
{
    if (!is_host(host) || port == 0 || port > 65535)
        return error_set(error, ERROR_DENIED, "'%.100s:%u' is not a server's name and port", host,
                         port);
    CLEAN(memory_free)
    char *server = memory_format(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    for (size_t i = 0; i < config_count(rule, "servers"); i++) {
        const char *pattern = config_item_text(rule, "servers", i);
        // An IPv6 address in brackets is itself, not a set of characters.
        if (strcasecmp(pattern, server) == 0 ||
            fnmatch(pattern, server, FNM_CASEFOLD | FNM_NOESCAPE) == 0)
            return 0;
    }
    return error_set(error, ERROR_DENIED,
                     "it may not be sent to '%s'; its 'servers' in the configuration do not match",
                     server);
}

// One line of UTF-8: all else would break the option files of the tools, and could not be masked.
static int
is_one_line(const char *text)
{
    while (*text) {
        uint32_t character = 0;
        size_t size = text_character(text, &character);
        if (size == 0 || character < 0x20 || character == 0x7f)
            return 0;
        text += size;
    }
    return 1;
}

// What the object has under the key, or "".
static const char *
member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int
take(const struct config_node *rule, const char *username, const char *password,
     struct credentials *credentials, struct error *error)
{
    const char *configured = config_text(rule, "username");
    username = *configured ? configured : username;
    if (!*username)
        return config_error(error, rule, NULL,
                            "no username: write `username:` or keep JSON with \"username\"");
    if (!*password)
        return error_set(error, ERROR_CONFIG, "its value is empty");
    if (!is_one_line(username) || !is_one_line(password))
        return error_set(error, ERROR_CONFIG, "its value is not one line of UTF-8 text");
    credentials->username = memory_copy_text(username);
    credentials->password = memory_copy_text(password);
    return 0;
}

// The value is a password, or an object with one. A password may begin with '{' as well.
static int
interpret(const struct config_node *rule, const char *value, size_t size,
          struct credentials *credentials, struct error *error)
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *json = NULL;
    if (value[0] == '{' && json_parse(value, size, SECRET_SIZE_MAX, &json, &ignored) == 0)
        return take(rule, member(json, "username"), member(json, "password"), credentials, error);
    return take(rule, "", value, credentials, error);
}

static int
resolve(const struct config_node *rule, const char *host, unsigned port,
        struct credentials *credentials, struct error *error)
{
    if (check_server(rule, host, port, error) || secret_source_check(rule, error))
        return -1;
    char *value = memory_get(SECRET_SIZE_MAX + 1);
    size_t size = 0;
    int status = secret_source_read(config_text(rule, "from"), value, &size, error);
    if (status == 0)
        status = interpret(rule, value, size, credentials, error);
    explicit_bzero(value, SECRET_SIZE_MAX + 1);
    memory_free(&value);
    return status;
}

int
secret_resolve(const struct config_node *node, const char *key, const char *name, const char *host,
               unsigned port, struct credentials *credentials, struct error *error)
{
    for (size_t i = 0; i < config_count(node, key); i++) {
        if (strcmp(config_item_name(node, key, i), name) != 0)
            continue;
        if (resolve(config_item(node, key, i), host, port, credentials, error))
            return error_wrap(error, "secret '%s'", name);
        return 0;
    }
    return error_set(error, ERROR_NOT_FOUND,
                     "there is no secret '%.64s' in the configuration, under '%s'", name, key);
}

int
secret_check(const struct config_node *node, const char *key, struct error *error)
{
    for (size_t i = 0; i < config_count(node, key); i++)
        if (secret_source_check(config_item(node, key, i), error))
            return -1;
    return 0;
}

void
credentials_clear(struct credentials *credentials)
{
    memory_free_secret(&credentials->username);
    memory_free_secret(&credentials->password);
}

void
credentials_copy(struct credentials *to, const struct credentials *from)
{
    to->username = memory_copy_text(from->username);
    to->password = memory_copy_text(from->password);
}

int
credentials_equal(const struct credentials *one, const struct credentials *other)
{
    return strcmp(one->username, other->username) == 0 &&
           strcmp(one->password, other->password) == 0;
}

void
secret_mask(const struct credentials *credentials, char *text)
{
    static const char stars[] = "*****";
    const char *password = credentials->password ? credentials->password : "";
    size_t size = strlen(password);
    if (size < SECRET_MASK_MIN)
        return;
    size_t shown = size < sizeof stars - 1 ? size : sizeof stars - 1;
    for (char *found = strstr(text, password); found; found = strstr(found, password)) {
        memcpy(found, stars, shown);
        memmove(found + shown, found + size, strlen(found + size) + 1);
        found += shown;
    }
    // A text that was cut may end in the password's beginning.
    size_t length = strlen(text);
    for (size_t part = size - 1; part >= SECRET_MASK_MIN; part--) {
        if (part > length || memcmp(text + length - part, password, part) != 0)
            continue;
        memset(text + length - part, '*', part);
        return;
    }
}
