// SPDX-License-Identifier: Apache-2.0
// Two arrays in the same order, because suggestions want names alone; the unit test holds them
// together.
#include "filter/table.h"

#include <stddef.h>

#include "base/attr.h"
#include "filter/records.h"

static const struct filter *const filters[] = {
    &filter_ip_list, &filter_geo, &filter_rate_limit, &filter_rules, &filter_basic_auth,
};

static const char *const names[] = {"ip_list", "geo", "rate_limit", "rules", "basic_auth", NULL};

_Static_assert(ARRAY_LEN(names) == ARRAY_LEN(filters) + 1, "a name for each filter");

const struct filter *filter_find(struct slice type)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (slice_eq(type, slice_str(filters[i]->name)))
            return filters[i];
    }
    return NULL;
}

const char *const *filter_names(void)
{
    return names;
}
