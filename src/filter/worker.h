// SPDX-License-Identifier: Apache-2.0
// What one worker keeps for all filters. Made and freed by filter_worker_new and filter_worker_free
// of filter.h; only filters look inside.
#ifndef YETT_FILTER_WORKER_H
#define YETT_FILTER_WORKER_H

struct rules_scratch;

struct filter_worker {
    struct rules_scratch *rules;
};

#endif
