// SPDX-License-Identifier: Apache-2.0
// The generic cell rate algorithm over a table of keys: for each key one time, when it would be
// idle again (its theoretical arrival time). An idle key is admitted `burst` times at once and then
// once per interval: in any stretch of time t from idle at most burst + t / interval requests,
// exactly, however many threads ask.
#ifndef YETT_FILTER_GCRA_H
#define YETT_FILTER_GCRA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct key_table;

struct gcra_limit {
    uint64_t interval_ns; // between two requests at the full rate; at least 1
    uint64_t burst;       // requests an idle key may send at once; at least 1
    uint64_t burst_ns;    // burst * interval_ns
};

enum {
    GCRA_RATE_MAX =
        1000000, // requests a second: the interval is whole nanoseconds, off by 0.1 % at most
};
// The longest time a burst may take to refill, so that no sum of times wraps.
#define GCRA_REFILL_MAX_MS (UINT64_C(366) * 24 * 3600 * 1000)

// The limit of `count` requests per `per_ms`; false when beyond the two bounds above.
MUST_USE bool gcra_limit_init(struct gcra_limit *l, uint64_t count, uint64_t per_ms,
                              uint64_t burst);

enum gcra_result { GCRA_ADMITTED, GCRA_REFUSED, GCRA_FULL };

struct gcra_answer {
    uint64_t remaining; // requests that would be admitted now
    uint64_t reset_ns;  // until the whole burst is there again
    uint64_t retry_ns;  // of a refusal: until one request would be admitted
};

// Counts one request of `key` at `now_ns` (monotonic). FULL: there is no room to count this key.
enum gcra_result gcra_ask(struct key_table *t, uint64_t key, const struct gcra_limit *l,
                          uint64_t now_ns, struct gcra_answer *out);

// Would a request of `key` be refused now? Nothing is counted.
bool gcra_is_exhausted(struct key_table *t, uint64_t key, const struct gcra_limit *l,
                       uint64_t now_ns);

#endif
