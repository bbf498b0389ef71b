#include "common/config_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

struct unit {
    const char *name;
    int64_t factor;
};

// The largest first.
static const struct unit duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                             {"s", 1000},     {"ms", 1},      {0}};
static const struct unit size_units[] = {{"TiB", INT64_C(1) << 40},
                                         {"GiB", INT64_C(1) << 30},
                                         {"MiB", INT64_C(1) << 20},
                                         {"KiB", INT64_C(1) << 10},
                                         {"", 1},
                                         {0}};
static const struct unit no_units[] = {{"", 1}, {0}};

static const struct unit *
units_of(enum config_type type)
{
    return type == CONFIG_DURATION ? duration_units : type == CONFIG_SIZE ? size_units : no_units;
}

int
config_type_is_single(enum config_type type)
{
    return type <= CONFIG_CHOICE;
}

// Digits and a unit. No sign but '-', no leading zeros (YAML 1.1 would take them as octal).
static int
read_number(const char *text, const struct unit *units, int64_t *number)
{
    int is_negative = *text == '-';
    const char *next = text + is_negative;
    if (*next < '0' || *next > '9' || (next[0] == '0' && next[1] >= '0' && next[1] <= '9'))
        return -1;
    int64_t value = 0;
    for (; *next >= '0' && *next <= '9'; next++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *next - '0', &value))
            return -1;
    while (units->name && strcmp(units->name, next) != 0)
        units++;
    int64_t factor = units->name ? units->factor : 1;
    if ((!units->name && (*next || value)) || __builtin_mul_overflow(value, factor, &value))
        return -1;
    *number = is_negative ? -value : value;
    return 0;
}

void
config_value_spell(enum config_type type, int64_t number, char text[CONFIG_SPELLING_SIZE])
{
    const struct unit *unit = units_of(type);
    while (unit[1].name && (number == 0 || number % unit->factor))
        unit++;
    snprintf(text, CONFIG_SPELLING_SIZE, "%" PRId64 "%s", number / unit->factor, unit->name);
}

static const char *
expectation(enum config_type type)
{
    switch (type) {
    case CONFIG_DURATION:
        return "a duration such as 500ms, 10s, 5m, 2h or 7d";
    case CONFIG_SIZE:
        return "a size such as 4096, 64KiB, 10MiB or 2GiB";
    default:
        return "an integer (no leading zeros)";
    }
}

static int
read_measure(struct config_value *self, const struct config_key *key, const char *text,
             struct error *error)
{
    int64_t number = 0;
    if (read_number(text, units_of(key->type), &number))
        return error_set(error, ERROR_CONFIG, "'%s' is '%.40s', not %s", key->name, text,
                         expectation(key->type));
    int is_measure = key->type != CONFIG_INTEGER;
    int has_bounds = key->low || key->high;
    if (has_bounds ? number < key->low || number > key->high : is_measure && number < 0) {
        char low[CONFIG_SPELLING_SIZE], high[CONFIG_SPELLING_SIZE];
        config_value_spell(key->type, key->low, low);
        config_value_spell(key->type, key->high, high);
        return has_bounds ? error_set(error, ERROR_CONFIG, "'%s' is %.40s, not between %s and %s",
                                      key->name, text, low, high)
                          : error_set(error, ERROR_CONFIG, "'%s' is %.40s, which is negative",
                                      key->name, text);
    }
    self->number = number;
    return 0;
}

static int
read_boolean(struct config_value *self, const struct config_key *key, const char *text,
             struct error *error)
{
    int is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0)
        return error_set(error, ERROR_CONFIG, "'%s' is '%.40s', not true or false", key->name,
                         text);
    self->number = is_true;
    return 0;
}

static int
read_text(struct config_value *self, const struct config_key *key, const char *text,
          struct error *error)
{
    int64_t size = (int64_t)strlen(text);
    if (key->high > 0 && size > key->high)
        return error_set(error, ERROR_CONFIG, "'%s' is longer than %" PRId64 " bytes", key->name,
                         key->high);
    if (key->high > 0 && size < key->low)
        return error_set(error, ERROR_CONFIG,
                         size ? "'%s' is shorter than %" PRId64 " bytes"
                              : "'%s' is empty; it needs at least %" PRId64 " bytes",
                         key->name, key->low);
    self->text = memory_copy_text(text);
    return 0;
}

static int
read_choice(struct config_value *self, const struct config_key *key, const char *text,
            struct error *error)
{
    struct text_guess guess = {0};
    CLEAN(memory_free) char *list = memory_copy_text("");
    for (const char *const *choice = key->choices; *choice; choice++) {
        if (strcmp(*choice, text) == 0) {
            self->text = memory_copy_text(text);
            return 0;
        }
        text_guess_consider(&guess, text, *choice);
        char *longer = memory_format("%s%s%s", list, *list ? ", " : "", *choice);
        memory_free(&list);
        list = longer;
    }
    return guess.name
               ? error_set(error, ERROR_CONFIG, "'%s' is '%.40s', none of: %s; did you mean '%s'?",
                           key->name, text, list, guess.name)
               : error_set(error, ERROR_CONFIG, "'%s' is '%.40s', none of: %s", key->name, text,
                           list);
}

int
config_value_read(struct config_value *self, const struct config_key *key, const char *text,
                  struct error *error)
{
    switch (key->type) {
    case CONFIG_TEXT:
        return read_text(self, key, text, error);
    case CONFIG_BOOLEAN:
        return read_boolean(self, key, text, error);
    case CONFIG_CHOICE:
        return read_choice(self, key, text, error);
    default:
        return read_measure(self, key, text, error);
    }
}

int
config_value_check_count(const struct config_value *self, const struct config_key *key,
                         struct error *error)
{
    int64_t count = (int64_t)self->count;
    if (key->high > 0 && (count < key->low || count > key->high))
        return error_set(error, ERROR_CONFIG,
                         "'%s' has %" PRId64 " items, not between %" PRId64 " and %" PRId64,
                         key->name, count, key->low, key->high);
    return 0;
}
