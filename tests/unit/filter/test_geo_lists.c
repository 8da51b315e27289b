// SPDX-License-Identifier: Apache-2.0
#include "filter/geo_lists.h"

#include "filter/geo_db.h"
#include "unit/filter/facts.h"

struct listed {
    struct json_doc *doc;
    struct problems *problems;
    struct geo_lists lists;
};

static void read_lists(struct listed *l, const char *text)
{
    l->problems = problems_new();
    l->doc = json_read_text("policy.json", slice_str(text), l->problems);
    assert_non_null(l->doc);
    geo_lists_compile(&l->lists, json_root(l->doc), l->problems);
}

static void clear_lists(struct listed *l)
{
    geo_lists_clear(&l->lists);
    json_free(&l->doc);
    problems_free(&l->problems);
}

#define PLACE(c, t, n)                                                                             \
    {                                                                                              \
        .country = SLICE_INIT(c), .continent = SLICE_INIT(t), .asn = (n)                           \
    }

static void judges_places(void **state)
{
    (void)state;
    static const struct {
        const char *lists;
        struct geo_place place;
        const char *reason; // NULL: passes
    } cases[] = {
        {"{}", PLACE("KP", "AS", 1), NULL},
        {"{\"deny_countries\":[\"KP\",\"ZZ\"]}", PLACE("KP", "AS", 1), "country-denied"},
        {"{\"deny_countries\":[\"KP\",\"ZZ\"]}", PLACE("KR", "AS", 1), NULL},
        {"{\"deny_continents\":[\"AS\"]}", PLACE("KP", "AS", 1), "continent-denied"},
        {"{\"deny_asns\":[5,1,9]}", PLACE("KP", "AS", 1), "asn-denied"},
        {"{\"deny_asns\":[5,1,9]}", PLACE("KP", "AS", 2), NULL},
        {"{\"allow_countries\":[\"DE\"]}", PLACE("DE", "EU", 1), NULL},
        {"{\"allow_countries\":[\"DE\"]}", PLACE("FR", "EU", 1), "country-denied"},
        {"{\"allow_asns\":[7]}", PLACE("FR", "EU", 1), "asn-denied"},
        // One allow list is enough.
        {"{\"allow_continents\":[\"EU\"],\"allow_asns\":[7]}", PLACE("US", "NA", 7), NULL},
        {"{\"allow_continents\":[\"EU\"],\"allow_asns\":[7]}", PLACE("US", "NA", 8),
         "continent-denied"},
        // Denied is denied, whatever allows.
        {"{\"allow_continents\":[\"EU\"],\"deny_countries\":[\"FR\"]}", PLACE("FR", "EU", 7),
         "country-denied"},
        // Unknown: deny lists alone let pass, allow lists do not, and either may be told otherwise.
        {"{\"deny_countries\":[\"KP\"]}", PLACE("", "", 0), NULL},
        {"{\"deny_countries\":[\"KP\"],\"unknown\":\"deny\"}", PLACE("", "", 0),
         "location-unknown"},
        {"{\"deny_countries\":[\"KP\"],\"unknown\":\"deny\"}", PLACE("DE", "", 0), NULL},
        {"{\"allow_countries\":[\"DE\"]}", PLACE("", "", 0), "location-unknown"},
        {"{\"allow_countries\":[\"DE\"],\"unknown\":\"pass\"}", PLACE("", "", 0), NULL},
        {"{\"allow_countries\":[\"DE\"],\"unknown\":\"pass\"}", PLACE("FR", "", 0),
         "country-denied"},
        {"{\"deny_countries\":[\"KP\"],\"allow_asns\":[7],\"unknown\":\"deny\"}", PLACE("", "", 7),
         "location-unknown"},
        {"{\"allow_countries\":[\"DE\"],\"allow_asns\":[7]}", PLACE("", "", 7), NULL},
        // What is no code is as good as unknown.
        {"{\"allow_countries\":[\"DE\"]}", PLACE("D1", "", 0), "location-unknown"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct listed l;
        enum geo_fact fact;
        read_lists(&l, cases[i].lists);
        assert_int_equal(problems_count(l.problems), 0);
        const char *reason = geo_lists_judge(&l.lists, &cases[i].place, &fact);
        if (!reason != !cases[i].reason || (reason && strcmp(reason, cases[i].reason) != 0))
            fail_msg("case %zu: %s", i, reason ? reason : "passes");
        clear_lists(&l);
    }
}

static void refuses_wrong_lists(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"{\"deny_countries\":\"KP\"}", "$.deny_countries: expected an array"},
        {"{\"deny_countries\":[]}", "an empty list says nothing"},
        {"{\"deny_countries\":[\"kp\"]}", "$.deny_countries[0]: a country is two capital letters"},
        {"{\"allow_countries\":[\"DE\",\"GBR\"]}",
         "$.allow_countries[1]: a country is two capital letters"},
        {"{\"deny_continents\":[\"XX\"]}", "$.deny_continents[0]: a continent is one of"},
        {"{\"deny_asns\":[\"AS7\"]}", "$.deny_asns[0]: an AS number"},
        {"{\"deny_asns\":[0]}", "an AS number"},
        {"{\"deny_asns\":[1.5]}", "an AS number"},
        {"{\"deny_asns\":[4294967296]}", "an AS number"},
        {"{\"deny_asns\":[1],\"unknown\":\"maybe\"}", "$.unknown"},
        {"{\"unknown\":\"deny\"}", "means nothing without a list"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct listed l;
        read_lists(&l, cases[i].text);
        if (!any_problem_says(l.problems, cases[i].problem))
            fail_msg("%s: %s", cases[i].text, problems_text(l.problems, 0));
        clear_lists(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_places),
        cmocka_unit_test(refuses_wrong_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
