// SPDX-License-Identifier: Apache-2.0
// The lists of a geo filter and what they say about a place.
#ifndef YETT_FILTER_GEO_LISTS_H
#define YETT_FILTER_GEO_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct geo_place;
struct json;
struct problems;

enum geo_fact { GEO_COUNTRY, GEO_CONTINENT, GEO_ASN, GEO_FACTS };

// One list. Countries and continents are pairs of letters, kept as bits; AS numbers are sorted.
struct geo_list {
    bool given;
    uint64_t pairs[(26 * 26 + 63) / 64];
    uint32_t *asns;
    size_t asn_count;
};

struct geo_lists {
    struct geo_list deny[GEO_FACTS], allow[GEO_FACTS];
    bool pass_unknown;
};

// Reads the six lists and "unknown". Either way it is to be cleared.
void geo_lists_compile(struct geo_lists *l, const struct json *object, struct problems *problems);
void geo_lists_clear(struct geo_lists *l);
bool geo_lists_use(const struct geo_lists *l, enum geo_fact fact);

// The reason of a refusal, or NULL to pass; *fact says which fact decided (GEO_FACTS: none).
const char *geo_lists_judge(const struct geo_lists *l, const struct geo_place *place,
                            enum geo_fact *fact);

#endif
