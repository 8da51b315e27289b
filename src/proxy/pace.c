// SPDX-License-Identifier: Apache-2.0
// Rates are compared as products in floating point: their errors do not matter here, and no number
// in a policy can wrap.
#include "proxy/pace.h"

enum { INTERVAL_MIN_MS = 50, INTERVAL_MAX_MS = 1000 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t pace_interval_ms(const struct policy_limits *l)
{
    uint64_t half = least(least(l->body_ms, l->send_ms), l->rate_grace_ms) / 2;
    uint64_t interval = least(half, INTERVAL_MAX_MS);
    return interval < INTERVAL_MIN_MS ? INTERVAL_MIN_MS : interval;
}

enum pace_verdict pace_look(struct client_pace *p, uint64_t octets, uint64_t now_ms,
                            uint64_t elapsed_ms, uint64_t silence_ms, uint64_t rate_bytes,
                            uint64_t rate_ms, uint64_t grace_ms)
{
    p->waited_ms += elapsed_ms;
    if (octets > p->octets_before) {
        p->octets += octets - p->octets_before;
        p->octets_before = octets;
        p->moved_ms = now_ms;
    } else if (now_ms - p->moved_ms >= silence_ms) {
        return PACE_SILENT;
    }
    if (rate_bytes == 0 || p->waited_ms <= grace_ms)
        return PACE_KEPT;
    double moved = (double)p->octets * (double)rate_ms;
    double due = (double)rate_bytes * (double)p->waited_ms;
    return moved < due ? PACE_TOO_SLOW : PACE_KEPT;
}
