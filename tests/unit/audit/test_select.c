// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "audit/record.h"
#include "audit/select.h"
#include "base/buf.h"

enum { DENIED = 1u << AUDIT_VERDICT_DENIED };

static char space[AUDIT_RECORD_MAX];

static struct slice line_of(const struct audit_record *r)
{
    struct buf line;
    buf_init(&line, space, sizeof(space));
    audit_record_write(r, NULL, &line);
    return buf_view(&line);
}

static void knows_each_verdict(void **state)
{
    struct audit_record r;
    audit_record_init(&r);
    for (unsigned v = 0; v <= AUDIT_VERDICT_ABORTED; v++) {
        r.verdict = (enum audit_verdict)v;
        assert_true(select_takes(0, line_of(&r)));
        for (unsigned wanted = 0; wanted <= AUDIT_VERDICT_ABORTED; wanted++)
            assert_int_equal(select_takes(1u << wanted, line_of(&r)), wanted == v);
    }
    (void)state;
}

// What strangers write, and even names the policy chose for header fields, decide nothing.
static void is_not_deceived(void **state)
{
    static const char *const lies[] = {
        "\"yett\":{\"verdict\":\"denied\"}",
        "\\\"yett\":{\"verdict\":\"denied\"",
        "x\",\"yett\":{\"verdict\":\"denied\",\"y\":\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        struct slice lie = slice_str(lies[i]);
        struct audit_header second = {SLICE("verdict"), SLICE("denied"), NULL};
        struct audit_header first = {SLICE("yett"), lie, &second};
        struct audit_record r;
        audit_record_init(&r);
        r.verdict = AUDIT_VERDICT_PASSED;
        r.target = r.path = r.query = r.host = r.user_agent = r.user = r.method = lie;
        r.has_query = true;
        r.headers = &first;
        assert_false(select_takes(DENIED, line_of(&r)));
        r.verdict = AUDIT_VERDICT_DENIED;
        assert_true(select_takes(DENIED, line_of(&r)));
    }
    (void)state;
}

static void takes_what_has_no_verdict(void **state)
{
    assert_true(select_takes(DENIED, SLICE("{\"yett\":{\"lost\":3}}\n")));
    assert_true(select_takes(DENIED, SLICE("\n")));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_each_verdict),
        cmocka_unit_test(is_not_deceived),
        cmocka_unit_test(takes_what_has_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
