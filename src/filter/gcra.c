// SPDX-License-Identifier: Apache-2.0
// The word of a slot is the arrival time shifted by the table's bit. It only ever grows, and a slot
// is free once its time has passed (the key is idle then, as if it had never come), so the rule of
// key_table.h holds without a generation.
#include "filter/gcra.h"

#include "filter/key_table.h"

enum { NS_PER_MS = 1000000 };

bool gcra_limit_init(struct gcra_limit *l, uint64_t count, uint64_t per_ms, uint64_t burst)
{
    uint64_t ns;
    if (per_ms > GCRA_REFILL_MAX_MS || __builtin_mul_overflow(per_ms, (uint64_t)NS_PER_MS, &ns))
        return false;
    l->interval_ns = ns / count;
    l->burst = burst;
    return l->interval_ns >= UINT64_C(1000000000) / GCRA_RATE_MAX &&
           !__builtin_mul_overflow(l->interval_ns, burst, &l->burst_ns) &&
           l->burst_ns / NS_PER_MS <= GCRA_REFILL_MAX_MS;
}

struct newcomer {
    uint64_t now_ns, interval_ns;
};

static uint64_t take_idle(uint64_t word, const void *ctx)
{
    const struct newcomer *n = ctx;
    return word >> 1 <= n->now_ns ? (n->now_ns + n->interval_ns) << 1 : 0;
}

static void answer(const struct gcra_limit *l, uint64_t tat, uint64_t now_ns,
                   struct gcra_answer *out)
{
    uint64_t ahead = tat > now_ns ? tat - now_ns : 0;
    out->reset_ns = ahead;
    out->remaining = ahead < l->burst_ns ? (l->burst_ns - ahead) / l->interval_ns : 0;
    out->retry_ns = 0;
    if (out->remaining == 0)
        out->retry_ns = ahead + l->interval_ns - l->burst_ns;
}

enum gcra_result gcra_ask(struct key_table *t, uint64_t key, const struct gcra_limit *l,
                          uint64_t now_ns, struct gcra_answer *out)
{
    const struct newcomer newcomer = {.now_ns = now_ns, .interval_ns = l->interval_ns};
    size_t slot;
    uint64_t word;
    for (;;) {
        if (!key_table_find(t, key, &slot, &word)) {
            enum key_claim claim = key_table_claim(t, key, take_idle, &newcomer, &slot, &word);
            if (claim == KEY_FULL)
                return GCRA_FULL;
            if (claim == KEY_CLAIMED) {
                answer(l, word >> 1, now_ns, out);
                return GCRA_ADMITTED;
            }
        }
        uint64_t tat = word >> 1;
        uint64_t next = (tat > now_ns ? tat : now_ns) + l->interval_ns;
        if (next - now_ns > l->burst_ns) {
            answer(l, tat, now_ns, out);
            return GCRA_REFUSED;
        }
        if (key_table_update(t, slot, word, next << 1)) {
            answer(l, next, now_ns, out);
            return GCRA_ADMITTED;
        }
    }
}

bool gcra_is_exhausted(struct key_table *t, uint64_t key, const struct gcra_limit *l,
                       uint64_t now_ns)
{
    size_t slot;
    uint64_t word;
    if (!key_table_find(t, key, &slot, &word))
        return false;
    uint64_t tat = word >> 1, ahead = tat > now_ns ? tat - now_ns : 0;
    return ahead + l->interval_ns > l->burst_ns;
}
