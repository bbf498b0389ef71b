#include "worker/set/script_words.h"

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

char *
script_words_clean(const char *name)
{
    char *copy = memory_copy_text(name ? name : "");
    text_clean(copy);
    return copy;
}

char *
script_words_of_file(const struct manifest_file *file)
{
    CLEAN(memory_free) char *object = script_words_clean(file->object);
    CLEAN(memory_free) char *role = script_words_clean(file->role);
    return memory_format("%s%s%s", role, *object ? " of " : "", object);
}

char *
script_words_of_exclusion(const struct manifest_exclusion *exclusion)
{
    CLEAN(memory_free) char *kind = script_words_clean(exclusion->kind);
    CLEAN(memory_free) char *schema = script_words_clean(exclusion->schema);
    CLEAN(memory_free) char *name = script_words_clean(exclusion->name);
    if (*name)
        return memory_format("%s %s of %s", kind, name, schema);
    if (exclusion->count == 1)
        return memory_format("%s %s", kind, schema);
    return memory_format("%" PRIu64 " of kind '%s' of %s", exclusion->count, kind, schema);
}
