// SPDX-License-Identifier: Apache-2.0
#include "filter/rate_key.h"

#include "base/hash.h"
#include "unit/filter/facts.h"

struct keyed {
    struct json_doc *doc;
    struct problems *problems;
    struct rate_key key;
};

static void read_key(struct keyed *k, const char *text)
{
    k->problems = problems_new();
    k->doc = json_read_text("policy.json", slice_str(text), k->problems);
    assert_non_null(k->doc);
    rate_key_compile(&k->key, json_root(k->doc), k->problems);
}

static void clear_key(struct keyed *k)
{
    rate_key_clear(&k->key);
    json_free(&k->doc);
    problems_free(&k->problems);
}

static uint64_t key_for(const struct rate_key *key, const char *head, const char *client,
                        bool *missing)
{
    static const struct hash_key hash = {11, 12};
    struct scene s;
    scene_init(&s, head);
    scene_client(&s, client);
    s.notes.user = SLICE("ada");
    s.notes.country = SLICE("DE");
    uint64_t number = rate_key_of(key, &hash, &s.facts, missing);
    scene_clear(&s);
    assert_true(number != 0);
    return number;
}

#define HEAD(line, more) line " HTTP/1.1\r\nHost: a.example\r\n" more "\r\n"

static void tells_requests_apart_by_its_parts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *key;
        const char *head, *client, *other_head, *other_client;
        bool same;
    } cases[] = {
        {"address", "client.address", HEAD("GET /", ""), "192.0.2.1", HEAD("GET /x", ""),
         "192.0.2.1", true},
        {"other address", "client.address", HEAD("GET /", ""), "192.0.2.1", HEAD("GET /", ""),
         "192.0.2.2", false},
        {"same /64", "client.address", HEAD("GET /", ""), "2001:db8::1", HEAD("GET /", ""),
         "2001:db8::ffff:2", true},
        {"other /64", "client.address", HEAD("GET /", ""), "2001:db8::1", HEAD("GET /", ""),
         "2001:db8:0:1::1", false},
        {"path", "path", HEAD("GET /a", ""), "192.0.2.1", HEAD("POST /./a?b", ""), "192.0.2.2",
         true},
        {"other path", "path", HEAD("GET /a", ""), "192.0.2.1", HEAD("GET /b", ""), "192.0.2.1",
         false},
        {"method", "method", HEAD("GET /a", ""), "192.0.2.1", HEAD("PUT /a", ""), "192.0.2.1",
         false},
        {"host", "host", HEAD("GET /", ""), "192.0.2.1",
         "GET / HTTP/1.1\r\nHost: A.EXAMPLE\r\n\r\n", "192.0.2.1", true},
        {"header", "header.x-key", HEAD("GET /", "X-Key: 1\r\n"), "192.0.2.1",
         HEAD("GET /", "x-KEY: 1\r\n"), "192.0.2.2", true},
        {"other header", "header.x-key", HEAD("GET /", "X-Key: 1\r\n"), "192.0.2.1",
         HEAD("GET /", "X-Key: 2\r\n"), "192.0.2.1", false},
        {"second header counts", "header.x-key", HEAD("GET /", "X-Key: 1\r\n"), "192.0.2.1",
         HEAD("GET /", "X-Key: 1\r\nX-Key: 2\r\n"), "192.0.2.1", false},
        {"cookie", "cookie.sid", HEAD("GET /", "Cookie: a=b; sid=7\r\n"), "192.0.2.1",
         HEAD("GET /", "Cookie: sid=7\r\n"), "192.0.2.2", true},
        {"other cookie", "cookie.sid", HEAD("GET /", "Cookie: sid=7\r\n"), "192.0.2.1",
         HEAD("GET /", "Cookie: sid=8\r\n"), "192.0.2.1", false},
        {"empty is not absent", "header.x-key", HEAD("GET /", "X-Key:\r\n"), "192.0.2.1",
         HEAD("GET /", ""), "192.0.2.1", false},
        {"user", "user", HEAD("GET /", ""), "192.0.2.1", HEAD("GET /x", ""), "192.0.2.2", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct keyed k;
        char text[128];
        bool missing;
        (void)snprintf(text, sizeof(text), "{\"key\":[\"%s\"]}", cases[i].key);
        read_key(&k, text);
        assert_int_equal(problems_count(k.problems), 0);
        uint64_t one = key_for(&k.key, cases[i].head, cases[i].client, &missing);
        uint64_t other = key_for(&k.key, cases[i].other_head, cases[i].other_client, &missing);
        if ((one == other) != cases[i].same)
            fail_msg("%s", cases[i].name);
        clear_key(&k);
    }
}

static void several_parts_count_together_and_in_order(void **state)
{
    (void)state;
    struct keyed k;
    bool missing;
    read_key(&k, "{\"key\":[\"header.a\",\"header.b\"]}");
    uint64_t one = key_for(&k.key, HEAD("GET /", "A: 1\r\nB: 2\r\n"), "192.0.2.1", &missing);
    uint64_t swapped = key_for(&k.key, HEAD("GET /", "A: 2\r\nB: 1\r\n"), "192.0.2.1", &missing);
    uint64_t shifted = key_for(&k.key, HEAD("GET /", "A: 12\r\nB:\r\n"), "192.0.2.1", &missing);
    assert_true(one != swapped && one != shifted && swapped != shifted);
    assert_false(missing);
    clear_key(&k);
}

static void says_when_a_part_is_missing(void **state)
{
    (void)state;
    struct keyed k;
    bool missing;
    read_key(&k, "{\"key\":[\"client.address\",\"header.x-key\"]}");
    (void)key_for(&k.key, HEAD("GET /", ""), "192.0.2.1", &missing);
    assert_true(missing);
    (void)key_for(&k.key, HEAD("GET /", "X-Key: 1\r\n"), "192.0.2.1", &missing);
    assert_false(missing);
    clear_key(&k);
}

static void prefix_length_of_ipv6_is_a_choice(void **state)
{
    (void)state;
    struct keyed k;
    bool missing;
    read_key(&k, "{\"key\":[\"client.address\"],\"ipv6_prefix\":45}");
    assert_int_equal(key_for(&k.key, HEAD("GET /", ""), "2001:db8:8::1", &missing),
                     key_for(&k.key, HEAD("GET /", ""), "2001:db8:f::1", &missing));
    assert_true(key_for(&k.key, HEAD("GET /", ""), "2001:db8:8::1", &missing) !=
                key_for(&k.key, HEAD("GET /", ""), "2001:db8:7::1", &missing));
    clear_key(&k);
}

static void refuses_wrong_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"{}", "the key \"key\" is missing"},
        {"{\"key\":[]}", "must have 1 to 8 parts"},
        {"{\"key\":\"path\"}", "expected an array"},
        {"{\"key\":[1]}", "expected a string"},
        {"{\"key\":[\"client.adress\"]}", "try \"client.address\""},
        {"{\"key\":[\"header.\"]}", "a name must follow the dot"},
        {"{\"key\":[\"header.a b\"]}", "a name must follow the dot"},
        {"{\"key\":[\"path\"],\"ipv6_prefix\":129}", "ipv6_prefix"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct keyed k;
        read_key(&k, cases[i].text);
        if (!any_problem_says(k.problems, cases[i].problem))
            fail_msg("%s: %s", cases[i].text, problems_text(k.problems, 0));
        clear_key(&k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_requests_apart_by_its_parts),
        cmocka_unit_test(several_parts_count_together_and_in_order),
        cmocka_unit_test(says_when_a_part_is_missing),
        cmocka_unit_test(prefix_length_of_ipv6_is_a_choice),
        cmocka_unit_test(refuses_wrong_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
