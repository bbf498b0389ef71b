#include "common/aws/profile.h"

#include <ctype.h>
#include <czmq.h>
#include <fcntl.h>
#include <string.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { LINE_MAX_HERE = 65536 };

// Keys are "<file>\n<profile>\n<key>"; the key "" says that the profile is there.
struct aws_profiles {
    zhashx_t *values;
};

// Where the parser is.
struct place {
    aws_profiles_t *profiles;
    enum aws_file file;
    char profile[AWS_PROFILE_NAME_MAX + 1];
    int is_in_profile;  // or in a section of another kind
    int has_section;
};

static void
free_value(void **value_p)
{
    char *value = *value_p;
    memory_free_secret(&value);
    *value_p = NULL;
}

aws_profiles_t *
aws_profiles_new(void)
{
    aws_profiles_t *self = memory_get(sizeof *self);
    self->values = zhashx_new();
    zhashx_set_destructor(self->values, free_value);
    return self;
}

void
aws_profiles_destroy(aws_profiles_t **self_p)
{
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->values);
    memory_free(self_p);
}

static void
keep(aws_profiles_t *self, enum aws_file file, const char *profile, const char *key,
     const char *value)
{
    CLEAN(memory_free) char *name = memory_format("%d\n%s\n%s", (int)file, profile, key);
    zhashx_update(self->values, name, memory_copy_text(value));
}

static char *
trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        text[--size] = '\0';
    return text;
}

static char *
unquoted(char *text)
{
    size_t size = strlen(text);
    if (size >= 2 && (text[0] == '"' || text[0] == '\'') && text[size - 1] == text[0]) {
        text[size - 1] = '\0';
        return text + 1;
    }
    return text;
}

// The profile that a section is of, or NULL if it is of another kind.
static char *
profile_of(enum aws_file file, char *section)
{
    static const char word[] = "profile";
    if (file == AWS_FILE_CREDENTIALS || strcmp(section, "default") == 0)
        return section;
    size_t size = sizeof word - 1;
    if (strncmp(section, word, size) != 0 || !isspace((unsigned char)section[size]))
        return NULL;
    return unquoted(trimmed(section + size));
}

static const char *
begin_section(struct place *place, char *line)
{
    char *end = strchr(line, ']');
    if (!end)
        return "a section without ']'";
    *end = '\0';
    char *profile = profile_of(place->file, trimmed(line + 1));
    place->has_section = 1;
    place->is_in_profile = profile != NULL;
    if (!profile)
        return NULL;
    if (!*profile || strlen(profile) > AWS_PROFILE_NAME_MAX)
        return "a profile's name that is empty or too long";
    strcpy(place->profile, profile);
    keep(place->profiles, place->file, profile, "", "here");
    return NULL;
}

static const char *
read_setting(struct place *place, char *line)
{
    char *equals = strpbrk(line, "=:");
    if (!place->has_section)
        return "a setting before the first [section]";
    if (!equals)
        return "neither a [section] nor 'key = value'";
    *equals = '\0';
    char *key = trimmed(line);
    char *value = trimmed(equals + 1);
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (!*key)
        return "a setting without a name";
    if (place->is_in_profile)
        keep(place->profiles, place->file, place->profile, key, value);
    return NULL;
}

// Returns what is wrong with the line, or NULL.
static const char *
read_line(struct place *place, char *line)
{
    // A line that begins with a blank belongs to the setting above: nested, not ours.
    if (isspace((unsigned char)*line) && place->has_section)
        return NULL;
    line = trimmed(line);
    if (!*line || *line == '#' || *line == ';')
        return NULL;
    return *line == '[' ? begin_section(place, line) : read_setting(place, line);
}

int
aws_profiles_read_text(aws_profiles_t *self, enum aws_file file, const char *name, const char *text,
                       size_t size, struct error *error)
{
    struct place place = {.profiles = self, .file = file};
    size_t number = 1;
    if (size > AWS_FILE_SIZE_MAX)
        return error_set(error, ERROR_CONFIG, "'%s' is longer than %d bytes", name,
                         AWS_FILE_SIZE_MAX);
    if (memchr(text, '\0', size))
        return error_set(error, ERROR_CONFIG, "'%s' has a NUL byte", name);
    for (size_t i = 0; i < size; number++) {
        const char *end = memchr(text + i, '\n', size - i);
        size_t length = end ? (size_t)(end - text) - i : size - i;
        if (length > LINE_MAX_HERE)
            return error_set(error, ERROR_CONFIG, "%s:%zu: the line is too long", name, number);
        CLEAN(memory_free_secret) char *line = memory_get(length + 1);
        memcpy(line, text + i, length);
        const char *wrong = read_line(&place, line);
        explicit_bzero(line, length);
        if (wrong)
            return error_set(error, ERROR_CONFIG, "%s:%zu: %s", name, number, wrong);
        i += length + (end != NULL);
    }
    return 0;
}

int
aws_profiles_read(aws_profiles_t *self, enum aws_file file, const char *path, struct error *error)
{
    CLEAN(memory_free_secret) char *text = NULL;
    size_t size = 0;
    if (fd_read_file(AT_FDCWD, path, AWS_FILE_SIZE_MAX, &text, &size, error))
        return -1;
    return aws_profiles_read_text(self, file, path, text, size, error);
}

const char *
aws_profiles_get(const aws_profiles_t *self, enum aws_file file, const char *profile,
                 const char *key)
{
    CLEAN(memory_free) char *name = memory_format("%d\n%s\n%s", (int)file, profile, key);
    const char *value = zhashx_lookup(self->values, name);
    return value && *value ? value : NULL;
}

const char *
aws_profiles_find(const aws_profiles_t *self, const char *profile, const char *key)
{
    const char *value = aws_profiles_get(self, AWS_FILE_CONFIG, profile, key);
    return value ? value : aws_profiles_get(self, AWS_FILE_CREDENTIALS, profile, key);
}

int
aws_profiles_has(const aws_profiles_t *self, const char *profile)
{
    return aws_profiles_find(self, profile, "") != NULL;
}
