// SPDX-License-Identifier: Apache-2.0
// Addresses and styles, in the spellings that browsers take.
#include "support/unit.h"

#include "base/attr.h"
#include "rules/xss_value.h"

struct value_case {
    struct slice value;
    bool is_script;
};

#define YES(value)                                                                                 \
    {                                                                                              \
        SLICE_INIT(value), true                                                                    \
    }
#define NO(value)                                                                                  \
    {                                                                                              \
        SLICE_INIT(value), false                                                                   \
    }

static void assert_cases(const struct value_case *cases, size_t count, bool (*judge)(struct slice))
{
    for (size_t i = 0; i < count; i++) {
        if (judge(cases[i].value) != cases[i].is_script)
            fail_msg("%s", cases[i].value.ptr);
    }
}

static const struct value_case addresses[] = {
    YES("javascript:x"),
    YES("JaVaScRiPt:x"),
    YES(" \t\x01javascript:x"),
    YES("java\tscr\nipt\r:x"),
    YES("java\0script:x"),
    YES("&#106;avascript:x"),
    YES("&#x6a;avascript&colon;x"),
    YES("java&Tab;script&#58x"),
    YES("vbscript:x"),
    YES("feed:javascript:x"),
    YES("view-source:feed:javascript:x"),
    YES("data:text/html,x"),
    YES("data:TEXT/HTML;base64,x"),
    YES("data:image/svg+xml,x"),
    YES("data:application/javascript,x"),
    NO("data:image/png;base64,x"),
    NO("data:text/plain,<html"),
    NO("data:,html"),
    NO("javascript"),
    NO("javascripts:x"),
    NO("x javascript:x"),
    NO("https://x/javascript:x"),
    NO("/javascript:"),
    NO(":"),
    NO(""),
};

static const struct value_case bare[] = {
    YES("javascript:alert(1)"), YES("javascript: alert(1)"),
    YES("javascript:x=1"),      YES("java\tscript:a`b`"),
    NO("javascript:"),          NO("javascript: the good parts (2)"),
    NO("javascript:void(0)"),   NO("javascript:void(0);"),
    NO("javascript:;"),         NO("javascript:history.back()"),
    NO("data:text/html,x()"),   NO("javascript"),
};

static const struct value_case styles[] = {
    YES("width:expression(x)"),
    YES("width:EXPRESSION (x)"),
    YES("width:exp/* y */ression(x)"),
    YES("width:\\65 xpression(x)"),
    YES("width:\\000065xpression(x)"),
    YES("width:e\\xpression(x)"),
    YES("width:&#101;xpression(x)"),
    YES("background:url('javascript:x')"),
    YES("behavior: url(x)"),
    YES("-moz-binding:url(x)"),
    YES("@import 'x'"),
    NO("color:red;width:50%"),
    NO("scroll-behavior:smooth"),
    NO("background:url(x.png)"),
    NO("content:'an expression'"),
    NO("a/* open"),
    NO("\\"),
    NO(""),
};

static void knows_addresses(void **state)
{
    (void)state;
    assert_cases(addresses, ARRAY_LEN(addresses), xss_is_script_address);
    assert_cases(bare, ARRAY_LEN(bare), xss_is_bare_script_address);
}

static void knows_styles(void **state)
{
    (void)state;
    assert_cases(styles, ARRAY_LEN(styles), xss_is_script_style);
}

// Wherever the piecewise look has its seams.
static void finds_what_stands_far_behind_in_a_style(void **state)
{
    char text[1200];
    (void)state;
    for (size_t at = 0; at + 11 <= sizeof text; at++) {
        memset(text, 'x', sizeof text);
        assert_false(xss_is_script_style(slice_of(text, sizeof text)));
        memcpy(text + at, "expression(", 11);
        assert_true(xss_is_script_style(slice_of(text, sizeof text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_addresses),
        cmocka_unit_test(knows_styles),
        cmocka_unit_test(finds_what_stands_far_behind_in_a_style),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
