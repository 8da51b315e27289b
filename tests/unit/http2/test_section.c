// SPDX-License-Identifier: Apache-2.0
#include "http2/section.h"

#include "base/arena.h"
#include "support/unit.h"

static struct slice name_of(const nghttp2_nv *nv)
{
    return slice_of((const char *)nv->name, nv->namelen);
}

static struct slice value_of(const nghttp2_nv *nv)
{
    return slice_of((const char *)nv->value, nv->valuelen);
}

static void writes_a_message_in_lower_case(void **state)
{
    struct arena arena;
    struct http_field items[] = {{.name = SLICE_INIT("X-One"), .value = SLICE_INIT("1")},
                                 {.name = SLICE_INIT("X-Gone"), .flags = HTTP_FIELD_DROP}};
    struct http_fields fields = {items, 2};
    struct http_added_field added = {SLICE("Two"), SLICE("2"), NULL};
    struct http_outgoing m = {
        .fields = &fields, .added = &added, .framing = {HTTP_BODY_LENGTH, UINT64_MAX}};
    struct http2_section s;
    arena_init(&arena, NULL, 4096);
    http2_section_begin(&s, &arena, 1 + http2_section_room(&m));
    http2_section_add_pseudo(&s, SLICE(":status"), http2_decimal(&s, 200));
    http2_section_add_message(&s, &m);
    assert_false(s.failed);
    assert_int_equal(s.count, 4);
    ASSERT_SLICE(value_of(&s.items[0]), SLICE("200"));
    ASSERT_SLICE(name_of(&s.items[1]), SLICE("x-one"));
    ASSERT_SLICE(name_of(&s.items[2]), SLICE("two"));
    ASSERT_SLICE(name_of(&s.items[3]), SLICE("content-length"));
    ASSERT_SLICE(value_of(&s.items[3]), SLICE("18446744073709551615"));
    arena_clear(&arena);
    (void)state;
}

static void fails_for_what_is_no_field(void **state)
{
    static const struct {
        struct slice name, value;
    } bad[] = {
        {SLICE_INIT(""), SLICE_INIT("v")},      {SLICE_INIT("a b"), SLICE_INIT("v")},
        {SLICE_INIT(":path"), SLICE_INIT("/")}, {SLICE_INIT("a"), SLICE_INIT("x\r\ny")},
        {SLICE_INIT("a"), SLICE_INIT("\0")},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena arena;
        struct http2_section s;
        arena_init(&arena, NULL, 4096);
        http2_section_begin(&s, &arena, 2);
        http2_section_add(&s, bad[i].name, bad[i].value);
        assert_true(s.failed);
        arena_clear(&arena);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_message_in_lower_case),
        cmocka_unit_test(fails_for_what_is_no_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
