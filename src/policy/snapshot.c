// SPDX-License-Identifier: Apache-2.0
// The end of a snapshot: what does not lie in its arena is given back one by one.
#include "policy/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "audit/record.h"
#include "policy/audit_chain.h"
#include "policy/audit_syslog.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/secret.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

struct snapshot *snapshot_ref(struct snapshot *s)
{
    (void)atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

const struct policy_listener *snapshot_listener_like(const struct snapshot *s,
                                                     const struct policy_listener *l)
{
    for (size_t i = 0; i < s->listener_count; i++)
        if (s->listeners[i].definition == l->definition)
            return &s->listeners[i];
    return NULL;
}

static void inherit_tickets(const struct policy_listener *l, const struct policy_listener *old)
{
    if (l->tls && old->tls && slice_eq(l->name, old->name))
        tls_server_context_adopt_tickets(l->tls, old->tls);
}

void snapshot_inherit(struct snapshot *s, const struct snapshot *old)
{
    for (size_t i = 0; i < s->filter_count; i++)
        for (size_t k = 0; k < old->filter_count; k++)
            if (slice_eq(s->filters[i].name, old->filters[k].name))
                filter_instance_inherit(&s->filters[i], &old->filters[k]);
    for (size_t i = 0; i < s->listener_count; i++)
        for (size_t k = 0; k < old->listener_count; k++)
            inherit_tickets(&s->listeners[i], &old->listeners[k]);
}

typedef void tell_fn(void *ctx, const struct snapshot_expiry *e);

static void each_of_listener(const struct policy_listener *l, tell_fn *tell, void *ctx)
{
    struct snapshot_expiry e = {.kind = "listener", .owner = l->name};
    const char *chain;
    for (size_t i = 0; l->tls && tls_server_context_expiry(l->tls, i, &chain, &e.at_s); i++) {
        e.name = slice_str(chain);
        tell(ctx, &e);
    }
}

static void each_of_server(struct slice backend, const struct backend_server *server, tell_fn *tell,
                           void *ctx)
{
    struct snapshot_expiry e = {.kind = "backend-client", .owner = backend, .name = server->url};
    e.at_s = tls_client_context_own_expiry(server->tls);
    if (e.at_s)
        tell(ctx, &e);
    e.kind = "backend-server";
    e.at_s = tls_client_context_peer_expiry(server->tls);
    if (e.at_s)
        tell(ctx, &e);
}

int64_t snapshot_expiry_days(const struct snapshot_expiry *e)
{
    enum { DAY_S = 24 * 60 * 60 };
    int64_t left_s = e->at_s - (int64_t)(clock_wall_ns() / 1000000000u);
    return left_s < 0 ? -((-left_s + DAY_S - 1) / DAY_S) : left_s / DAY_S;
}

void snapshot_each_expiry(const struct snapshot *s, tell_fn *tell, void *ctx)
{
    for (size_t i = 0; i < s->listener_count; i++)
        each_of_listener(&s->listeners[i], tell, ctx);
    for (size_t i = 0; i < s->backend_count; i++)
        for (unsigned n = 0; n < s->backends[i].server_count; n++)
            if (s->backends[i].servers[n].tls)
                each_of_server(s->backends[i].name, &s->backends[i].servers[n], tell, ctx);
}

bool snapshot_is_alone(const struct snapshot *s)
{
    return atomic_load_explicit(&s->references, memory_order_acquire) == 1;
}

// Servers that are verified under one name share a context; it is freed once.
static void clear_backend(struct backend_config *backend)
{
    for (unsigned i = 0; i < backend->server_count; i++) {
        struct tls_client_context *context = backend->servers[i].tls;
        if (!context)
            continue;
        for (unsigned k = i + 1; k < backend->server_count; k++) {
            if (backend->servers[k].tls == context)
                backend->servers[k].tls = NULL;
        }
        tls_client_context_free(&backend->servers[i].tls);
    }
}

static void destroy(struct snapshot *s)
{
    for (size_t i = 0; i < s->listener_count; i++)
        if (s->listeners[i].tls)
            tls_server_context_free(&s->listeners[i].tls);
    for (size_t i = 0; i < s->backend_count; i++)
        clear_backend(&s->backends[i]);
    for (size_t i = 0; i < s->filter_count; i++)
        filter_instance_clear(&s->filters[i]);
    policy_wipe_chains(&s->audit.options);
    secret_wipe((char *)(uintptr_t)s->admin.token.ptr, s->admin.token.len);
    policy_free_syslogs(&s->audit.options);
    if (s->audit.redaction)
        audit_redaction_free(&s->audit.redaction);
    arena_clear(&s->arena);
    free(s);
}

void snapshot_unref(struct snapshot **s)
{
    struct snapshot *gone = *s;
    *s = NULL;
    if (!gone)
        return;
    size_t before = atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel);
    CHECK(before > 0);
    if (before == 1)
        destroy(gone);
}
