// SPDX-License-Identifier: Apache-2.0
// JSON for people.
#include "unit/seclang/fixture.h"

#include "seclang/out.h"

static void writes(void **state)
{
    struct buf b;
    (void)state;
    buf_new(&b, 4096);
    struct seclang_out o = {.buf = &b};
    seclang_out_open_lines(&o, '{');
    seclang_out_line(&o);
    seclang_out_key(&o, "a");
    seclang_out_open(&o, '[');
    seclang_out_number(&o, -1);
    seclang_out_true(&o);
    seclang_out_close(&o, ']');
    seclang_out_line(&o);
    seclang_out_line(&o);
    seclang_out_key(&o, "b");
    seclang_out_str(&o, "x");
    seclang_out_line(&o); // and nothing behind it
    seclang_out_close_lines(&o, '}');
    ASSERT_SLICE(buf_view(&b), SLICE("{\n  \"a\": [-1, true],\n  \"b\": \"x\"\n}"));
    buf_free(&b);
}

static void escapes(void **state)
{
    struct buf b;
    (void)state;
    buf_new(&b, 4096);
    struct seclang_out o = {.buf = &b};
    assert_true(seclang_out_text(&o, SLICE("a\"\\\n\t\x01\xc3\xa9")));
    ASSERT_SLICE(buf_view(&b), SLICE("\"a\\\"\\\\\\n\\t\\u0001\xc3\xa9\""));
    assert_false(seclang_out_text(&o, SLICE("\xff")));
    buf_reset(&b);
    o.needs_comma = false;
    seclang_out_pattern(&o, SLICE("\xff+"));
    ASSERT_SLICE(buf_view(&b), SLICE("\"\\\\xff+\""));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),
        cmocka_unit_test(escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
