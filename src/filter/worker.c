// SPDX-License-Identifier: Apache-2.0
// Scratch memory is large and needed by one check at a time, so each worker has one of it instead
// of each request.
#include "filter/worker.h"

#include <stdlib.h>

#include "filter/filter.h"
#include "rules/engine.h"

struct filter_worker *filter_worker_new(void)
{
    struct filter_worker *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->rules = rules_scratch_new();
    if (!w->rules)
        filter_worker_free(&w);
    return w;
}

void filter_worker_free(struct filter_worker **w)
{
    if (!*w)
        return;
    if ((*w)->rules)
        rules_scratch_free(&(*w)->rules);
    free(*w);
    *w = NULL;
}
