// SPDX-License-Identifier: Apache-2.0
// As in server.c nghttp2's own judgement of HTTP messages is switched off in favour of
// http/pseudo.c. A server may end its answer before it has read the request (RFC 9113, 8.1), so
// both directions of a stream are followed apart.
#include "http2/client.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "base/arena.h"
#include "http2/memory_internal.h"
#include "http2/section.h"

enum {
    STOP = NGHTTP2_ERR_CALLBACK_FAILURE,
    BOMB = 8,           // times the limit of a head: decoding more is not worth the connection
    CONTINUATIONS = 64, // frames of one head
    MAX_SEND_HEAD = 256 * 1024,
};

struct http2_client {
    nghttp2_session *session;
    const struct http2_client_limits *limits;
    const struct http2_client_events *events;
    void *owner;
    struct http2_fault fault;
    uint32_t open; // streams that nghttp2 has not closed
    bool settled;  // the server's SETTINGS have come
    bool leaving;
};

static struct http2_client_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static void reset(struct http2_client_stream *s, enum http2_code code)
{
    nghttp2_submit_rst_stream(s->client->session, NGHTTP2_FLAG_NONE, s->id, (uint32_t)code);
}

static void malformed(struct http2_client_stream *s, enum http_reason reason)
{
    if (s->deaf)
        return;
    s->deaf = true;
    reset(s, HTTP2_PROTOCOL_ERROR);
    s->client->events->on_malformed(s, reason);
}

// --- heads

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    const struct http2_client *c = user;
    struct http2_client_stream *s = stream_of(session, frame->hd.stream_id);
    if (s && !s->deaf)
        http_pseudo_init(&s->head, c->limits->head, s->arena);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct http2_client *c = user;
    struct http2_client_stream *s = stream_of(session, frame->hd.stream_id);
    const struct http_head_limits *l = c->limits->head;
    (void)flags;
    if (!s || s->deaf)
        return 0;
    struct slice n = slice_of((const char *)name, name_len);
    struct slice v = slice_of((const char *)value, value_len);
    if (s->head_done)
        http_pseudo_add_response_trailer(&s->head, n, v);
    else
        http_pseudo_add(&s->head, n, v);
    if (s->head.bytes / BOMB <= (uint64_t)l->field_bytes + l->start_line)
        return 0;
    c->fault = (struct http2_fault){.word = "http2-header-bomb",
                                    .text = "a head that decodes to many times the limit"};
    return STOP;
}

// RFC 9113, 8.1.1: the DATA frames have to add up to what was announced.
static void end_of_response(struct http2_client_stream *s)
{
    if (s->deaf || s->ended)
        return;
    if (s->has_length && s->received != s->length) {
        malformed(s, HTTP_REASON_LENGTH_MISMATCH);
        return;
    }
    s->ended = true;
    s->client->events->on_end(s);
}

static void take_head(struct http2_client_stream *s, bool ended)
{
    struct http_response *r = &s->response;
    enum http_reason reason = http_response_of_pseudo(&s->head, s->request_was_head, ended, r);
    if (reason != HTTP_REASON_NONE) {
        malformed(s, reason);
        return;
    }
    if (r->status < 200) {
        s->client->events->on_interim(s);
        return;
    }
    s->head_done = true;
    s->ended = ended;
    s->has_length = r->framing.kind != HTTP_BODY_CHUNKED;
    s->length = r->framing.kind == HTTP_BODY_LENGTH ? r->framing.length : 0;
    s->client->events->on_response(s);
}

// RFC 9113, 8.1: a field section behind the head ends the stream.
static void take_trailers(struct http2_client_stream *s, bool ended)
{
    s->has_trailers = true;
    if (s->head.reason != HTTP_REASON_NONE)
        malformed(s, s->head.reason);
    else if (!ended)
        malformed(s, HTTP_REASON_TRAILER);
    else
        end_of_response(s);
}

// --- bodies

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *user)
{
    struct http2_client_stream *s = stream_of(session, id);
    (void)flags;
    (void)user;
    // Over the connection nobody is made to wait: what a stream holds back is bounded by its own
    // window.
    nghttp2_session_consume_connection(session, len);
    if (!s || s->deaf)
        return 0;
    s->received += len;
    if (!s->head_done || (s->has_length && s->received > s->length)) {
        malformed(s, s->head_done ? HTTP_REASON_LENGTH_MISMATCH : HTTP_REASON_PSEUDO_FIELD);
        return 0;
    }
    s->client->events->on_body(s, slice_of((const char *)data, len));
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2_client *c = user;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        c->leaving = true;
        return 0;
    }
    if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
        c->settled = true;
    struct http2_client_stream *s = stream_of(session, frame->hd.stream_id);
    bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!s || s->deaf)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && s->head_done)
        take_trailers(s, ended);
    else if (frame->hd.type == NGHTTP2_HEADERS)
        take_head(s, ended);
    else if (frame->hd.type == NGHTTP2_DATA && ended && !s->head_done)
        malformed(s, HTTP_REASON_PSEUDO_FIELD); // no response is without a head
    else if (frame->hd.type == NGHTTP2_DATA && ended)
        end_of_response(s);
    return 0;
}

// --- endings

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct http2_client *c = user;
    struct http2_client_stream *s = stream_of(session, id);
    c->open--;
    if (!s)
        return 0;
    nghttp2_session_set_stream_user_data(session, id, NULL);
    s->client = NULL;
    c->events->on_close(s, code);
    return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                            void *user)
{
    struct http2_client *c = user;
    (void)session;
    (void)frame;
    if (!c->fault.word)
        c->fault.text = nghttp2_strerror(error);
    return 0;
}

// nghttp2 ends a connection that breaks the protocol by itself.
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2_client *c = user;
    (void)session;
    if (frame->hd.type != NGHTTP2_GOAWAY || frame->goaway.error_code == NGHTTP2_NO_ERROR ||
        c->fault.word)
        return 0;
    c->fault.word = "http2-protocol-error";
    if (!c->fault.text)
        c->fault.text = http2_code_name(frame->goaway.error_code);
    return 0;
}

const char *http2_code_name(uint32_t code)
{
    return nghttp2_http2_strerror(code);
}

// --- requests

static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *out, size_t cap,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct http2_client *c = user;
    struct http2_client_stream *s = stream_of(session, id);
    bool last = false;
    (void)source;
    if (!s || s->finished)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t len = c->events->pull(s, (char *)out, cap, &last);
    if (!last)
        return len ? (ssize_t)len : NGHTTP2_ERR_DEFERRED;
    s->finished = true;
    if (http2_end_data(session, id, s->trailers, flags) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return (ssize_t)len;
}

// RFC 9113, 8.3.1. The path may not be empty, the authority may.
static struct slice make_path(struct http2_section *s, const struct http_outgoing *m)
{
    if (!m->has_query)
        return m->path;
    char *text = arena_alloc(s->arena, m->path.len + 1 + m->query.len);
    if (!text) {
        s->failed = true;
        return m->path;
    }
    struct buf path;
    buf_init(&path, text, m->path.len + 1 + m->query.len);
    buf_slice(&path, m->path);
    buf_str(&path, "?");
    buf_slice(&path, m->query);
    return buf_view(&path);
}

bool http2_client_request(struct http2_client *c, struct http2_client_stream *s,
                          const struct http_outgoing *m, struct slice scheme, bool last)
{
    struct http2_section section;
    const nghttp2_data_provider body = {.read_callback = read_data};
    http2_section_begin(&section, s->arena, 4 + http2_section_room(m));
    http2_section_add_pseudo(&section, SLICE(":method"), m->method);
    http2_section_add_pseudo(&section, SLICE(":scheme"), scheme);
    http2_section_add_pseudo(&section, SLICE(":authority"), m->authority);
    http2_section_add_pseudo(&section, SLICE(":path"), make_path(&section, m));
    http2_section_add_message(&section, m);
    if (section.failed)
        return false;
    s->request_was_head = slice_eq(m->method, SLICE("HEAD"));
    s->finished = last;
    int32_t id = nghttp2_submit_request(c->session, NULL, section.items, section.count,
                                        last ? NULL : &body, s);
    if (id < 0)
        return false;
    s->id = id;
    s->client = c;
    c->open++;
    return true;
}

bool http2_client_set_trailers(struct http2_client_stream *s, const struct http_fields *fields)
{
    s->trailers = http2_trailers(s->arena, fields);
    return s->trailers != NULL;
}

void http2_client_resume(struct http2_client_stream *s)
{
    if (s->client)
        nghttp2_session_resume_data(s->client->session, s->id);
}

void http2_client_consume(struct http2_client_stream *s, size_t octets)
{
    if (s->client)
        nghttp2_session_consume_stream(s->client->session, s->id, octets);
}

void http2_client_forget(struct http2_client_stream *s, enum http2_code code)
{
    if (!s->client)
        return;
    reset(s, code);
    nghttp2_session_set_stream_user_data(s->client->session, s->id, NULL);
    s->client = NULL;
}

// --- life

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *c;
    if (nghttp2_session_callbacks_new(&c) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_sent);
    return c;
}

static nghttp2_option *make_options(void)
{
    nghttp2_option *o;
    if (nghttp2_option_new(&o) != 0)
        return NULL;
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_http_messaging(o, 1);
    nghttp2_option_set_peer_max_concurrent_streams(o, 1); // until the server has said how many
    nghttp2_option_set_max_send_header_block_length(o, MAX_SEND_HEAD);
    nghttp2_option_set_max_continuations(o, CONTINUATIONS);
    return o;
}

static bool greet(struct http2_client *c)
{
    const struct http2_client_limits *l = c->limits;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, l->stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, l->head->field_bytes + l->head->start_line},
    };
    return nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof(settings) / sizeof(settings[0])) == 0 &&
           nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0,
                                                 (int32_t)l->connection_window) == 0;
}

struct http2_client *http2_client_new(const struct http2_client_limits *limits,
                                      const struct http2_client_events *events,
                                      struct http2_memory *memory, void *owner)
{
    struct http2_client *c = calloc(1, sizeof(*c));
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *options = make_options();
    if (c) {
        c->limits = limits;
        c->events = events;
        c->owner = owner;
    }
    if (c && callbacks && options)
        (void)nghttp2_session_client_new3(&c->session, callbacks, c, options,
                                          http2_memory_of(memory));
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(options);
    if (c && (!c->session || !greet(c)))
        http2_client_free(&c);
    return c;
}

void http2_client_free(struct http2_client **client)
{
    struct http2_client *c = *client;
    *client = NULL;
    if (!c)
        return;
    nghttp2_session_del(c->session);
    free(c);
}

void *http2_client_owner(const struct http2_client *c)
{
    return c->owner;
}

bool http2_client_feed(struct http2_client *c, struct slice octets)
{
    ssize_t taken = nghttp2_session_mem_recv(c->session, (const uint8_t *)octets.ptr, octets.len);
    if (taken < 0 && !c->fault.word)
        c->fault =
            (struct http2_fault){.word = "http2-failed", .text = nghttp2_strerror((int)taken)};
    return taken >= 0 && nghttp2_session_want_read(c->session);
}

struct http2_fault http2_client_fault(const struct http2_client *c)
{
    return c->fault;
}

struct slice http2_client_produce(struct http2_client *c)
{
    const uint8_t *octets = NULL;
    ssize_t len = nghttp2_session_mem_send(c->session, &octets);
    return len > 0 ? slice_of((const char *)octets, (size_t)len) : (struct slice){0};
}

void http2_client_end(struct http2_client *c)
{
    c->leaving = true;
    nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR);
}

bool http2_client_has_room(const struct http2_client *c)
{
    uint32_t allowed =
        nghttp2_session_get_remote_settings(c->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    uint32_t most = c->limits->max_concurrent_streams;
    if (c->settled && allowed < most)
        most = allowed;
    return !http2_client_is_leaving(c) && c->open < most;
}

bool http2_client_is_leaving(const struct http2_client *c)
{
    return c->leaving || c->fault.word || !nghttp2_session_check_request_allowed(c->session);
}
