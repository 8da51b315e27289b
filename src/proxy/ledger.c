// SPDX-License-Identifier: Apache-2.0
// Names lie in the policy for as long as it is in force: their places are remembered, and texts are
// compared when a place is new.
#include "proxy/ledger.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"

const uint64_t ledger_bounds_us[LEDGER_BOUNDS] = {100,    250,    500,     1000,    2500,
                                                  5000,   10000,  25000,   50000,   100000,
                                                  250000, 500000, 1000000, 2500000, 10000000};

// Only one thread writes: no locked instruction is needed.
static void add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

struct ledger *ledger_new(void)
{
    struct ledger *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++) {
        l->entries[kind].kind = (enum ledger_kind)kind;
        memcpy(l->entries[kind].name, LEDGER_OTHER, sizeof(LEDGER_OTHER));
    }
    atomic_init(&l->count, LEDGER_KINDS);
    return l;
}

void ledger_free(struct ledger **l)
{
    free(*l);
    *l = NULL;
}

void ledger_forget_places(struct ledger *l)
{
    memset(l->seen, 0, sizeof(l->seen));
}

static bool is_text(const char *text, struct slice s)
{
    return strlen(text) == s.len && memcmp(text, s.ptr ? s.ptr : "", s.len) == 0;
}

static struct slice shortened(struct slice s)
{
    return slice_first(s, s.len < LEDGER_NAME_MAX ? s.len : LEDGER_NAME_MAX);
}

static void put_text(char *to, struct slice s)
{
    if (s.ptr)
        memcpy(to, s.ptr, s.len);
    to[s.len] = '\0';
}

static unsigned find_by_text(struct ledger *l, enum ledger_kind kind, struct slice name,
                             struct slice of)
{
    unsigned count = atomic_load_explicit(&l->count, memory_order_relaxed);
    for (unsigned i = LEDGER_KINDS; i < count; i++) {
        const struct ledger_entry *e = &l->entries[i];
        if (e->kind == kind && is_text(e->name, name) && is_text(e->of, of))
            return i;
    }
    if (count == LEDGER_ENTRIES || (kind == LEDGER_RULE && l->rule_count == LEDGER_RULES))
        return kind;
    l->rule_count += kind == LEDGER_RULE;
    struct ledger_entry *e = &l->entries[count];
    e->kind = kind;
    put_text(e->name, name);
    put_text(e->of, of);
    atomic_store_explicit(&l->count, count + 1, memory_order_release);
    return count;
}

static struct ledger_entry *entry_of(struct ledger *l, enum ledger_kind kind, struct slice name,
                                     struct slice of)
{
    uint64_t place = (uint64_t)(uintptr_t)name.ptr + kind;
    size_t at = place * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (LEDGER_SEEN - 1);
    if (l->seen[at].name != name.ptr || l->seen[at].of != of.ptr || !name.ptr ||
        l->entries[l->seen[at].index].kind != kind) {
        l->seen[at].index = find_by_text(l, kind, shortened(name), shortened(of));
        l->seen[at].name = name.ptr;
        l->seen[at].of = of.ptr;
    }
    return &l->entries[l->seen[at].index];
}

static void count_in(struct ledger_histogram *h, uint64_t ns)
{
    uint64_t us = ns / 1000;
    unsigned i = 0;
    if (ns == UINT64_MAX) // did not happen
        return;
    while (i < LEDGER_BOUNDS && us > ledger_bounds_us[i])
        i++;
    add(&h->buckets[i], 1);
    add(&h->sum_us, us);
}

static void count_filters(struct ledger *l, const struct audit_record *r)
{
    if (r->filter.len)
        add(&entry_of(l, LEDGER_FILTER, r->filter, (struct slice){0})->counts[0], 1);
    if (r->would_deny_filter.len)
        add(&entry_of(l, LEDGER_FILTER, r->would_deny_filter, (struct slice){0})->counts[1], 1);
}

static void count_attempts(struct ledger *l, const struct audit_record *r)
{
    for (unsigned i = 0; i < r->attempt_count; i++) {
        const struct audit_attempt *a = &r->attempts[i];
        struct ledger_entry *e = entry_of(l, LEDGER_SERVER, a->server, r->backend);
        add(&e->counts[0], 1);
        if (a->failure)
            add(&e->counts[1], 1);
    }
}

static void count_rules(struct ledger *l, const struct audit_record *r)
{
    for (const struct audit_match *m = r->matches; m; m = m->next)
        if (m->rule.len)
            add(&entry_of(l, LEDGER_RULE, m->rule, (struct slice){0})->counts[0], 1);
}

static void count_client(struct ledger *l, const struct audit_record *r)
{
    unsigned first, second;
    top_clients_count(&l->clients, &r->client);
    if (r->country.len != 2)
        return;
    first = (unsigned)(r->country.ptr[0] - 'A');
    second = (unsigned)(r->country.ptr[1] - 'A');
    if (first < 26 && second < 26)
        add(&l->countries[first * 26 + second], 1);
}

static void count_handshake(struct ledger *l, const struct audit_record *r)
{
    count_in(&l->handshake, r->tls_ns);
    if (r->tls_ns != UINT64_MAX && r->tls.resumed)
        add(&l->handshakes_resumed, 1);
    if (r->kind == AUDIT_CONNECTION && r->is_tls && r->tls_ns == UINT64_MAX && !r->filter.len)
        add(&l->handshakes_failed, 1);
}

void ledger_count(struct ledger *l, const struct audit_record *r)
{
    count_handshake(l, r);
    count_filters(l, r);
    count_rules(l, r);
    if (r->kind != AUDIT_REQUEST)
        return;
    unsigned class = r->status / 100;
    add(&l->responses[class < ARRAY_LEN(l->responses) ? class : 0], 1);
    add(&l->request_body_bytes, r->request_body_bytes);
    add(&l->response_body_bytes, r->response_body_bytes);
    count_in(&l->request, r->duration_ns);
    count_in(&l->filters, r->filters_ns);
    count_in(&l->first_byte, r->backend_first_byte_ns);
    add(&entry_of(l, LEDGER_ROUTE, r->route, (struct slice){0})->counts[r->verdict], 1);
    count_attempts(l, r);
    count_client(l, r);
}

void ledger_servers_begin(struct ledger *l)
{
    memset(l->told, 0, sizeof(l->told));
}

void ledger_server_tell(struct ledger *l, const struct ledger_server *s)
{
    uint64_t *told = l->told[entry_of(l, LEDGER_SERVER, s->server, s->backend) - l->entries];
    told[LEDGER_OUTSTANDING] += s->outstanding;
    told[LEDGER_IN_USE] |= s->is_in_use;
    told[LEDGER_WELL] |= s->is_well;
    if (s->ejected_until_s > told[LEDGER_EJECTED_UNTIL_S])
        told[LEDGER_EJECTED_UNTIL_S] = s->ejected_until_s;
}

void ledger_servers_end(struct ledger *l)
{
    unsigned count = atomic_load_explicit(&l->count, memory_order_relaxed);
    for (unsigned i = LEDGER_KINDS; i < count; i++)
        for (unsigned k = LEDGER_OUTSTANDING;
             l->entries[i].kind == LEDGER_SERVER && k < LEDGER_COUNTS; k++)
            atomic_store_explicit(&l->entries[i].counts[k], l->told[i][k], memory_order_relaxed);
}
