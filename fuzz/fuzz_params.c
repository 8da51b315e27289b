// SPDX-License-Identifier: Apache-2.0
// Forms and cookies, under limits of number and of memory that the first two octets choose.
#include "base/arena.h"
#include "base/check.h"
#include "http/params.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_params(const struct http_params *params, size_t max, size_t octets)
{
    size_t total = 0;
    CHECK(params->count <= max);
    for (size_t i = 0; i < params->count; i++)
        total += params->items[i].name.len + params->items[i].value.len;
    CHECK(total <= octets);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct slice in = slice_of(data + 2, size - 2);
    size_t max = data[0];
    struct http_params form, cookies = {0};
    struct arena arena;
    arena_init(&arena, NULL, data[1] < 16 ? 0 : (size_t)data[1] << 10);
    http_form_parse(in, max, &arena, &form);
    check_params(&form, max, in.len);
    http_cookies_parse(in, max, &arena, &cookies);
    http_cookies_parse(slice_from(in, in.len / 2), max, &arena, &cookies);
    check_params(&cookies, max, in.len * 2);
    arena_clear(&arena);
    return 0;
}
