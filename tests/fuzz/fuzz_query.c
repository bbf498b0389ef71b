// Whatever an operator asks: it is refused, or becomes SQL with a value for each mark, in which
// nothing of what was asked stands.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
check_made(const struct list_query *made)
{
    size_t marks = 0;
    for (const char *mark = strchr(made->sql, '?'); mark; mark = strchr(mark + 1, '?'))
        marks++;
    require(marks == made->count);
    for (size_t index = 0; index < made->count; index++) {
        const struct value *value = &made->values[index];
        require(value->type == VALUE_INTEGER || value->data[value->size] == '\0');
    }
}

// The first byte picks the list, the second what narrows it; a line feed ends the state, the rest
// is the cursor.
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t lists = 0;
    while (list_table[lists].name)
        lists++;
    CLEAN(memory_free) char *state = memory_get(size);
    memcpy(state, data + 2, size - 2);
    char *cursor = strchr(state, '\n');
    if (cursor)
        *cursor++ = '\0';
    const struct query query = {
        .name = list_table[data[0] % lists].name,
        .run_id = data[1] & 1 ? data[0] : 0,
        .job_id = data[1] & 2 ? data[0] : 0,
        .set_id = data[1] & 4 ? data[0] : 0,
        .from_ms = data[1] & 16 ? data[0] : 0,
        .filters = data[1] & 32 ? data[0] & 15 : 0,
        .since_ms = data[0],
        .state = state,
        .cursor = cursor,
        .limit = 1,
    };
    struct error error = {0};
    const struct list *list = list_find(&query, &error);
    CLEAN(list_query_clear) struct list_query made = {0};
    const int64_t ids[] = {1, 2, 3};
    size_t count = list && list->database ? data[1] >> 6 : 0;
    if (list && list_compose(list, &query, data[1] & 8 && list->database ? ids : NULL, count,
                             LIST_SCAN_MAX, &made, &error) == 0)
        check_made(&made);
    else
        require(error.code == ERROR_INVALID);
    return 0;
}
