// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/record.h"
#include "support/policy.h"

// Paths are relative to conf/p.json, and their folders must exist.
static int in_a_folder_with_conf(void **state)
{
    static char folder[] = "/tmp/yett-policy-audit-XXXXXX";
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

static void writes_to_stdout_unless_told(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(""));
    assert_int_equal(s->audit.options.sink_count, 1);
    assert_int_equal(s->audit.options.sinks[0].type, AUDIT_SINK_STDOUT);
    assert_string_equal(s->audit.options.spool, "conf");
    assert_int_equal(s->audit.options.ring_bytes, 4 * 1024 * 1024);
    assert_int_equal(s->audit.options.when_full, AUDIT_WHEN_FULL_WAIT);
    assert_true(audit_redaction_has(s->audit.redaction, SLICE("Password")));
    assert_false(audit_redaction_has(s->audit.redaction, SLICE("q")));
    assert_int_equal(s->audit.request_header_count, 0);
    snapshot_unref(&s);
    (void)state;
}

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(
        ",'audit':{'sinks':[{'type':'stdout'},{'type':'file','path':'ring/"
        "a.jsonl'}],'when_full':'drop',"
        "'redact':['pin'],'ring_size':'1MiB','request_headers':['X-Trace','Referer']}"));
    const struct audit_options *o = &s->audit.options;
    assert_int_equal(o->sink_count, 2);
    assert_int_equal(o->sinks[1].type, AUDIT_SINK_FILE);
    assert_string_equal(o->sinks[1].path, "conf/ring/a.jsonl");
    assert_string_equal(o->spool, "conf/ring");
    assert_int_equal(o->when_full, AUDIT_WHEN_FULL_DROP);
    assert_int_equal(o->ring_bytes, 1024 * 1024);
    assert_true(audit_redaction_has(s->audit.redaction, SLICE("pin")));
    assert_false(audit_redaction_has(s->audit.redaction, SLICE("password")));
    assert_int_equal(s->audit.request_header_count, 2);
    ASSERT_SLICE(s->audit.request_headers[0], SLICE("x-trace"));
    snapshot_unref(&s);
    s = policy_good(POLICY_WITH(",'audit':{'spool':'ring'}"));
    assert_string_equal(s->audit.options.spool, "conf/ring");
    snapshot_unref(&s);
    (void)state;
}

static void no_sink_costs_a_warning(void **state)
{
    struct problems *problems = problems_new();
    struct snapshot *s =
        policy_try(POLICY_WITH(",'audit':{'sinks':[]}"), POLICY_REACH_ALL, problems);
    assert_non_null(s);
    assert_int_equal(s->audit.options.sink_count, 0);
    assert_int_equal(problems_warnings(problems), 1);
    snapshot_unref(&s);
    problems_free(&problems);
    (void)state;
}

#define AUDIT(text) POLICY_WITH(",'audit':{" text "}")

static const struct policy_case refused[] = {
    {"unknown key", AUDIT("'sink':[]"),
     "$.audit.sink: unknown key \"sink\" (did you mean \"sinks\"?)"},
    {"a file without a path", AUDIT("'sinks':[{'type':'file'}]"),
     "$.audit.sinks[0]: the key \"path\" is missing"},
    {"stdout with a path", AUDIT("'sinks':[{'type':'stdout','path':'a'}]"),
     "$.audit.sinks[0].path: unknown key"},
    {"no type", AUDIT("'sinks':[{'path':'a'}]"), "$.audit.sinks[0]: the key \"type\" is missing"},
    {"another type", AUDIT("'sinks':[{'type':'pipe'}]"),
     "$.audit.sinks[0].type: \"pipe\" is not among"},
    {"no folder", AUDIT("'sinks':[{'type':'file','path':'nowhere/a.jsonl'}]"),
     "$.audit.sinks[0].path: there is no folder \"conf/nowhere\""},
    {"no spool", AUDIT("'spool':'nowhere'"), "$.audit.spool: there is no folder \"conf/nowhere\""},
    {"a folder for a file", AUDIT("'sinks':[{'type':'file','path':'ring'}]"),
     "$.audit.sinks[0].path: \"conf/ring\" is a folder"},
    {"a file twice", AUDIT("'sinks':[{'type':'file','path':'a'},{'type':'file','path':'a'}]"),
     "$.audit.sinks[1]: this is the same sink"},
    {"a file twice, spelled in two ways",
     AUDIT("'sinks':[{'type':'file','path':'a'},{'type':'file','path':'ring/../a'}]"),
     "$.audit.sinks[1]: this is the same sink"},
    {"a sink twice", AUDIT("'sinks':[{'type':'stdout'},{'type':'stdout'}]"),
     "$.audit.sinks[1]: this is the same sink"},
    {"a small ring", AUDIT("'ring_size':'1KiB'"), "$.audit.ring_size: must lie between"},
    {"a secret field", AUDIT("'request_headers':['Cookie']"),
     "$.audit.request_headers[0]: this field carries secrets"},
    {"another secret field", AUDIT("'request_headers':['proxy-authorization']"),
     "this field carries secrets"},
    {"no field name", AUDIT("'request_headers':['a b']"),
     "$.audit.request_headers[0]: this is no name"},
    {"a field twice", AUDIT("'request_headers':['A','a']"),
     "$.audit.request_headers[1]: this stands in the list twice"},
    {"no fate", AUDIT("'when_full':'stop'"),
     "$.audit.when_full: \"stop\" is not among \"wait\", \"shed\" or \"drop\""},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_to_stdout_unless_told),
        cmocka_unit_test(takes_what_is_told),
        cmocka_unit_test(no_sink_costs_a_warning),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, in_a_folder_with_conf, remove_folder);
}
