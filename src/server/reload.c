// SPDX-License-Identifier: Apache-2.0
// From one policy to the next while requests run. Everything that can fail is done first: the
// policy is read and compiled here, off the loops, sockets of new listeners are opened; then each
// worker is told. What a mistake stops leaves everything as it was.
#include <errno.h>
#include <malloc.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/problems.h"
#include "proxy/bans.h"
#include "server/server_internal.h"

struct reload {
    struct server *server;
    struct snapshot *fresh;
    int *former;  // of each listener of `fresh`: the running one on the same socket, or -1
    int *sockets; // of the others, for each worker; -1 where handed over
    size_t socket_count;
    size_t opened; // listeners that had to be opened
    struct problems *problems;
    struct admin *former_admin; // replaced; its clients wait for the outcome
};

enum { COMPLAINT_MAX = 512 };

// ---- what can't change while it runs

PRINTF_LIKE(2, 3)
static void complain(struct reload *r, const char *format, ...)
{
    char text[COMPLAINT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    problems_add_at(r->problems, r->server->snapshot->path, 0, 0, "%s", text);
}

static bool may_change(struct reload *r)
{
    const struct snapshot *now = r->server->snapshot, *fresh = r->fresh;
    bool is_same = fresh->workers == now->workers;
    if (!is_same)
        complain(r, "$.workers: \"workers\" was %u and is %u now: that takes a restart",
                 now->workers, fresh->workers);
    if (fresh->audit.definition != now->audit.definition) {
        complain(r, "$.audit: \"audit\" sends records elsewhere now: that takes a restart");
        is_same = false;
    }
    if (fresh->bans.definition != now->bans.definition) {
        complain(r, "$.bans: another table_size, state_file or ipv6_prefix: that takes a restart");
        is_same = false;
    }
    return is_same;
}

// ---- listeners

static bool is_same_bind(const struct addr *a, const struct addr *b)
{
    return addr_eq(a, b) && a->port == b->port;
}

static int find_former(const struct reload *r, size_t index)
{
    const struct snapshot *old = r->server->snapshot;
    for (size_t i = 0; i < old->listener_count; i++) {
        bool is_taken = false;
        for (size_t k = 0; k < index; k++)
            is_taken = is_taken || r->former[k] == (int)i;
        if (!is_taken && is_same_bind(&old->listeners[i].bind, &r->fresh->listeners[index].bind))
            return (int)i;
    }
    return -1;
}

static bool open_listeners(struct reload *r)
{
    size_t count = r->fresh->listener_count;
    r->socket_count = count * r->server->worker_count;
    r->former = calloc(count, sizeof(int));
    r->sockets = calloc(r->socket_count, sizeof(int));
    if (!r->former || !r->sockets)
        return false;
    for (size_t i = 0; i < r->socket_count; i++)
        r->sockets[i] = -1;
    for (size_t i = 0; i < count; i++) {
        r->former[i] = find_former(r, i);
        if (r->former[i] >= 0)
            continue;
        r->opened++;
        if (!server_open_listener(&r->fresh->listeners[i], &r->sockets[i], count,
                                  r->server->worker_count)) {
            complain(r, "$.listeners[%zu]: cannot listen there: %s", i, log_errno(errno));
            return false;
        }
    }
    return true;
}

// ---- the change

static void change_workers(struct reload *r)
{
    struct server *s = r->server;
    for (unsigned i = 0; i < s->worker_count; i++) {
        struct worker_change change = {.snapshot = r->fresh,
                                       .former = r->former,
                                       .sockets = &r->sockets[i * r->fresh->listener_count]};
        sem_init(&change.ended, 0, 0);
        if (!worker_change(s->workers[i], &change))
            log_error("reload: worker %u has no memory for the new policy and keeps the old one",
                      i);
        sem_destroy(&change.ended);
    }
}

// The former one is stopped when the outcome is known: who ordered the reload may wait there.
static void change_admin(struct reload *r)
{
    struct server *s = r->server;
    struct admin *before = s->admin;
    if (before ? admin_adopt(before, &s->snapshot->admin) : !s->snapshot->admin.is_there)
        return;
    s->admin = NULL;
    if (server_start_admin(s)) {
        r->former_admin = before;
        return;
    }
    s->admin = before;
    complain(r,
             "$.admin: cannot listen there: %s; the rest of the policy is in force; the admin "
             "listener stays as it was",
             log_errno(errno));
}

static bool retire(struct server *s, struct snapshot *old)
{
    struct server_retired *r = &s->retired;
    if (r->count == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 8;
        struct snapshot **items = realloc(r->items, cap * sizeof(*items));
        if (!items)
            return false;
        r->items = items;
        r->cap = cap;
    }
    r->items[r->count++] = old;
    return true;
}

static void go_over(struct reload *r)
{
    struct server *s = r->server;
    struct snapshot *old = s->snapshot;
    snapshot_inherit(r->fresh, old);
    atomic_store(&s->shared.connections_max, server_connections(r->fresh));
    change_workers(r);
    s->snapshot = r->fresh;
    bans_adopt(s->shared.bans, &s->snapshot->bans);
    admin_view_show(&s->view, s->snapshot);
    r->fresh = NULL;
    change_admin(r);
    server_warn_of_insecure_backends(s->snapshot);
    if (!retire(s, old))
        snapshot_unref(&old); // whoever uses it last frees it
}

bool server_sweep(struct server *s)
{
    struct server_retired *r = &s->retired;
    size_t before = r->count, left = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (snapshot_is_alone(r->items[i]))
            snapshot_unref(&r->items[i]);
        else
            r->items[left++] = r->items[i];
    }
    r->count = left;
    // What a policy took in many pieces is given back as a whole.
    if (before && !left)
        malloc_trim(0);
    return left > 0;
}

static struct snapshot *load(const struct server *s, bool again, struct problems *problems)
{
    return again ? policy_load_again(s->snapshot, problems)
                 : policy_load(s->snapshot->path, problems);
}

static void tell(struct server *s, bool ok, uint64_t began)
{
    if (ok) {
        atomic_fetch_add(&s->view.reloads, 1);
        atomic_store(&s->view.loaded_wall_s, clock_wall_ns() / 1000000000u);
        log_notice("reload: the new policy is in force after %llu ms",
                   (unsigned long long)((clock_mono_ns() - began) / 1000000));
    } else {
        atomic_fetch_add(&s->view.reloads_failed, 1);
        log_error("reload: nothing has changed; the policy loaded before keeps serving");
    }
}

static void reload(struct server *s, bool again)
{
    uint64_t began = clock_mono_ns(), orders = again ? 0 : reload_orders_begin(&s->view);
    struct reload r = {.server = s, .problems = problems_new()};
    if (r.problems)
        r.fresh = load(s, again, r.problems);
    bool ok = r.fresh && may_change(&r) && open_listeners(&r);
    if (ok)
        go_over(&r);
    if (r.problems)
        problems_print(r.problems, stderr);
    tell(s, ok, began);
    reload_orders_end(&s->view, orders, ok, r.problems);
    admin_stop(&r.former_admin);
    if (r.sockets)
        server_close_sockets(r.sockets, r.socket_count);
    free(r.former);
    free(r.sockets);
    problems_free(&r.problems);
    snapshot_unref(&r.fresh);
}

void server_reload(struct server *s)
{
    reload(s, false);
    s->files_seen = s->snapshot->files;
}

// Files are taken over when two looks in a row have found the same: who writes several has time for
// all of them. What was refused is not tried again before it changes once more.
void server_look_at_files(struct server *s)
{
    uint64_t now = policy_look_at_files(s->snapshot);
    bool is_quiet = now == s->files_seen;
    bool is_news = now != s->snapshot->files && now != s->files_refused;
    s->files_seen = now;
    if (!now || !is_quiet || !is_news)
        return;
    log_notice("reload: files that the policy names have changed");
    reload(s, true);
    s->files_refused = s->snapshot->files == now ? 0 : now;
}
