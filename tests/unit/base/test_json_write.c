// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/json_write.h"

static char storage[4096];
static struct buf out;
static struct json_writer writer;

static int begin(void **state)
{
    (void)state;
    buf_init(&out, storage, sizeof(storage));
    json_write_init(&writer, &out);
    return 0;
}

static void puts_commas_where_they_belong(void **state)
{
    (void)state;
    json_write_object(&writer);
    json_write_key_u64(&writer, "a", 1);
    json_write_key(&writer, "b");
    json_write_array(&writer);
    json_write_array(&writer);
    json_write_end_array(&writer);
    json_write_i64(&writer, -5);
    json_write_object(&writer);
    json_write_end_object(&writer);
    json_write_null(&writer);
    json_write_bool(&writer, false);
    json_write_end_array(&writer);
    json_write_key_bool(&writer, "c", true);
    json_write_key_str(&writer, "d", "x");
    json_write_key_slice(&writer, "e", SLICE(""));
    json_write_end_object(&writer);
    ASSERT_SLICE(buf_view(&out),
                 SLICE("{\"a\":1,\"b\":[[],-5,{},null,false],\"c\":true,\"d\":\"x\",\"e\":\"\"}"));
    assert_false(out.failed);
}

static void writes_the_outermost_numbers(void **state)
{
    (void)state;
    json_write_array(&writer);
    json_write_u64(&writer, UINT64_MAX);
    json_write_i64(&writer, INT64_MAX);
    json_write_i64(&writer, INT64_MIN);
    json_write_i64(&writer, 0);
    json_write_end_array(&writer);
    ASSERT_SLICE(buf_view(&out),
                 SLICE("[18446744073709551615,9223372036854775807,-9223372036854775808,0]"));
}

static void escapes_text(void **state)
{
    static const struct {
        struct slice text;
        const char *json;
    } cases[] = {
        {SLICE_INIT("plain ~ text"), "\"plain ~ text\""},
        {SLICE_INIT("say \"hi\""), "\"say \\\"hi\\\"\""},
        {SLICE_INIT("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
        {SLICE_INIT("\0\x01\v\x1f\x7f"), "\"\\u0000\\u0001\\u000b\\u001f\\u007f\""},
        {SLICE_INIT("a\\b"), "\"a\\\\b\""},
        {SLICE_INIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
         "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {SLICE_INIT("a\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"a\\u2028\\u2029\xe2\x80\xaa\""},
        {SLICE_INIT("x\xff"
                    "y"),
         "\"x\\\\xFFy\""},
        {SLICE_INIT("\xc3"), "\"\\\\xC3\""},
        {SLICE_INIT("\xed\xa0\x80"), "\"\\\\xED\\\\xA0\\\\x80\""},
        {SLICE_INIT("\\x41"), "\"\\\\x5Cx41\""}, // else it would be taken for an escaped A
        {SLICE_INIT("\\xg1\\x4\\"), "\"\\\\xg1\\\\x4\\\\\""},
        {SLICE_INIT("\\\\xaF"), "\"\\\\\\\\x5CxaF\""},
        {SLICE_INIT("\\\xff"), "\"\\\\\\\\xFF\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(state);
        json_write_slice(&writer, cases[i].text);
        ASSERT_SLICE(buf_view(&out), slice_str(cases[i].json));
    }
}

static void shortens_between_characters(void **state)
{
    static const struct {
        const char *text;
        size_t max;
        const char *json;
    } cases[] = {
        {"abc", 3, "\"abc\""},
        {"abcd", 3, "\"abc...\""},
        {"abcd", 0, "\"...\""},
        {"a\xe2\x82\xac", 4, "\"a\xe2\x82\xac\""},
        {"a\xe2\x82\xacz", 4, "\"a\xe2\x82\xac...\""},
        {"a\xe2\x82\xacz", 3, "\"a...\""},
        {"a\xe2\x82\xacz", 2, "\"a...\""},
        {"\xf0\x9f\x98\x80z", 3, "\"...\""},
        {"\x80\x80\x80z", 2, "\"\\\\x80\\\\x80...\""}, // no sequence to keep whole
        {"\xe2\x82", 1, "\"\\\\xE2...\""},
        {"ab\\x41", 3, "\"ab\\\\...\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(state);
        json_write_shortened(&writer, slice_str(cases[i].text), cases[i].max);
        ASSERT_SLICE(buf_view(&out), slice_str(cases[i].json));
    }
}

static void notes_that_the_buffer_was_too_small(void **state)
{
    (void)state;
    for (size_t size = 0; size < 14; size++) {
        buf_init(&out, storage, size);
        json_write_init(&writer, &out);
        json_write_array(&writer);
        json_write_slice(&writer, SLICE("a\"b\xff"));
        json_write_end_array(&writer);
        assert_int_equal(out.failed, size < 13); // ["a\"b\\xFF"]
        assert_true(out.len <= size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(puts_commas_where_they_belong, begin),
        cmocka_unit_test_setup(writes_the_outermost_numbers, begin),
        cmocka_unit_test(escapes_text),
        cmocka_unit_test(shortens_between_characters),
        cmocka_unit_test(notes_that_the_buffer_was_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
