// SPDX-License-Identifier: Apache-2.0
// Chains of transforms: the first octets choose them, the rest is the value. Rooms have their exact
// sizes.
#include <stdlib.h>

#include "base/check.h"
#include "rules/transform.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { CHAIN_MAX = 4 };

static bool lies_in(struct slice out, const char *ptr, size_t len)
{
    return out.len == 0 || (out.ptr >= ptr && out.ptr + out.len <= ptr + len);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size < CHAIN_MAX)
        return 0;
    struct slice value = slice_of(data + CHAIN_MAX, size - CHAIN_MAX);
    char *rooms[CHAIN_MAX] = {0};
    for (size_t i = 0; i < CHAIN_MAX; i++) {
        enum rules_transform t = (enum rules_transform)(data[i] % RULES_TRANSFORM_COUNT);
        size_t room = rules_transform_room(value.len);
        rooms[i] = malloc(room);
        CHECK(rooms[i]);
        struct slice out = rules_transform(t, value, rooms[i]);
        CHECK(lies_in(out, value.ptr, value.len) || lies_in(out, rooms[i], room));
        value = out;
    }
    for (size_t i = 0; i < CHAIN_MAX; i++)
        free(rooms[i]);
    return 0;
}
