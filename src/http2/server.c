// SPDX-License-Identifier: Apache-2.0
// Frames in. nghttp2's own judgement of HTTP messages is switched off: it knows fewer rules than
// http/pseudo.c and gives no reasons. What is left to it are frames, HPACK, stream states and
// flow control. Its limits on resets are switched off too, in favour of ours, which say what they
// counted.
#include "http2/server.h"

#include <stdlib.h>

#include "base/check.h"
#include "http2/memory_internal.h"
#include "http2/server_internal.h"

enum {
    MAX_ACKS =
        10000, // answers to PING and SETTINGS that wait; fewer where control frames are limited
    TYPES = 256,
    FIRST_UNKNOWN_TYPE = NGHTTP2_CONTINUATION + 1,
    MAX_SEND_HEAD = 256 * 1024, // of a response; policies allow backends less
    STOP = NGHTTP2_ERR_CALLBACK_FAILURE,
    USED_BITS = 64,
};

static struct http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

bool http2_server_work(struct http2_server *s, enum http2_work work, uint64_t amount,
                       uint64_t total)
{
    if (s->fault.word)
        return false;
    if (http2_bucket_add(&s->buckets[work], &s->limits->work[work], s->now_ms, amount))
        return true;
    s->fault = (struct http2_fault){
        .word = http2_work_word(work), .text = http2_work_text(work), .count = total};
    return false;
}

static int blame_head(struct http2_server *s, const char *word, const char *text, uint64_t count)
{
    if (!s->fault.word)
        s->fault = (struct http2_fault){.word = word, .text = text, .count = count};
    return STOP;
}

// --- frames as such

static int count_continuation(struct http2_server *s)
{
    if (++s->continuations <= s->limits->continuations)
        return 0;
    return blame_head(s, "http2-continuations", "a head came in more frames than the limit allows",
                      s->continuations);
}

// A number below the highest that was passed over can't be used any more (RFC 9113, 5.1.1). nghttp2
// does not remember which were; it would ignore the frame. One that was used may be named by what
// crossed our reset.
static bool is_passed_over(const struct http2_server *s, int32_t id)
{
    uint32_t back = ((uint32_t)s->highest - (uint32_t)id) / 2;
    return (id & 1) && id < s->highest && back < USED_BITS && !(s->used >> back & 1);
}

static void note_use(struct http2_server *s, int32_t id)
{
    uint32_t step =
        ((uint32_t)id - (uint32_t)s->highest + 1) / 2; // from 0, which is no stream, to 1 is one
    s->used = step < USED_BITS ? s->used << step : 0;
    s->used |= 1;
    s->highest = id;
}

static int begin_headers(struct http2_server *s, int32_t id)
{
    s->continuations = 0;
    if (!is_passed_over(s, id))
        return 0;
    nghttp2_session_terminate_session(s->session, NGHTTP2_PROTOCOL_ERROR);
    return blame_head(s, "http2-protocol-error", "a stream that was passed over", 0);
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user)
{
    struct http2_server *s = user;
    (void)session;
    switch (hd->type) {
    case NGHTTP2_DATA:
        return 0;
    case NGHTTP2_HEADERS:
        return begin_headers(s, hd->stream_id);
    case NGHTTP2_CONTINUATION:
        return count_continuation(s);
    case NGHTTP2_RST_STREAM:
        return http2_server_work(s, HTTP2_WORK_RESETS, 1, ++s->counts.resets_received) ? 0 : STOP;
    case NGHTTP2_WINDOW_UPDATE:
        return http2_server_work(s, HTTP2_WORK_UPDATES, 1, ++s->counts.window_updates) ? 0 : STOP;
    default: // PING, SETTINGS, PRIORITY, GOAWAY, and what nobody knows
        return http2_server_work(s, HTTP2_WORK_CONTROL, 1, ++s->counts.control_frames) ? 0 : STOP;
    }
}

// Frames of unknown types are ignored (RFC 9113, 5.5), but counted: without this callback nghttp2
// would not tell of them.
static int ignore_unknown(nghttp2_session *session, void **payload, const nghttp2_frame_hd *hd,
                          void *user)
{
    (void)session;
    (void)payload;
    (void)hd;
    (void)user;
    return NGHTTP2_ERR_CANCEL;
}

// --- heads

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2_server *s = user;
    s->head_of = frame->hd.stream_id;
    if (!is_request(frame)) {
        struct http2_stream *trailing = stream_of(session, frame->hd.stream_id);
        if (trailing && !trailing->deaf)
            http_pseudo_init(&trailing->head, s->limits->head, trailing->arena);
        return 0;
    }
    note_use(s, frame->hd.stream_id);
    struct http2_stream *stream = s->events->on_begin(s->owner);
    if (!stream) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    stream->id = frame->hd.stream_id;
    stream->server = s;
    http_pseudo_init(&stream->head, s->limits->head, stream->arena);
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct http2_server *s = user;
    struct http2_stream *stream = stream_of(session, frame->hd.stream_id);
    (void)flags;
    s->counts.header_octets += name_len + value_len;
    if (!http2_server_work(s, HTTP2_WORK_HEADERS, name_len + value_len, s->counts.header_octets))
        return STOP;
    if (!stream || stream->deaf)
        return 0;
    struct slice n = slice_of((const char *)name, name_len);
    struct slice v = slice_of((const char *)value, value_len);
    if (stream->head_done)
        http_pseudo_add_trailer(&stream->head, n, v);
    else
        http_pseudo_add(&stream->head, n, v);
    if (stream->head.bytes > s->limits->header_bomb)
        return blame_head(s, "http2-header-bomb", "a head that decodes to more than the limit",
                          stream->head.bytes);
    return 0;
}

static void malformed(struct http2_stream *stream, enum http_reason reason)
{
    if (stream->deaf)
        return;
    stream->deaf = true;
    stream->server->events->on_malformed(stream, reason);
    http2_server_reset(stream, HTTP2_PROTOCOL_ERROR);
}

// RFC 9113, 8.1.1: the DATA frames have to add up to what was announced.
static void end_of_request(struct http2_stream *stream)
{
    if (stream->deaf || stream->ended)
        return;
    if (stream->has_length && stream->received != stream->length) {
        malformed(stream, HTTP_REASON_LENGTH_MISMATCH);
        return;
    }
    stream->ended = true;
    stream->server->events->on_end(stream);
}

static void take_head(struct http2_stream *stream, bool ended)
{
    stream->head_done = true;
    stream->ended = ended;
    stream->server->events->on_request(stream);
}

// RFC 9113, 8.1: a second field section ends the stream.
static void take_trailers(struct http2_stream *stream, bool ended)
{
    stream->has_trailers = true;
    if (stream->head.reason != HTTP_REASON_NONE)
        malformed(stream, stream->head.reason);
    else if (!ended)
        malformed(stream, HTTP_REASON_TRAILER);
    else
        end_of_request(stream);
}

static int on_headers(struct http2_server *s, const nghttp2_frame *frame)
{
    struct http2_stream *stream = stream_of(s->session, frame->hd.stream_id);
    bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    s->head_of = 0;
    if (!stream || stream->deaf)
        return 0;
    if (stream->head_done)
        take_trailers(stream, ended);
    else
        take_head(stream, ended);
    return 0;
}

// --- bodies

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *user)
{
    struct http2_stream *stream = stream_of(session, id);
    (void)flags;
    (void)user;
    // Over the connection nobody is made to wait: what a stream holds back is bounded by its own
    // window.
    nghttp2_session_consume_connection(session, len);
    if (!stream || stream->deaf) {
        nghttp2_session_consume_stream(session, id, len);
        return 0;
    }
    stream->received += len;
    if (stream->has_length && stream->received > stream->length) {
        malformed(stream, HTTP_REASON_LENGTH_MISMATCH);
        return 0;
    }
    stream->server->events->on_body(stream, slice_of((const char *)data, len));
    return 0;
}

static int on_data(struct http2_server *s, const nghttp2_frame *frame)
{
    struct http2_stream *stream = stream_of(s->session, frame->hd.stream_id);
    bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    bool is_empty = frame->hd.length == frame->data.padlen;
    if (is_empty && !ended && !http2_server_work(s, HTTP2_WORK_EMPTY, 1, ++s->counts.empty_frames))
        return STOP;
    if (stream && ended)
        end_of_request(stream);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2_server *s = user;
    (void)session;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        return on_headers(s, frame);
    case NGHTTP2_DATA:
        return on_data(s, frame);
    default:
        return 0;
    }
}

// --- endings

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct http2_server *s = user;
    struct http2_stream *stream = stream_of(session, id);
    if (s->head_of == id)
        s->head_of = 0;
    if (!stream)
        return 0;
    nghttp2_session_set_stream_user_data(session, id, NULL);
    s->events->on_close(stream, code);
    return 0;
}

// nghttp2 has answered already; the reason goes into the record of the connection, if that ends.
static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                            void *user)
{
    struct http2_server *s = user;
    (void)session;
    (void)frame;
    if (!s->fault.word)
        s->fault.text = nghttp2_strerror(error);
    return 0;
}

// --- life

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *c;
    if (nghttp2_session_callbacks_new(&c) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
    nghttp2_session_callbacks_set_unpack_extension_callback(c, ignore_unknown);
    http2_server_send_callbacks(c);
    return c;
}

static nghttp2_option *make_options(const struct http2_server_limits *l)
{
    nghttp2_option *o;
    if (nghttp2_option_new(&o) != 0)
        return NULL;
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_http_messaging(o, 1);
    uint64_t control = l->work[HTTP2_WORK_CONTROL].count;
    nghttp2_option_set_max_outbound_ack(o, control && control < MAX_ACKS ? (size_t)control + 1
                                                                         : MAX_ACKS);
    for (unsigned type = FIRST_UNKNOWN_TYPE; type < TYPES; type++)
        nghttp2_option_set_user_recv_extension_type(o, (uint8_t)type);
    nghttp2_option_set_max_send_header_block_length(o, MAX_SEND_HEAD);
    nghttp2_option_set_stream_reset_rate_limit(o, UINT64_C(1) << 40, UINT64_C(1) << 40);
    nghttp2_option_set_max_continuations(o, (size_t)l->continuations + 1);
    return o;
}

static bool greet(struct http2_server *s)
{
    const struct http2_server_limits *l = s->limits;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, l->max_concurrent_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, l->stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, l->head->field_bytes + l->head->start_line},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    };
    size_t count = ARRAY_LEN(settings) - (l->extended_connect ? 0 : 1);
    return nghttp2_submit_settings(s->session, NGHTTP2_FLAG_NONE, settings, count) == 0 &&
           nghttp2_session_set_local_window_size(s->session, NGHTTP2_FLAG_NONE, 0,
                                                 (int32_t)l->connection_window) == 0;
}

struct http2_server *http2_server_new(const struct http2_server_limits *limits,
                                      const struct http2_server_events *events,
                                      struct http2_memory *memory, void *owner)
{
    struct http2_server *s = calloc(1, sizeof(*s));
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *options = make_options(limits);
    if (s) {
        s->limits = limits;
        s->events = events;
        s->owner = owner;
    }
    if (s && callbacks && options)
        (void)nghttp2_session_server_new3(&s->session, callbacks, s, options,
                                          http2_memory_of(memory));
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(options);
    if (s && (!s->session || !greet(s)))
        http2_server_free(&s);
    return s;
}

void http2_server_use(struct http2_server *s, const struct http2_server_limits *limits)
{
    s->limits = limits;
}

void http2_server_free(struct http2_server **server)
{
    struct http2_server *s = *server;
    *server = NULL;
    if (!s)
        return;
    nghttp2_session_del(s->session);
    free(s);
}

// After a fault nothing is read any more, and nghttp2, whose callback refused, is not asked again
// but for the farewell.
enum http2_feed http2_server_feed(struct http2_server *s, struct slice octets, uint64_t now_ms)
{
    s->now_ms = now_ms;
    ssize_t taken = nghttp2_session_mem_recv(s->session, (const uint8_t *)octets.ptr, octets.len);
    if (s->fault.word) {
        http2_server_end(s, HTTP2_ENHANCE_YOUR_CALM); // unless the end was said already
        return HTTP2_FEED_ABUSE;
    }
    if (taken < 0) {
        s->fault =
            (struct http2_fault){.word = taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? "http2-no-preface"
                                         : taken == NGHTTP2_ERR_FLOODED        ? "http2-flooded"
                                                                               : "http2-failed",
                                 .text = nghttp2_strerror((int)taken)};
        http2_server_end(s, taken == NGHTTP2_ERR_FLOODED ? HTTP2_ENHANCE_YOUR_CALM
                                                         : HTTP2_PROTOCOL_ERROR);
        return HTTP2_FEED_ABUSE;
    }
    return nghttp2_session_want_read(s->session) ? HTTP2_FEED_OK : HTTP2_FEED_OVER;
}

struct http2_fault http2_server_fault(const struct http2_server *s)
{
    return s->fault;
}

bool http2_server_is_over(const struct http2_server *s)
{
    return !nghttp2_session_want_read(s->session) && !nghttp2_session_want_write(s->session);
}

bool http2_server_is_in_head(const struct http2_server *s)
{
    return s->head_of != 0;
}

void http2_server_consume(struct http2_stream *stream, size_t octets)
{
    if (octets)
        nghttp2_session_consume_stream(stream->server->session, stream->id, octets);
}

void http2_server_forget(struct http2_stream *stream)
{
    nghttp2_session_set_stream_user_data(stream->server->session, stream->id, NULL);
}
