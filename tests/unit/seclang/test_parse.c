// SPDX-License-Identifier: Apache-2.0
// Variables, operators and actions in all their spellings.
#include "unit/seclang/fixture.h"

#include "seclang/parse.h"

static const struct seclang_variable *variables(struct fixture *f, const char *text)
{
    struct seclang_variable *v = NULL;
    const struct seclang_place place = {"test.conf", 1};
    fixture_read(f, "");
    assert_true(seclang_parse_variables(&f->set, &place, slice_str(text), &v));
    return v;
}

static void reads_variables(void **state)
{
    struct fixture f;
    (void)state;
    const struct seclang_variable *v = variables(
        &f, "ARGS|!ARGS:a b|&TX:'/x|y/'|REQUEST_COOKIES:/^(a|b)\\/c/|XML:/*|XML://@*,FILES");
    ASSERT_SLICE(v->name, SLICE("ARGS"));
    assert_false(v->has_selector);
    v = v->next;
    ASSERT_SLICE(v->selector, SLICE("a b"));
    assert_true(v->is_taken_out && !v->is_regex);
    v = v->next;
    ASSERT_SLICE(v->selector, SLICE("x|y"));
    assert_true(v->is_count && v->is_regex);
    v = v->next;
    ASSERT_SLICE(v->selector, SLICE("^(a|b)\\/c"));
    assert_true(v->is_regex);
    v = v->next;
    ASSERT_SLICE(v->selector, SLICE("/*"));
    assert_false(v->is_regex);
    v = v->next;
    ASSERT_SLICE(v->selector, SLICE("//@*"));
    v = v->next;
    ASSERT_SLICE(v->name, SLICE("FILES"));
    assert_null(v->next);
    fixture_clear(&f);
}

static void reads_operators(void **state)
{
    static const struct {
        const char *text, *name, *argument;
        bool is_negated;
    } cases[] = {
        {"@rx ^a b$", "rx", "^a b$", false},
        {"!@eq 0", "eq", "0", true},
        {"^a", "rx", "^a", false},
        {"!^a", "rx", "^a", true},
        {"@detectSQLi", "detectSQLi", "", false},
        {" ! @pm  a b ", "pm", "a b", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct seclang_link link = {.next = NULL};
        seclang_parse_operator(slice_str(cases[i].text), &link);
        ASSERT_SLICE(link.operator_name, slice_str(cases[i].name));
        ASSERT_SLICE(link.argument, slice_str(cases[i].argument));
        assert_int_equal(link.is_negated, cases[i].is_negated);
    }
}

static void reads_actions(void **state)
{
    static const struct {
        const char *name, *value;
    } wanted[] = {{"id", "1"},
                  {"msg", "it's, so"},
                  {"t", "none"},
                  {"setvar", "tx.a=%{b}"},
                  {"ctl", "ruleRemoveTargetById=1;ARGS:a"},
                  {"chain", ""}};
    struct fixture f;
    struct seclang_action *a = NULL;
    const struct seclang_place place = {"test.conf", 1};
    (void)state;
    fixture_read(&f, "");
    assert_true(seclang_parse_actions(
        &f.set, &place,
        SLICE("id:1, msg:'it\\'s, "
              "so',\tt:none,setvar:'tx.a=%{b}',ctl:ruleRemoveTargetById=1;ARGS:a,chain"),
        &a));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++, a = a->next) {
        ASSERT_SLICE(a->name, slice_str(wanted[i].name));
        ASSERT_SLICE(a->value, slice_str(wanted[i].value));
    }
    assert_null(a);
    assert_false(seclang_parse_actions(&f.set, &place, SLICE("id:1,msg:'no end"), &a));
    assert_int_equal(f.report.counts[SECLANG_BROKEN], 1);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_variables),
        cmocka_unit_test(reads_operators),
        cmocka_unit_test(reads_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
