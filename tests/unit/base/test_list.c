// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/list.h"
#include "support/dice.h"

struct item {
    int name;
    struct list link;
};

static void finds_the_object_from_its_link(void **state)
{
    struct item item = {.name = 7};
    (void)state;
    list_init(&item.link);
    assert_ptr_equal(CONTAINER_OF(&item.link, struct item, link), &item);
}

static void removal_from_no_list_is_harmless(void **state)
{
    struct list alone;
    (void)state;
    list_init(&alone);
    list_remove(&alone);
    list_remove(&alone);
    assert_true(list_is_empty(&alone));
}

// Walks the list both ways and compares it with `model`.
static void check_order(const struct list *head, const int *model, size_t count)
{
    const struct list *at = head;
    for (size_t i = 0; i < count; i++) {
        at = at->next;
        assert_ptr_equal(at->next->prev, at);
        assert_ptr_equal(at->prev->next, at);
        assert_int_equal(CONTAINER_OF(at, struct item, link)->name, model[i]);
    }
    assert_ptr_equal(at->next, head);
    assert_int_equal(list_is_empty(head), count == 0);
}

static size_t position(const int *model, size_t count, int name)
{
    size_t i = 0;
    while (i < count && model[i] != name)
        i++;
    return i;
}

static void keeps_the_order_whatever_the_operations(void **state)
{
    enum { ITEMS = 12, STEPS = 5000 };
    struct item items[ITEMS];
    int model[ITEMS];
    size_t count = 0;
    struct list head;
    struct dice dice = {.state = 5};
    (void)state;
    list_init(&head);
    for (int i = 0; i < ITEMS; i++) {
        items[i].name = i;
        list_init(&items[i].link);
    }
    for (int step = 0; step < STEPS; step++) {
        int name = (int)dice_below(&dice, ITEMS);
        size_t at = position(model, count, name);
        if (at == 0 && count > 0) {
            assert_ptr_equal(list_take_first(&head), &items[name].link);
            assert_true(list_is_empty(&items[name].link));
            memmove(model, model + 1, --count * sizeof(model[0]));
        } else if (at < count) {
            list_remove(&items[name].link);
            memmove(model + at, model + at + 1, (count - at - 1) * sizeof(model[0]));
            count--;
        } else if (dice_below(&dice, 2)) {
            list_append(&head, &items[name].link);
            model[count++] = name;
        } else {
            list_prepend(&head, &items[name].link);
            memmove(model + 1, model, count * sizeof(model[0]));
            model[0] = name;
            count++;
        }
        check_order(&head, model, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_object_from_its_link),
        cmocka_unit_test(removal_from_no_list_is_harmless),
        cmocka_unit_test(keeps_the_order_whatever_the_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
