// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include "filter/records.h"
#include "unit/filter/geo_data.h"

static const char get[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

static struct geo_file file;

static int make_file(void **state)
{
    (void)state;
    geo_file_make(&file, geo_spec);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    geo_file_remove(&file);
    return 0;
}

static void compile_geo(struct compiled *c, const char *more)
{
    char object[512];
    (void)snprintf(object, sizeof(object), "{\"type\":\"geo\",\"database\":\"%s\"%s}", file.path,
                   more);
    compile_good(c, &filter_geo, object);
}

static void notes_the_place_of_everybody(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_geo(&c, "");
    scene_init(&s, get);
    assert_passes(&c, &s);
    assert_true(s.notes.geo_done);
    ASSERT_SLICE(s.notes.country, SLICE("KP"));
    ASSERT_SLICE(s.notes.continent, SLICE("AS"));
    assert_int_equal(s.notes.asn, 64500);
    ASSERT_SLICE(s.notes.as_name, SLICE("Example Net"));
    scene_clear(&s);
    compiled_clear(&c);
}

static void denies_with_the_code_as_rule(void **state)
{
    (void)state;
    static const struct {
        const char *more, *client, *reason, *rule;
    } cases[] = {
        {",\"deny_countries\":[\"KP\"]", "192.0.2.1", "country-denied", "KP"},
        {",\"deny_continents\":[\"EU\"]", "2001:db8::1", "continent-denied", "EU"},
        {",\"deny_asns\":[64502]", "203.0.113.1", "asn-denied", "AS64502"},
        {",\"allow_countries\":[\"FR\"]", "192.0.2.1", "country-denied", "KP"},
        {",\"allow_countries\":[\"FR\"]", "203.0.113.1", "location-unknown", ""},
        {",\"deny_countries\":[\"FR\"],\"unknown\":\"deny\"", "10.1.1.1", "location-unknown", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        compile_geo(&c, cases[i].more);
        scene_init(&s, get);
        scene_client(&s, cases[i].client);
        struct filter_verdict v = check_head(&c, &s);
        assert_int_equal(v.kind, FILTER_DENY);
        assert_int_equal(v.status, 403);
        assert_string_equal(v.reason, cases[i].reason);
        ASSERT_SLICE(v.rule, slice_str(cases[i].rule));
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void two_databases_judge_each_by_its_own(void **state)
{
    (void)state;
    struct geo_file other;
    struct compiled first, second;
    struct scene s;
    char object[256];
    geo_file_make(&other, "{\"192.0.2.0/24\":{\"country\":\"US\"},\"198.51.100.0/"
                          "24\":{\"country\":\"US\",\"asn\":9}}");
    compile_geo(&first, "");
    (void)snprintf(object, sizeof(object),
                   "{\"type\":\"geo\",\"database\":\"%s\",\"deny_countries\":[\"US\"]}",
                   other.path);
    compile_good(&second, &filter_geo, object);
    scene_init(&s, get);
    assert_passes(&first, &s);
    assert_denies(&second, &s, 403, "country-denied");
    // What was noted first stays.
    ASSERT_SLICE(s.notes.country, SLICE("KP"));
    scene_clear(&s);
    // What the first did not know comes from the second.
    scene_init(&s, get);
    scene_client(&s, "198.51.100.1");
    assert_passes(&first, &s);
    assert_int_equal(s.notes.asn, 0);
    assert_denies(&second, &s, 403, "country-denied");
    assert_int_equal(s.notes.asn, 9);
    scene_clear(&s);
    compiled_clear(&first);
    compiled_clear(&second);
    geo_file_remove(&other);
}

static void another_address_is_looked_up_anew(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_geo(&c, ",\"deny_countries\":[\"KP\"]");
    scene_init(&s, get);
    scene_client(&s, "198.51.100.1");
    assert_passes(&c, &s);
    assert_passes(&c, &s);
    scene_client(&s, "192.0.2.1");
    assert_denies(&c, &s, 403, "country-denied");
    ASSERT_SLICE(s.notes.country, SLICE("KP"));
    scene_clear(&s);
    compiled_clear(&c);
}

static void as_numbers_come_from_their_own_database(void **state)
{
    (void)state;
    struct geo_file systems;
    struct compiled c;
    struct scene s;
    char more[128];
    geo_file_make(&systems, "{\"198.51.100.0/24\":{\"asn\":77,\"as_name\":\"Seventy-seven\"}}");
    (void)snprintf(more, sizeof(more), ",\"asn_database\":\"%s\",\"deny_asns\":[77]", systems.path);
    compile_geo(&c, more);
    scene_init(&s, get);
    scene_client(&s, "198.51.100.1");
    assert_denies(&c, &s, 403, "asn-denied");
    ASSERT_SLICE(s.notes.country, SLICE("FR"));
    ASSERT_SLICE(s.notes.as_name, SLICE("Seventy-seven"));
    scene_clear(&s);
    compiled_clear(&c);
    geo_file_remove(&systems);
}

static void refuses_wrong_objects(void **state)
{
    (void)state;
    assert_refused(&filter_geo, "{\"type\":\"geo\"}", "the key \"database\" is missing");
    assert_refused(&filter_geo, "{\"type\":\"geo\",\"database\":\"none.mmdb\"}", "$.it.database: ");
    assert_refused(&filter_geo, "{\"type\":\"geo\",\"database\":7}",
                   "$.it.database: expected a string");
    assert_refused(&filter_geo, "{\"type\":\"geo\",\"database\":\"x\",\"deny_country\":[]}",
                   "did you mean \"deny_countries\"?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_the_place_of_everybody),
        cmocka_unit_test(denies_with_the_code_as_rule),
        cmocka_unit_test(two_databases_judge_each_by_its_own),
        cmocka_unit_test(another_address_is_looked_up_anew),
        cmocka_unit_test(as_numbers_come_from_their_own_database),
        cmocka_unit_test(refuses_wrong_objects),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
