// SPDX-License-Identifier: Apache-2.0
// Each comparison through a rule file, with the piece it reports.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct {
    const char *match; // of a rule over query.v
    const char *request;
    const char *piece; // NULL: no hit
} cases[] = {
    {"\"regex\":\"b+\"", "GET /?v=abbc", "bb"},
    {"\"regex\":\"b+\"", "GET /?v=ac", NULL},
    {"\"contains\":\"bc\"", "GET /?v=abcd", "bc"},
    {"\"contains\":\"bc\"", "GET /?v=aBCd", NULL},
    {"\"contains_any\":[\"xx\",\"cd\",\"d\"]", "GET /?v=abcd", "cd"},
    {"\"contains_any\":[\"xx\",\"cd\"]", "GET /?v=x", NULL},
    {"\"equals\":\"abc\"", "GET /?v=abc", "abc"},
    {"\"equals\":\"abc\"", "GET /?v=abcd", NULL},
    {"\"equals\":[\"zz\",\"abc\",\"ab\"]", "GET /?v=ab", "ab"},
    {"\"equals\":[\"zz\",\"abc\",\"ab\"]", "GET /?v=a", NULL},
    {"\"begins_with\":\"ab\"", "GET /?v=abc", "ab"},
    {"\"begins_with\":\"ab\"", "GET /?v=cab", NULL},
    {"\"ends_with\":\"bc\"", "GET /?v=abc", "bc"},
    {"\"ends_with\":\"bc\"", "GET /?v=abcd", NULL},
    {"\"greater_than\":9", "GET /?v=10", "10"},
    {"\"greater_than\":9", "GET /?v=9", NULL},
    {"\"greater_than\":9", "GET /?v=010", "010"},
    {"\"greater_than\":9", "GET /?v=-10", NULL},
    {"\"greater_than\":9", "GET /?v=10x", NULL},
    {"\"greater_than\":9", "GET /?v=", NULL},
    {"\"greater_than\":9", "GET /?v=99999999999999999999999999", "99999999999999999999999999"},
    {"\"less_than\":9", "GET /?v=8", "8"},
    {"\"less_than\":9", "GET /?v=x", NULL},
    {"\"less_than\":9", "GET /?v=99999999999999999999999999", NULL},
    {"\"ip_in\":[\"192.0.2.0/24\",\"2001:db8::/32\"]", "GET /?v=192.0.2.77", "192.0.2.77"},
    {"\"ip_in\":[\"192.0.2.0/24\",\"2001:db8::/32\"]", "GET /?v=2001:db8::1", "2001:db8::1"},
    {"\"ip_in\":[\"192.0.2.0/24\"]", "GET /?v=::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    {"\"ip_in\":[\"192.0.2.0/24\"]", "GET /?v=192.0.3.1", NULL},
    {"\"ip_in\":[\"192.0.2.0/24\"]", "GET /?v=nonsense", NULL},
    {"\"regex\":\"^[0-9]+$\",\"not\":true", "GET /?v=12a", "12a"},
    {"\"regex\":\"^[0-9]+$\",\"not\":true", "GET /?v=12", NULL},
    {"\"contains\":\"a\",\"not\":true", "GET /", NULL}, // nothing there: nothing that lacks it
    {"\"ip_in\":[\"192.0.2.0/24\"],\"not\":true", "GET /?v=nonsense", "nonsense"},
    {"\"equals\":[\"a\",\"b\"],\"not\":true", "GET /?v=c", "c"},
};

static void compares(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[512];
        struct fixture f;
        (void)snprintf(text, sizeof text,
                       "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query.v\"],"
                       "\"match\":{%s},"
                       "\"action\":\"log\"}]}",
                       cases[i].match);
        if (!fixture_open(&f, text))
            fixture_print(&f);
        assert_non_null(f.program);
        assert_true(fixture_ask(&f, cases[i].request));
        if (f.hit_count != (cases[i].piece ? 1 : 0))
            fail_msg("%s, %s: %zu hits", cases[i].match, cases[i].request, f.hit_count);
        if (cases[i].piece)
            assert_string_equal(f.hits[0].value, cases[i].piece);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
