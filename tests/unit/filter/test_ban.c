// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include "filter/ban.h"
#include "base/hash.h"
#include "filter/key_table.h"

static bool knows_tag(const void *config, struct slice tag)
{
    (void)config;
    return slice_begins(tag, SLICE("attack-"));
}

static const struct filter tagged = {.name = "tagged", .knows_tag = knows_tag};
static const struct filter untagged = {.name = "untagged"};

struct read {
    struct json_doc *doc;
    struct problems *problems;
    struct filter_ban *ban;
};

static void read(struct read *r, const struct filter *type, const char *object)
{
    r->problems = problems_new();
    r->doc = json_read_text("policy.json", slice_str(object), r->problems);
    assert_non_null(r->doc);
    r->ban = filter_ban_compile(json_root(r->doc), type, NULL, r->problems);
}

static void clear(struct read *r)
{
    filter_ban_free(&r->ban);
    json_free(&r->doc);
    problems_free(&r->problems);
}

static void reads_what_the_policy_says(void **state)
{
    struct read r;
    read(&r, &untagged, "{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\"}}");
    assert_non_null(r.ban);
    assert_int_equal(r.ban->after.max, 5);
    assert_int_equal(r.ban->after.window_ms, 60000);
    assert_int_equal(r.ban->for_ms, 3600000);
    assert_int_equal(r.ban->max_ms, 3600000);
    assert_false(r.ban->is_dry_run);
    assert_int_equal(r.ban->tag_count, 0);
    clear(&r);
    read(&r, &tagged,
         "{\"ban\":{\"after\":\"1/1s\",\"for\":\"1m\",\"max\":\"1d\",\"dry_run\":true,"
         "\"tags\":[\"attack-sqli\",\"other\"]}}");
    assert_non_null(r.ban);
    assert_true(r.ban->is_dry_run);
    assert_int_equal(r.ban->max_ms, 86400000);
    assert_int_equal(r.ban->tag_count, 2);
    ASSERT_SLICE(r.ban->tags[0], SLICE("attack-sqli"));
    assert_int_equal(problems_warnings(r.problems), 1);
    assert_non_null(strstr(problems_text(r.problems, 0), "no rule has the tag \"other\""));
    clear(&r);
    read(&r, &tagged, "{}");
    assert_null(r.ban);
    assert_int_equal(problems_count(r.problems), 0);
    clear(&r);
    (void)state;
}

static void refuses_what_makes_no_sense(void **state)
{
    static const struct {
        const char *object, *problem;
    } cases[] = {
        {"{\"ban\":7}", "$.ban: expected an object"},
        {"{\"ban\":{\"for\":\"1h\"}}", "\"after\" is missing"},
        {"{\"ban\":{\"after\":\"5/1m\"}}", "\"for\" is missing"},
        {"{\"ban\":{\"after\":\"5\",\"for\":\"1h\"}}", "$.ban.after"},
        {"{\"ban\":{\"after\":\"10001/1m\",\"for\":\"1h\"}}", "at most 10000"},
        {"{\"ban\":{\"after\":\"1/400d\",\"for\":\"1h\"}}", "366 days"},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"0s\"}}", "$.ban.for"},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"400d\"}}", "$.ban.for"},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"max\":\"1m\"}}", "shorter than \"for\""},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"tag\":[]}}", "did you mean \"tags\""},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"tags\":[]}}", "1 to 64 tags"},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"tags\":[\"\"]}}", "1 to 128 octets"},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"tags\":[7]}}", "expected a string"},
        {"{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"dry_run\":1}}", "$.ban.dry_run"},
    };
    struct read r;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        read(&r, &tagged, cases[i].object);
        assert_null(r.ban);
        if (problems_count(r.problems) != 1 ||
            !strstr(problems_text(r.problems, 0), cases[i].problem))
            fail_msg("%s: %s", cases[i].object, problems_text(r.problems, 0));
        clear(&r);
    }
    read(&r, &untagged, "{\"ban\":{\"after\":\"5/1m\",\"for\":\"1h\",\"tags\":[\"a\"]}}");
    assert_null(r.ban);
    assert_non_null(strstr(problems_text(r.problems, 0), "only rules have tags"));
    clear(&r);
    (void)state;
}

static void only_refusals_for_a_fault_count(void **state)
{
    const struct filter_ban any = {.tag_count = 0};
    const struct filter_ban sqli = {.tag_count = 1, .tags = {SLICE_INIT("attack-sqli")}};
    static const struct slice both[] = {SLICE_INIT("paranoid"), SLICE_INIT("attack-sqli")};
    struct filter_match other = {.tags = both, .tag_count = 1};
    struct filter_match watched = {.tags = both, .tag_count = 2, .is_detect = true, .next = &other};
    struct filter_match hit = {.tags = both, .tag_count = 2, .next = &watched};
    struct filter_notes none = {0}, others = {.matches = &watched}, hits = {.matches = &hit};
    struct filter_verdict v = {.kind = FILTER_DENY};
    assert_true(filter_ban_is_due(&any, &v, &none));
    assert_false(filter_ban_is_due(&sqli, &v, &none));
    assert_false(filter_ban_is_due(&sqli, &v, &others));
    assert_true(filter_ban_is_due(&sqli, &v, &hits));
    v.undecided = true;
    assert_false(filter_ban_is_due(&any, &v, &hits));
    v = (struct filter_verdict){.kind = FILTER_RESPOND};
    assert_true(filter_ban_is_due(&any, &v, &none));
    v.is_blameless = true;
    assert_false(filter_ban_is_due(&any, &v, &none));
    v = (struct filter_verdict){.kind = FILTER_PASS, .reason = "score-threshold"};
    assert_false(filter_ban_is_due(&any, &v, &hits));
    v.kind = FILTER_ALLOW;
    assert_false(filter_ban_is_due(&any, &v, &hits));
    (void)state;
}

static void counts_each_client_of_each_filter(void **state)
{
    const struct filter_ban b = {.after = {.max = 3, .window_ms = 1000}};
    struct key_table *t = key_table_new(64);
    struct hash_key hash;
    struct addr_prefix one, two;
    hash_key_random(&hash);
    assert_true(addr_parse_prefix(SLICE("192.0.2.1"), false, &one));
    assert_true(addr_parse_prefix(SLICE("2001:db8::/64"), false, &two));
    for (unsigned i = 0; i < 2; i++) {
        assert_false(filter_ban_count(&b, t, &hash, SLICE("waf"), &one, 100));
        assert_false(filter_ban_count(&b, t, &hash, SLICE("waf"), &two, 100));
        assert_false(filter_ban_count(&b, t, &hash, SLICE("limit"), &one, 100));
    }
    assert_true(filter_ban_count(&b, t, &hash, SLICE("waf"), &one, 100));
    assert_false(filter_ban_count(&b, t, &hash, SLICE("waf"), &one, 100));
    assert_true(filter_ban_count(&b, t, &hash, SLICE("limit"), &one, 100));
    assert_false(filter_ban_count(&b, t, &hash, SLICE("waf"), &two, 1100));
    key_table_free(&t);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_policy_says),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(only_refusals_for_a_fault_count),
        cmocka_unit_test(counts_each_client_of_each_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
