// SPDX-License-Identifier: Apache-2.0
// Limits of pools follow from the connections that are borne, sizes of their blocks from what heads
// may come.
#include "proxy/generation.h"

#include <stdlib.h>

#include "backend/http2.h"
#include "policy/snapshot.h"
#include "proxy/worker.h"

static size_t largest_response_head(const struct snapshot *s)
{
    size_t most = 16 * 1024;
    for (size_t i = 0; i < s->backend_count; i++) {
        const struct http_head_limits *l = &s->backends[i].response_head;
        size_t size = (size_t)l->field_bytes + l->start_line + 16;
        most = size > most ? size : most;
    }
    return most;
}

static void init_pools(struct proxy_generation *g)
{
    enum { KEEP = PROXY_KEEP_BLOCKS };
    const struct http_head_limits *head = &g->snapshot->limits.head;
    size_t connections = g->worker->shared->connections_max;
    size_t head_size = (size_t)head->start_line + head->field_bytes + 16;
    pool_init(&g->heads, head_size, connections, KEEP);
    pool_init(&g->backend_context.http2_calls, backend_http2_call_size(), connections, KEEP);
    pool_init(&g->backend_context.buffers, largest_response_head(g->snapshot), connections, KEEP);
}

static struct http2_allowance allowance(const struct policy_count_rate *rate)
{
    uint64_t most = (UINT64_C(1) << 62) / (rate->per_ms ? rate->per_ms : 1);
    return (struct http2_allowance){.count = rate->count < most ? rate->count : most,
                                    .per_ms = rate->per_ms};
}

static bool has_websocket_route(const struct snapshot *s)
{
    for (size_t i = 0; i < s->route_count; i++)
        if (s->routes[i].websocket)
            return true;
    return false;
}

static void init_http2_limits(struct proxy_generation *g)
{
    const struct policy_http2_limits *l = &g->snapshot->limits.http2;
    g->http2_limits = (struct http2_server_limits){
        .head = &g->snapshot->limits.head,
        .max_concurrent_streams = l->max_concurrent_streams,
        .stream_window = l->stream_window,
        .connection_window = l->connection_window,
        .header_bomb = l->header_bomb,
        .continuations = l->continuations,
        .extended_connect = has_websocket_route(g->snapshot),
        .work =
            {
                [HTTP2_WORK_RESETS] = allowance(&l->resets),
                [HTTP2_WORK_CONTROL] = allowance(&l->control_frames),
                [HTTP2_WORK_EMPTY] = allowance(&l->empty_frames),
                [HTTP2_WORK_UPDATES] = allowance(&l->window_updates),
                [HTTP2_WORK_HEADERS] = allowance(&l->header_octets),
            },
    };
}

static bool has_http2_backend(const struct snapshot *s)
{
    for (size_t i = 0; i < s->backend_count; i++)
        if (s->backends[i].protocol == BACKEND_HTTP_2)
            return true;
    return false;
}

// What the worker has once, whatever the generation.
static bool init_backend_context(struct proxy_generation *g)
{
    struct backend_context *c = &g->backend_context;
    struct proxy_worker *w = g->worker;
    c->io = &w->io;
    c->bulk = w->backend_bulk;
    c->head_out = w->backend_head_out;
    c->octets = &w->octets;
    c->http2_memory = w->http2_memory;
    if (!has_http2_backend(g->snapshot))
        return true;
    if (!w->backend_http2_in)
        w->backend_http2_in = malloc(IO_BULK);
    if (!w->backend_http2_out)
        w->backend_http2_out = malloc(PROXY_HTTP2_OUT);
    c->http2_in = w->backend_http2_in;
    buf_init(&c->http2_out, w->backend_http2_out, w->backend_http2_out ? PROXY_HTTP2_OUT : 0);
    return w->backend_http2_in && w->backend_http2_out;
}

static void destroy(struct proxy_generation *g)
{
    backend_groups_free(&g->groups, g->snapshot->backend_count);
    pool_clear(&g->heads);
    pool_clear(&g->backend_context.buffers);
    pool_clear(&g->backend_context.http2_calls);
    snapshot_unref(&g->snapshot);
    list_remove(&g->link);
    free(g);
}

struct proxy_generation *generation_new(struct proxy_worker *w, struct snapshot *snapshot)
{
    struct proxy_generation *g = calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    g->references = 1;
    g->worker = w;
    g->snapshot = snapshot_ref(snapshot);
    list_init(&g->link);
    list_append(&w->generations, &g->link);
    init_pools(g);
    init_http2_limits(g);
    if (init_backend_context(g) && proxy_worker_fit(w, largest_response_head(snapshot)))
        g->groups =
            backend_groups_new(&g->backend_context, snapshot->backends, snapshot->backend_count);
    if (g->groups)
        return g;
    destroy(g);
    return NULL;
}

struct proxy_generation *generation_ref(struct proxy_generation *g)
{
    g->references++;
    return g;
}

void generation_unref(struct proxy_generation **generation)
{
    struct proxy_generation *g = *generation;
    *generation = NULL;
    if (g && --g->references == 0)
        loop_defer(g->worker->loop, &g->worker->sweep);
}

void generation_sweep(struct proxy_worker *w)
{
    for (struct list *link = w->generations.next, *next; link != &w->generations; link = next) {
        struct proxy_generation *g = CONTAINER_OF(link, struct proxy_generation, link);
        next = link->next;
        if (g->references == 0)
            destroy(g);
    }
}
