#include "common/secret_password.h"

#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/secret_source.h"
#include "common/text.h"

const struct config_key secret_password_keys[] = {
    {.name = "from",
     .type = CONFIG_TEXT,
     .high = 4096,
     .help = "where the password is: env:NAME, file:/path or exec:/path argument ..., as itself or "
             "in JSON with \"password\"; looked for anew at each connect"},
    {0}};

int
secret_password_check(const struct config_node *rule, struct error *error)
{
    return *config_text(rule, "from") ? secret_source_check(rule, error) : 0;
}

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

static int
take(const char *value, size_t size, char **password, struct error *error)
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *json = NULL;
    if (value[0] == '{' && json_parse(value, size, SECRET_SIZE_MAX, &json, &ignored) == 0) {
        const char *member = json_string_value(json_object_get(json, "password"));
        value = member ? member : "";
    }
    if (!*value)
        return error_set(error, ERROR_CONFIG, "its value is empty");
    if (!is_one_line(value))
        return error_set(error, ERROR_CONFIG, "its value is not one line of UTF-8 text");
    *password = memory_copy_text(value);
    return 0;
}

int
secret_password_resolve(const struct config_node *rule, char **password, struct error *error)
{
    const char *from = config_text(rule, "from");
    if (!*from) {
        *password = memory_copy_text("");
        return 0;
    }
    char *value = memory_get(SECRET_SIZE_MAX + 1);
    size_t size = 0;
    int status = secret_source_read(from, value, &size, error);
    if (status == 0)
        status = take(value, size, password, error);
    explicit_bzero(value, SECRET_SIZE_MAX + 1);
    memory_free(&value);
    return status;
}
