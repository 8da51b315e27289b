// SPDX-License-Identifier: Apache-2.0
// Memory of a worker is bounded by the sizes and limits of its pools; the limits follow from the
// policy's connection limit.
#include "proxy/worker.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/record.h"
#include "base/log.h"
#include "base/random.h"
#include "filter/filter.h"
#include "http2/memory.h"
#include "policy/snapshot.h"
#include "proxy/client.h"
#include "proxy/client_http2.h"
#include "proxy/exchange.h"
#include "proxy/generation.h"
#include "proxy/ledger.h"
#include "proxy/outcome.h"
#include "proxy/refusals.h"
#include "proxy/show_servers.h"
#include "base/octet_queue.h"

enum {
    ARENA_BLOCK = 8 * 1024,
    HEAD_OUT_BESIDE = 64 * 1024, // what the gateway may add to the largest head of a backend
    ARENA_BLOCKS_PER_EXCHANGE = 64,
    TRIM_CROWD = 128, // connections below which memory is not worth looking for
    TRIM_MS = 1000,
    BACKLOG_MAX = 4 * 1024 * 1024, // octets of records of ended exchanges that wait for the ring
    NEWCOMER_NS = 1000000000,      // what a handshake may take on a busy machine
};

// A record that found the ring full after its exchange had ended.
struct backlog_line {
    struct list link;
    size_t len;
    char text[];
};

// Only this thread writes: no locked instruction is needed.
static void bump(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static void init_pools(struct proxy_worker *w)
{
    pool_init(&w->exchanges, sizeof(struct exchange), 0, PROXY_KEEP_BLOCKS);
    pool_init(&w->arena_blocks, ARENA_BLOCK, 0, 4 * PROXY_KEEP_BLOCKS);
    pool_init(&w->streams, client_http2_stream_size(), 0, PROXY_KEEP_BLOCKS);
    pool_init(&w->octets, OCTET_BLOCK, 0, 4 * PROXY_KEEP_BLOCKS);
}

static void limit_pools(struct proxy_worker *w, const struct policy_limits *l)
{
    size_t connections = w->shared->connections_max;
    pool_limit(&w->exchanges, connections);
    pool_limit(&w->arena_blocks, connections * ARENA_BLOCKS_PER_EXCHANGE);
    pool_limit(&w->streams, connections);
    pool_limit(&w->octets, (size_t)(l->http2.buffer_memory / OCTET_BLOCK));
}

bool proxy_worker_fit(struct proxy_worker *w, size_t response_head)
{
    size_t cap = response_head + HEAD_OUT_BESIDE;
    if (cap <= w->head_out.cap)
        return true;
    char *grown = malloc(cap);
    if (!grown)
        return false;
    free(w->head_out.data);
    buf_init(&w->head_out, grown, cap);
    return true;
}

static bool init_buffers(struct proxy_worker *w)
{
    char *record = malloc(AUDIT_RECORD_MAX);
    char *http2_out = malloc(PROXY_HTTP2_OUT);
    w->bulk = malloc(IO_BULK);
    w->backend_bulk = malloc(IO_BULK);
    w->backend_head_out = malloc(BACKEND_HEAD_OUT);
    buf_init(&w->record, record, record ? AUDIT_RECORD_MAX : 0);
    buf_init(&w->http2_out, http2_out, http2_out ? PROXY_HTTP2_OUT : 0);
    return record && http2_out && w->bulk && w->backend_bulk && w->backend_head_out;
}

static void drop_backlog_line(struct proxy_worker *w)
{
    struct list *first = list_take_first(&w->backlog);
    struct backlog_line *line = CONTAINER_OF(first, struct backlog_line, link);
    w->backlog_octets -= line->len;
    free(line);
}

static void wake_clients(struct proxy_worker *w)
{
    for (unsigned i = 0; i < CLIENT_CLASSES; i++)
        for (struct list *link = w->clients[i].next; link != &w->clients[i]; link = link->next)
            client_wake(client_of_link(link));
}

// The ring has room: on the loop again.
static void on_room(struct loop_message *message)
{
    struct proxy_worker *w = CONTAINER_OF(message, struct proxy_worker, ring_message);
    bool has_put_off = proxy_worker_owes_records(w);
    atomic_store(&w->ring_message_posted, false);
    while (!list_is_empty(&w->backlog)) {
        struct backlog_line *line = CONTAINER_OF(w->backlog.next, struct backlog_line, link);
        if (audit_put(w->ring, slice_of(line->text, line->len)) == AUDIT_PUT_FULL)
            return;
        drop_backlog_line(w);
    }
    if (has_put_off)
        wake_clients(w);
    while (!list_is_empty(&w->unrecorded)) {
        if (!exchange_ring_has_room(CONTAINER_OF(w->unrecorded.next, struct exchange, link)))
            return;
    }
}

// On the writer's thread.
static void on_space(void *ctx)
{
    struct proxy_worker *w = ctx;
    if (!atomic_exchange(&w->ring_message_posted, true))
        loop_post(w->loop, &w->ring_message);
}

// The allocator keeps what an attack made it take, in holes between what lives on. Looking for them
// costs milliseconds: once, after the crowd has gone.
static void on_trim(struct loop_timer *timer)
{
    struct proxy_worker *w = CONTAINER_OF(timer, struct proxy_worker, trim);
    w->connections_peak = w->connections;
    malloc_trim(0);
}

static void on_show(struct loop_timer *timer)
{
    show_servers(CONTAINER_OF(timer, struct proxy_worker, show));
}

static void on_sweep(struct loop_task *task)
{
    generation_sweep(CONTAINER_OF(task, struct proxy_worker, sweep));
}

bool proxy_worker_init(struct proxy_worker *w, struct proxy_shared *shared, struct loop *loop,
                       struct snapshot *snapshot, unsigned index)
{
    memset(w, 0, sizeof(*w));
    w->shared = shared;
    w->loop = loop;
    w->ring = audit_ring_of(shared->audit, index);
    for (unsigned i = 0; i < CLIENT_CLASSES; i++)
        list_init(&w->clients[i]);
    list_init(&w->unrecorded);
    list_init(&w->backlog);
    list_init(&w->generations);
    loop_task_init(&w->sweep, on_sweep);
    w->ring_message.deliver = on_room;
    hash_key_random(&w->id_keys[0]);
    hash_key_random(&w->id_keys[1]);
    loop_timer_init(&w->trim, on_trim);
    loop_timer_init(&w->show, on_show);
    init_pools(w);
    limit_pools(w, &snapshot->limits);
    w->http2_memory = http2_memory_new();
    w->filter_worker = filter_worker_new();
    w->refusals = refusals_new(w);
    w->ledger = ledger_new();
    if (!io_context_init(&w->io, loop) || !init_buffers(w) || !w->filter_worker ||
        !w->http2_memory || !w->refusals || !w->ledger ||
        !(w->generation = generation_new(w, snapshot))) {
        proxy_worker_clear(w);
        return false;
    }
    if (w->ring)
        audit_ring_on_space(w->ring, on_space, w);
    show_servers(w);
    return true;
}

bool proxy_worker_adopt(struct proxy_worker *w, struct snapshot *snapshot)
{
    struct proxy_generation *fresh = generation_new(w, snapshot);
    if (!fresh)
        return false;
    limit_pools(w, &snapshot->limits);
    backend_groups_inherit(fresh->groups, snapshot->backend_count, w->generation->groups,
                           w->generation->snapshot->backend_count);
    generation_unref(&w->generation);
    w->generation = fresh;
    ledger_forget_places(w->ledger);
    show_servers(w);
    for (unsigned i = 0; i < CLIENT_CLASSES; i++)
        for (struct list *link = w->clients[i].next; link != &w->clients[i]; link = link->next)
            client_renew(client_of_link(link));
    return true;
}

bool proxy_worker_owes_records(const struct proxy_worker *w)
{
    return !list_is_empty(&w->backlog);
}

void proxy_worker_forgo_records(struct proxy_worker *w)
{
    size_t lost = 0;
    for (; !list_is_empty(&w->backlog); lost++) {
        drop_backlog_line(w);
        audit_put_lost(w->ring);
    }
    if (lost)
        log_error("%zu audit records of broken-off exchanges were lost: the ring stayed full",
                  lost);
}

void proxy_worker_clear(struct proxy_worker *w)
{
    proxy_worker_break_off(w);
    loop_timer_cancel(w->loop, &w->trim);
    loop_timer_cancel(w->loop, &w->show);
    generation_unref(&w->generation);
    loop_task_cancel(w->loop, &w->sweep);
    generation_sweep(w);
    filter_worker_free(&w->filter_worker);
    refusals_free(&w->refusals);
    ledger_free(&w->ledger);
    io_context_clear(&w->io);
    pool_clear(&w->exchanges);
    pool_clear(&w->arena_blocks);
    pool_clear(&w->streams);
    pool_clear(&w->octets);
    http2_memory_free(&w->http2_memory);
    free(w->bulk);
    free(w->backend_bulk);
    free(w->backend_head_out);
    free(w->backend_http2_in);
    free(w->backend_http2_out);
    free(w->head_out.data);
    free(w->record.data);
    free(w->http2_out.data);
}

// Eight hexadecimal digits at once, in some order: each nibble into an octet of its own, then '0'
// added, and to those above nine the way to 'a'.
static uint64_t hex_of(uint32_t bits)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t nibbles = (bits & 0x0f0f0f0f) | (uint64_t)(bits >> 4 & 0x0f0f0f0f) << 32;
    uint64_t above_nine = (nibbles + each * 6) >> 4 & each;
    return nibbles + each * '0' + above_nine * ('a' - '9' - 1);
}

void proxy_worker_id(struct proxy_worker *w, char *out)
{
    uint64_t count = w->id_count++;
    for (unsigned part = 0; part < 2; part++) {
        uint64_t hash = hash_bytes(&w->id_keys[part], &count, sizeof(count));
        for (unsigned half = 0; half < 2; half++, out += sizeof(uint64_t)) {
            uint64_t digits = hex_of((uint32_t)(hash >> (32 * half)));
            memcpy(out, &digits, sizeof digits);
        }
    }
}

struct slice proxy_worker_date(struct proxy_worker *w)
{
    uint64_t wall_ns = clock_wall_ns();
    if (wall_ns / 1000000000u != w->date_s) {
        w->date_s = wall_ns / 1000000000u;
        clock_http_date(wall_ns, w->date);
    }
    return slice_of(w->date, CLOCK_HTTP_LEN);
}

void proxy_worker_classify(struct proxy_worker *w, struct client *c, enum client_class class)
{
    struct list *link = client_link(c);
    list_remove(link);
    list_append(&w->clients[class], link);
}

void proxy_worker_uncount(struct proxy_worker *w)
{
    atomic_fetch_sub_explicit(&w->shared->connections, 1, memory_order_relaxed);
    w->connections--;
    if (w->connections_peak >= TRIM_CROWD && w->connections < w->connections_peak / 2 &&
        !w->trim.armed)
        loop_timer_set(w->loop, &w->trim, loop_now_ms(w->loop) + TRIM_MS);
    if (w->draining && w->on_drained && w->connections == 0)
        w->on_drained(w->owner);
}

void proxy_worker_forget(struct proxy_worker *w, struct client *c)
{
    list_remove(client_link(c));
    proxy_worker_uncount(w);
}

// --- records

static struct slice format(struct proxy_worker *w, const struct audit_record *r)
{
    buf_reset(&w->record);
    audit_record_write(r, w->generation->snapshot->audit.redaction, &w->record);
    return buf_view(&w->record);
}

void proxy_worker_count(struct proxy_worker *w, const struct audit_record *r)
{
    if (r->count)
        return;
    if (r->kind == AUDIT_REQUEST)
        bump(&w->counters.requests);
    if (r->verdict == AUDIT_VERDICT_DENIED || r->verdict == AUDIT_VERDICT_REFUSED)
        bump(&w->counters.denied);
    if (r->verdict == AUDIT_VERDICT_FAILED)
        bump(&w->counters.failed);
    if (r->ban.is_there && !r->ban.is_new)
        bump(&w->counters.banned);
    ledger_count(w->ledger, r);
}

bool proxy_worker_sheds(const struct proxy_worker *w)
{
    return w->ring && audit_ring_sheds(w->ring);
}

bool proxy_worker_record(struct proxy_worker *w, const struct audit_record *r)
{
    if (w->ring && audit_put(w->ring, format(w, r)) == AUDIT_PUT_FULL) {
        // Who is turned away because of the log does not wait for it.
        if (r->reason != outcome_of(PROXY_OUTCOME_AUDIT_FULL).word)
            return false;
        audit_put_lost(w->ring);
    }
    proxy_worker_count(w, r);
    return true;
}

void proxy_worker_record_ended(struct proxy_worker *w, const struct audit_record *r)
{
    static struct log_repeat repeat;
    proxy_worker_count(w, r);
    if (!w->ring)
        return;
    struct slice text = format(w, r);
    if (list_is_empty(&w->backlog) && audit_put(w->ring, text) == AUDIT_PUT_DONE)
        return;
    struct backlog_line *line =
        text.len <= BACKLOG_MAX - w->backlog_octets ? malloc(sizeof(*line) + text.len) : NULL;
    if (!line) {
        audit_put_lost(w->ring);
        log_repeated(&repeat, LOG_LEVEL_ERROR,
                     "an audit record was lost: the ring and its backlog are full");
        return;
    }
    line->len = text.len;
    memcpy(line->text, text.ptr, text.len);
    list_append(&w->backlog, &line->link);
    w->backlog_octets += text.len;
}

// --- connections

static bool close_oldest(struct proxy_worker *w, enum client_class class, struct outcome outcome)
{
    if (list_is_empty(&w->clients[class]))
        return false;
    client_close_for(client_of_link(w->clients[class].next), outcome);
    return true;
}

static bool shed_oldest(struct proxy_worker *w, enum client_class class)
{
    if (!close_oldest(w, class, outcome_of(PROXY_OUTCOME_SHED)))
        return false;
    bump(&w->counters.shed);
    return true;
}

// The one that deserves least: idle between requests, else the oldest that has not brought a
// request head.
static bool make_room(struct proxy_worker *w)
{
    return shed_oldest(w, CLIENT_IDLE) || shed_oldest(w, CLIENT_STARTING);
}

static bool has_place(const struct proxy_worker *w)
{
    return atomic_load_explicit(&w->shared->connections, memory_order_relaxed) <
           atomic_load_explicit(&w->shared->connections_max, memory_order_relaxed);
}

bool proxy_worker_is_full(const struct proxy_worker *w)
{
    return !has_place(w) && list_is_empty(&w->clients[CLIENT_IDLE]) &&
           list_is_empty(&w->clients[CLIENT_STARTING]);
}

bool proxy_worker_give_place(struct proxy_worker *w)
{
    return has_place(w) || make_room(w);
}

void proxy_worker_accept(struct proxy_worker *w, const struct policy_listener *listener, int fd,
                         const struct addr *peer)
{
    bump(&w->counters.accepted);
    uint32_t before = atomic_fetch_add_explicit(&w->shared->connections, 1, memory_order_relaxed);
    if (before >= w->shared->connections_max && !make_room(w)) {
        static struct log_repeat repeat;
        atomic_fetch_sub_explicit(&w->shared->connections, 1, memory_order_relaxed);
        bump(&w->counters.refused_full);
        log_repeated(
            &repeat, LOG_LEVEL_WARNING,
            "the connection table is full with requests under way; a newcomer was refused");
        client_refuse_socket(fd);
        return;
    }
    w->connections++;
    if (w->connections > w->connections_peak)
        w->connections_peak = w->connections;
    client_accept(w, listener, fd, peer);
}

static bool has_begun_long_ago(const struct proxy_worker *w)
{
    const struct list *starting = &w->clients[CLIENT_STARTING];
    return !list_is_empty(starting) &&
           clock_mono_ns() - client_of_link(starting->next)->accepted_ns >= NEWCOMER_NS;
}

void proxy_worker_relieve(struct proxy_worker *w)
{
    enum { AT_ONCE = 16 };
    unsigned closed = 0;
    while (closed < AT_ONCE && shed_oldest(w, CLIENT_IDLE))
        closed++;
    // Newcomers are among those that begin: at once they would only make room for each other.
    if (closed == 0 && has_begun_long_ago(w))
        shed_oldest(w, CLIENT_STARTING);
}

// Those that linger stay: they see to it that their client can read the last answer.
static void close_silent(struct proxy_worker *w, enum client_class class)
{
    struct list *head = &w->clients[class];
    for (struct list *link = head->next, *next; link != head; link = next) {
        next = link->next;
        if (client_is_silent(client_of_link(link)))
            client_close_for(client_of_link(link), outcome_of(PROXY_OUTCOME_DRAINED));
    }
}

void proxy_worker_drain(struct proxy_worker *w, void (*on_drained)(void *), void *owner)
{
    w->draining = true;
    refusals_end(w->refusals);
    w->owner = owner;
    w->on_drained = NULL; // not before all idle ones are closed
    close_silent(w, CLIENT_IDLE);
    close_silent(w, CLIENT_STARTING);
    wake_clients(w); // those that can say so tell their clients that the end comes
    w->on_drained = on_drained;
    if (w->connections == 0)
        on_drained(owner);
}

void proxy_worker_break_off(struct proxy_worker *w)
{
    w->on_drained = NULL;
    if (w->refusals)
        refusals_end(w->refusals);
    struct outcome drained = outcome_of(PROXY_OUTCOME_DRAINED);
    drained.status = 0;
    for (unsigned i = 0; i < CLIENT_CLASSES; i++)
        while (close_oldest(w, i, drained))
            ;
}
