// SPDX-License-Identifier: Apache-2.0
// The order in which lists speak: a deny list that names the place; a deny list that cannot tell,
// for want of a fact; an allow list that names it (one is enough, so "Europe, and our office's
// network" can be said); an allow list that cannot tell; and at last, when there is any allow list,
// its silence. What cannot be told is settled by "unknown", whose default is the careful one for
// the lists given: deny with allow lists, pass with deny lists alone (else nobody from a private
// network gets in).
#include "filter/geo_lists.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "filter/filter.h"
#include "filter/geo_db.h"

enum { NO_PAIR = 26 * 26 };

static const char *const deny_keys[GEO_FACTS] = {"deny_countries", "deny_continents", "deny_asns"};
static const char *const allow_keys[GEO_FACTS] = {"allow_countries", "allow_continents",
                                                  "allow_asns"};
static const char *const reasons[GEO_FACTS] = {"country-denied", "continent-denied", "asn-denied"};

static size_t pair_of(struct slice code)
{
    if (code.len != 2 || code.ptr[0] < 'A' || code.ptr[0] > 'Z' || code.ptr[1] < 'A' ||
        code.ptr[1] > 'Z')
        return NO_PAIR;
    return (size_t)(code.ptr[0] - 'A') * 26 + (size_t)(code.ptr[1] - 'A');
}

static bool is_continent(struct slice code)
{
    static const char *const codes[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (slice_eq(code, slice_str(codes[i])))
            return true;
    }
    return false;
}

static void read_pair(struct geo_list *list, enum geo_fact fact, const struct json *value,
                      struct problems *problems)
{
    if (!conf_is_string(value, problems))
        return;
    size_t pair = pair_of(value->text);
    if (pair == NO_PAIR && fact == GEO_COUNTRY)
        problems_add(problems, value,
                     "a country is two capital letters (ISO 3166-1 alpha-2), as in \"DE\"");
    else if (fact == GEO_CONTINENT && !is_continent(value->text))
        problems_add(problems, value, "a continent is one of AF, AN, AS, EU, NA, OC, SA");
    else
        list->pairs[pair / 64] |= UINT64_C(1) << pair % 64;
}

static void read_asn(struct geo_list *list, const struct json *value, struct problems *problems)
{
    double number = value->number;
    if (value->type != JSON_NUMBER || number < 1 || number > UINT32_MAX ||
        number != (double)(uint32_t)number)
        problems_add(problems, value, "an AS number is a whole number from 1 to 4294967295");
    else
        list->asns[list->asn_count++] = (uint32_t)number;
}

static int compare_asns(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void read_list(struct geo_list *list, enum geo_fact fact, const char *key,
                      const struct json *object, struct problems *problems)
{
    const struct json *array = json_get(object, key);
    if (!array || !conf_is_array(array, problems))
        return;
    list->given = true;
    if (array->count == 0)
        problems_add(problems, array, "an empty list says nothing; leave it out");
    if (fact == GEO_ASN) {
        list->asns = calloc(array->count + 1, sizeof(*list->asns));
        if (!list->asns) {
            problems_add(problems, array, "no memory");
            return;
        }
    }
    JSON_EACH (value, array) {
        if (fact == GEO_ASN)
            read_asn(list, value, problems);
        else
            read_pair(list, fact, value, problems);
    }
    if (list->asn_count)
        qsort(list->asns, list->asn_count, sizeof(*list->asns), compare_asns);
}

static bool any_given(const struct geo_list lists[GEO_FACTS])
{
    return lists[GEO_COUNTRY].given || lists[GEO_CONTINENT].given || lists[GEO_ASN].given;
}

void geo_lists_compile(struct geo_lists *l, const struct json *object, struct problems *problems)
{
    *l = (struct geo_lists){0};
    for (unsigned i = 0; i < GEO_FACTS; i++) {
        read_list(&l->deny[i], (enum geo_fact)i, deny_keys[i], object, problems);
        read_list(&l->allow[i], (enum geo_fact)i, allow_keys[i], object, problems);
    }
    l->pass_unknown = !any_given(l->allow);
    filter_conf_pass_or_deny(object, "unknown", problems, &l->pass_unknown);
    const struct json *unknown = json_get(object, "unknown");
    if (unknown && !any_given(l->allow) && !any_given(l->deny))
        problems_add(problems, unknown, "means nothing without a list");
}

void geo_lists_clear(struct geo_lists *l)
{
    for (size_t i = 0; i < GEO_FACTS; i++) {
        free(l->deny[i].asns);
        free(l->allow[i].asns);
    }
    *l = (struct geo_lists){0};
}

bool geo_lists_use(const struct geo_lists *l, enum geo_fact fact)
{
    return l->deny[fact].given || l->allow[fact].given;
}

static bool is_known(const struct geo_place *p, enum geo_fact fact)
{
    switch (fact) {
    case GEO_COUNTRY:
        return pair_of(p->country) != NO_PAIR;
    case GEO_CONTINENT:
        return pair_of(p->continent) != NO_PAIR;
    case GEO_ASN:
        return p->asn != 0;
    case GEO_FACTS:
        break;
    }
    return false;
}

static bool has_pair(const struct geo_list *l, struct slice code)
{
    size_t pair = pair_of(code);
    return pair != NO_PAIR && l->pairs[pair / 64] >> pair % 64 & 1;
}

static bool is_on(const struct geo_list *l, enum geo_fact fact, const struct geo_place *p)
{
    switch (fact) {
    case GEO_COUNTRY:
        return has_pair(l, p->country);
    case GEO_CONTINENT:
        return has_pair(l, p->continent);
    case GEO_ASN:
        return l->asn_count &&
               bsearch(&p->asn, l->asns, l->asn_count, sizeof(*l->asns), compare_asns);
    case GEO_FACTS:
        break;
    }
    return false;
}

// The first list of the three that names the place; GEO_FACTS when none does.
static enum geo_fact named_by(const struct geo_list lists[GEO_FACTS], const struct geo_place *p)
{
    for (unsigned i = 0; i < GEO_FACTS; i++) {
        if (lists[i].given && is_on(&lists[i], (enum geo_fact)i, p))
            return (enum geo_fact)i;
    }
    return GEO_FACTS;
}

static bool lacks_a_fact(const struct geo_list lists[GEO_FACTS], const struct geo_place *p)
{
    for (unsigned i = 0; i < GEO_FACTS; i++) {
        if (lists[i].given && !is_known(p, (enum geo_fact)i))
            return true;
    }
    return false;
}

static enum geo_fact first_given(const struct geo_list lists[GEO_FACTS])
{
    unsigned i = 0;
    while (i < GEO_FACTS && !lists[i].given)
        i++;
    return (enum geo_fact)i;
}

const char *geo_lists_judge(const struct geo_lists *l, const struct geo_place *place,
                            enum geo_fact *fact)
{
    static const char unknown[] = "location-unknown";
    *fact = named_by(l->deny, place);
    if (*fact != GEO_FACTS)
        return reasons[*fact];
    if (!l->pass_unknown && lacks_a_fact(l->deny, place))
        return unknown;
    if (!any_given(l->allow) || named_by(l->allow, place) != GEO_FACTS)
        return NULL;
    if (lacks_a_fact(l->allow, place))
        return l->pass_unknown ? NULL : unknown;
    *fact = first_given(l->allow);
    return reasons[*fact];
}
