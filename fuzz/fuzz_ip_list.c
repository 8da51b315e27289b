// SPDX-License-Identifier: Apache-2.0
// A list file as it comes from the outside. What was read is then looked up: the table must find
// for every prefix of the list the same one that a plain search through the list finds.
#include <stdint.h>

#include "base/check.h"
#include "base/problems.h"
#include "filter/prefix_file.h"

enum { COMPARED_MAX = 200 }; // the plain search is slow

static int longest_with(const struct prefix_list *l, const struct addr *a)
{
    int bits = -1;
    for (size_t i = 0; i < l->count; i++) {
        if (addr_prefix_has(&l->items[i].prefix, a) && l->items[i].prefix.bits > bits)
            bits = l->items[i].prefix.bits;
    }
    return bits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems *problems = problems_new();
    struct prefix_list list = {0};
    struct slice half = slice_of(data, size / 2);
    prefix_file_read("deny", half, PREFIX_DENY, &list, problems);
    prefix_file_read("allow", slice_of(data + half.len, size - half.len), PREFIX_ALLOW, &list,
                     problems);
    struct prefix_table *table = prefix_table_new(&list);
    CHECK(table);
    for (size_t i = 0; i < list.count && i < COMPARED_MAX; i++) {
        struct addr a = {0};
        struct addr_prefix found = {0};
        memcpy(a.bytes, list.items[i].prefix.bytes, sizeof(a.bytes));
        CHECK(prefix_table_find(table, &a, &found) != PREFIX_NONE);
        CHECK(found.bits == longest_with(&list, &a) && addr_prefix_has(&found, &a));
    }
    prefix_table_free(&table);
    prefix_list_clear(&list);
    problems_free(&problems);
    return 0;
}
