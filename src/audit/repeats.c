// SPDX-License-Identifier: Apache-2.0
// Entries lie in an array, in chains by hash, and in one list in the order in which they are due:
// as all wait equally long, that is the order in which they were told last.
#include "audit/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/list.h"

enum { MAX_MAX = 1 << 20 };

struct entry {
    struct list link; // by time, or among the free ones
    struct entry *next;
    uint64_t due_ms;
    struct repeats_sum sum; // count 0: nothing since it was told last
    char listener[REPEATS_NAME_MAX];
};

struct repeats {
    struct hash_key key;
    uint64_t interval_ms;
    void (*tell)(void *ctx, const struct repeats_sum *sum);
    void *ctx;
    struct list due, unused;
    size_t mask; // of the chains
    struct entry **chains;
    struct entry *entries;
};

struct repeats *repeats_new(size_t max, uint64_t interval_ms,
                            void (*tell)(void *ctx, const struct repeats_sum *sum), void *ctx)
{
    struct repeats *r = calloc(1, sizeof(*r));
    size_t chains = 1;
    CHECK(max > 0 && max <= MAX_MAX);
    while (chains < 2 * max)
        chains *= 2;
    if (!r)
        return NULL;
    hash_key_random(&r->key);
    r->interval_ms = interval_ms;
    r->tell = tell;
    r->ctx = ctx;
    list_init(&r->due);
    list_init(&r->unused);
    r->mask = chains - 1;
    r->chains = calloc(chains, sizeof(struct entry *));
    r->entries = calloc(max, sizeof(*r->entries));
    if (!r->chains || !r->entries) {
        repeats_free(&r);
        return NULL;
    }
    for (size_t i = 0; i < max; i++)
        list_append(&r->unused, &r->entries[i].link);
    return r;
}

void repeats_free(struct repeats **repeats)
{
    struct repeats *r = *repeats;
    *repeats = NULL;
    if (!r)
        return;
    free(r->chains);
    free(r->entries);
    free(r);
}

static size_t counted_octets(const struct addr *a)
{
    return addr_is_v4(a) ? sizeof(a->bytes) : 8;
}

// Reasons are constants: equal ones may still stand at different places.
static struct entry **chain_of(struct repeats *r, const struct repeat *one)
{
    return &r->chains[hash_bytes(&r->key, one->client.bytes, counted_octets(&one->client)) &
                      r->mask];
}

static bool is_like(const struct repeat *a, const struct repeat *b)
{
    return a->client.is_unix == b->client.is_unix &&
           addr_is_v4(&a->client) == addr_is_v4(&b->client) &&
           memcmp(a->client.bytes, b->client.bytes, counted_octets(&a->client)) == 0 &&
           strcmp(a->reason, b->reason) == 0 && slice_eq(a->listener, b->listener);
}

static void tell(struct repeats *r, struct entry *e)
{
    if (e->sum.count > 0)
        r->tell(r->ctx, &e->sum);
    e->sum.count = 0;
}

static void forget(struct repeats *r, struct entry *e)
{
    struct entry **at = chain_of(r, &e->sum.first);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    list_remove(&e->link);
    list_append(&r->unused, &e->link);
}

static struct entry *first_due(struct repeats *r)
{
    return CONTAINER_OF(r->due.next, struct entry, link);
}

static void add(struct repeats *r, const struct repeat *one, uint64_t now_ms)
{
    if (list_is_empty(&r->unused)) {
        struct entry *early = first_due(r);
        tell(r, early);
        forget(r, early);
    }
    struct entry *e = CONTAINER_OF(list_take_first(&r->unused), struct entry, link);
    struct entry **chain = chain_of(r, one);
    e->sum = (struct repeats_sum){.first = *one};
    memcpy(e->listener, one->listener.ptr, one->listener.len);
    e->sum.first.listener = slice_of(e->listener, one->listener.len);
    e->due_ms = now_ms + r->interval_ms;
    e->next = *chain;
    *chain = e;
    list_append(&r->due, &e->link);
}

static void count(struct entry *e, const struct repeat *one)
{
    struct slice listener = e->sum.first.listener;
    if (e->sum.count++ == 0) {
        e->sum.first = *one;
        e->sum.first.listener = listener;
    }
    e->sum.last_wall_ns = one->wall_ns;
}

bool repeats_count(struct repeats *r, const struct repeat *repeat, uint64_t now_ms)
{
    struct repeat one = *repeat;
    one.listener = slice_first(one.listener, REPEATS_NAME_MAX);
    for (struct entry *e = *chain_of(r, &one); e; e = e->next) {
        if (!is_like(&e->sum.first, &one))
            continue;
        count(e, &one);
        return false;
    }
    add(r, &one, now_ms);
    return true;
}

uint64_t repeats_settle(struct repeats *r, uint64_t now_ms)
{
    while (!list_is_empty(&r->due)) {
        struct entry *e = first_due(r);
        if (e->due_ms > now_ms)
            return e->due_ms;
        if (e->sum.count == 0) {
            forget(r, e);
            continue;
        }
        tell(r, e);
        e->due_ms = now_ms + r->interval_ms;
        list_remove(&e->link);
        list_append(&r->due, &e->link);
    }
    return UINT64_MAX;
}

void repeats_settle_all(struct repeats *r)
{
    while (!list_is_empty(&r->due)) {
        tell(r, first_due(r));
        forget(r, first_due(r));
    }
}
