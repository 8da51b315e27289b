// SPDX-License-Identifier: Apache-2.0
// Exclusions: where a rule is known to err, it is silenced for one host, path or parameter instead
// of for all.
#ifndef YETT_RULES_EXCLUSION_H
#define YETT_RULES_EXCLUSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct http_request;
struct rules_exclusion;

// Does `text` match `pattern`, in which * stands for any run of octets?
bool rules_glob_match(struct slice pattern, struct slice text);
// Is `id` what `pattern` means: a glob, or a range of numbers ("942100-942199")?
bool rules_id_fits(struct slice pattern, struct slice id);
// Seconds since 1970 at which the day after "YYYY-MM-DD" begins in UTC, so that an exclusion lasts
// through its date. False when it is no date.
bool rules_date_end(struct slice text, uint64_t *out);
// Is the exclusion in force for this request now?
bool rules_exclusion_applies(const struct rules_exclusion *e, const struct http_request *request,
                             uint64_t now_s);

#endif
