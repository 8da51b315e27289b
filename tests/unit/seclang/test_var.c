// SPDX-License-Identifier: Apache-2.0
// setvar, and who sets what.
#include "unit/seclang/fixture.h"

#include "seclang/var.h"

static void reads_changes(void **state)
{
    static const struct {
        const char *text, *collection, *name, *value;
        enum seclang_change change;
        bool is_minus;
    } cases[] = {
        {"tx.a=1", "tx", "a", "1", SECLANG_CHANGE_TO, false},
        {"TX.a=+%{tx.b}", "TX", "a", "%{tx.b}", SECLANG_CHANGE_ADD, false},
        {"tx.a=-2", "tx", "a", "2", SECLANG_CHANGE_ADD, true},
        {"!tx.a", "tx", "a", "1", SECLANG_CHANGE_UNSET, false},
        {"ip.a", "ip", "a", "1", SECLANG_CHANGE_TO, false},
        {"tx.a_%{tx.0}=/%{tx.0}/", "tx", "a_%{tx.0}", "/%{tx.0}/", SECLANG_CHANGE_TO, false},
    };
    struct seclang_setvar set;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(seclang_setvar_parse(slice_str(cases[i].text), &set));
        ASSERT_SLICE(set.collection, slice_str(cases[i].collection));
        ASSERT_SLICE(set.name, slice_str(cases[i].name));
        ASSERT_SLICE(set.value, slice_str(cases[i].value));
        assert_int_equal(set.change, cases[i].change);
        assert_int_equal(set.is_minus, cases[i].is_minus);
    }
    assert_false(seclang_setvar_parse(SLICE("a=1"), &set));
    assert_false(seclang_setvar_parse(SLICE("tx.=1"), &set));
    assert_false(seclang_setvar_parse(SLICE(""), &set));
}

static void knows_who_sets(void **state)
{
    struct fixture f;
    (void)state;
    fixture_read(&f, "SecAction \"id:1,pass,setvar:tx.a=1,setvar:tx.b_%{tx.0}=1\"");
    assert_true(seclang_var_is_set(&f.set, SLICE("A")));
    assert_true(seclang_var_is_set(&f.set, SLICE("b_x")));
    assert_false(seclang_var_is_set(&f.set, SLICE("c")));
    f.set.first->is_dropped = true;
    assert_false(seclang_var_is_set(&f.set, SLICE("a")));
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_changes),
        cmocka_unit_test(knows_who_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
