// SPDX-License-Identifier: Apache-2.0
// The records of all filters, for the table; each is defined at the end of its file.
#ifndef YETT_FILTER_RECORDS_H
#define YETT_FILTER_RECORDS_H

#include "filter/filter.h"

extern const struct filter filter_ip_list;
extern const struct filter filter_geo;
extern const struct filter filter_rate_limit;
extern const struct filter filter_rules;
extern const struct filter filter_basic_auth;

#endif
