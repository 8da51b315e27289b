// SPDX-License-Identifier: Apache-2.0
// All filters there are: adding one is a file, a line in table.c, a test and a paragraph of docs.
#ifndef YETT_FILTER_TABLE_H
#define YETT_FILTER_TABLE_H

#include "base/slice.h"

struct filter;

// The filter of that type, or NULL.
const struct filter *filter_find(struct slice type);
// NULL-terminated names, for suggestions.
const char *const *filter_names(void);

#endif
