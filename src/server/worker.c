// SPDX-License-Identifier: Apache-2.0
// The supervisor speaks to a worker only through messages to its loop; the worker answers by
// ending.
#include "server/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "io/listener.h"
#include "io/loop.h"
#include "proxy/worker.h"

struct port {
    struct listener listener;
    const struct policy_listener *policy;
    struct worker *worker;
};

// Goes from worker to worker until one has given up a place, and then home.
struct plea {
    struct loop_message message;
    struct worker *from, *at;
    bool is_under_way;
    uint64_t refused_until_ms; // on the loop's clock: nobody had a place to give a moment ago
};

enum { PLEA_REST_MS = 100 };

struct worker {
    struct proxy_worker proxy;
    struct loop *loop;
    struct port **ports; // one for each listener of the snapshot, in its order
    size_t port_count;
    struct loop_message drain, break_off, turn;
    struct plea plea;
    _Atomic(struct worker *) next; // whom it asks for a place; NULL: nobody
    struct worker_change *change;  // asked for by the message `turn`
    pthread_t thread;
    _Atomic bool ended;
};

static void on_accept(struct listener *l, int fd, const struct addr *peer)
{
    struct port *port = l->owner;
    proxy_worker_accept(&port->worker->proxy, port->policy, fd, peer);
}

static void send_plea(struct plea *p, struct worker *to)
{
    p->at = to;
    loop_post(to->loop, &p->message);
}

static void hear_plea(struct loop_message *message)
{
    struct plea *p = CONTAINER_OF(message, struct plea, message);
    struct worker *w = p->at;
    if (w == p->from) {
        p->is_under_way = false;
        if (proxy_worker_is_full(&w->proxy))
            p->refused_until_ms = loop_now_ms(w->loop) + PLEA_REST_MS;
        return;
    }
    bool is_given = proxy_worker_give_place(&w->proxy);
    send_plea(p, is_given ? p->from : atomic_load(&w->next));
}

// Places are shared by all workers, but each can close connections of its own only. Who asked in
// vain accepts nevertheless: a client that is refused knows at once.
static bool may_accept(struct listener *l)
{
    struct worker *w = ((struct port *)l->owner)->worker;
    struct worker *next = atomic_load_explicit(&w->next, memory_order_relaxed);
    if (!next || !proxy_worker_is_full(&w->proxy) ||
        loop_now_ms(w->loop) < w->plea.refused_until_ms)
        return true;
    if (!w->plea.is_under_way) {
        w->plea.is_under_way = true;
        send_plea(&w->plea, next);
    }
    return false;
}

static void on_exhausted(struct listener *l, int error)
{
    static struct log_repeat repeat;
    struct port *port = l->owner;
    log_repeated(&repeat, LOG_LEVEL_ERROR, "cannot accept connections: %s; idle ones are closed",
                 log_errno(error));
    proxy_worker_relieve(&port->worker->proxy);
}

static void free_port(struct port *port)
{
    if (!port)
        return;
    listener_stop(&port->listener);
    free(port);
}

static void stop_ports(struct worker *w)
{
    for (size_t i = 0; i < w->port_count; i++)
        if (w->ports[i])
            listener_stop(&w->ports[i]->listener);
}

// On the socket, which is taken; NULL without memory or descriptors.
static struct port *new_port(struct worker *w, const struct policy_listener *policy, int *socket)
{
    struct port *port = calloc(1, sizeof(*port));
    if (!port)
        return NULL;
    port->worker = w;
    port->policy = policy;
    port->listener.owner = port;
    port->listener.on_accept = on_accept;
    port->listener.may_accept = may_accept;
    port->listener.on_exhausted = on_exhausted;
    int fd = *socket;
    *socket = -1;
    if (listener_start(&port->listener, w->loop, fd))
        return port;
    free(port);
    return NULL;
}

static void free_ports(struct port **ports, size_t count)
{
    for (size_t i = 0; ports && i < count; i++)
        free_port(ports[i]);
    free(ports);
}

static void on_drained(void *owner)
{
    struct worker *w = owner;
    loop_stop(w->loop);
}

static void drain(struct loop_message *message)
{
    struct worker *w = CONTAINER_OF(message, struct worker, drain);
    stop_ports(w);
    proxy_worker_drain(&w->proxy, on_drained, w);
}

static void break_off(struct loop_message *message)
{
    struct worker *w = CONTAINER_OF(message, struct worker, break_off);
    stop_ports(w);
    proxy_worker_break_off(&w->proxy);
    loop_stop(w->loop);
}

// The ports of the listeners that are new; false when one could not be made.
static bool new_ports(struct worker *w, struct worker_change *c, struct port **ports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c->former[i] < 0 &&
            !(ports[i] = new_port(w, &c->snapshot->listeners[i], &c->sockets[i])))
            return false;
    return true;
}

// Ports that stay go on without having stopped; those that nobody wants any more close.
static void take_ports(struct worker *w, const struct worker_change *c, struct port **ports,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (c->former[i] < 0)
            continue;
        ports[i] = w->ports[c->former[i]];
        ports[i]->policy = &c->snapshot->listeners[i];
        w->ports[c->former[i]] = NULL;
    }
    free_ports(w->ports, w->port_count);
    w->ports = ports;
    w->port_count = count;
}

static bool change(struct worker *w, struct worker_change *c)
{
    size_t count = c->snapshot->listener_count;
    struct port **ports = calloc(count, sizeof(struct port *));
    if (ports && new_ports(w, c, ports, count) && proxy_worker_adopt(&w->proxy, c->snapshot)) {
        take_ports(w, c, ports, count);
        return true;
    }
    free_ports(ports, count);
    return false;
}

static void on_turn(struct loop_message *message)
{
    struct worker *w = CONTAINER_OF(message, struct worker, turn);
    struct worker_change *c = w->change;
    c->done = change(w, c);
    sem_post(&c->ended);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    loop_run(w->loop);
    atomic_store(&w->ended, true);
    return NULL;
}

static bool start_ports(struct worker *w, const struct snapshot *snapshot, int *sockets)
{
    w->ports = calloc(snapshot->listener_count, sizeof(struct port *));
    if (!w->ports)
        return false;
    w->port_count = snapshot->listener_count;
    for (size_t i = 0; i < w->port_count; i++)
        if (!(w->ports[i] = new_port(w, &snapshot->listeners[i], &sockets[i])))
            return false;
    return true;
}

static bool start_thread(struct worker *w)
{
    int error = thread_start(&w->thread, "yett-worker", run, w);
    if (error)
        log_error("cannot start a worker thread: %s", log_errno(error));
    return error == 0;
}

void worker_free(struct worker **worker)
{
    struct worker *w = *worker;
    if (!w)
        return;
    *worker = NULL;
    free_ports(w->ports, w->port_count);
    proxy_worker_clear(&w->proxy);
    loop_free(&w->loop);
    free(w);
}

struct worker *worker_start(struct proxy_shared *shared, struct snapshot *snapshot, unsigned index,
                            int *sockets)
{
    struct worker *w = calloc(1, sizeof(*w));
    bool has_proxy = false;
    if (w && (w->loop = loop_new()) != NULL) {
        w->drain.deliver = drain;
        w->break_off.deliver = break_off;
        w->turn.deliver = on_turn;
        w->plea.message.deliver = hear_plea;
        w->plea.from = w;
        has_proxy = proxy_worker_init(&w->proxy, shared, w->loop, snapshot, index);
    }
    if (has_proxy && start_ports(w, snapshot, sockets) && start_thread(w))
        return w;
    for (size_t i = 0; i < snapshot->listener_count; i++)
        if (sockets[i] >= 0)
            close(sockets[i]);
    if (has_proxy) {
        worker_free(&w);
        return NULL;
    }
    if (w)
        loop_free(&w->loop);
    free(w);
    return NULL;
}

void worker_link(struct worker *w, struct worker *next)
{
    atomic_store(&w->next, next == w ? NULL : next);
}

void worker_drain(struct worker *w)
{
    loop_post(w->loop, &w->drain);
}

bool worker_change(struct worker *w, struct worker_change *c)
{
    w->change = c;
    loop_post(w->loop, &w->turn);
    while (sem_wait(&c->ended) != 0)
        ;
    return c->done;
}

void worker_break_off(struct worker *w)
{
    loop_post(w->loop, &w->break_off);
}

bool worker_has_ended(const struct worker *w)
{
    return atomic_load(&w->ended);
}

const struct proxy_worker *worker_proxy(const struct worker *w)
{
    return &w->proxy;
}

void worker_join(struct worker *w)
{
    pthread_join(w->thread, NULL);
}

bool worker_settle(struct worker *w)
{
    loop_turn(w->loop, 0);
    return !proxy_worker_owes_records(&w->proxy);
}

void worker_forgo_records(struct worker *w)
{
    proxy_worker_forgo_records(&w->proxy);
}
