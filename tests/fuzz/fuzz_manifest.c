// Whatever bytes a manifest has: it is refused, or it says the same again when it is printed, and
// the script and text made of it can be shown on a terminal.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/set/manifest.h"
#include "worker/set/script.h"
#include "worker/set/script_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
require_shown(const char *text)
{
    for (const char *c = text; *c; c++)
        require(*c == '\n' || ((unsigned char)*c >= ' ' && *c != 0x7f));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEAN(manifest_destroy) struct manifest *manifest = NULL;
    CLEAN(manifest_destroy) struct manifest *again = NULL;
    CLEAN(memory_free) char *copy = memory_get(size + 1);
    struct error error = {0};
    memcpy(copy, data, size);
    if (manifest_parse(&manifest, copy, size, &error)) {
        require(!manifest && error.code == ERROR_INVALID && error.message[0]);
        return 0;
    }
    size_t first_size = 0;
    size_t second_size = 0;
    CLEAN(memory_free) char *first = manifest_print(manifest, &first_size);
    require(manifest_parse(&again, first, first_size, &error) == 0);
    CLEAN(memory_free) char *second = manifest_print(again, &second_size);
    require(first_size == second_size && memcmp(first, second, first_size) == 0);

    CLEAN(memory_free) char *script = script_print(manifest);
    CLEAN(memory_free) char *text = script_text_print(manifest);
    require_shown(script);
    require_shown(text);
    return 0;
}
