// SPDX-License-Identifier: Apache-2.0
// The verdict on attacks and on honest values; and that nothing is missed by looking for the needed
// literals first.
#include "rules/xss.h"

#include "unit/rules/fixture.h"
#include "unit/rules/samples.h"

static struct rules_literals needs;

static bool hits(struct slice value)
{
    struct slice piece = {0};
    if (!xss_find(value, &piece))
        return false;
    assert_true(piece.len > 0 && piece.ptr >= value.ptr &&
                piece.ptr + piece.len <= value.ptr + value.len);
    if (!samples_has_any(&needs, value))
        fail_msg("skipped: %.*s", (int)value.len, value.ptr);
    return true;
}

static bool misses(struct slice value)
{
    return !hits(value);
}

static void finds_attacks(void **state)
{
    (void)state;
    assert_true(samples_each("xss_attacks.txt", hits) >= 250);
}

static void leaves_honest_values_alone(void **state)
{
    (void)state;
    assert_true(samples_each("xss_benign.txt", misses) >= 300);
}

static void nothing_is_missed_by_looking_for_literals_first(void **state)
{
    static const char *const parts[] = {
        "<script", "<img ", "onerror", "=",   "alert(1)", ">",    "\"",          "'",
        "`",       " ",     "/",       "<",   "href",     "java", "script",      ":",
        "&colon;", "&#58",  "<!--",    "-->", "<!",       "[if",  "style",       "x",
        "onclick", "svg",   "entity",  "<?",  "import",   "\n",   "expression(", "data:text/html"};
    uint64_t seed = 19;
    size_t found = 0;
    (void)state;
    for (int round = 0; round < 60000; round++) {
        char text[256];
        size_t len = 0;
        for (unsigned i = fixture_random(&seed) % 9; i > 0; i--) {
            const char *part = parts[fixture_random(&seed) % ARRAY_LEN(parts)];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        char *value = malloc(len + 1);
        assert_non_null(value);
        memcpy(value, text, len);
        found += hits(slice_of(value, len));
        free(value);
    }
    assert_true(found > 1000);
}

static void says_which_part(void **state)
{
    static const struct {
        const char *value, *piece;
    } cases[] = {
        {"a <b>b</b> <script>x", "<script"},
        {"a <img src=x onerror=y> z", "<img src=x onerror=y"},
        {"x\" onclick=\"y()\" z", "x\" onclick=\"y()\""},
        {"javascript:x()", "javascript:x()"},
        {"a <!-- [if --> <!ENTITY x>", "<!ENTITY x>"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice piece = {0};
        assert_true(xss_find(slice_str(cases[i].value), &piece));
        if (!slice_eq(piece, slice_str(cases[i].piece)))
            fail_msg("%s: %.*s", cases[i].value, (int)piece.len, piece.ptr);
    }
}

static void rules_can_ask(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open_rules(
        &f, "{'id':'a','targets':['query.*'],'match':{'xss':true},'action':'log'}", ""));
    assert_true(fixture_ask(&f, "GET /?q=%3Cimg+src=x+onerror=alert(1)%3E"));
    assert_int_equal(f.hit_count, 1);
    assert_string_equal(f.hits[0].value, "<img src=x onerror=alert(1)");
    assert_true(fixture_ask(&f, "GET /?q=%3Cb%3Ebold%3C/b%3E&r=plain"));
    assert_int_equal(f.hit_count, 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_attacks),
        cmocka_unit_test(leaves_honest_values_alone),
        cmocka_unit_test(nothing_is_missed_by_looking_for_literals_first),
        cmocka_unit_test(says_which_part),
        cmocka_unit_test(rules_can_ask),
    };
    xss_needs(&needs);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
