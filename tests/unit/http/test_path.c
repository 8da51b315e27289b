// SPDX-License-Identifier: Apache-2.0
// Canonical paths: what rules see, what is forwarded, and what hides something.
#include "support/dice.h"
#include "support/edge.h"
#include "support/unit.h"

#include "base/arena.h"
#include "http/uri.h"

#define ASSERT_REASON(got, wanted)                                                                 \
    assert_string_equal(http_reason_word(got), http_reason_word(wanted))

static const struct {
    struct slice raw, path, wire;
} paths[] = {
    {SLICE_INIT("/"), SLICE_INIT("/"), SLICE_INIT("/")},
    {SLICE_INIT("/a/b"), SLICE_INIT("/a/b"), SLICE_INIT("/a/b")},
    {SLICE_INIT("/a/b/"), SLICE_INIT("/a/b/"), SLICE_INIT("/a/b/")},
    {SLICE_INIT("//"), SLICE_INIT("/"), SLICE_INIT("/")},
    {SLICE_INIT("//a///b//"), SLICE_INIT("/a/b/"), SLICE_INIT("/a/b/")},
    {SLICE_INIT("/."), SLICE_INIT("/"), SLICE_INIT("/")},
    {SLICE_INIT("/./a/./b/."), SLICE_INIT("/a/b/"), SLICE_INIT("/a/b/")},
    {SLICE_INIT("/a/.."), SLICE_INIT("/"), SLICE_INIT("/")},
    {SLICE_INIT("/a/../"), SLICE_INIT("/"), SLICE_INIT("/")},
    {SLICE_INIT("/a/b/../c"), SLICE_INIT("/a/c"), SLICE_INIT("/a/c")},
    {SLICE_INIT("/a/b/../../c/.."), SLICE_INIT("/"), SLICE_INIT("/")},
    {SLICE_INIT("/a//../b"), SLICE_INIT("/b"), SLICE_INIT("/b")},
    {SLICE_INIT("/a/%2e%2E/b"), SLICE_INIT("/b"), SLICE_INIT("/b")},
    {SLICE_INIT("/a/.%2e/b/%2e"), SLICE_INIT("/b/"), SLICE_INIT("/b/")},
    {SLICE_INIT("/%61%2D%7e%5f"), SLICE_INIT("/a-~_"), SLICE_INIT("/a-~_")},
    {SLICE_INIT("/a%20b"), SLICE_INIT("/a b"), SLICE_INIT("/a%20b")},
    {SLICE_INIT("/%c3%a9/%e2%82%ac"), SLICE_INIT("/\xc3\xa9/\xe2\x82\xac"),
     SLICE_INIT("/%C3%A9/%E2%82%AC")},
    {SLICE_INIT("/a%3bb;c%3Dd"), SLICE_INIT("/a;b;c=d"), SLICE_INIT("/a%3Bb;c%3Dd")},
    {SLICE_INIT("/100%25"), SLICE_INIT("/100%"), SLICE_INIT("/100%25")},
    {SLICE_INIT("/%25zz%25"), SLICE_INIT("/%zz%"), SLICE_INIT("/%25zz%25")},
    {SLICE_INIT("/%25/41"), SLICE_INIT("/%/41"), SLICE_INIT("/%25/41")},
    {SLICE_INIT("/a|b[c]"), SLICE_INIT("/a|b[c]"), SLICE_INIT("/a%7Cb%5Bc%5D")},
    {SLICE_INIT("/|/||/../x"), SLICE_INIT("/|/x"), SLICE_INIT("/%7C/x")},
    {SLICE_INIT("/%3f%23%22%3c%5e"), SLICE_INIT("/?#\"<^"), SLICE_INIT("/%3F%23%22%3C%5E")},
    {SLICE_INIT("/a;v=1/b"), SLICE_INIT("/a;v=1/b"), SLICE_INIT("/a;v=1/b")},
    {SLICE_INIT("/a;"), SLICE_INIT("/a;"), SLICE_INIT("/a;")},
    {SLICE_INIT("/a;/../b"), SLICE_INIT("/b"), SLICE_INIT("/b")},
    {SLICE_INIT("/~u/a..b/.../.well-known/..a/a.."), SLICE_INIT("/~u/a..b/.../.well-known/..a/a.."),
     SLICE_INIT("/~u/a..b/.../.well-known/..a/a..")},
    {SLICE_INIT("/...;x"), SLICE_INIT("/...;x"), SLICE_INIT("/...;x")},
    {SLICE_INIT("/!$&'()*+,;=:@"), SLICE_INIT("/!$&'()*+,;=:@"), SLICE_INIT("/!$&'()*+,;=:@")},
    {SLICE_INIT("/*"), SLICE_INIT("/*"), SLICE_INIT("/*")},
};

static void makes_one_form_of_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct edge e = edge_copy(paths[i].raw);
        struct arena arena;
        struct slice path, wire;
        arena_init(&arena, NULL, 1 << 16);
        print_message("%.*s\n", (int)e.text.len, e.text.ptr);
        ASSERT_REASON(http_path_canonical(e.text, &arena, &path, &wire), HTTP_REASON_NONE);
        ASSERT_SLICE(path, paths[i].path);
        ASSERT_SLICE(wire, paths[i].wire);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static const struct {
    struct slice raw;
    enum http_reason reason;
} refusals[] = {
    {SLICE_INIT(""), HTTP_REASON_TARGET},
    {SLICE_INIT("a"), HTTP_REASON_TARGET},
    {SLICE_INIT("*"), HTTP_REASON_TARGET},
    {SLICE_INIT("/a\\b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/\xc3\xa9"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a\0"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a?b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/%"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/%4"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/%u0041"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/a%00"), HTTP_REASON_PATH_CONTROL},
    {SLICE_INIT("/a%0d%0aSet-Cookie:x"), HTTP_REASON_PATH_CONTROL},
    {SLICE_INIT("/a%09"), HTTP_REASON_PATH_CONTROL},
    {SLICE_INIT("/a%7f"), HTTP_REASON_PATH_CONTROL},
    {SLICE_INIT("/a%2fb"), HTTP_REASON_PATH_SEPARATOR},
    {SLICE_INIT("/a%2Fb"), HTTP_REASON_PATH_SEPARATOR},
    {SLICE_INIT("/..%2f.."), HTTP_REASON_PATH_SEPARATOR},
    {SLICE_INIT("/a%5cb"), HTTP_REASON_PATH_SEPARATOR},
    {SLICE_INIT("/a%5C..%5C"), HTTP_REASON_PATH_SEPARATOR},
    {SLICE_INIT("/a%2541"), HTTP_REASON_PATH_DOUBLE_ENCODED},
    {SLICE_INIT("/%252e%252e/"), HTTP_REASON_PATH_DOUBLE_ENCODED},
    {SLICE_INIT("/%25%32%66"), HTTP_REASON_PATH_DOUBLE_ENCODED},
    {SLICE_INIT("/%2525"), HTTP_REASON_PATH_DOUBLE_ENCODED},
    {SLICE_INIT("/%252525"), HTTP_REASON_PATH_DOUBLE_ENCODED},
    {SLICE_INIT("/%2541/../x"), HTTP_REASON_PATH_DOUBLE_ENCODED},
    {SLICE_INIT("/%c0%ae%c0%ae/"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%c0%af"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%e0%80%af"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%ff"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%c3"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%c3/%a9"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%ed%a0%80"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/%ff/../x"), HTTP_REASON_PATH_UTF8},
    {SLICE_INIT("/.."), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("/../"), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("/a/../../b"), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("/./../b"), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("//../b"), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("/a//../../b"), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("/%2e%2e/b"), HTTP_REASON_PATH_CLIMBS},
    {SLICE_INIT("/a/..;/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/a/..;x=1/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/a/.;/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/a/;x/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/;"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/a/%2e%2e;/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/a/..%3bx/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
    {SLICE_INIT("/a/%3bx/b"), HTTP_REASON_PATH_HIDDEN_DOTS},
};

static void refuses_what_others_could_read_differently(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct edge e = edge_copy(refusals[i].raw);
        struct arena arena;
        struct slice path, wire;
        arena_init(&arena, NULL, 1 << 16);
        print_message("%.*s\n", (int)e.text.len, e.text.ptr);
        ASSERT_REASON(http_path_canonical(e.text, &arena, &path, &wire), refusals[i].reason);
        assert_int_equal(path.len, 0);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static void a_full_arena_is_a_reason(void **state)
{
    (void)state;
    struct arena arena;
    struct slice path, wire;
    arena_init(&arena, NULL, 0);
    ASSERT_REASON(http_path_canonical(SLICE("/a%20b"), &arena, &path, &wire),
                  HTTP_REASON_NO_MEMORY);
    arena_clear(&arena);
}

static void append(char *text, const char *piece)
{
    memcpy(text + strlen(text), piece, strlen(piece) + 1);
}

// Paths thrown together from pieces that matter; whatever comes out must be canonical already.
static void the_canonical_form_is_canonical(void **state)
{
    (void)state;
    static const char *const pieces[] = {"/",      "/",   "/",   ".",   "..",  ";",  "a",
                                         "b",      "%41", "%2e", "%3b", "%25", "|",  "[",
                                         "%c3%a9", "%20", "~",   "2",   "=",   "%7C"};
    struct dice dice = {.state = 7};
    unsigned accepted = 0;
    for (int round = 0; round < 20000; round++) {
        char text[128] = "/";
        uint64_t count = dice_below(&dice, 10);
        for (uint64_t i = 0; i < count; i++)
            append(text, pieces[dice_below(&dice, ARRAY_LEN(pieces))]);
        struct arena arena;
        struct slice path, wire, path_again, wire_again;
        arena_init(&arena, NULL, 1 << 16);
        if (http_path_canonical(slice_str(text), &arena, &path, &wire) == HTTP_REASON_NONE) {
            accepted++;
            ASSERT_REASON(http_path_canonical(wire, &arena, &path_again, &wire_again),
                          HTTP_REASON_NONE);
            ASSERT_SLICE(path_again, path);
            ASSERT_SLICE(wire_again, wire);
            assert_true(path.ptr[0] == '/' && slice_find(path, SLICE("//")) == path.len);
            assert_true(slice_find(path, SLICE("/./")) == path.len &&
                        slice_find(path, SLICE("/../")) == path.len);
        }
        arena_clear(&arena);
    }
    assert_in_range(accepted, 5000, 19000);
}

static const struct {
    struct slice path, plain;
} params[] = {
    {SLICE_INIT("/a/b"), {0}},
    {SLICE_INIT("/"), {0}},
    {SLICE_INIT("/a;v=1"), SLICE_INIT("/a")},
    {SLICE_INIT("/a;"), SLICE_INIT("/a")},
    {SLICE_INIT("/a;/"), SLICE_INIT("/a/")},
    {SLICE_INIT("/a;v=1;w=2/b/c;x"), SLICE_INIT("/a/b/c")},
    {SLICE_INIT("/;x/a"), SLICE_INIT("/a")},
    {SLICE_INIT("/a/;x/;y/b"), SLICE_INIT("/a/b")},
    {SLICE_INIT("/;"), SLICE_INIT("/")},
};

static void takes_parameters_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(params); i++) {
        struct edge e = edge_copy(params[i].path);
        struct arena arena;
        struct slice plain;
        arena_init(&arena, NULL, 1 << 16);
        ASSERT_REASON(http_path_without_params(e.text, &arena, &plain), HTTP_REASON_NONE);
        ASSERT_SLICE(plain, params[i].plain);
        arena_clear(&arena);
        arena_init(&arena, NULL, 0);
        ASSERT_REASON(http_path_without_params(e.text, &arena, &plain),
                      params[i].plain.len ? HTTP_REASON_NO_MEMORY : HTTP_REASON_NONE);
        edge_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_one_form_of_a_path),
        cmocka_unit_test(refuses_what_others_could_read_differently),
        cmocka_unit_test(takes_parameters_out),
        cmocka_unit_test(a_full_arena_is_a_reason),
        cmocka_unit_test(the_canonical_form_is_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
