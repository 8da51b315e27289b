// SPDX-License-Identifier: Apache-2.0
// A check is an ordinary exchange on a fresh connection, with one deadline for all of it. The
// response head decides.
#include "backend/health.h"

#include <stdlib.h>

#include "backend/call.h"
#include "backend/group.h"
#include "base/arena.h"
#include "base/log.h"
#include "io/loop.h"
#include "io/proxy_protocol.h"

enum { CHECK_MEMORY = 32 * 1024, CHECK_INTERIM_MAX = 4, PREFACE_MAX = 16 };

struct backend_health {
    struct backend_member *member;
    struct backend_call *call; // while a check runs
    struct loop_timer timer;   // next check, or the deadline of the running one
    struct arena arena;
    unsigned good, bad; // in a row
    char preface[PREFACE_MAX];
};

static struct loop *loop_of(const struct backend_health *h)
{
    return h->member->context->io->loop;
}

static void note(struct backend_health *h, bool is_good)
{
    const struct backend_health_check *check = &h->member->config->health;
    struct backend_member *m = h->member;
    h->good = is_good ? h->good + 1 : 0;
    h->bad = is_good ? 0 : h->bad + 1;
    bool was_sick = m->is_sick;
    if (h->bad >= check->fall)
        m->is_sick = true;
    if (h->good >= check->rise)
        m->is_sick = false;
    if (m->is_sick != was_sick)
        log_warning("backend %.*s: server %.*s is %s", (int)m->config->name.len,
                    m->config->name.ptr, (int)m->server->url.len, m->server->url.ptr,
                    m->is_sick ? "sick by its health check" : "well again");
    if (was_sick && !m->is_sick)
        backend_member_answered(m);
}

static void finish(struct backend_health *h, bool is_good)
{
    backend_call_release(&h->call);
    arena_clear(&h->arena);
    note(h, is_good);
    loop_timer_set(loop_of(h), &h->timer,
                   loop_now_ms(loop_of(h)) + h->member->config->health.interval_ms);
}

static void on_connected(void *owner)
{
    struct backend_health *h = owner;
    const struct backend_health_check *check = &h->member->config->health;
    struct http_added_field agent = {SLICE("User-Agent"), SLICE("health-check"), NULL};
    struct http_outgoing m = {
        .method = SLICE("GET"), .path = check->path, .authority = check->host, .added = &agent};
    size_t mark = slice_index(check->path, '?');
    if (mark < check->path.len) {
        m.path = slice_first(check->path, mark);
        m.query = slice_from(check->path, mark + 1);
        m.has_query = true;
    }
    if (!backend_call_send_head(h->call, &m, (struct slice){0}, true))
        finish(h, false);
}

static void on_interim(void *owner, const struct http_response *r)
{
    (void)owner;
    (void)r;
}

static void on_head(void *owner, struct http_response *r)
{
    struct backend_health *h = owner;
    const struct backend_health_check *check = &h->member->config->health;
    finish(h, r->status >= check->status_min && r->status <= check->status_max);
}

static void on_body(void *owner, struct slice data, bool last)
{
    (void)owner;
    (void)data;
    (void)last;
}

static void on_trailers(void *owner, struct http_fields *f)
{
    (void)owner;
    (void)f;
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static void on_failure(void *owner, const struct backend_failure *f)
{
    (void)f;
    finish(owner, false);
}

static const struct backend_events check_events = {
    .on_connected = on_connected,
    .on_interim = on_interim,
    .on_head = on_head,
    .on_trailers = on_trailers,
    .on_body = on_body,
    .on_idle = on_nothing,
    .on_drained = on_nothing,
    .on_failure = on_failure,
};

// A check speaks for the gateway itself.
static void introduce(struct backend_health *h)
{
    struct buf header;
    buf_init(&header, h->preface, sizeof(h->preface));
    if (!h->member->config->proxy_header)
        return;
    proxy_header_write(&header, NULL);
    backend_call_set_preface(h->call, buf_view(&header));
}

static void on_timer(struct loop_timer *timer)
{
    struct backend_health *h = CONTAINER_OF(timer, struct backend_health, timer);
    if (h->call) { // the deadline
        finish(h, false);
        return;
    }
    struct backend_failure why;
    h->call = backend_call_new(h->member, true, &why);
    if (!h->call) {
        finish(h, false);
        return;
    }
    loop_timer_set(loop_of(h), &h->timer,
                   loop_now_ms(loop_of(h)) + h->member->config->health.timeout_ms);
    introduce(h);
    backend_call_start(h->call, &check_events, h, &h->arena, CHECK_INTERIM_MAX);
}

struct backend_health *backend_health_new(struct backend_member *m)
{
    struct backend_health *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->member = m;
    arena_init(&h->arena, NULL, CHECK_MEMORY);
    loop_timer_init(&h->timer, on_timer);
    loop_timer_set(loop_of(h), &h->timer, loop_now_ms(loop_of(h)));
    return h;
}

void backend_health_free(struct backend_health **health)
{
    struct backend_health *h = *health;
    if (!h)
        return;
    *health = NULL;
    loop_timer_cancel(loop_of(h), &h->timer);
    backend_call_release(&h->call);
    arena_clear(&h->arena);
    free(h);
}
