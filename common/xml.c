#include "common/xml.h"

#include <assert.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"

enum { PIECE_SIZE = 1 << 20 };

struct xml {
    XML_Parser parser;
    struct xml_handler handler;
    void *argument;
    struct xml_limits limits;
    size_t fed_bytes;
    size_t depth;
    char path[XML_PATH_SIZE];
    size_t path_size;
    size_t path_sizes[XML_DEPTH_MAX];  // before each open element
    struct buffer text;
    int is_leaf;
    struct error error;  // the first one
};

static void
stop(xml_t *self)
{
    XML_StopParser(self->parser, XML_FALSE);
}

static void
refuse(xml_t *self, const char *what)
{
    error_set(&self->error, ERROR_INVALID, "the XML %s (at line %lu)", what,
              (unsigned long)XML_GetCurrentLineNumber(self->parser));
    stop(self);
}

static const char *
local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void
on_begin(void *argument, const XML_Char *qualified, const XML_Char **attributes)
{
    (void)attributes;
    xml_t *self = argument;
    if (self->error.code)
        return;
    const char *name = local_name(qualified);
    size_t size = strlen(name);
    if (self->depth == XML_DEPTH_MAX) {
        refuse(self, "is nested too deep");
        return;
    }
    if (self->path_size + 1 + size >= sizeof self->path) {
        refuse(self, "has names that are too long");
        return;
    }
    self->path_sizes[self->depth++] = self->path_size;
    self->path[self->path_size++] = '/';
    memcpy(self->path + self->path_size, name, size + 1);
    self->path_size += size;
    buffer_empty(&self->text);
    self->is_leaf = 1;
    if (self->handler.begin &&
        self->handler.begin(self->argument, self->path, self->path + self->path_size - size,
                            &self->error))
        stop(self);
}

static void
on_text(void *argument, const XML_Char *text, int size)
{
    xml_t *self = argument;
    if (self->error.code || !self->is_leaf)
        return;
    if (self->text.size + (size_t)size > self->limits.text_max)
        refuse(self, "has a text that is too long");
    else
        buffer_add(&self->text, text, (size_t)size);
}

static void
on_end(void *argument, const XML_Char *qualified)
{
    (void)qualified;
    xml_t *self = argument;
    if (self->error.code)
        return;
    assert(self->depth > 0);
    size_t before = self->path_sizes[--self->depth];
    const char *text = self->is_leaf ? buffer_read(&self->text) : "";
    if (self->handler.end &&
        self->handler.end(self->argument, self->path, self->path + before + 1, text, &self->error))
        stop(self);
    self->path_size = before;
    self->path[before] = '\0';
    buffer_empty(&self->text);
    self->is_leaf = 0;
}

// Without a DOCTYPE nobody can declare entities.
static void
on_doctype(void *argument, const XML_Char *name, const XML_Char *system_id,
           const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    xml_t *self = argument;
    if (!self->error.code)
        refuse(self, "has a DOCTYPE");
}

static void
set_handlers(xml_t *self)
{
    XML_SetUserData(self->parser, self);
    XML_SetElementHandler(self->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(self->parser, on_text);
    XML_SetStartDoctypeDeclHandler(self->parser, on_doctype);
}

xml_t *
xml_new(const struct xml_handler *handler, void *argument, const struct xml_limits *limits)
{
    static const XML_Memory_Handling_Suite wiping = {malloc, memory_wipe_and_resize,
                                                     memory_wipe_and_free};
    xml_t *self = memory_get(sizeof *self);
    self->handler = *handler;
    self->argument = argument;
    self->limits = *limits;
    self->parser = XML_ParserCreate_MM(NULL, &wiping, NULL);
    if (!self->parser)
        abort();
    set_handlers(self);
    return self;
}

void
xml_destroy(xml_t **self_p)
{
    xml_t *self = *self_p;
    if (!self)
        return;
    XML_ParserFree(self->parser);
    buffer_clear(&self->text);
    memory_free(self_p);
}

static int
parse(xml_t *self, const char *data, int size, int is_last)
{
    if (XML_Parse(self->parser, data, size, is_last) == XML_STATUS_OK || self->error.code)
        return self->error.code ? -1 : 0;
    enum XML_Error cause = XML_GetErrorCode(self->parser);
    if (cause == XML_ERROR_NO_MEMORY)
        abort();
    error_set(&self->error, ERROR_INVALID, "the XML is malformed or cut short at %lu:%lu: %s",
              (unsigned long)XML_GetCurrentLineNumber(self->parser),
              (unsigned long)XML_GetCurrentColumnNumber(self->parser), XML_ErrorString(cause));
    return -1;
}

static int
tell(const xml_t *self, struct error *error)
{
    *error = self->error;
    return -1;
}

int
xml_feed(xml_t *self, const void *data, size_t size, struct error *error)
{
    if (self->error.code)
        return tell(self, error);
    if (size > self->limits.size_max - self->fed_bytes) {
        error_set(&self->error, ERROR_INVALID, "the XML is longer than %zu bytes",
                  self->limits.size_max);
        return tell(self, error);
    }
    self->fed_bytes += size;
    for (const char *from = data; size > 0;) {
        int piece = size < PIECE_SIZE ? (int)size : PIECE_SIZE;
        if (parse(self, from, piece, 0))
            return tell(self, error);
        from += piece;
        size -= (size_t)piece;
    }
    return 0;
}

int
xml_end(xml_t *self, struct error *error)
{
    if (self->error.code || parse(self, "", 0, 1))
        return tell(self, error);
    return 0;
}

void
xml_restart(xml_t *self)
{
    XML_ParserReset(self->parser, NULL);
    set_handlers(self);
    buffer_empty(&self->text);
    self->fed_bytes = self->depth = self->path_size = 0;
    self->path[0] = '\0';
    self->is_leaf = 0;
    self->error = (struct error){0};
}
