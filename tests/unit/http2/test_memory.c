// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <string.h>

#include "http2/memory_internal.h"

static void gives_what_was_asked_for(void **state)
{
    static const size_t sizes[] = {0, 1, 40, 64, 1000, 16 * 1024, 100 * 1024};
    struct http2_memory *m = http2_memory_new();
    nghttp2_mem *mem = http2_memory_of(m);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *piece = mem->malloc(sizes[i], mem->mem_user_data);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        memset(piece, 'x', sizes[i]);
        mem->free(piece, mem->mem_user_data);
    }
    mem->free(NULL, mem->mem_user_data);
    http2_memory_free(&m);
    assert_null(m);
    (void)state;
}

static void keeps_content_when_it_grows(void **state)
{
    struct http2_memory *m = http2_memory_new();
    nghttp2_mem *mem = http2_memory_of(m);
    char *piece = mem->realloc(NULL, 10, mem->mem_user_data);
    memcpy(piece, "0123456789", 10);
    piece = mem->realloc(piece, 50000, mem->mem_user_data);
    assert_memory_equal(piece, "0123456789", 10);
    piece = mem->realloc(piece, 4, mem->mem_user_data);
    assert_memory_equal(piece, "0123", 4);
    mem->free(piece, mem->mem_user_data);
    http2_memory_free(&m);
    (void)state;
}

static void refuses_what_overflows(void **state)
{
    struct http2_memory *m = http2_memory_new();
    nghttp2_mem *mem = http2_memory_of(m);
    assert_null(mem->malloc(SIZE_MAX, mem->mem_user_data));
    assert_null(mem->calloc(SIZE_MAX / 2, 3, mem->mem_user_data));
    char *zeroes = mem->calloc(10, 10, mem->mem_user_data);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(zeroes[i], 0);
    mem->free(zeroes, mem->mem_user_data);
    assert_null(http2_memory_of(NULL));
    http2_memory_free(&m);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_asked_for),
        cmocka_unit_test(keeps_content_when_it_grows),
        cmocka_unit_test(refuses_what_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
