// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/record.h"
#include "support/policy.h"

static int in_a_folder_with_conf(void **state)
{
    static char folder[] = "/tmp/yett-policy-sink-XXXXXX";
    *state = folder;
    return mkdtemp(folder) && chdir(folder) == 0 && mkdir("conf", 0700) == 0 &&
                   mkdir("conf/ring", 0700) == 0
               ? 0
               : -1;
}

static int remove_folder(void **state)
{
    return rmdir("conf/ring") == 0 && rmdir("conf") == 0 && chdir("/") == 0 && rmdir(*state) == 0
               ? 0
               : -1;
}

static void takes_some_records_only(void **state)
{
    struct snapshot *s = policy_good(
        POLICY_WITH(",'audit':{'when_full':'shed','sinks':[{'type':'stdout','what':'denied'},"
                    "{'type':'file','path':'ring/a','what':['passed','aborted']},"
                    "{'type':'file','path':'ring/b','what':'all'}]}"));
    const struct audit_options *o = &s->audit.options;
    assert_int_equal(o->when_full, AUDIT_WHEN_FULL_SHED);
    assert_int_equal(o->sinks[0].verdicts,
                     1u << AUDIT_VERDICT_DENIED | 1u << AUDIT_VERDICT_REFUSED);
    assert_int_equal(o->sinks[1].verdicts,
                     1u << AUDIT_VERDICT_PASSED | 1u << AUDIT_VERDICT_ABORTED);
    assert_int_equal(o->sinks[2].verdicts, 0);
    snapshot_unref(&s);
    (void)state;
}

#define AUDIT(text) POLICY_WITH(",'audit':{" text "}")

static const struct policy_case refused[] = {
    {"a verdict that is none", AUDIT("'sinks':[{'type':'stdout','what':['lost']}]"),
     "$.audit.sinks[0].what[0]: \"lost\" is not among \"passed\""},
    {"no verdict", AUDIT("'sinks':[{'type':'stdout','what':[]}]"),
     "$.audit.sinks[0].what: a sink that takes nothing"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_some_records_only),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, in_a_folder_with_conf, remove_folder);
}
