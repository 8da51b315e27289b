// SPDX-License-Identifier: Apache-2.0
// The same name stands in the ledger of each worker that saw it, at an index of its own: the first
// ledger that has it tells the sum for all. Looks are rare and names few, so they are searched for
// one by one.
#include "admin/ledgers.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "admin/admin.h"
#include "proxy/worker.h"

static const struct ledger *ledger_of(const struct admin_view *view, unsigned worker)
{
    return view->workers[worker]->ledger;
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

uint64_t ledgers_sum(const struct admin_view *view, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < view->worker_count; i++)
        sum += load((const void *)((const char *)ledger_of(view, i) + offset));
    return sum;
}

uint64_t ledgers_sum_counters(const struct admin_view *view, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < view->worker_count; i++)
        sum += load((const void *)((const char *)&view->workers[i]->counters + offset));
    return sum;
}

static const struct ledger_entry *find(const struct ledger *l, const struct ledger_entry *wanted)
{
    unsigned count = atomic_load_explicit(&l->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        const struct ledger_entry *e = &l->entries[i];
        if (e->kind == wanted->kind && strcmp(e->name, wanted->name) == 0 &&
            strcmp(e->of, wanted->of) == 0)
            return e;
    }
    return NULL;
}

// Has a worker before that one told of it?
static bool is_told(const struct admin_view *view, unsigned worker, const struct ledger_entry *e)
{
    for (unsigned i = 0; i < worker; i++)
        if (find(ledger_of(view, i), e))
            return true;
    return false;
}

// True when anything was counted.
static bool sum_up(const struct admin_view *view, const struct ledger_entry *wanted,
                   uint64_t sums[LEDGER_COUNTS])
{
    uint64_t all = 0;
    memset(sums, 0, LEDGER_COUNTS * sizeof(*sums));
    for (unsigned i = 0; i < view->worker_count; i++) {
        const struct ledger_entry *e = find(ledger_of(view, i), wanted);
        for (unsigned k = 0; e && k < LEDGER_COUNTS; k++) {
            uint64_t count = load(&e->counts[k]);
            if (e->kind != LEDGER_SERVER || k != LEDGER_EJECTED_UNTIL_S)
                sums[k] += count;
            else if (count > sums[k])
                sums[k] = count;
            all |= count;
        }
    }
    return all > 0;
}

void ledgers_each(const struct admin_view *view, enum ledger_kind kind, ledgers_tell_fn *tell,
                  void *ctx)
{
    uint64_t sums[LEDGER_COUNTS];
    for (unsigned w = 0; w < view->worker_count; w++) {
        const struct ledger *l = ledger_of(view, w);
        unsigned count = atomic_load_explicit(&l->count, memory_order_acquire);
        for (unsigned i = 0; i < count; i++) {
            const struct ledger_entry *e = &l->entries[i];
            bool is_other = i < LEDGER_KINDS;
            if (e->kind == kind && !is_told(view, w, e) && (sum_up(view, e, sums) || !is_other))
                tell(ctx, e, sums);
        }
    }
}
