// Whatever bytes an XML document has, and however they are cut: it is refused, or its elements open
// and close in order, and cutting it otherwise tells the same.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct notes {
    struct buffer text;
    int depth;
};

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
notes_clear(struct notes *notes)
{
    buffer_clear(&notes->text);
}

static int
on_begin(void *argument, const char *path, const char *name, struct error *error)
{
    (void)error;
    struct notes *notes = argument;
    require(path[0] == '/' && strlen(path) < XML_PATH_SIZE);
    require(strcmp(path + strlen(path) - strlen(name), name) == 0);
    require(++notes->depth <= XML_DEPTH_MAX);
    buffer_text(&notes->text, path);
    return 0;
}

static int
on_end(void *argument, const char *path, const char *name, const char *text, struct error *error)
{
    (void)error;
    struct notes *notes = argument;
    require(notes->depth-- > 0 && strlen(text) <= 64 && name > path);
    buffer_text(&notes->text, text);
    return 0;
}

static int
parse(const uint8_t *data, size_t size, size_t step, struct notes *notes)
{
    static const struct xml_handler handler = {.begin = on_begin, .end = on_end};
    static const struct xml_limits limits = {.size_max = 4096, .text_max = 64};
    struct error error = {0};
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, notes, &limits);
    int status = 0;
    for (size_t i = 0; status == 0 && i < size; i += step)
        status = xml_feed(xml, data + i, size - i < step ? size - i : step, &error);
    if (status == 0)
        status = xml_end(xml, &error);
    require(status ? error.code == ERROR_INVALID && error.message[0] : notes->depth == 0);
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEAN(notes_clear) struct notes whole = {0};
    CLEAN(notes_clear) struct notes pieces = {0};
    int status = parse(data, size, size ? size : 1, &whole);
    require(parse(data, size, 3, &pieces) == status);
    if (status == 0)
        require(strcmp(buffer_read(&whole.text), buffer_read(&pieces.text)) == 0);
    return 0;
}
