// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <string.h>

#include "audit/fields.h"
#include "base/buf.h"

static char space[4096];
static struct buf seen;

static void note(void *ctx, struct slice path, struct slice text)
{
    (void)ctx;
    buf_slice(&seen, path);
    buf_char(&seen, '=');
    buf_slice(&seen, text);
    buf_char(&seen, ';');
}

static bool walk(const char *text)
{
    static char line[4096];
    buf_init(&seen, space, sizeof(space));
    size_t len = strlen(text);
    memcpy(line, text, len + 1);
    return fields_walk(line, len, note, NULL);
}

static void names_every_leaf(void **state)
{
    assert_true(
        walk(" { \"a\" : \"x\\\"y\", \"b\":{\"c\":[1, {\"d\":true,\"e\":[]},\"\"],\"f\":{}},"
             "\"g\":null}"));
    ASSERT_SLICE(buf_view(&seen), SLICE("a=x\\\"y;b.c[]=1;b.c[].d=true;b.c[]=;g=null;"));
    assert_true(walk("{}"));
    assert_int_equal(seen.len, 0);
    (void)state;
}

static void refuses_what_is_no_object(void **state)
{
    static const char *const texts[] = {"", "1", "[{}]", "{\"a\":1", "{\"a\"}", "{'a':1}", "{}{}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_false(walk(texts[i]));
        assert_int_equal(seen.len, 0);
    }
    (void)state;
}

static void long_paths_are_cut(void **state)
{
    char text[2048];
    struct buf out;
    buf_init(&out, text, sizeof(text));
    for (unsigned i = 0; i < 30; i++)
        buf_str(&out, "{\"a_rather_long_name\":");
    buf_char(&out, '1');
    for (unsigned i = 0; i < 30; i++)
        buf_char(&out, '}');
    buf_char(&out, '\0');
    assert_true(walk(text));
    assert_int_equal(seen.len, 256 + 3);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_leaf),
        cmocka_unit_test(refuses_what_is_no_object),
        cmocka_unit_test(long_paths_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
