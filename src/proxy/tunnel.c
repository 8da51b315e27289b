// SPDX-License-Identifier: Apache-2.0
// Over HTTP/2 there is no key (RFC 8441, 5): DATA frames of a stream whose answer is 200 are the
// tunnel. So a 200 of the backend, which opened none, must not be relayed there.
#include "proxy/tunnel.h"

#include "base/base64.h"
#include "base/random.h"
#include "http/websocket.h"
#include "proxy/attempt.h"
#include "proxy/exchange.h"
#include "tls/websocket_key.h"

enum { KEY_OCTETS = 16 };

static struct slice own_key(const struct exchange *ex)
{
    return slice_of(ex->tunnel_key, sizeof(ex->tunnel_key));
}

static bool put(struct exchange *ex, struct slice name, struct slice value,
                struct http_added_field **added)
{
    struct http_added_field *f = arena_alloc(&ex->arena, sizeof(*f));
    if (!f)
        return false;
    *f = (struct http_added_field){name, value, *added};
    *added = f;
    return true;
}

static bool put_switch(struct exchange *ex, struct http_added_field **added)
{
    return put(ex, SLICE("Upgrade"), SLICE("websocket"), added) &&
           put(ex, SLICE("Connection"), SLICE("Upgrade"), added);
}

bool tunnel_ask(struct exchange *ex, struct http_added_field **added)
{
    char nonce[KEY_OCTETS];
    random_bytes(nonce, sizeof(nonce));
    base64_encode(slice_of(nonce, sizeof(nonce)), ex->tunnel_key);
    http_fields_drop(&ex->request.fields, SLICE("sec-websocket-key"));
    return put_switch(ex, added) && put(ex, SLICE("Sec-WebSocket-Key"), own_key(ex), added);
}

enum http_reason tunnel_judge(struct exchange *ex, const struct http_response *r)
{
    char accept[TLS_WEBSOCKET_ACCEPT_LEN + 1];
    if (r->status != 101)
        return r->status < 300 && ex->request.is_extended_connect ? HTTP_REASON_WEBSOCKET_ACCEPT
                                                                  : HTTP_REASON_NONE;
    if (!tls_websocket_accept(own_key(ex), accept))
        return HTTP_REASON_NO_MEMORY;
    enum http_reason reason =
        http_websocket_check_response(r, &ex->request, slice_of(accept, TLS_WEBSOCKET_ACCEPT_LEN));
    ex->is_tunnel = reason == HTTP_REASON_NONE;
    ex->tunnel_until_ms = loop_now_ms(ex->worker->loop) + ex->route->websocket_max_ms;
    return reason;
}

bool tunnel_answer(struct exchange *ex, struct http_added_field **added)
{
    http_fields_drop(&ex->response.fields, SLICE("sec-websocket-accept"));
    if (ex->request.is_extended_connect) {
        ex->reply.status = 200;
        ex->reply.framing = (struct http_framing){.kind = HTTP_BODY_CLOSE};
        return true;
    }
    char *accept = arena_alloc(&ex->arena, TLS_WEBSOCKET_ACCEPT_LEN + 1);
    return accept && tls_websocket_accept(http_websocket_key(&ex->request), accept) &&
           put_switch(ex, added) &&
           put(ex, SLICE("Sec-WebSocket-Accept"), slice_str(accept), added);
}

void tunnel_open(struct exchange *ex)
{
    ex->tunnel_opened_ns = clock_mono_ns();
    ex->ops->flush(ex->stream);
    ex->body_state = EXCHANGE_BODY_FORWARDING;
    ex->ops->want_body(ex->stream);
}

void tunnel_is_over(struct exchange *ex)
{
    if (!ex->outcome.word)
        ex->outcome = outcome_of(ex->timer_outcome);
    attempt_end(ex);
    exchange_end_response(ex, (struct slice){0});
}
