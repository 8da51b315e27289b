// SPDX-License-Identifier: Apache-2.0
// The supervisor is the main thread. It blocks the signals it cares for before any thread exists
// and takes them with sigtimedwait, so that no handler ever runs in the middle of anything.
#include "server/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/offload.h"
#include "proxy/bans.h"
#include "proxy/client_count.h"
#include "proxy/client_offences.h"
#include "server/ban_keeper.h"
#include "server/server_internal.h"

enum {
    OFFLOAD_QUEUE = 1024,
    AUDIT_FLUSH_MS = 5000,
    POLL_MS = 20,    // how often the supervisor looks while draining
    SWEEP_MS = 1000, // and whether a policy that was replaced is still used
    WHY_MAX = 512,
};

// --- life

void server_warn_of_insecure_backends(const struct snapshot *s)
{
    for (size_t i = 0; i < s->backend_count; i++)
        for (unsigned n = 0; n < s->backends[i].server_count; n++)
            if (s->backends[i].servers[n].insecure)
                log_warning("backend \"%.*s\": server %.*s is used insecurely: %s",
                            (int)s->backends[i].name.len, s->backends[i].name.ptr,
                            (int)s->backends[i].servers[n].url.len,
                            s->backends[i].servers[n].url.ptr,
                            s->backends[i].servers[n].tls ? "its certificate is not verified"
                                                          : "plain text leaves this machine");
}

static bool start_audit(struct server *s)
{
    char why[WHY_MAX];
    struct audit_options options = s->snapshot->audit.options;
    options.workers = s->snapshot->workers;
    s->audit_snapshot = snapshot_ref(s->snapshot);
    s->shared.audit = audit_start(&options, why, sizeof(why));
    if (!s->shared.audit)
        log_error("audit: %s", why);
    return s->shared.audit != NULL;
}

static bool start_bans(struct server *s)
{
    const struct policy_bans *p = &s->snapshot->bans;
    if (!p->state_file)
        return true;
    ban_keeper_load(s->shared.bans, p);
    s->ban_keeper = ban_keeper_start(s->shared.bans, p->state_file);
    if (!s->ban_keeper)
        log_error("cannot start: nobody can keep the bans: %s", log_errno(errno));
    return s->ban_keeper != NULL;
}

static bool start_shared(struct server *s)
{
    s->shared.connections_max = server_connections(s->snapshot);
    s->shared.client_count = client_count_new();
    s->shared.client_offences = client_offences_new();
    s->shared.bans = bans_new(&s->snapshot->bans);
    s->shared.offload = offload_new(s->snapshot->workers, OFFLOAD_QUEUE);
    if (!s->shared.client_count || !s->shared.client_offences || !s->shared.bans ||
        !s->shared.offload) {
        log_error("cannot start: out of memory or threads");
        return false;
    }
    return start_bans(s) && start_audit(s);
}

static bool open_sockets(const struct server *s, int *sockets)
{
    const struct snapshot *snapshot = s->snapshot;
    for (size_t i = 0; i < snapshot->listener_count * snapshot->workers; i++)
        sockets[i] = -1;
    for (size_t i = 0; i < snapshot->listener_count; i++)
        if (!server_open_listener(&snapshot->listeners[i], &sockets[i], snapshot->listener_count,
                                  snapshot->workers))
            return false;
    return true;
}

static bool start_threads(struct server *s, int *sockets)
{
    s->workers = calloc(s->snapshot->workers, sizeof(struct worker *));
    if (!s->workers)
        return false;
    for (; s->worker_count < s->snapshot->workers; s->worker_count++) {
        unsigned i = s->worker_count;
        s->workers[i] =
            worker_start(&s->shared, s->snapshot, i, &sockets[i * s->snapshot->listener_count]);
        if (!s->workers[i])
            return false;
    }
    for (unsigned i = 0; i < s->worker_count; i++)
        worker_link(s->workers[i], s->workers[(i + 1) % s->worker_count]);
    return true;
}

// Every port is open before the first worker serves.
static bool start_workers(struct server *s)
{
    size_t count = s->snapshot->listener_count * s->snapshot->workers;
    int *sockets = calloc(count, sizeof(int));
    bool ok = sockets && open_sockets(s, sockets) && start_threads(s, sockets);
    if (sockets)
        server_close_sockets(sockets, count);
    free(sockets);
    return ok;
}

static bool make_view(struct server *s)
{
    s->view.workers = calloc(s->worker_count, sizeof(*s->view.workers));
    if (!s->view.workers)
        return false;
    s->view.worker_count = s->worker_count;
    s->view.shared = &s->shared;
    admin_view_show(&s->view, s->snapshot);
    s->view.started_wall_s = clock_wall_ns() / 1000000000u;
    s->view.loaded_wall_s = s->view.started_wall_s;
    for (unsigned i = 0; i < s->worker_count; i++)
        s->view.workers[i] = worker_proxy(s->workers[i]);
    return true;
}

bool server_start_admin(struct server *s)
{
    const struct policy_admin *p = &s->snapshot->admin;
    char text[ADMIN_PLACE_TEXT_MAX];
    if (!p->is_there)
        return true;
    s->admin = admin_start(p, &s->view);
    if (!s->admin) {
        int error = errno;
        if (!p->path)
            addr_text_with_port(&p->bind, text);
        log_error("admin: cannot listen on %s: %s", p->path ? p->path : text, log_errno(error));
        errno = error;
        return false;
    }
    admin_place(s->admin, text);
    log_notice("admin is served on %s", text);
    return true;
}

static void for_workers(struct server *s, void (*call)(struct worker *))
{
    for (unsigned i = 0; i < s->worker_count; i++)
        call(s->workers[i]);
}

static bool have_all_ended(const struct server *s)
{
    for (unsigned i = 0; i < s->worker_count; i++)
        if (!worker_has_ended(s->workers[i]))
            return false;
    return true;
}

// The next signal, or 0 after `wait_ms`.
static int next_signal(const struct server *s, long wait_ms)
{
    struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    int number = sigtimedwait(&s->signals, NULL, wait_ms < 0 ? NULL : &wait);
    return number > 0 ? number : 0;
}

static bool is_stop(int number)
{
    return number == SIGTERM || number == SIGINT;
}

// How long the supervisor may sleep: without replaced policies, and with nothing to watch, for
// ever.
static long nap_ms(const struct server *s, bool has_retired)
{
    uint64_t watch = s->snapshot->watch_ms;
    if (has_retired)
        return watch && watch < SWEEP_MS ? (long)watch : SWEEP_MS;
    return watch ? (long)watch : -1;
}

static void on_signal(struct server *s, int number)
{
    if (number == SIGUSR1 || number == SIGHUP)
        audit_reopen(s->shared.audit);
    if (number == SIGHUP)
        server_reload(s);
}

static void serve(struct server *s)
{
    uint64_t looked_ns = clock_mono_ns();
    for (;;) {
        int number = next_signal(s, nap_ms(s, server_sweep(s)));
        if (is_stop(number))
            return;
        on_signal(s, number);
        uint64_t now_ns = clock_mono_ns(), watch_ms = s->snapshot->watch_ms;
        if (watch_ms && (now_ns - looked_ns) / 1000000 >= watch_ms) {
            looked_ns = now_ns;
            server_look_at_files(s);
        }
    }
}

static void drain(struct server *s)
{
    uint64_t until = clock_mono_ns() + s->snapshot->limits.drain_ms * 1000000;
    log_notice("stopping: no new connections; running exchanges have %llu ms",
               (unsigned long long)s->snapshot->limits.drain_ms);
    atomic_store(&s->view.is_draining, true);
    for_workers(s, worker_drain);
    while (!have_all_ended(s)) {
        if (is_stop(next_signal(s, POLL_MS)) || clock_mono_ns() >= until) {
            for_workers(s, worker_break_off);
            return;
        }
    }
}

static bool settle_workers(struct server *s)
{
    bool is_settled = true;
    for (unsigned i = 0; i < s->worker_count; i++)
        is_settled = worker_settle(s->workers[i]) && is_settled;
    return is_settled;
}

// The order is that of worker.h.
static void end_workers(struct server *s)
{
    for_workers(s, worker_join);
    offload_free(&s->shared.offload);
    uint64_t until = clock_mono_ns() + AUDIT_FLUSH_MS * UINT64_C(1000000);
    while (!settle_workers(s) && clock_mono_ns() < until)
        (void)next_signal(s, POLL_MS);
    for_workers(s, worker_forgo_records);
    uint64_t now = clock_mono_ns();
    audit_stop(&s->shared.audit, now < until ? (until - now) / 1000000 : 0);
    for (unsigned i = 0; i < s->worker_count; i++)
        worker_free(&s->workers[i]);
}

static void clear(struct server *s)
{
    admin_stop(&s->admin); // before what it looks at
    end_workers(s);
    ban_keeper_stop(&s->ban_keeper);
    bans_free(&s->shared.bans);
    client_count_free(&s->shared.client_count);
    client_offences_free(&s->shared.client_offences);
    free(s->view.workers);
    admin_view_show(&s->view, NULL);
    reload_orders_clear(&s->view.orders);
    pthread_mutex_destroy(&s->view.lock);
    free(s->workers);
    if (s->audit_snapshot)
        snapshot_unref(&s->audit_snapshot);
    snapshot_unref(&s->snapshot);
    (void)server_sweep(s);
    free(s->retired.items);
}

static void take_signals(struct server *s)
{
    sigemptyset(&s->signals);
    sigaddset(&s->signals, SIGTERM);
    sigaddset(&s->signals, SIGINT);
    sigaddset(&s->signals, SIGHUP);
    sigaddset(&s->signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &s->signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ,
           SIG_IGN); // a file at its limit is an error to be told, not the end of the process
}

enum server_result server_run(struct snapshot *snapshot)
{
    struct server s = {.snapshot = snapshot};
    pthread_mutex_init(&s.view.lock, NULL);
    take_signals(&s);
    server_warn_of_insecure_backends(snapshot);
    bool is_up = start_shared(&s) && start_workers(&s) && make_view(&s) && server_start_admin(&s);
    if (is_up) {
        log_notice("serving with %u workers", s.worker_count);
        serve(&s);
        drain(&s);
    } else {
        for_workers(&s, worker_break_off);
    }
    clear(&s);
    return is_up ? SERVER_STOPPED : SERVER_REFUSED;
}
