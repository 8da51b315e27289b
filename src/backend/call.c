// SPDX-License-Identifier: Apache-2.0
// What calls of all protocols have in common.
#include "backend/call.h"

#include "backend/connection.h"
#include "backend/group.h"
#include "backend/http2.h"
#include "base/check.h"

struct backend_failure backend_no_memory(void)
{
    return (struct backend_failure){.stage = BACKEND_CONNECTING,
                                    .word = "out-of-memory",
                                    .unsent = true,
                                    .unanswered = true,
                                    .is_ours = true};
}

struct backend_call *backend_call_new(struct backend_member *m, bool fresh,
                                      struct backend_failure *why)
{
    struct backend_call *c = m->config->protocol == BACKEND_HTTP_2
                                 ? backend_http2_get(m, fresh, why)
                                 : backend_connection_get(m, fresh, why);
    if (c)
        m->outstanding++;
    return c;
}

void backend_call_set_preface(struct backend_call *c, struct slice octets)
{
    CHECK(!c->connected);
    c->preface = octets;
}

void backend_call_start(struct backend_call *c, const struct backend_events *events, void *owner,
                        struct arena *arena, unsigned interim_max)
{
    c->events = events;
    c->owner = owner;
    c->arena = arena;
    c->interim_max = interim_max;
    c->interim_count = 0;
    c->request_sent = c->wrote = c->got = c->head_done = c->response_done = false;
    c->paused = c->released = false;
    c->ops->start(c);
}

bool backend_call_send_head(struct backend_call *c, const struct http_outgoing *m,
                            struct slice body, bool last)
{
    return c->ops->send_head(c, m, body, last);
}

void backend_call_send_body(struct backend_call *c, struct slice data, bool last)
{
    c->ops->send_body(c, data, last);
}

bool backend_call_set_trailers(struct backend_call *c, const struct http_fields *f)
{
    return !c->ops->set_trailers || c->ops->set_trailers(c, f);
}

size_t backend_call_pending(const struct backend_call *c)
{
    return c->ops->pending(c);
}

uint64_t backend_call_delivered(const struct backend_call *c)
{
    return c->ops->delivered(c);
}

void backend_call_pause(struct backend_call *c)
{
    c->paused = true;
}

void backend_call_resume(struct backend_call *c)
{
    if (!c->paused)
        return;
    c->paused = false;
    c->ops->resume(c);
}

bool backend_call_is_stale(struct backend_call *c)
{
    return c->ops->is_stale(c);
}

void backend_call_release(struct backend_call **call)
{
    struct backend_call *c = *call;
    if (!c)
        return;
    *call = NULL;
    c->events = NULL;
    c->owner = NULL;
    c->arena = NULL;
    c->released = true;
    c->member->outstanding--;
    c->ops->release(c);
}

void backend_call_fail(struct backend_call *c, const char *word, const char *text)
{
    if (c->failed || c->released)
        return;
    c->failed = true;
    struct backend_failure f = {
        .stage = !c->connected  ? BACKEND_CONNECTING
                 : c->head_done ? BACKEND_READING
                                : BACKEND_WAITING,
        .word = word,
        .text = text,
        .unsent = !c->wrote,
        .unanswered = !c->got,
        .is_ours = c->is_ours,
        .was_reset = c->was_reset,
        .code = c->code,
    };
    c->events->on_failure(c->owner, &f);
}
