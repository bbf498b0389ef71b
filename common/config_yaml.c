#include "common/config_yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/clean.h"
#include "common/config_value.h"
#include "common/memory.h"
#include "common/text.h"

struct reader {
    yaml_parser_t parser;
    const char *file;
    int depth;
};

static int read_mapping(struct reader *self, struct config_node *node, struct error *error);

static struct config_place
place_of(const yaml_mark_t *mark)
{
    return (struct config_place){.line = mark->line + 1, .column = mark->column + 1};
}

__attribute__((format(printf, 4, 5))) static int
refuse(const struct reader *self, const yaml_mark_t *mark, struct error *error, const char *format,
       ...)
{
    char message[sizeof error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    error_set(error, ERROR_CONFIG, "%s", message);
    return config_place_error(self->file, place_of(mark), error);
}

static const char *
text_of(const yaml_event_t *event)
{
    return (const char *)event->data.scalar.value;
}

// Refuses what YAML offers and we do not take: an alias can make a small file huge, a tag can
// change what a text means.
static int
check_event(struct reader *self, const yaml_event_t *event, struct error *error)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(self, &event->start_mark, error, "aliases are not taken");
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        if (strlen(text_of(event)) != event->data.scalar.length)
            return refuse(self, &event->start_mark, error, "a text has a NUL character");
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        self->depth++;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        self->depth++;
    } else if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
        self->depth--;
    if (anchor)
        return refuse(self, &event->start_mark, error, "anchors are not taken");
    if (tag)
        return refuse(self, &event->start_mark, error, "tags are not taken");
    if (self->depth > CONFIG_DEPTH_MAX)
        return refuse(self, &event->start_mark, error, "it is nested deeper than %d levels",
                      CONFIG_DEPTH_MAX);
    return 0;
}

static int
next_event(struct reader *self, yaml_event_t *event, struct error *error)
{
    yaml_event_delete(event);
    if (yaml_parser_parse(&self->parser, event))
        return check_event(self, event, error);
    const char *problem = self->parser.problem ? self->parser.problem : "malformed";
    if (self->parser.error == YAML_READER_ERROR)
        return error_set(error, ERROR_CONFIG, "%s: byte %zu: %s", self->file,
                         self->parser.problem_offset, problem);
    return refuse(self, &self->parser.problem_mark, error, "%s", problem);
}

static int
is_null(const yaml_event_t *event)
{
    static const char *const spellings[] = {"", "~", "null", "Null", "NULL"};
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return 0;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(text_of(event), spellings[i]) == 0)
            return 1;
    return 0;
}

// Requires that a value begins with an event of the type.
static int
expect(const struct reader *self, const yaml_event_t *event, yaml_event_type_t type,
       const char *name, struct error *error)
{
    static const struct {
        yaml_event_type_t type;
        const char *name;
    } wanted[] = {{YAML_SCALAR_EVENT, "a single value"},
                  {YAML_SEQUENCE_START_EVENT, "a list"},
                  {YAML_MAPPING_START_EVENT, "a mapping (key: value)"}};
    if (is_null(event))
        return refuse(self, &event->start_mark, error,
                      type == YAML_SCALAR_EVENT ? "'%s' has no value; an empty text is written \"\""
                                                : "'%s' has no value",
                      name);
    size_t i = 0;
    while (wanted[i].type != type)
        i++;
    if (event->type != type)
        return refuse(self, &event->start_mark, error, "'%s' must be %s", name, wanted[i].name);
    return 0;
}

static int
by_name(const void *a, const void *b)
{
    const struct config_entry *const *first = a;
    const struct config_entry *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static int
check_names(const struct reader *self, const struct config_value *value, struct error *error)
{
    CLEAN(memory_free)
    const struct config_entry **sorted = memory_get(value->count * sizeof *sorted);
    for (size_t i = 0; i < value->count; i++)
        sorted[i] = &value->entries[i];
    qsort(sorted, value->count, sizeof *sorted, by_name);
    for (size_t i = 1; i < value->count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) != 0)
            continue;
        const struct config_entry *later = sorted[i - 1] > sorted[i] ? sorted[i - 1] : sorted[i];
        error_set(error, ERROR_CONFIG, "'%.64s' stands twice", later->name);
        return config_place_error(self->file, later->place, error);
    }
    return 0;
}

static int
read_name(struct reader *self, const yaml_event_t *event, char **name, struct error *error)
{
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(self, &event->start_mark, error, "a name must be a single value");
    size_t size = event->data.scalar.length;
    if (size == 0 || size > CONFIG_NAME_MAX)
        return refuse(self, &event->start_mark, error, "a name must have 1 to %d bytes",
                      CONFIG_NAME_MAX);
    if (strcmp(text_of(event), "<<") == 0)
        return refuse(self, &event->start_mark, error, "merge keys are not taken");
    *name = memory_copy_text(text_of(event));
    return 0;
}

// One item of a list or a map; event is its first.
static int
read_item(struct reader *self, const struct config_key *key, struct config_entry *entry,
          const yaml_event_t *event, struct error *error)
{
    const char *name = entry->name ? entry->name : key->name;
    if (key->type == CONFIG_TEXTS || key->type == CONFIG_MAP_TEXT) {
        if (expect(self, event, YAML_SCALAR_EVENT, name, error))
            return -1;
        entry->text = memory_copy_text(text_of(event));
        return 0;
    }
    if (expect(self, event, YAML_MAPPING_START_EVENT, name, error))
        return -1;
    entry->node = config_node_new(self->file, key->keys, place_of(&event->start_mark));
    return read_mapping(self, entry->node, error);
}

static int
read_items(struct reader *self, const struct config_key *key, struct config_value *value,
           struct error *error)
{
    int has_names = key->type == CONFIG_MAP || key->type == CONFIG_MAP_TEXT;
    CLEAN(yaml_event_delete) yaml_event_t event = {0};
    for (;;) {
        if (next_event(self, &event, error))
            return -1;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
            break;
        struct config_entry *entry = config_value_add(value, place_of(&event.start_mark));
        if (has_names &&
            (read_name(self, &event, &entry->name, error) || next_event(self, &event, error)))
            return -1;
        if (read_item(self, key, entry, &event, error))
            return -1;
    }
    if (has_names && check_names(self, value, error))
        return -1;
    if (config_value_check_count(value, key, error))
        return config_place_error(self->file, value->place, error);
    return 0;
}

// Goes past a value; event is its first.
static int
skip_value(struct reader *self, const yaml_event_t *first, struct error *error)
{
    if (first->type == YAML_SCALAR_EVENT)
        return 0;
    int outside = self->depth - 1;
    CLEAN(yaml_event_delete) yaml_event_t event = {0};
    while (self->depth > outside)
        if (next_event(self, &event, error))
            return -1;
    return 0;
}

// The value of a key; event is its first.
static int
read_value(struct reader *self, const struct config_key *key, struct config_value *value,
           const yaml_event_t *event, struct error *error)
{
    value->is_given = 1;
    value->place = place_of(&event->start_mark);
    if (config_type_is_single(key->type)) {
        if (expect(self, event, YAML_SCALAR_EVENT, key->name, error))
            return -1;
        if (config_value_read(value, key, text_of(event), error))
            return config_place_error(self->file, value->place, error);
        return 0;
    }
    if (key->type == CONFIG_ANY)
        return skip_value(self, event, error);
    int is_list = key->type == CONFIG_TEXTS || key->type == CONFIG_LIST;
    yaml_event_type_t type = is_list ? YAML_SEQUENCE_START_EVENT : YAML_MAPPING_START_EVENT;
    if (expect(self, event, type, key->name, error))
        return -1;
    if (key->type != CONFIG_SECTION)
        return read_items(self, key, value, error);
    value->node = config_node_new(self->file, key->keys, value->place);
    return read_mapping(self, value->node, error);
}

static int
unknown_key(const struct reader *self, const struct config_key *keys, const yaml_event_t *event,
            struct error *error)
{
    struct text_guess guess = {0};
    for (const struct config_key *key = keys; key->name; key++)
        text_guess_consider(&guess, text_of(event), key->name);
    if (guess.name)
        return refuse(self, &event->start_mark, error, "unknown key '%.64s'; did you mean '%s'?",
                      text_of(event), guess.name);
    return refuse(self, &event->start_mark, error, "unknown key '%.64s'", text_of(event));
}

// The rest of a mapping, after its first event.
static int
read_mapping(struct reader *self, struct config_node *node, struct error *error)
{
    CLEAN(yaml_event_delete) yaml_event_t event = {0};
    for (;;) {
        if (next_event(self, &event, error))
            return -1;
        if (event.type == YAML_MAPPING_END_EVENT)
            return 0;
        if (event.type != YAML_SCALAR_EVENT)
            return refuse(self, &event.start_mark, error, "a key must be a single word");
        size_t i = 0;
        while (node->keys[i].name && strcmp(node->keys[i].name, text_of(&event)) != 0)
            i++;
        if (!node->keys[i].name)
            return unknown_key(self, node->keys, &event, error);
        if (node->values[i].is_given)
            return refuse(self, &event.start_mark, error, "'%s' stands twice, first in line %zu",
                          node->keys[i].name, node->values[i].place.line);
        if (next_event(self, &event, error) ||
            read_value(self, &node->keys[i], &node->values[i], &event, error))
            return -1;
    }
}

// Required keys and presets, once a mapping is complete. `is_given`: it stood in the file.
static int
complete(struct config_node *node, int is_given, struct error *error)
{
    for (size_t i = 0; node->keys[i].name; i++) {
        const struct config_key *key = &node->keys[i];
        struct config_value *value = &node->values[i];
        if (key->required && is_given && !value->is_given) {
            error_set(error, ERROR_CONFIG, "'%s' is missing", key->name);
            return config_place_error(node->file, node->place, error);
        }
        if (!value->is_given && config_type_is_single(key->type) && key->preset) {
            int status = config_value_read(value, key, key->preset, error);
            assert(status == 0);
            (void)status;
        }
        if (key->type == CONFIG_SECTION && !value->node)
            value->node = config_node_new(node->file, key->keys, node->place);
        if (value->node && complete(value->node, value->is_given, error))
            return -1;
        for (size_t j = 0; j < value->count; j++)
            if (value->entries[j].node && complete(value->entries[j].node, 1, error))
                return -1;
    }
    return 0;
}

static int
read_document(struct reader *self, struct config_node *node, struct error *error)
{
    CLEAN(yaml_event_delete) yaml_event_t event = {0};
    do {
        if (next_event(self, &event, error))
            return -1;
    } while (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT);
    if (event.type == YAML_STREAM_END_EVENT)
        return 0;  // an empty file says nothing
    if (event.type != YAML_MAPPING_START_EVENT)
        return refuse(self, &event.start_mark, error, "the file must be a mapping (key: value)");
    node->place = place_of(&event.start_mark);
    if (read_mapping(self, node, error) || next_event(self, &event, error) ||
        next_event(self, &event, error))
        return -1;
    if (event.type != YAML_STREAM_END_EVENT)
        return refuse(self, &event.start_mark, error, "a second document is not taken");
    return 0;
}

int
config_yaml_read(struct config_node **root, const char *file, const char *text, size_t size,
                 const struct config_key *keys, struct error *error)
{
    struct reader reader = {.file = file};
    if (!yaml_parser_initialize(&reader.parser))
        abort();
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
    CLEAN(config_node_destroy)
    struct config_node *node = config_node_new(file, keys, (struct config_place){1, 1});
    int status = read_document(&reader, node, error);
    yaml_parser_delete(&reader.parser);
    if (status || complete(node, 1, error))
        return -1;
    *root = STEAL(node);
    return 0;
}
