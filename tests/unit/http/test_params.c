// SPDX-License-Identifier: Apache-2.0
// Names and values for rules: everything is read, nothing refused, and what did not fit is said.
#include "support/edge.h"
#include "support/unit.h"

#include "base/arena.h"
#include "http/params.h"

enum { PARAMS_MAX = 4 };

static const struct {
    struct slice text;
    size_t count;
    struct http_param params[PARAMS_MAX];
    bool truncated;
} forms[] = {
    {SLICE_INIT(""), 0, {{{0}, {0}}}, false},
    {SLICE_INIT("&&&"), 0, {{{0}, {0}}}, false},
    {SLICE_INIT("a=1&b=2"),
     2,
     {{SLICE_INIT("a"), SLICE_INIT("1")}, {SLICE_INIT("b"), SLICE_INIT("2")}},
     false},
    {SLICE_INIT("a&b="), 2, {{SLICE_INIT("a"), {0}}, {SLICE_INIT("b"), {0}}}, false},
    {SLICE_INIT("=x&="), 2, {{{0}, SLICE_INIT("x")}, {{0}, {0}}}, false},
    {SLICE_INIT("a=1=2"), 1, {{SLICE_INIT("a"), SLICE_INIT("1=2")}}, false},
    {SLICE_INIT("a=1&a=2&&a=3"),
     3,
     {{SLICE_INIT("a"), SLICE_INIT("1")},
      {SLICE_INIT("a"), SLICE_INIT("2")},
      {SLICE_INIT("a"), SLICE_INIT("3")}},
     false},
    {SLICE_INIT("%61+b=%3d+%2b%"), 1, {{SLICE_INIT("a b"), SLICE_INIT("= +%")}}, false},
    {SLICE_INIT("a=%2541%00"), 1, {{SLICE_INIT("a"), SLICE_INIT("%41\0")}}, false},
    {SLICE_INIT("a=1;b=2"), 1, {{SLICE_INIT("a"), SLICE_INIT("1;b=2")}}, false},
    {SLICE_INIT("a\xff=\xfe"), 1, {{SLICE_INIT("a\xff"), SLICE_INIT("\xfe")}}, false},
    {SLICE_INIT("a&b&c&d"),
     4,
     {{SLICE_INIT("a"), {0}},
      {SLICE_INIT("b"), {0}},
      {SLICE_INIT("c"), {0}},
      {SLICE_INIT("d"), {0}}},
     false},
    {SLICE_INIT("a&b&c&d&"),
     4,
     {{SLICE_INIT("a"), {0}},
      {SLICE_INIT("b"), {0}},
      {SLICE_INIT("c"), {0}},
      {SLICE_INIT("d"), {0}}},
     false},
    {SLICE_INIT("a&b&c&d&e"),
     4,
     {{SLICE_INIT("a"), {0}},
      {SLICE_INIT("b"), {0}},
      {SLICE_INIT("c"), {0}},
      {SLICE_INIT("d"), {0}}},
     true},
};

static void assert_params(const struct http_params *got, const struct http_param *wanted,
                          size_t count)
{
    assert_int_equal(got->count, count);
    for (size_t i = 0; i < count; i++) {
        ASSERT_SLICE(got->items[i].name, wanted[i].name);
        ASSERT_SLICE(got->items[i].value, wanted[i].value);
    }
}

static void reads_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct edge e = edge_copy(forms[i].text);
        struct arena arena;
        struct http_params params;
        arena_init(&arena, NULL, 1 << 16);
        http_form_parse(e.text, PARAMS_MAX, &arena, &params);
        assert_params(&params, forms[i].params, forms[i].count);
        assert_int_equal(params.truncated, forms[i].truncated);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static const struct {
    struct slice text;
    size_t count;
    struct http_param params[PARAMS_MAX];
    bool truncated;
} cookies[] = {
    {SLICE_INIT(""), 0, {{{0}, {0}}}, false},
    {SLICE_INIT(" ; ;\t"), 0, {{{0}, {0}}}, false},
    {SLICE_INIT("a=1; b=2"),
     2,
     {{SLICE_INIT("a"), SLICE_INIT("1")}, {SLICE_INIT("b"), SLICE_INIT("2")}},
     false},
    {SLICE_INIT("a=1;b=2;"),
     2,
     {{SLICE_INIT("a"), SLICE_INIT("1")}, {SLICE_INIT("b"), SLICE_INIT("2")}},
     false},
    {SLICE_INIT(" a = 1 ;\tb\t=\t2"),
     2,
     {{SLICE_INIT("a"), SLICE_INIT("1")}, {SLICE_INIT("b"), SLICE_INIT("2")}},
     false},
    {SLICE_INIT("a=\"x;y\""),
     2,
     {{SLICE_INIT("a"), SLICE_INIT("\"x")}, {{0}, SLICE_INIT("y\"")}},
     false},
    {SLICE_INIT("a=%41+b"), 1, {{SLICE_INIT("a"), SLICE_INIT("%41+b")}}, false},
    {SLICE_INIT("a=b=c"), 1, {{SLICE_INIT("a"), SLICE_INIT("b=c")}}, false},
    {SLICE_INIT("value"), 1, {{{0}, SLICE_INIT("value")}}, false},
    {SLICE_INIT("=value; a="), 2, {{{0}, SLICE_INIT("value")}, {SLICE_INIT("a"), {0}}}, false},
    {SLICE_INIT("a=1,b=2"), 1, {{SLICE_INIT("a"), SLICE_INIT("1,b=2")}}, false},
    {SLICE_INIT("1;2;3;4;5"),
     4,
     {{{0}, SLICE_INIT("1")},
      {{0}, SLICE_INIT("2")},
      {{0}, SLICE_INIT("3")},
      {{0}, SLICE_INIT("4")}},
     true},
};

static void reads_cookies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
        struct edge e = edge_copy(cookies[i].text);
        struct arena arena;
        struct http_params params = {0};
        arena_init(&arena, NULL, 1 << 16);
        http_cookies_parse(e.text, PARAMS_MAX, &arena, &params);
        assert_params(&params, cookies[i].params, cookies[i].count);
        assert_int_equal(params.truncated, cookies[i].truncated);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static void cookies_of_several_fields_add_up(void **state)
{
    (void)state;
    static const struct http_param wanted[] = {{SLICE_INIT("a"), SLICE_INIT("1")},
                                               {SLICE_INIT("b"), SLICE_INIT("2")},
                                               {SLICE_INIT("c"), SLICE_INIT("3")}};
    struct arena arena;
    struct http_params params = {0};
    arena_init(&arena, NULL, 1 << 16);
    http_cookies_parse(SLICE("a=1"), 3, &arena, &params);
    http_cookies_parse(SLICE(""), 3, &arena, &params);
    http_cookies_parse(SLICE("b=2;c=3"), 3, &arena, &params);
    assert_false(params.truncated);
    http_cookies_parse(SLICE(" ; "), 3, &arena, &params);
    assert_false(params.truncated);
    http_cookies_parse(SLICE("d=4"), 3, &arena, &params);
    assert_true(params.truncated);
    assert_params(&params, wanted, ARRAY_LEN(wanted));
    arena_clear(&arena);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    struct arena arena;
    struct http_params params;
    arena_init(&arena, NULL, 0);
    http_form_parse(SLICE("a=1"), 9, &arena, &params);
    assert_true(params.truncated);
    assert_int_equal(params.count, 0);
    params = (struct http_params){0};
    http_cookies_parse(SLICE("a=1"), 9, &arena, &params);
    assert_true(params.truncated);
    assert_int_equal(params.count, 0);
    arena_clear(&arena);
}

static void nothing_to_decode_is_not_copied(void **state)
{
    (void)state;
    const struct slice text = SLICE("name=value");
    struct arena arena;
    struct http_params params;
    arena_init(&arena, NULL, 1 << 16);
    http_form_parse(text, 9, &arena, &params);
    assert_ptr_equal(params.items[0].name.ptr, text.ptr);
    assert_ptr_equal(params.items[0].value.ptr, text.ptr + 5);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_forms),
        cmocka_unit_test(reads_cookies),
        cmocka_unit_test(cookies_of_several_fields_add_up),
        cmocka_unit_test(a_full_arena_is_told),
        cmocka_unit_test(nothing_to_decode_is_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
