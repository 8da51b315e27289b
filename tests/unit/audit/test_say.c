// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "audit/say.h"

static void lines_fit_and_say_what_they_are(void **state)
{
    char text[SAY_MAX], value[88];
    struct buf out;
    memset(value, 'f', sizeof(value));
    buf_init(&out, text, sizeof(text));
    struct slice line = say_loss(&out, UINT64_MAX);
    assert_true(slice_ends(line, SLICE("\"yett\":{\"lost\":18446744073709551615}}\n")));
    assert_true(slice_find(line, SLICE("\"action\":\"audit-loss\"")) < line.len);
    buf_init(&out, text, sizeof(text));
    line = say_link(&out, UINT64_MAX, slice_of(value, 64));
    assert_true(slice_find(line, SLICE("\"action\":\"audit-link\"")) < line.len);
    assert_false(out.failed);
    buf_init(&out, text, sizeof(text));
    line = say_checkpoint(&out, UINT64_MAX, UINT64_MAX, slice_of(value, 64), slice_of(value, 88));
    assert_true(slice_find(line, SLICE("\"action\":\"audit-checkpoint\"")) < line.len);
    assert_false(out.failed);
    assert_true(slice_ends(line, SLICE("\"}}}\n")));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fit_and_say_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
