// SPDX-License-Identifier: Apache-2.0
// What all protocols share of a connection. Every wait has one total deadline from accept on (PROXY
// header and handshake together), so a client that drips octets gains nothing.
#include "proxy/client.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/proxy_protocol.h"
#include "proxy/bans.h"
#include "proxy/client_count.h"
#include "proxy/client_offences.h"
#include "proxy/client_http1.h"
#include "proxy/client_http2.h"
#include "proxy/generation.h"
#include "proxy/refusals.h"
#include "tls/server_context.h"

enum {
    LINGER_MS = 2000,
    LINGER_OCTETS = 128 * 1024, // thrown away in one go
    ADMISSION_MEMORY = 16 * 1024,
    HELD_MAX = 256, // refused connections of a worker that wait for their end
};

// What the filters of a listener found out and hold; lives as long as the connection.
struct client_admission {
    struct arena arena;
    struct filter_notes notes;
    struct filter_verdict verdict;
    struct audit_ban ban;                // that the refusal earned
    struct proxy_generation *generation; // whose filters they are
};

struct list *client_link(struct client *c)
{
    return &c->link;
}

struct client *client_of_link(struct list *link)
{
    return CONTAINER_OF(link, struct client, link);
}

void client_wake(struct client *c)
{
    loop_defer(c->worker->loop, &c->task);
}

bool client_is_silent(const struct client *c)
{
    if (c->phase == CLIENT_HELD)
        return true;
    if (c->phase < CLIENT_READY)
        return c->transport.received == 0;
    return c->phase == CLIENT_READY && c->protocol->is_silent(c);
}

static uint64_t now_ms(const struct client *c)
{
    return loop_now_ms(c->worker->loop);
}

// --- endings

static void free_admission(struct client *c)
{
    if (!c->admission)
        return;
    filter_notes_release(&c->admission->notes);
    arena_clear(&c->admission->arena);
    generation_unref(&c->admission->generation);
    free(c->admission);
    c->admission = NULL;
}

static void destroy(struct client *c)
{
    struct proxy_worker *w = c->worker;
    struct proxy_generation *generation = c->generation;
    c->protocol->release(c);
    loop_timer_cancel(w->loop, &c->timer);
    loop_task_cancel(w->loop, &c->task);
    transport_close(&c->transport, c->reset);
    if (c->is_held)
        w->held--;
    if (c->is_counted)
        client_count_remove(w->shared->client_count, &c->origin.source);
    free_admission(c);
    pool_give(&generation->heads, c->buffer);
    proxy_worker_forget(w, c);
    free(c);
    generation_unref(&generation);
}

void client_enter(struct client *c)
{
    c->busy++;
}

void client_leave(struct client *c)
{
    if (--c->busy == 0 && c->phase == CLIENT_CLOSED)
        destroy(c);
}

void client_close(struct client *c, bool reset)
{
    c->phase = CLIENT_CLOSED;
    c->reset = c->reset || reset;
    loop_defer(c->worker->loop, &c->task); // for callers outside of an event of the client's own
}

// The record of an end without a request; `id` has room for PROXY_ID_LEN octets and outlives it.
static void fill_record(struct client *c, struct outcome why, char *id, struct audit_record *r)
{
    audit_record_init(r);
    proxy_worker_id(c->worker, id);
    r->kind = AUDIT_CONNECTION;
    r->id = slice_of(id, PROXY_ID_LEN);
    r->start_wall_ns = c->accepted_wall_ns;
    r->duration_ns = clock_mono_ns() - c->accepted_ns;
    r->outcome = AUDIT_FAILURE;
    r->verdict = why.verdict;
    r->reason = why.word;
    r->reason_text = why.text;
    r->listener = c->listener->name;
    r->peer = c->origin.peer;
    r->client = c->origin.source;
    r->has_client_port = true;
    r->client_source = c->origin.by_proxy_header ? "proxy-protocol" : "connection";
    if (c->admission) {
        r->filter = c->admission->verdict.filter;
        r->rule = c->admission->verdict.rule;
        r->country = c->admission->notes.country;
        r->continent = c->admission->notes.continent;
        r->asn = c->admission->notes.asn;
        r->as_name = c->admission->notes.as_name;
        r->ban = c->admission->ban;
    }
    if (c->listener->tls) {
        r->is_tls = true;
        r->tls = c->origin.tls;
        if (c->phase == CLIENT_HANDSHAKE)
            tls_transport_glimpse(&c->transport, &r->tls);
        r->tls_ns = c->origin.tls_ns;
    }
}

void client_record_connection(struct client *c, struct outcome why)
{
    char id[PROXY_ID_LEN];
    struct audit_record r;
    fill_record(c, why, id, &r);
    proxy_worker_record_ended(c->worker, &r);
}

void client_linger(struct client *c)
{
    if (c->phase == CLIENT_LINGERING || c->phase == CLIENT_CLOSED)
        return;
    transport_shutdown(&c->transport);
    if (transport_is_over(&c->transport)) {
        client_close(c, false);
        return;
    }
    c->phase = CLIENT_LINGERING;
    pool_give(&c->generation->heads, c->buffer);
    c->buffer = NULL;
    proxy_worker_classify(c->worker, c, CLIENT_IDLE);
    loop_timer_set(c->worker->loop, &c->timer, now_ms(c) + LINGER_MS);
    loop_defer(c->worker->loop, &c->task);
}

// The client's own end is not ours as long as it has not taken everything.
static void linger_step(struct client *c)
{
    enum io_status status = transport_discard(&c->transport, LINGER_OCTETS);
    if (status == IO_OK)
        loop_defer_costly(c->worker->loop, &c->task);
    else if (status == IO_ERROR || (status == IO_EOF && transport_pending(&c->transport) == 0))
        client_close(c, false);
}

static void refuse(struct client *c, const char *word, const char *text, enum audit_verdict verdict)
{
    client_record_connection(c, (struct outcome){.word = word, .text = text, .verdict = verdict});
    client_close(c, true);
}

// Whoever comes back as fast as it is closed would come twenty thousand times a second, and who
// floods would be read for as long as a lingering close takes. A few may wait, more may not.
void client_hold(struct client *c)
{
    struct proxy_worker *w = c->worker;
    uint64_t hold_ms = c->snapshot->limits.http2.offence_hold_ms;
    if (hold_ms == 0 || w->held >= HELD_MAX) {
        client_close(c, true);
        return;
    }
    w->held++;
    c->is_held = true;
    c->phase = CLIENT_HELD;
    proxy_worker_classify(w, c, CLIENT_IDLE);
    loop_timer_set(w->loop, &c->timer, now_ms(c) + hold_ms);
}

// Somebody who is known not to be let in, and may come again at once.
static void turn_away(struct client *c, struct outcome why, const struct audit_ban *ban)
{
    char id[PROXY_ID_LEN];
    struct audit_record r;
    fill_record(c, why, id, &r);
    r.ban = *ban;
    refusals_record(c->worker->refusals, &r);
    client_hold(c);
}

void client_close_for(struct client *c, struct outcome why)
{
    bool is_orderly = client_is_silent(c); // nothing is cut that could look complete
    client_enter(c);
    if (c->phase == CLIENT_READY)
        c->protocol->close(c, why);
    else if (c->phase < CLIENT_READY)
        client_record_connection(c, why);
    if (is_orderly)
        transport_shutdown(&c->transport);
    client_close(c, !is_orderly && c->phase != CLIENT_LINGERING);
    client_leave(c);
}

void client_refuse_socket(int fd)
{
    close(fd);
}

// --- beginnings

static void ready(struct client *c)
{
    c->phase = CLIENT_READY;
    if (slice_eq(c->origin.tls.protocol, SLICE("h2")))
        c->protocol = &client_http2;
    loop_timer_cancel(c->worker->loop, &c->timer);
    c->protocol->start(c);
}

// Who comes through a balancer that names him is answered: the balancer would take a connection
// that just ends for an illness of ours.
static bool refuses_banned(struct client *c)
{
    struct audit_ban ban;
    if (!c->snapshot->bans.closes || c->origin.by_proxy_header ||
        !bans_has(c->worker->shared->bans, &c->snapshot->bans, c->listener, &c->origin.source,
                  now_ms(c), &ban))
        return false;
    turn_away(c, outcome_of(PROXY_OUTCOME_BANNED), &ban);
    return true;
}

// Counts the connection against its address, and asks the listener's filters. Trusted proxies bring
// many clients: they are not counted.
static bool admit(struct client *c)
{
    const struct policy_limits *l = &c->snapshot->limits;
    const struct filter_chain *chain = &c->listener->address_filters;
    if (!client_address_is_trusted(c->listener, &c->origin.source)) {
        c->is_counted = client_count_add(c->worker->shared->client_count, &c->origin.source,
                                         l->connections_per_client);
        if (!c->is_counted) {
            refuse(c, "connections-per-client", "the client has as many connections as it may",
                   AUDIT_VERDICT_REFUSED);
            return false;
        }
        if (client_offences_exclude(c->worker->shared->client_offences, &c->origin.source,
                                    &l->http2.offences, c->accepted_ns)) {
            const struct audit_ban none = {0};
            turn_away(c, outcome_of(PROXY_OUTCOME_OFFENCES), &none);
            return false;
        }
        if (refuses_banned(c))
            return false;
    }
    if (chain->count == 0)
        return true;
    c->admission = calloc(1, sizeof(*c->admission));
    if (!c->admission) {
        refuse(c, "out-of-memory", NULL, AUDIT_VERDICT_REFUSED);
        return false;
    }
    arena_init(&c->admission->arena, NULL, ADMISSION_MEMORY);
    c->admission->generation = generation_ref(c->generation);
    char text[ADDR_TEXT_MAX];
    struct filter_facts facts = {
        .client = c->origin.source,
        .client_text = slice_of(text, addr_text(&c->origin.source, text)),
        .is_tls = c->listener->tls != NULL,
        .now_ms = now_ms(c),
        .wall_ns = c->accepted_wall_ns,
        .arena = &c->admission->arena,
        .worker = c->worker->filter_worker,
        .notes = &c->admission->notes,
    };
    struct filter_run run = {0};
    filter_chain_run(chain, FILTER_AT_ADDRESS, &run, &facts, &c->admission->verdict);
    if (c->admission->verdict.kind == FILTER_PASS || c->admission->verdict.kind == FILTER_ALLOW)
        return true;
    bans_count(c->worker->shared->bans, &c->snapshot->bans, c->listener, &c->origin.source,
               &c->admission->verdict, &c->admission->ban);
    refuse(c, c->admission->verdict.reason, NULL, AUDIT_VERDICT_DENIED);
    return false;
}

static void begin_tls(struct client *c)
{
    if (!admit(c))
        return;
    if (!c->listener->tls) {
        ready(c);
        return;
    }
    c->phase = CLIENT_HANDSHAKE;
    if (!tls_server_transport_upgrade(&c->transport, c->listener->tls)) {
        refuse(c, "out-of-memory", NULL, AUDIT_VERDICT_REFUSED);
        return;
    }
    transport_await_turn(&c->transport);
}

// The answer to somebody who speaks plain HTTP on a TLS port: as plain as the question.
static void refuse_plain_http(struct client *c)
{
    static const struct slice answer =
        SLICE_INIT("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 29\r\n"
                   "Connection: close\r\n\r\nThis port expects TLS (https)");
    transport_write_raw(&c->transport, answer);
    client_linger(c);
}

static void shake_hands(struct client *c)
{
    enum io_status status = transport_handshake(&c->transport);
    if (status == IO_AGAIN)
        return;
    if (status == IO_OK) {
        c->origin.tls_ns = clock_mono_ns() - c->accepted_ns;
        tls_transport_facts(&c->transport, &c->origin.tls);
        ready(c);
        return;
    }
    const char *word = c->transport.error_word ? c->transport.error_word : "handshake-closed";
    client_record_connection(c, (struct outcome){.word = word,
                                                 .text = c->transport.error,
                                                 .verdict = AUDIT_VERDICT_REFUSED});
    if (slice_eq(slice_str(word), SLICE("plain-http")))
        refuse_plain_http(c);
    else
        client_linger(c); // the alert has to arrive
}

// Octets behind the header are given back for whoever reads next.
static void take_proxy_header(struct client *c)
{
    struct proxy_header header;
    size_t len = 0;
    if (!c->buffer)
        c->buffer = pool_take(&c->generation->heads);
    if (!c->buffer) {
        refuse(c, "out-of-memory", NULL, AUDIT_VERDICT_REFUSED);
        return;
    }
    size_t room = c->generation->heads.block_size - c->buffered;
    enum io_status status = transport_read(&c->transport, c->buffer + c->buffered, room, &len);
    if (status == IO_AGAIN)
        return;
    c->buffered += len;
    enum proxy_header_result result = proxy_header_parse(slice_of(c->buffer, c->buffered), &header);
    if (status != IO_OK || result == PROXY_HEADER_BAD ||
        (result == PROXY_HEADER_MORE && len == room)) {
        refuse(c, "bad-proxy-header",
               result == PROXY_HEADER_BAD ? header.why
                                          : "the connection ended inside the PROXY header",
               AUDIT_VERDICT_REFUSED);
        return;
    }
    if (result == PROXY_HEADER_MORE)
        return;
    if (!header.is_local) {
        c->origin.source = header.source;
        c->origin.by_proxy_header = true;
    }
    bool ok =
        transport_unread(&c->transport, slice_of(c->buffer + header.len, c->buffered - header.len));
    c->buffered = 0;
    pool_give(&c->generation->heads, c->buffer);
    c->buffer = NULL;
    if (ok)
        begin_tls(c);
    else
        refuse(c, "out-of-memory", NULL, AUDIT_VERDICT_REFUSED);
}

// Until nothing more is there: an end that came with the last octets gives no further event.
static void read_proxy_header(struct client *c)
{
    do
        take_proxy_header(c);
    while (c->phase == CLIENT_PROXY_HEADER && c->transport.may_read);
}

// --- another policy

// What filters hold for this connection is theirs, of the policy under which it came.
static void leave_admission(struct client *c)
{
    if (c->admission && !c->admission->notes.holds)
        free_admission(c);
}

void client_renew(struct client *c)
{
    struct proxy_generation *newest = c->worker->generation;
    if (c->generation == newest || c->phase >= CLIENT_LINGERING)
        return;
    const struct policy_listener *same = snapshot_listener_like(newest->snapshot, c->listener);
    c->is_outdated = !same;
    if (c->is_outdated && c->phase == CLIENT_READY)
        client_wake(c); // to tell the client, where the protocol has a word for it
    if (c->is_outdated || c->buffer || !c->protocol->may_renew(c))
        return;
    leave_admission(c);
    generation_unref(&c->generation);
    c->generation = generation_ref(newest);
    c->snapshot = newest->snapshot;
    c->listener = c->origin.listener = same;
    if (c->phase == CLIENT_READY)
        c->protocol->on_renewed(c);
}

// --- events

static void on_event(struct transport *t, unsigned events)
{
    struct client *c = CONTAINER_OF(t, struct client, transport);
    client_enter(c);
    switch (c->phase) {
    case CLIENT_PROXY_HEADER:
        read_proxy_header(c);
        break;
    case CLIENT_HANDSHAKE:
        shake_hands(c);
        break;
    case CLIENT_READY:
        if (events & TRANSPORT_WRITABLE)
            c->protocol->on_drained(c);
        if (c->phase == CLIENT_READY && (events & TRANSPORT_READABLE))
            c->protocol->on_readable(c);
        break;
    case CLIENT_LINGERING:
        loop_defer_costly(c->worker->loop, &c->task);
        break;
    case CLIENT_HELD:
        if (events & TRANSPORT_CLOSED)
            client_close(c, false);
        break;
    case CLIENT_CLOSED:
        break;
    }
    client_leave(c);
}

static void on_task(struct loop_task *task)
{
    struct client *c = CONTAINER_OF(task, struct client, task);
    client_enter(c);
    if (c->phase == CLIENT_LINGERING)
        linger_step(c);
    else if (c->phase == CLIENT_READY)
        c->protocol->on_readable(c);
    client_leave(c);
}

static void on_timer(struct loop_timer *timer)
{
    struct client *c = CONTAINER_OF(timer, struct client, timer);
    client_enter(c);
    if (c->phase == CLIENT_READY)
        c->protocol->on_timer(c);
    else if (c->phase == CLIENT_LINGERING || c->phase == CLIENT_HELD)
        client_close(c, c->phase == CLIENT_HELD);
    else if (c->phase != CLIENT_CLOSED)
        refuse(c, "handshake-timeout",
               "PROXY header or TLS handshake did not come to an end in time",
               AUDIT_VERDICT_REFUSED);
    client_leave(c);
}

static struct client *new_client(struct proxy_worker *w, const struct policy_listener *listener,
                                 const struct addr *peer)
{
    size_t size = offsetof(struct client, transport) + tls_transport_size();
    struct client *c = calloc(1, size > sizeof(*c) ? size : sizeof(*c));
    if (!c)
        return NULL;
    c->worker = w;
    c->generation = generation_ref(w->generation);
    c->snapshot = w->generation->snapshot;
    c->listener = listener;
    c->protocol = &client_http1;
    c->origin = (struct exchange_origin){.listener = listener,
                                         .peer = *peer,
                                         .source = *peer,
                                         .is_tls = listener->tls != NULL,
                                         .tls_ns = UINT64_MAX};
    c->accepted_ns = clock_mono_ns();
    c->accepted_wall_ns = clock_wall_ns();
    list_init(&c->link);
    loop_timer_init(&c->timer, on_timer);
    loop_task_init(&c->task, on_task);
    return c;
}

void client_accept(struct proxy_worker *w, const struct policy_listener *listener, int fd,
                   const struct addr *peer)
{
    struct client *c = new_client(w, listener, peer);
    if (!c) {
        proxy_worker_uncount(w);
        close(fd);
        return;
    }
    proxy_worker_classify(w, c, CLIENT_STARTING);
    bool may_speak_for_others =
        listener->trusted_proxy_count == 0 || client_address_is_trusted(listener, peer);
    if (!transport_init_plain(&c->transport, &w->io, fd, false, on_event)) {
        proxy_worker_forget(w, c);
        generation_unref(&c->generation);
        free(c);
        return;
    }
    client_enter(c);
    loop_timer_set(w->loop, &c->timer, now_ms(c) + c->snapshot->limits.handshake_ms);
    if (listener->proxy_protocol == PROXY_PROTOCOL_OFF)
        begin_tls(c);
    else if (may_speak_for_others)
        read_proxy_header(c);
    else
        refuse(c, "proxy-header-untrusted", "only trusted proxies may connect here",
               AUDIT_VERDICT_REFUSED);
    client_leave(c);
}
