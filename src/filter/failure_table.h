// SPDX-License-Identifier: Apache-2.0
// How often somebody failed lately, and who is locked out for it: the first failure opens a window;
// as many failures as `max` within it lock out for a time. A place in the table is taken before an
// attempt is made (open), so that no attempt is ever made whose failure could not be counted.
#ifndef YETT_FILTER_FAILURE_TABLE_H
#define YETT_FILTER_FAILURE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct key_table;

enum { FAILURES_MAX = 10000 };

struct failure_limit {
    uint64_t max; // 1..FAILURES_MAX
    uint64_t window_ms;
    uint64_t lockout_ms;
};

enum failure_state {
    FAILURE_OPEN,       // an attempt may be made
    FAILURE_LOCKED_OUT, // not before *wait_ms
    FAILURE_FULL,       // no room to count this key
};

// May `key` try now?
MUST_USE enum failure_state failure_open(struct key_table *t, uint64_t key,
                                         const struct failure_limit *l, uint64_t now_ms,
                                         uint64_t *wait_ms);
// Counts a failure.
void failure_count(struct key_table *t, uint64_t key, const struct failure_limit *l,
                   uint64_t now_ms);
// The same where nobody is locked out: true when this is the `max`-th failure of its window, and
// counting begins anew.
bool failure_reaches(struct key_table *t, uint64_t key, const struct failure_limit *l,
                     uint64_t now_ms);
// Forgets the failures of a key that has succeeded, unless it is locked out.
void failure_forget(struct key_table *t, uint64_t key, const struct failure_limit *l,
                    uint64_t now_ms);

#endif
