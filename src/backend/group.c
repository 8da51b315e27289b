// SPDX-License-Identifier: Apache-2.0
// Choice of a server. Weighted round robin is the smooth kind (each turn everybody earns its
// weight, the richest is chosen and pays the sum), least outstanding compares requests under way
// per weight. Backup servers are a second group, chosen from in the same way while nobody of the
// first is well. A server that fails is passed over for a time that doubles from one second to half
// a minute; when all are ill, the one with the fewest failures in a row is tried, and one good
// answer brings it back.
#include "backend/group.h"

#include <stdlib.h>

#include "backend/connection.h"
#include "backend/health.h"
#include "backend/session.h"
#include "io/loop.h"

enum {
    SHUN_FIRST_MS = 1000,
    SHUN_MAX_MS = 30000,
    RETRY_PRICE = 5, // first tries that pay one further
    RETRY_CREDIT_FIRST = 20 * RETRY_PRICE,
    RETRY_CREDIT_MAX = 100 * RETRY_PRICE,
};

static bool member_init(struct backend_member *m, struct backend_context *context,
                        const struct backend_config *config, const struct backend_server *server)
{
    m->server = server;
    m->config = config;
    m->context = context;
    list_init(&m->idle);
    list_init(&m->sessions);
    if (!config->health.enabled)
        return true;
    m->health = backend_health_new(m);
    return m->health != NULL;
}

static void group_clear(struct backend_group *g)
{
    for (unsigned i = 0; i < g->count; i++) {
        struct backend_member *m = &g->members[i];
        backend_health_free(&m->health);
        while (!list_is_empty(&m->idle))
            backend_connection_close_idle(
                CONTAINER_OF(m->idle.next, struct backend_connection, link));
        while (!list_is_empty(&m->sessions))
            backend_session_close(CONTAINER_OF(m->sessions.next, struct backend_session, link));
        tls_session_clear(&m->session);
    }
    free(g->members);
}

static bool group_init(struct backend_group *g, struct backend_context *context,
                       const struct backend_config *config)
{
    g->config = config;
    g->retry_credit = RETRY_CREDIT_FIRST;
    g->members = calloc(config->server_count, sizeof(*g->members));
    if (!g->members)
        return false;
    for (; g->count < config->server_count; g->count++)
        if (!member_init(&g->members[g->count], context, config, &config->servers[g->count]))
            return false;
    return true;
}

struct backend_group *backend_groups_new(struct backend_context *context,
                                         const struct backend_config *configs, size_t count)
{
    struct backend_group *groups = calloc(count ? count : 1, sizeof(*groups));
    if (!groups)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!group_init(&groups[i], context, &configs[i])) {
            backend_groups_free(&groups, count);
            return NULL;
        }
    }
    return groups;
}

static void inherit_member(struct backend_member *m, const struct backend_group *old)
{
    for (unsigned i = 0; i < old->count; i++) {
        const struct backend_member *before = &old->members[i];
        if (!slice_eq(m->server->url, before->server->url))
            continue;
        m->failures = before->failures;
        m->shunned_until_ms = before->shunned_until_ms;
        // Without checks nobody would find a server well again.
        m->is_sick = before->is_sick && m->health;
        return;
    }
}

void backend_groups_inherit(struct backend_group *groups, size_t count,
                            const struct backend_group *old, size_t old_count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < old_count; k++)
            for (unsigned n = 0; n < groups[i].count; n++)
                if (slice_eq(groups[i].config->name, old[k].config->name))
                    inherit_member(&groups[i].members[n], &old[k]);
}

void backend_groups_free(struct backend_group **groups, size_t count)
{
    if (!*groups)
        return;
    for (size_t i = 0; i < count; i++)
        group_clear(&(*groups)[i]);
    free(*groups);
    *groups = NULL;
}

static bool is_well(const struct backend_member *m, uint64_t now_ms)
{
    return !m->is_sick && m->shunned_until_ms <= now_ms;
}

// The members a pick chooses from.
struct choice {
    uint64_t tried; // bits of those that failed this exchange
    uint64_t now_ms;
    bool of_backups;
};

static bool is_candidate(const struct backend_group *g, unsigned i, const struct choice *c)
{
    const struct backend_member *m = &g->members[i];
    return !(c->tried >> i & 1) && m->server->is_backup == c->of_backups && is_well(m, c->now_ms);
}

static struct backend_member *pick_round_robin(struct backend_group *g, const struct choice *c)
{
    struct backend_member *best = NULL;
    int64_t sum = 0;
    for (unsigned i = 0; i < g->count; i++) {
        if (!is_candidate(g, i, c))
            continue;
        struct backend_member *m = &g->members[i];
        m->credit += m->server->weight;
        sum += m->server->weight;
        if (!best || m->credit > best->credit)
            best = m;
    }
    if (best)
        best->credit -= sum;
    return best;
}

static struct backend_member *pick_least_outstanding(struct backend_group *g,
                                                     const struct choice *c)
{
    struct backend_member *best = NULL;
    for (unsigned i = 0; i < g->count; i++) {
        if (!is_candidate(g, i, c))
            continue;
        struct backend_member *m = &g->members[i];
        // Compares (outstanding + 1) / weight without dividing; both factors are small.
        if (!best || (uint64_t)(m->outstanding + 1) * best->server->weight <
                         (uint64_t)(best->outstanding + 1) * m->server->weight)
            best = m;
    }
    return best;
}

static struct backend_member *pick_well(struct backend_group *g, const struct choice *c)
{
    return g->config->balance == BACKEND_LEAST_OUTSTANDING ? pick_least_outstanding(g, c)
                                                           : pick_round_robin(g, c);
}

// Of the ill ones the least ill: by failures in a row, a sick one last.
static struct backend_member *pick_least_ill(struct backend_group *g, uint64_t tried)
{
    struct backend_member *best = NULL;
    for (unsigned i = 0; i < g->count; i++) {
        struct backend_member *m = &g->members[i];
        if (tried >> i & 1)
            continue;
        if (!best || m->is_sick < best->is_sick ||
            (m->is_sick == best->is_sick && m->failures < best->failures))
            best = m;
    }
    return best;
}

struct backend_member *backend_group_pick(struct backend_group *g, uint64_t tried)
{
    struct choice c = {.tried = tried, .now_ms = loop_now_ms(g->members[0].context->io->loop)};
    struct backend_member *m = pick_well(g, &c);
    c.of_backups = true;
    if (!m)
        m = pick_well(g, &c);
    return m ? m : pick_least_ill(g, tried);
}

unsigned backend_group_index(const struct backend_group *g, const struct backend_member *m)
{
    return (unsigned)(m - g->members);
}

void backend_group_earn_retry(struct backend_group *g)
{
    if (g->retry_credit < RETRY_CREDIT_MAX)
        g->retry_credit++;
}

bool backend_group_spend_retry(struct backend_group *g)
{
    if (g->retry_credit < RETRY_PRICE)
        return false;
    g->retry_credit -= RETRY_PRICE;
    return true;
}

void backend_member_failed(struct backend_member *m)
{
    uint64_t shun = (uint64_t)SHUN_FIRST_MS << (m->failures < 5 ? m->failures : 5);
    m->failures++;
    m->shunned_until_ms =
        loop_now_ms(m->context->io->loop) + (shun < SHUN_MAX_MS ? shun : SHUN_MAX_MS);
}

void backend_member_answered(struct backend_member *m)
{
    m->failures = 0;
    m->shunned_until_ms = 0;
}
