// SPDX-License-Identifier: Apache-2.0
// Lists out of files end up in the output.
#include "unit/seclang/fixture.h"

static void reads_files(void **state)
{
    struct fixture f;
    (void)state;
    FILE *list = fopen("seclang-phrases.data", "we");
    assert_non_null(list);
    assert_true(fputs("# no\n\n  a b \nc\"d\r\n|7c|\n", list) >= 0);
    assert_int_equal(fclose(list), 0);
    fixture_convert(&f, "SecRule ARGS \"@pmFromFile seclang-phrases.data\" \"id:1,log\"");
    assert_true(fixture_has(
        &f.out, "\"contains_any\": [\"a b\", \"c\\\"d\", \"|\"], \"ignore_case\": true"));
    fixture_clear(&f);
    assert_int_equal(remove("seclang-phrases.data"), 0);
}

static void reads_no_files_when_told(void **state)
{
    struct fixture f;
    (void)state;
    fixture_read(&f, "SecRule ARGS \"@pmFromFile seclang-phrases.data\" \"id:1,log\"");
    f.set.reads_no_files = true;
    assert_true(seclang_write(&f.set, &f.out, &f.written));
    assert_int_equal(f.written.left_out, 1);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_no_files_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
