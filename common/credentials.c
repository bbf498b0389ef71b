#include "common/credentials.h"

#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"

enum { VALUE_SIZE_MAX = 65536 };

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
take(struct credentials *self, const char *username, const char *password, struct error *error)
{
    if (!*username)
        return error_set(error, ERROR_NOT_FOUND, "its value has no username");
    if (!*password)
        return error_set(error, ERROR_CONFIG, "its value is empty");
    if (!is_one_line(username) || !is_one_line(password))
        return error_set(error, ERROR_CONFIG, "its value is not one line of UTF-8 text");
    *self = (struct credentials){.username = memory_copy_text(username),
                                 .password = memory_copy_text(password)};
    return 0;
}

// A password may begin with '{' as well.
int
credentials_read(struct credentials *self, const char *value, size_t size, const char *username,
                 struct error *error)
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *json = NULL;
    if (value[0] != '{' || json_parse(value, size, VALUE_SIZE_MAX, &json, &ignored))
        return take(self, username, value, error);
    return take(self, *username ? username : member(json, "username"), member(json, "password"),
                error);
}

void
credentials_clear(struct credentials *self)
{
    memory_free_secret(&self->username);
    memory_free_secret(&self->password);
}

void
credentials_copy(struct credentials *self, const struct credentials *from)
{
    *self = (struct credentials){.username = memory_copy_text(from->username),
                                 .password = memory_copy_text(from->password),
                                 .is_token = from->is_token};
}

int
credentials_equal(const struct credentials *self, const struct credentials *other)
{
    return strcmp(self->username, other->username) == 0 &&
           strcmp(self->password, other->password) == 0;
}

void
credentials_mask(const struct credentials *self, char *text)
{
    static const char stars[] = "*****";
    const char *password = self->password ? self->password : "";
    size_t size = strlen(password);
    if (size < CREDENTIALS_MASK_MIN)
        return;
    size_t shown = size < sizeof stars - 1 ? size : sizeof stars - 1;
    for (char *found = strstr(text, password); found; found = strstr(found, password)) {
        memcpy(found, stars, shown);
        memmove(found + shown, found + size, strlen(found + size) + 1);
        found += shown;
    }
    // A text that was cut may end in the password's beginning.
    size_t length = strlen(text);
    for (size_t part = size - 1; part >= CREDENTIALS_MASK_MIN; part--) {
        if (part > length || memcmp(text + length - part, password, part) != 0)
            continue;
        memset(text + length - part, '*', part);
        return;
    }
}
