// SPDX-License-Identifier: Apache-2.0
#include "http/json_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "support/unit.h"

enum { MAX = 100 };

// "name=value;" of everything.
static const char *read(const char *text, char *out, size_t cap)
{
    struct arena arena;
    struct http_params p;
    struct buf b;
    arena_init(&arena, NULL, 1 << 20);
    buf_init(&b, out, cap - 1);
    const char *error = http_json_parse(slice_str(text), MAX, &arena, &p);
    for (size_t i = 0; i < p.count; i++) {
        buf_slice(&b, p.items[i].name);
        buf_char(&b, '=');
        buf_slice(&b, p.items[i].value);
        buf_char(&b, ';');
    }
    assert_false(b.failed);
    out[b.len] = '\0';
    arena_clear(&arena);
    return error;
}

static void names_every_member(void **state)
{
    static const struct {
        const char *text, *members;
    } cases[] = {
        {"{\"user\": {\"tags\": [\"a\", 7]}, \"b\": true}",
         "user.tags[0]=a;user.tags[1]=7;b=true;"},
        {"[1, [2, {\"x\": -0.5e+3}], null]", "[0]=1;[1][0]=2;[1][1].x=-0.5e+3;[2]=;"},
        {"\"alone\"", "=alone;"},
        {" 12 ", "=12;"},
        {"{\"a\": {}, \"b\": [], \"a\": \"again\"}", "a=;b=;a=again;"},
        {"[]", "=;"},
        {"{\"\": 1}", "=1;"},
        {"{\"a\\u003cb\": \"\\u003Cscript\\u003e\\n\\\"\\/\"}", "a<b=<script>\n\"/;"},
        {"\"\\ud83d\\ude00 \\ud83d \\ude00\"", "=\xf0\x9f\x98\x80 \xef\xbf\xbd \xef\xbf\xbd;"},
        {"\"\xc3\xa9\"", "=\xc3\xa9;"},
        {"", ""},
        {" \n", ""},
    };
    char out[1000];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_null(read(cases[i].text, out, sizeof(out)));
        assert_string_equal(out, cases[i].members);
    }
    (void)state;
}

static void says_what_is_wrong_and_keeps_what_came_before(void **state)
{
    static const struct {
        const char *text, *error, *members;
    } cases[] = {
        {"{\"a\": 1, \"b\"", "json-syntax", "a=1;"},
        {"{\"a\": 1} x", "json-syntax", "a=1;"},
        {"{\"a\": 1}{", "json-syntax", "a=1;"},
        {"{a: 1}", "json-syntax", ""},
        {"{'a': 1}", "json-syntax", ""},
        {"[1,]", "json-syntax", "[0]=1;"},
        {"[1 2]", "json-syntax", "[0]=1;"},
        {"[1}", "json-syntax", "[0]=1;"},
        {"[", "json-syntax", ""},
        {"01", "json-syntax", ""},
        {"1.", "json-syntax", ""},
        {"-", "json-syntax", ""},
        {"1e", "json-syntax", ""},
        {"truth", "json-syntax", ""},
        {"\"a", "json-syntax", ""},
        {"\"a\nb\"", "json-syntax", ""},
        {"\"\\x41\"", "json-syntax", ""},
        {"\"\\u12g4\"", "json-syntax", ""},
        {"\"\\", "json-syntax", ""},
        {"\"\xff\"", "json-utf8", ""},
        {"\"\xc0\xaf\"", "json-utf8", ""},
        {"{\"\xed\xa0\x80\": 1}", "json-utf8", ""},
    };
    char out[1000];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *error = read(cases[i].text, out, sizeof(out));
        assert_non_null(error);
        assert_string_equal(error, cases[i].error);
        assert_string_equal(out, cases[i].members);
    }
    (void)state;
}

static void has_limits(void **state)
{
    static char text[4000], out[8000];
    memset(text, '[', HTTP_JSON_DEPTH_MAX + 1);
    text[HTTP_JSON_DEPTH_MAX + 1] = '\0';
    assert_string_equal(read(text, out, sizeof(out)), "json-depth");
    (void)snprintf(text, sizeof(text), "{\"%01025d\": 1}", 7);
    assert_string_equal(read(text, out, sizeof(out)), "json-name");
    size_t len = (size_t)snprintf(text, sizeof(text), "[0");
    for (unsigned i = 0; i < MAX; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, ",%u", i);
    (void)snprintf(text + len, sizeof(text) - len, "]");
    assert_string_equal(read(text, out, sizeof(out)), "json-members");
    (void)state;
}

static void runs_out_of_memory_in_an_orderly_way(void **state)
{
    static const char text[] = "{\"a\": \"\\u0041\", \"b\": [1, 2, 3], \"c\": {\"d\": \"\\n\"}}";
    for (size_t room = 0; room < 2000; room += 16) {
        struct arena arena;
        struct http_params p;
        arena_init(&arena, NULL, room);
        const char *error = http_json_parse(SLICE(text), MAX, &arena, &p);
        assert_true(!error || strcmp(error, "out-of-memory") == 0);
        assert_true(error || p.count == 5);
        arena_clear(&arena);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_member),
        cmocka_unit_test(says_what_is_wrong_and_keeps_what_came_before),
        cmocka_unit_test(has_limits),
        cmocka_unit_test(runs_out_of_memory_in_an_orderly_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
