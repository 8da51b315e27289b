// SPDX-License-Identifier: Apache-2.0
// A MaxMind database as the geo filter needs it. The file is mapped, so it must be replaced by
// renaming, as every updater of these databases does, and never be overwritten in place.
#ifndef YETT_FILTER_GEO_DB_H
#define YETT_FILTER_GEO_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"

struct geo_db;

// NULL with a sentence without the path in why[why_cap].
MUST_USE struct geo_db *geo_db_open(const char *path, char *why, size_t why_cap);
void geo_db_close(struct geo_db **db);
// The word its maker gave it: "GeoLite2-Country".
struct slice geo_db_type(const struct geo_db *db);

struct geo_place {
    struct slice country;   // ISO 3166-1 alpha-2; texts lie in the mapped file
    struct slice continent; // two letters
    uint32_t asn;
    struct slice as_name;
};

// Fills what the database knows of `a` and leaves the rest of *out alone. False: it is broken at
// this place.
MUST_USE bool geo_db_find(const struct geo_db *db, const struct addr *a, struct geo_place *out);

#endif
