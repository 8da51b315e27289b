// SPDX-License-Identifier: Apache-2.0
// Names that let script run, and those that look like them.
#include "support/unit.h"

#include "base/attr.h"
#include "rules/html_names.h"

static void knows_tags(void **state)
{
    (void)state;
    assert_non_null(html_tag_find(SLICE("script")));
    assert_non_null(html_tag_find(SLICE("ScRiPt")));
    assert_non_null(html_tag_find(SLICE("sc\0ript")));
    assert_non_null(html_tag_find(SLICE("svg:script")));
    assert_null(html_tag_find(SLICE("scripts")));
    assert_null(html_tag_find(SLICE("scrip")));
    assert_null(html_tag_find(SLICE("b")));
    assert_null(html_tag_find(SLICE("")));
    // One that needs an attribute is a name like others behind a prefix.
    assert_non_null(html_tag_find(SLICE("link")));
    assert_null(html_tag_find(SLICE("atom:link")));
}

static void knows_what_tags_take(void **state)
{
    const struct html_tag *meta = html_tag_find(SLICE("meta"));
    (void)state;
    assert_true(html_tag_takes(meta, SLICE("http-equiv")));
    assert_true(html_tag_takes(meta, SLICE("CONTENT")));
    assert_false(html_tag_takes(meta, SLICE("http")));
    assert_false(html_tag_takes(meta, SLICE("src")));
    assert_false(html_tag_takes(meta, SLICE("")));
    assert_false(html_tag_takes(html_tag_find(SLICE("script")), SLICE("src")));
}

static void knows_events(void **state)
{
    static const char *const events[] = {
        "onclick", "ONLOAD", "onmouseover",          "onbeforeunload",
        "onerror", "onend",  "onwebkittransitionend"};
    static const char *const others[] = {"on",     "one",      "once",     "only",
                                         "online", "ongoing",  "onto",     "onset",
                                         "click",  "onclicks", "xonclick", ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        assert_true(html_is_event(slice_str(events[i])));
        assert_true(html_is_handler(slice_str(events[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(html_is_event(slice_str(others[i])));
    assert_true(html_is_event(SLICE("on\0click")));
    assert_true(html_is_event(SLICE("o\0nclick")));
}

static void takes_any_letters_behind_on_in_a_tag(void **state)
{
    (void)state;
    assert_true(html_is_handler(SLICE("onfoobar")));
    assert_true(html_is_handler(SLICE("onclicks")));
    assert_false(html_is_handler(SLICE("one")));
    assert_false(html_is_handler(SLICE("once")));
    assert_false(html_is_handler(SLICE("on-click")));
    assert_false(html_is_handler(SLICE("on")));
    assert_false(html_is_handler(SLICE("xonload")));
}

static void knows_addresses(void **state)
{
    (void)state;
    assert_true(html_is_link(SLICE("href")));
    assert_true(html_is_link(SLICE("XLINK:HREF")));
    assert_false(html_is_link(SLICE("title")));
    assert_false(html_is_link(SLICE("hre")));
    assert_true(html_name_is(SLICE("StyLe"), "style"));
    assert_false(html_name_is(SLICE("styles"), "style"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_tags),      cmocka_unit_test(knows_what_tags_take),
        cmocka_unit_test(knows_events),    cmocka_unit_test(takes_any_letters_behind_on_in_a_tag),
        cmocka_unit_test(knows_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
