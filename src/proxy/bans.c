// SPDX-License-Identifier: Apache-2.0
// The clock shows the time of day as it was at the start, and goes on from there with the monotonic
// one: setting the system's clock neither lifts bans nor prolongs them.
#include "proxy/bans.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "filter/ban.h"
#include "filter/filter.h"
#include "filter/key_table.h"
#include "proxy/client_address.h"

enum { NS_PER_MS = 1000000 };

struct bans {
    struct ban_table *table;
    struct key_table *counts;
    struct hash_key hash;
    uint64_t ahead_ms; // of the monotonic clock
    void (*changed)(void *ctx);
    void *ctx;
};

struct bans *bans_new(const struct policy_bans *p)
{
    struct bans *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    hash_key_random(&b->hash);
    b->ahead_ms = (clock_wall_ns() - clock_mono_ns()) / NS_PER_MS;
    b->table = ban_table_new(p->table_size);
    b->counts = key_table_new(p->table_size);
    if (!b->table || !b->counts) {
        bans_free(&b);
        return NULL;
    }
    ban_table_remember(b->table, p->remember_ms);
    return b;
}

void bans_free(struct bans **bans)
{
    struct bans *b = *bans;
    *bans = NULL;
    if (!b)
        return;
    ban_table_free(&b->table);
    key_table_free(&b->counts);
    free(b);
}

static void tell_change(struct bans *b)
{
    if (b->changed)
        b->changed(b->ctx);
}

void bans_adopt(struct bans *b, const struct policy_bans *p)
{
    ban_table_remember(b->table, p->remember_ms);
    ban_table_remove_within(b->table, p->never, p->never_count);
    tell_change(b);
}

void bans_on_change(struct bans *b, void (*changed)(void *ctx), void *ctx)
{
    b->changed = changed;
    b->ctx = ctx;
}

uint64_t bans_now_ms(const struct bans *b)
{
    return clock_mono_ns() / NS_PER_MS + b->ahead_ms;
}

struct addr_prefix bans_client(const struct policy_bans *p, const struct addr *client)
{
    return addr_prefix_of(client, addr_is_v4(client) ? 128 : p->ipv6_bits);
}

// Does it speak for itself alone?
static bool may_be_banned(const struct policy_listener *l, const struct addr *client)
{
    return !client->is_unix && !client_address_is_trusted(l, client);
}

bool bans_has(struct bans *b, const struct policy_bans *p, const struct policy_listener *l,
              const struct addr *client, uint64_t mono_ms, struct audit_ban *out)
{
    uint64_t now_ms = mono_ms + b->ahead_ms, until_ms;
    if (ban_table_is_idle(b->table, now_ms))
        return false;
    struct addr_prefix who = bans_client(p, client);
    if (!ban_table_has(b->table, &who, now_ms, &until_ms) || !may_be_banned(l, client))
        return false;
    *out = (struct audit_ban){.is_there = true, .who = who, .until_wall_ns = until_ms * NS_PER_MS};
    return true;
}

static bool is_never_banned(const struct policy_bans *p, const struct addr *client)
{
    for (size_t i = 0; i < p->never_count; i++)
        if (addr_prefix_has(&p->never[i], client))
            return true;
    return false;
}

static void say(const struct ban *ban, struct audit_ban *out)
{
    *out = (struct audit_ban){.is_there = true,
                              .is_new = true,
                              .who = ban->who,
                              .times = ban->times,
                              .until_wall_ns = ban->until_ms * NS_PER_MS};
}

void bans_count(struct bans *b, const struct policy_bans *p, const struct policy_listener *l,
                const struct addr *client, const struct filter_verdict *v, struct audit_ban *out)
{
    const struct filter_ban *rule = v->ban;
    struct ban ban;
    if (!rule || !may_be_banned(l, client) || is_never_banned(p, client))
        return;
    struct ban_order order = {.who = bans_client(p, client),
                              .for_ms = rule->for_ms,
                              .max_ms = rule->max_ms,
                              .by = v->filter,
                              .reason = slice_str(v->reason)};
    uint64_t now_ms = bans_now_ms(b);
    if (!filter_ban_count(rule, b->counts, &b->hash, v->filter, &order.who, now_ms))
        return;
    if (rule->is_dry_run) {
        *out = (struct audit_ban){
            .is_there = true, .is_new = true, .is_dry_run = true, .who = order.who};
        return;
    }
    if (!ban_table_add(b->table, &order, now_ms, &ban))
        return;
    say(&ban, out);
    tell_change(b);
}

enum bans_put bans_put(struct bans *b, const struct policy_bans *p, const struct ban_order *order,
                       struct ban *out)
{
    struct addr first = {0};
    memcpy(first.bytes, order->who.bytes, sizeof(first.bytes));
    if (is_never_banned(p, &first))
        return BANS_NEVER;
    (void)ban_table_add(b->table, order, bans_now_ms(b), out);
    tell_change(b);
    return BANS_PUT;
}

bool bans_lift(struct bans *b, const struct addr_prefix *who)
{
    bool was_in_force = ban_table_remove(b->table, who, bans_now_ms(b));
    if (was_in_force)
        tell_change(b);
    return was_in_force;
}

struct ban_table *bans_table(struct bans *b)
{
    return b->table;
}

uint64_t bans_changes(const struct bans *b)
{
    return ban_table_changes(b->table);
}

void bans_write(struct bans *b, struct buf *out)
{
    ban_state_write(b->table, out);
}

// The system's clock may have been set back since it was written: no ban gets longer by that.
static void restore(struct bans *b, struct ban *ban, uint64_t now_ms)
{
    if (ban->since_ms > now_ms) {
        ban->until_ms -= ban->since_ms - now_ms;
        ban->since_ms = now_ms;
    }
    ban_table_restore(b->table, ban, now_ms);
}

bool bans_read(struct bans *b, const struct policy_bans *p, struct slice text, size_t *left_out,
               char *why, size_t why_cap)
{
    size_t count;
    struct ban *bans = ban_state_read(text, &count, why, why_cap);
    if (!bans)
        return false;
    *left_out = 0;
    for (size_t i = 0; i < count; i++) {
        struct addr first = {0};
        memcpy(first.bytes, bans[i].who.bytes, sizeof(first.bytes));
        struct addr_prefix fitting = bans_client(p, &first);
        if (fitting.bits == bans[i].who.bits && !is_never_banned(p, &first))
            restore(b, &bans[i], bans_now_ms(b));
        else
            ++*left_out;
    }
    free(bans);
    return true;
}
