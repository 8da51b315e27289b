// SPDX-License-Identifier: Apache-2.0
// A leaky bucket for each address, as rate limits have them.
#include "proxy/client_offences.h"

#include <stdlib.h>

#include "base/hash.h"
#include "filter/gcra.h"
#include "filter/key_table.h"

enum { SLOTS = 16384 };

struct client_offences {
    struct hash_key key;
    struct key_table *table;
};

struct client_offences *client_offences_new(void)
{
    struct client_offences *o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    hash_key_random(&o->key);
    o->table = key_table_new(SLOTS);
    if (!o->table)
        client_offences_free(&o);
    return o;
}

void client_offences_free(struct client_offences **offences)
{
    struct client_offences *o = *offences;
    *offences = NULL;
    if (!o)
        return;
    key_table_free(&o->table);
    free(o);
}

static uint64_t key_of(const struct client_offences *o, const struct addr *a)
{
    return key_table_key(&o->key, a->bytes, addr_is_v4(a) ? sizeof(a->bytes) : 8);
}

// False where nothing is counted.
static bool limit_of(const struct policy_count_rate *rate, struct gcra_limit *out)
{
    return rate->count > 0 && gcra_limit_init(out, rate->count, rate->per_ms, rate->count);
}

void client_offences_add(struct client_offences *o, const struct addr *a,
                         const struct policy_count_rate *rate, uint64_t now_ns)
{
    struct gcra_limit limit;
    struct gcra_answer answer;
    if (limit_of(rate, &limit))
        (void)gcra_ask(o->table, key_of(o, a), &limit, now_ns, &answer);
}

bool client_offences_exclude(struct client_offences *o, const struct addr *a,
                             const struct policy_count_rate *rate, uint64_t now_ns)
{
    struct gcra_limit limit;
    return limit_of(rate, &limit) && gcra_is_exhausted(o->table, key_of(o, a), &limit, now_ns);
}
