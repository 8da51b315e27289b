// SPDX-License-Identifier: Apache-2.0
// Exchanges of replaced policies count as well; only the policy in force has an opinion of health.
#include "proxy/show_servers.h"

#include "proxy/generation.h"
#include "proxy/ledger.h"
#include "proxy/worker.h"

enum { EVERY_MS = 1000, NS_PER_S = 1000000000 };

static void tell(const struct proxy_worker *w, const struct backend_member *m, bool is_in_use)
{
    uint64_t now_ms = loop_now_ms(w->loop);
    bool is_shunned = m->shunned_until_ms > now_ms;
    struct ledger_server s = {.backend = m->config->name,
                              .server = m->server->url,
                              .outstanding = m->outstanding,
                              .is_in_use = is_in_use,
                              .is_well = is_in_use && !m->is_sick && !is_shunned};
    if (is_in_use && is_shunned)
        s.ejected_until_s =
            clock_wall_ns() / NS_PER_S + (m->shunned_until_ms - now_ms + 999) / 1000;
    ledger_server_tell(w->ledger, &s);
}

static void tell_all(const struct proxy_worker *w, const struct proxy_generation *g)
{
    for (size_t i = 0; i < g->snapshot->backend_count; i++)
        for (unsigned k = 0; k < g->groups[i].count; k++)
            tell(w, &g->groups[i].members[k], g == w->generation);
}

void show_servers(struct proxy_worker *w)
{
    ledger_servers_begin(w->ledger);
    for (struct list *l = w->generations.next; l != &w->generations; l = l->next)
        tell_all(w, CONTAINER_OF(l, struct proxy_generation, link));
    ledger_servers_end(w->ledger);
    loop_timer_set(w->loop, &w->show, loop_now_ms(w->loop) + EVERY_MS);
}
