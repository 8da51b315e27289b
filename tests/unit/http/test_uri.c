// SPDX-License-Identifier: Apache-2.0
// Targets and authorities, each against an unreadable page.
#include "support/edge.h"
#include "support/unit.h"

#include "base/arena.h"
#include "http/uri.h"

#define ASSERT_REASON(got, wanted)                                                                 \
    assert_string_equal(http_reason_word(got), http_reason_word(wanted))

static const struct {
    struct slice target;
    bool is_options;
    struct http_target out;
} targets[] = {
    {SLICE_INIT("/"), false, {.path = SLICE_INIT("/")}},
    {SLICE_INIT("/a/b;v=1/~c/a..b/.../.well-known"),
     false,
     {.path = SLICE_INIT("/a/b;v=1/~c/a..b/.../.well-known")}},
    {SLICE_INIT("/!$&'()*+,;=:@"), false, {.path = SLICE_INIT("/!$&'()*+,;=:@")}},
    {SLICE_INIT("/a|b[c]"), false, {.path = SLICE_INIT("/a|b[c]")}},
    {SLICE_INIT("/%c3%A9"), false, {.path = SLICE_INIT("/%c3%A9")}},
    {SLICE_INIT("/a?b"),
     false,
     {.path = SLICE_INIT("/a"), .query = SLICE_INIT("b"), .has_query = true}},
    {SLICE_INIT("/a?"), false, {.path = SLICE_INIT("/a"), .has_query = true}},
    {SLICE_INIT("/?a=/x/../y?b&c={|}^`[]%20"),
     false,
     {.path = SLICE_INIT("/"), .query = SLICE_INIT("a=/x/../y?b&c={|}^`[]%20"), .has_query = true}},
    {SLICE_INIT("//host/x"), false, {.path = SLICE_INIT("//host/x")}},
    {SLICE_INIT("*"), true, {.form = HTTP_TARGET_ASTERISK, .path = SLICE_INIT("*")}},
    {SLICE_INIT("/*"), true, {.path = SLICE_INIT("/*")}},
    {SLICE_INIT("http://a.example:80/x?y"),
     false,
     {.form = HTTP_TARGET_ABSOLUTE,
      .scheme = SLICE_INIT("http"),
      .authority = SLICE_INIT("a.example:80"),
      .path = SLICE_INIT("/x"),
      .query = SLICE_INIT("y"),
      .has_query = true}},
    {SLICE_INIT("HTTPS://a"),
     false,
     {.form = HTTP_TARGET_ABSOLUTE,
      .scheme = SLICE_INIT("HTTPS"),
      .authority = SLICE_INIT("a"),
      .path = SLICE_INIT("/")}},
    {SLICE_INIT("http://a?x"),
     true,
     {.form = HTTP_TARGET_ABSOLUTE,
      .scheme = SLICE_INIT("http"),
      .authority = SLICE_INIT("a"),
      .path = SLICE_INIT("/"),
      .query = SLICE_INIT("x"),
      .has_query = true}},
    {SLICE_INIT("http://a"),
     true,
     {.form = HTTP_TARGET_ABSOLUTE,
      .scheme = SLICE_INIT("http"),
      .authority = SLICE_INIT("a"),
      .path = SLICE_INIT("*")}},
};

static void splits_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct edge e = edge_copy(targets[i].target);
        struct http_target out;
        ASSERT_REASON(http_target_parse(e.text, targets[i].is_options, &out), HTTP_REASON_NONE);
        assert_int_equal(out.form, targets[i].out.form);
        ASSERT_SLICE(out.scheme, targets[i].out.scheme);
        ASSERT_SLICE(out.authority, targets[i].out.authority);
        ASSERT_SLICE(out.path, targets[i].out.path);
        ASSERT_SLICE(out.query, targets[i].out.query);
        assert_int_equal(out.has_query, targets[i].out.has_query);
        edge_free(&e);
    }
}

static const struct {
    struct slice target;
    enum http_reason reason;
} bad_targets[] = {
    {SLICE_INIT(""), HTTP_REASON_TARGET},
    {SLICE_INIT("*"), HTTP_REASON_TARGET},
    {SLICE_INIT("?x"), HTTP_REASON_TARGET},
    {SLICE_INIT("x"), HTTP_REASON_TARGET},
    {SLICE_INIT(":80/x"), HTTP_REASON_TARGET},
    {SLICE_INIT("@x"), HTTP_REASON_TARGET},
    {SLICE_INIT("a.example:80"), HTTP_REASON_TARGET},
    {SLICE_INIT("http:/x"), HTTP_REASON_TARGET},
    {SLICE_INIT("http:x"), HTTP_REASON_TARGET},
    {SLICE_INIT("://a/"), HTTP_REASON_TARGET},
    {SLICE_INIT("1http://a/"), HTTP_REASON_TARGET},
    {SLICE_INIT("h ttp://a/"), HTTP_REASON_TARGET},
    {SLICE_INIT("\\x"), HTTP_REASON_TARGET},
    {SLICE_INIT("file:///etc/passwd"), HTTP_REASON_TARGET_SCHEME},
    {SLICE_INIT("gopher://a/"), HTTP_REASON_TARGET_SCHEME},
    {SLICE_INIT("httpx://a/"), HTTP_REASON_TARGET_SCHEME},
    {SLICE_INIT("http:///x"), HTTP_REASON_TARGET_AUTHORITY},
    {SLICE_INIT("http://"), HTTP_REASON_TARGET_AUTHORITY},
    {SLICE_INIT("http://?x"), HTTP_REASON_TARGET_AUTHORITY},
    {SLICE_INIT("http://u:p@a/"), HTTP_REASON_TARGET_AUTHORITY},
    {SLICE_INIT("http://@a/"), HTTP_REASON_TARGET_AUTHORITY},
    {SLICE_INIT("http://a/#f"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("http://a#f"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a\tb"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a\0"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a\x7f"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/\x80"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a\""), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/<a>"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a\\b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a^"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a`"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/{a}"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/a#b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/?a#b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/?a\"b"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/?<a"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/?a>"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/?a\\"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/?\xff"), HTTP_REASON_TARGET_OCTET},
    {SLICE_INIT("/%"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/%4"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/%g0"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/%0g"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/%u0041"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/a?b=%"), HTTP_REASON_TARGET_PERCENT},
    {SLICE_INIT("/a%?41"), HTTP_REASON_TARGET_PERCENT},
};

static void refuses_bad_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_targets); i++) {
        struct edge e = edge_copy(bad_targets[i].target);
        struct http_target out;
        print_message("%.*s\n", (int)e.text.len, e.text.ptr);
        ASSERT_REASON(http_target_parse(e.text, false, &out), bad_targets[i].reason);
        edge_free(&e);
    }
}

static const struct {
    struct slice text, normal, host;
    unsigned port;
} authorities[] = {
    {SLICE_INIT("a.example"), SLICE_INIT("a.example"), SLICE_INIT("a.example"), 0},
    {SLICE_INIT("A.EXAMPLE"), SLICE_INIT("a.example"), SLICE_INIT("a.example"), 0},
    {SLICE_INIT("a.example."), SLICE_INIT("a.example"), SLICE_INIT("a.example"), 0},
    {SLICE_INIT("a.example:80"), SLICE_INIT("a.example"), SLICE_INIT("a.example"), 0},
    {SLICE_INIT("a.example.:"), SLICE_INIT("a.example"), SLICE_INIT("a.example"), 0},
    {SLICE_INIT("a:8080"), SLICE_INIT("a:8080"), SLICE_INIT("a"), 8080},
    {SLICE_INIT("a:00443"), SLICE_INIT("a:443"), SLICE_INIT("a"), 443},
    {SLICE_INIT("a:65535"), SLICE_INIT("a:65535"), SLICE_INIT("a"), 65535},
    {SLICE_INIT("a_b-c~d.e"), SLICE_INIT("a_b-c~d.e"), SLICE_INIT("a_b-c~d.e"), 0},
    {SLICE_INIT("xn--bcher-kva.example"), SLICE_INIT("xn--bcher-kva.example"),
     SLICE_INIT("xn--bcher-kva.example"), 0},
    {SLICE_INIT("1a.2b"), SLICE_INIT("1a.2b"), SLICE_INIT("1a.2b"), 0},
    {SLICE_INIT("192.0.2.1:81"), SLICE_INIT("192.0.2.1:81"), SLICE_INIT("192.0.2.1"), 81},
    {SLICE_INIT("192.0.2.1."), SLICE_INIT("192.0.2.1"), SLICE_INIT("192.0.2.1"), 0},
    {SLICE_INIT("[::1]"), SLICE_INIT("[::1]"), SLICE_INIT("[::1]"), 0},
    {SLICE_INIT("[2001:DB8:0:0:0::1]:8443"), SLICE_INIT("[2001:db8::1]:8443"),
     SLICE_INIT("[2001:db8::1]"), 8443},
    {SLICE_INIT("[::1]:80"), SLICE_INIT("[::1]"), SLICE_INIT("[::1]"), 0},
    {SLICE_INIT("[::FFFF:192.0.2.1]"), SLICE_INIT("[::ffff:192.0.2.1]"),
     SLICE_INIT("[::ffff:192.0.2.1]"), 0},
};

static void normalises_authorities(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(authorities); i++) {
        struct edge e = edge_copy(authorities[i].text);
        struct arena arena;
        struct http_authority out;
        arena_init(&arena, NULL, 1 << 16);
        ASSERT_REASON(http_authority_parse(e.text, 80, &arena, &out), HTTP_REASON_NONE);
        ASSERT_SLICE(out.text, authorities[i].normal);
        ASSERT_SLICE(out.host, authorities[i].host);
        assert_int_equal(out.port, authorities[i].port);
        // What is forwarded would be read as the same again.
        struct http_authority again;
        ASSERT_REASON(http_authority_parse(out.text, 80, &arena, &again), HTTP_REASON_NONE);
        ASSERT_SLICE(again.text, out.text);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static const struct slice bad_authorities[] = {
    SLICE_INIT(""),
    SLICE_INIT(":80"),
    SLICE_INIT("."),
    SLICE_INIT(".a"),
    SLICE_INIT("a..b"),
    SLICE_INIT("a.."),
    SLICE_INIT("a:0"),
    SLICE_INIT("a:65536"),
    SLICE_INIT("a:-1"),
    SLICE_INIT("a:+80"),
    SLICE_INIT("a:80x"),
    SLICE_INIT("a:80:80"),
    SLICE_INIT("a::80"),
    SLICE_INIT("a b"),
    SLICE_INIT("a\tb"),
    SLICE_INIT("a,b"),
    SLICE_INIT("a;b"),
    SLICE_INIT("a/"),
    SLICE_INIT("a?b"),
    SLICE_INIT("a#b"),
    SLICE_INIT("u@a"),
    SLICE_INIT("a\\b"),
    SLICE_INIT("\"a\""),
    SLICE_INIT("a%20b"),
    SLICE_INIT("a*"),
    SLICE_INIT("*"),
    SLICE_INIT("a\0b"),
    SLICE_INIT("b\xc3\xbc"
               "cher.example"),
    SLICE_INIT("1"),
    SLICE_INIT("1.2.3"),
    SLICE_INIT("1.2.3.4.5"),
    SLICE_INIT("256.1.1.1"),
    SLICE_INIT("127.0.0.01"),
    SLICE_INIT("0x7f.0.0.1"),
    SLICE_INIT("a.0x7F"),
    SLICE_INIT("a.0x"),
    SLICE_INIT("a.1"),
    SLICE_INIT("::1"),
    SLICE_INIT("["),
    SLICE_INIT("[]"),
    SLICE_INIT("[::1"),
    SLICE_INIT("[::1]x"),
    SLICE_INIT("[::1]80"),
    SLICE_INIT("[::1]]"),
    SLICE_INIT("[[::1]]"),
    SLICE_INIT("[::g]"),
    SLICE_INIT("[1:2:3:4:5:6:7]"),
    SLICE_INIT("[fe80::1%eth0]"),
    SLICE_INIT("[v1.x]"),
    SLICE_INIT("[192.0.2.1]"),
    SLICE_INIT("[a.example]"),
};

static void refuses_bad_authorities(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_authorities); i++) {
        struct edge e = edge_copy(bad_authorities[i]);
        struct arena arena;
        struct http_authority out;
        print_message("%.*s\n", (int)e.text.len, e.text.ptr);
        arena_init(&arena, NULL, 1 << 16);
        ASSERT_REASON(http_authority_parse(e.text, 80, &arena, &out), HTTP_REASON_HOST_INVALID);
        assert_int_equal(out.text.len, 0);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static void an_authority_has_255_octets_at_most(void **state)
{
    (void)state;
    char text[256];
    struct arena arena;
    struct http_authority out;
    arena_init(&arena, NULL, 1 << 16);
    memset(text, 'a', sizeof text);
    ASSERT_REASON(http_authority_parse(slice_of(text, 255), 80, &arena, &out), HTTP_REASON_NONE);
    ASSERT_REASON(http_authority_parse(slice_of(text, 256), 80, &arena, &out),
                  HTTP_REASON_HOST_INVALID);
    arena_clear(&arena);
    arena_init(&arena, NULL, 0);
    ASSERT_REASON(http_authority_parse(slice_of(text, 9), 80, &arena, &out), HTTP_REASON_NO_MEMORY);
    arena_clear(&arena);
}

static void decodes_leniently(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        bool plus;
        struct slice out;
    } cases[] = {
        {SLICE_INIT(""), true, SLICE_INIT("")},
        {SLICE_INIT("a%20b+c"), true, SLICE_INIT("a b c")},
        {SLICE_INIT("a%20b+c"), false, SLICE_INIT("a b+c")},
        {SLICE_INIT("%00%fF%2541"), true, SLICE_INIT("\0\xff%41")},
        {SLICE_INIT("%"), true, SLICE_INIT("%")},
        {SLICE_INIT("%4"), true, SLICE_INIT("%4")},
        {SLICE_INIT("%4g%%41"), true, SLICE_INIT("%4g%A")},
        {SLICE_INIT("%u0041"), true, SLICE_INIT("%u0041")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edge e = edge_copy(cases[i].text);
        char out[32];
        ASSERT_SLICE(slice_of(out, http_percent_decode(e.text, cases[i].plus, out)), cases[i].out);
        edge_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_targets),
        cmocka_unit_test(refuses_bad_targets),
        cmocka_unit_test(normalises_authorities),
        cmocka_unit_test(refuses_bad_authorities),
        cmocka_unit_test(an_authority_has_255_octets_at_most),
        cmocka_unit_test(decodes_leniently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
