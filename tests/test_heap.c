#include "common/heap.h"

#include <stdlib.h>

#include "common/clean.h"
#include "tests/check.h"

enum { ITEMS = 500 };

struct item {
    struct heap_node node;
    int key;
};

static int
is_before(const struct heap_node *a, const struct heap_node *b)
{
    return ((const struct item *)a)->key < ((const struct item *)b)->key;
}

static int
smallest(const struct item *items)
{
    int key = INT32_MAX;
    for (size_t index = 0; index < ITEMS; index++) {
        if (items[index].node.place && items[index].key < key)
            key = items[index].key;
    }
    return key;
}

static void
the_first_is_the_smallest_whatever_comes_goes_and_changes(void **state)
{
    (void)state;
    CLEAN(heap_destroy) heap_t *heap = heap_new(is_before);
    struct item items[ITEMS] = {0};
    unsigned random = 7;
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        struct item *item = &items[rand_r(&random) % ITEMS];
        int key = rand_r(&random) % 1000;
        if (!item->node.place) {
            item->key = key;
            heap_add(heap, &item->node);
            count++;
        } else if (key % 2) {
            item->key = key;
            heap_moved(heap, &item->node);
        } else {
            heap_remove(heap, &item->node);
            count--;
        }
        assert_int_equal(heap_count(heap), count);
        if (count)
            assert_int_equal(((struct item *)heap_first(heap))->key, smallest(items));
        else
            assert_null(heap_first(heap));
    }
}

static void
all_leave_in_order(void **state)
{
    (void)state;
    CLEAN(heap_destroy) heap_t *heap = heap_new(is_before);
    struct item items[ITEMS] = {0};
    for (int index = 0; index < ITEMS; index++) {
        items[index].key = index * 7919 % ITEMS;
        heap_add(heap, &items[index].node);
    }
    for (int key = 0; key < ITEMS; key++) {
        struct item *item = (struct item *)heap_first(heap);
        assert_int_equal(item->key, key);
        heap_remove(heap, &item->node);
    }
    assert_null(heap_first(heap));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_the_smallest_whatever_comes_goes_and_changes),
        cmocka_unit_test(all_leave_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
