// Whatever pg_restore's list has in it: it is taken apart, each key and index of it is in one piece
// or in the rest, once, and the pieces are no more than stated.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_pieces.h"

enum { TABLES = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static size_t
count_lines(const char *text)
{
    size_t count = 0;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

// Large and small ones, with the numbers 1 to TABLES.
static void
make_tables(struct postgres_tables *tables)
{
    tables->count = TABLES;
    tables->list = memory_get(TABLES * sizeof *tables->list);
    for (unsigned index = 0; index < TABLES; index++)
        tables->list[index] = (struct postgres_table){
            .schema = memory_copy_text("s"),
            .table = memory_format("t%u", index),
            .oid = index + 1,
            .size_bytes = UINT64_C(1) << index,
            .has_children = index % 7 == 6,
        };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEAN(memory_free) char *text = memory_get(size + 1);
    CLEAN(postgres_tables_clear) struct postgres_tables tables = {0};
    CLEAN(postgres_pieces_clear) struct postgres_pieces pieces = {0};
    memcpy(text, data, size);
    CLEAN(postgres_list_destroy) postgres_list_t *list = postgres_list_new(text);
    CLEAN(memory_free) char *printed = postgres_list_print(list);
    CLEAN(postgres_list_destroy) postgres_list_t *again = postgres_list_new(printed);
    require(postgres_list_count(again) == postgres_list_count(list));
    for (size_t index = 0; index < postgres_list_count(list); index++) {
        const struct postgres_list_entry *entry = postgres_list_at(list, index);
        const struct postgres_list_entry *found = postgres_list_find(list, entry->number);
        require(found && found->number == entry->number);
    }
    make_tables(&tables);
    postgres_pieces_make(&pieces, list, again, &tables, 0);
    size_t lines = count_lines(pieces.rest);
    require(pieces.count <= POSTGRES_PIECES_MAX);
    for (size_t index = 0; index < pieces.count; index++) {
        require(*pieces.lists[index]);
        lines += count_lines(pieces.lists[index]);
    }
    require(lines == postgres_list_count(list));
    return 0;
}
