// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include "filter/records.h"

static const char get[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

static void refuses_past_burst_and_says_when_to_come_again(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(
        &c, &filter_rate_limit,
        "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"rate\":\"1/2s\",\"burst\":3}");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const left[] = {"\"it\";r=2;t=2", "\"it\";r=1;t=4", "\"it\";r=0;t=6"};
        scene_init(&s, get);
        assert_passes(&c, &s);
        ASSERT_SLICE(field_in(s.notes.response_set, "RateLimit"), slice_str(left[i]));
        ASSERT_SLICE(field_in(s.notes.response_set, "RateLimit-Policy"), SLICE("\"it\";q=3;w=6"));
        ASSERT_SLICE(field_in(s.notes.response_set, "Retry-After"), SLICE("(none)"));
        scene_clear(&s);
    }
    scene_init(&s, get);
    s.facts.now_ms += 500;
    struct filter_verdict v = check_head(&c, &s);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_int_equal(v.status, 429);
    assert_string_equal(v.reason, "rate-exceeded");
    ASSERT_SLICE(v.rule, SLICE("1/2s"));
    ASSERT_SLICE(field_in(s.notes.response_set, "Retry-After"), SLICE("2"));
    ASSERT_SLICE(field_in(s.notes.response_set, "RateLimit"), SLICE("\"it\";r=0;t=6"));
    scene_clear(&s);
    scene_init(&s, get);
    s.facts.now_ms += 2000;
    assert_passes(&c, &s);
    scene_client(&s, "192.0.2.2");
    assert_passes(&c, &s);
    scene_clear(&s);
    compiled_clear(&c);
}

static void burst_is_the_rate_when_not_given(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(
        &c, &filter_rate_limit,
        "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"rate\":\"5/1m\",\"status\":503}");
    scene_init(&s, get);
    for (unsigned i = 0; i < 5; i++)
        assert_passes(&c, &s);
    assert_denies(&c, &s, 503, "rate-exceeded");
    scene_clear(&s);
    compiled_clear(&c);
}

static void places_come_back_when_the_exchange_ends(void **state)
{
    (void)state;
    struct compiled c;
    struct scene first, second;
    compile_good(&c, &filter_rate_limit,
                 "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"concurrency\":1}");
    scene_init(&first, get);
    scene_init(&second, get);
    assert_passes(&c, &first);
    ASSERT_SLICE(field_in(first.notes.response_set, "RateLimit-Policy"),
                 SLICE("\"it-at-once\";q=1;qu=\"concurrent-requests\""));
    ASSERT_SLICE(field_in(first.notes.response_set, "RateLimit"), SLICE("\"it-at-once\";r=0"));
    assert_denies(&c, &second, 429, "concurrency-exceeded");
    ASSERT_SLICE(field_in(second.notes.response_set, "Retry-After"), SLICE("1"));
    assert_null(second.notes.holds);
    scene_clear(&first);
    assert_passes(&c, &second);
    scene_clear(&second);
    compiled_clear(&c);
}

static void request_refused_for_its_rate_holds_no_place(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(&c, &filter_rate_limit,
                 "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"rate\":\"1/"
                 "1s\",\"concurrency\":2}");
    scene_init(&s, get);
    assert_passes(&c, &s);
    for (unsigned i = 0; i < 5; i++)
        assert_denies(&c, &s, 429, "rate-exceeded");
    s.facts.now_ms += 1000;
    assert_passes(&c, &s);
    s.facts.now_ms += 1000;
    assert_denies(&c, &s, 429, "concurrency-exceeded");
    scene_clear(&s);
    compiled_clear(&c);
}

static void full_table_denies_or_passes_as_told(void **state)
{
    (void)state;
    static const struct {
        const char *when_full;
        bool denies;
    } cases[] = {{"", true}, {",\"when_full\":\"deny\"", true}, {",\"when_full\":\"pass\"", false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        char object[256], client[32];
        (void)snprintf(object, sizeof(object),
                       "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"rate\":\"1/"
                       "1m\",\"table_size\":16%s}",
                       cases[i].when_full);
        compile_good(&c, &filter_rate_limit, object);
        scene_init(&s, get);
        struct filter_verdict v = {0};
        bool denied = false;
        for (unsigned n = 0; n < 200; n++) {
            (void)snprintf(client, sizeof(client), "10.0.0.%u", n);
            scene_client(&s, client);
            v = check_head(&c, &s);
            if (v.kind == FILTER_DENY)
                assert_string_equal(v.reason, "rate-table-full");
            denied = denied || v.kind == FILTER_DENY;
        }
        assert_int_equal(denied, cases[i].denies);
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void missing_part_is_shared_skipped_or_denied(void **state)
{
    (void)state;
    static const struct {
        const char *missing;
        const char *reason; // of the second request without the header; NULL: passes
        unsigned status;
    } cases[] = {
        {"", "rate-exceeded", 429},
        {",\"missing_key\":\"share\"", "rate-exceeded", 429},
        {",\"missing_key\":\"skip\"", NULL, 0},
        {",\"missing_key\":\"deny\"", "rate-key-missing", 403},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        char object[256];
        (void)snprintf(object, sizeof(object),
                       "{\"type\":\"rate_limit\",\"key\":[\"header.x\"],\"rate\":\"1/1m\"%s}",
                       cases[i].missing);
        compile_good(&c, &filter_rate_limit, object);
        scene_init(&s, get);
        (void)check_head(&c, &s);
        scene_client(&s, "192.0.2.9");
        struct filter_verdict v = check_head(&c, &s);
        assert_int_equal(v.kind, cases[i].reason ? FILTER_DENY : FILTER_PASS);
        if (cases[i].reason)
            assert_string_equal(v.reason, cases[i].reason);
        assert_int_equal(v.status, cases[i].status);
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void two_limits_share_the_fields(void **state)
{
    (void)state;
    struct compiled a, b;
    struct scene s;
    compile_good(&a, &filter_rate_limit,
                 "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"rate\":\"10/1s\"}");
    compile_good(&b, &filter_rate_limit,
                 "{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"7/1s\"}");
    scene_init(&s, get);
    assert_passes(&a, &s);
    assert_passes(&b, &s);
    ASSERT_SLICE(field_in(s.notes.response_set, "RateLimit"),
                 SLICE("\"it\";r=9;t=1, \"it\";r=6;t=1"));
    scene_clear(&s);
    compiled_clear(&a);
    compiled_clear(&b);
}

static void counts_connections_by_address_alone(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(&c, &filter_rate_limit,
                 "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"rate\":\"1/1m\"}");
    scene_init(&s, get);
    s.facts.request = NULL;
    struct filter_verdict v = {0};
    filter_rate_limit.check_address(c.config, c.state, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_PASS);
    filter_rate_limit.check_address(c.config, c.state, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_null(s.notes.response_set);
    scene_clear(&s);
    compiled_clear(&c);
}

static void out_of_memory_is_no_pass(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(&c, &filter_rate_limit,
                 "{\"type\":\"rate_limit\",\"key\":[\"client.address\"],\"concurrency\":5}");
    scene_init(&s, get);
    struct arena none;
    arena_init(&none, NULL, 0);
    s.facts.arena = &none;
    struct filter_verdict v = check_head(&c, &s);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_true(v.undecided);
    scene_clear(&s);
    compiled_clear(&c);
}

static void refuses_wrong_objects(void **state)
{
    (void)state;
    static const struct {
        const char *object, *problem;
    } cases[] = {
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"]}", "needs \"rate\" or \"concurrency\""},
        {"{\"type\":\"rate_limit\",\"rate\":\"1/1s\"}", "the key \"key\" is missing"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"concurrency\":1,\"burst\":3}",
         "means nothing without \"rate\""},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"fast\"}", "$.it.rate"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"2000/1ms\"}",
         "at most 1000000 a second"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"burst\":0}",
         "$.it.burst"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"concurrency\":0}", "$.it.concurrency"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"table_size\":3}",
         "$.it.table_size"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"when_full\":\"drop\"}",
         "$.it.when_full"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"missing_key\":\"x\"}",
         "$.it.missing_key"},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"brst\":4}",
         "did you mean \"burst\"?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(&filter_rate_limit, cases[i].object, cases[i].problem);
}

static void state_serves_only_the_same_limit(void **state)
{
    (void)state;
    static const struct {
        const char *object;
        bool fits;
    } cases[] = {
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"burst\":5}", true},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/"
         "1s\",\"burst\":5,\"status\":503}",
         true},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"2/1s\",\"burst\":5}", false},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1s\",\"burst\":6}", false},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/"
         "1s\",\"burst\":5,\"concurrency\":3}",
         false},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"concurrency\":3}", false},
        {"{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/"
         "1s\",\"burst\":5,\"table_size\":1024}",
         false},
    };
    struct compiled old;
    compile_good(&old, &filter_rate_limit, cases[0].object);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        compile_good(&c, &filter_rate_limit, cases[i].object);
        assert_int_equal(filter_rate_limit.state_fits(c.config, old.state), cases[i].fits);
        compiled_clear(&c);
    }
    compiled_clear(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_past_burst_and_says_when_to_come_again),
        cmocka_unit_test(burst_is_the_rate_when_not_given),
        cmocka_unit_test(places_come_back_when_the_exchange_ends),
        cmocka_unit_test(request_refused_for_its_rate_holds_no_place),
        cmocka_unit_test(full_table_denies_or_passes_as_told),
        cmocka_unit_test(missing_part_is_shared_skipped_or_denied),
        cmocka_unit_test(two_limits_share_the_fields),
        cmocka_unit_test(counts_connections_by_address_alone),
        cmocka_unit_test(out_of_memory_is_no_pass),
        cmocka_unit_test(refuses_wrong_objects),
        cmocka_unit_test(state_serves_only_the_same_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
