// SPDX-License-Identifier: Apache-2.0
// Frames out. A field section is copied by nghttp2 when it is submitted, so nothing of an exchange
// has to outlive it.
#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "http/octet.h"
#include "http2/server_internal.h"

enum {
    STATUS_DIGITS = 3,
    LENGTH_DIGITS = 20,
    UPDATES_PER_FRAME = 4, // window updates that a DATA frame of ours explains
};

// --- field sections

struct section {
    nghttp2_nv *items;
    size_t count, room;
    struct arena *arena;
    bool failed;
};

static nghttp2_nv pair(struct slice name, struct slice value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

static size_t count_fields(const struct http_fields *f)
{
    size_t count = 0;
    for (size_t i = 0; f && i < f->count; i++)
        count += (f->items[i].flags & HTTP_FIELD_DROP) == 0;
    return count;
}

static void begin_section(struct section *s, struct arena *arena, size_t room)
{
    *s = (struct section){.arena = arena, .room = room};
    s->items = arena_alloc(arena, (room ? room : 1) * sizeof(*s->items));
    s->failed = !s->items;
}

// RFC 9113, 8.2.1: names in lower case. Values come from policies and filters too.
static void add_field(struct section *s, struct slice name, struct slice value)
{
    if (s->failed)
        return;
    char *lower = arena_alloc(s->arena, name.len);
    if (!lower || s->count == s->room || !http_field_name_is_valid(name) ||
        !http_octets_are(value, HTTP_OCTET_TEXT)) {
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < name.len; i++)
        lower[i] = ascii_lower(name.ptr[i]);
    s->items[s->count++] = pair(slice_of(lower, name.len), http_trim(value));
}

static void add_fields(struct section *s, const struct http_fields *f)
{
    for (size_t i = 0; f && i < f->count; i++)
        if ((f->items[i].flags & HTTP_FIELD_DROP) == 0)
            add_field(s, f->items[i].name, f->items[i].value);
}

static struct slice decimal(char *end, uint64_t number)
{
    char *at = end;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    return slice_of(at, (size_t)(end - at));
}

static bool announces_length(const struct http_outgoing *m)
{
    return m->framing.kind == HTTP_BODY_LENGTH ||
           (m->framing.kind == HTTP_BODY_NONE && m->framing.length > 0);
}

// `digits` has room for STATUS_DIGITS + LENGTH_DIGITS.
static void make_response(struct section *s, struct arena *arena, const struct http_outgoing *m,
                          char *digits)
{
    size_t room = 2 + count_fields(m->fields);
    for (const struct http_added_field *f = m->added; f; f = f->next)
        room++;
    begin_section(s, arena, room);
    if (s->failed)
        return;
    s->items[s->count++] = pair(SLICE(":status"), decimal(digits + STATUS_DIGITS, m->status));
    add_fields(s, m->fields);
    for (const struct http_added_field *f = m->added; f; f = f->next)
        add_field(s, f->name, f->value);
    if (announces_length(m))
        add_field(s, SLICE("content-length"),
                  decimal(digits + STATUS_DIGITS + LENGTH_DIGITS, m->framing.length));
}

// --- data

static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *out, size_t cap,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct http2_server *s = user;
    struct http2_stream *stream = nghttp2_session_get_stream_user_data(session, id);
    bool last = false;
    (void)source;
    if (!stream || stream->finished)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t len = s->events->pull(stream, (char *)out, cap, &last);
    if (len)
        http2_bucket_earn(&s->buckets[HTTP2_WORK_UPDATES], &s->limits->work[HTTP2_WORK_UPDATES],
                          UPDATES_PER_FRAME);
    if (last) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        stream->finished = true;
    } else if (len == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)len;
}

void http2_server_continue(struct http2_stream *stream)
{
    const nghttp2_nv status = pair(SLICE(":status"), SLICE("100"));
    nghttp2_submit_headers(stream->server->session, NGHTTP2_FLAG_NONE, stream->id, NULL, &status, 1,
                           NULL);
}

bool http2_server_respond(struct http2_stream *stream, const struct http_outgoing *m, bool last)
{
    char digits[STATUS_DIGITS + LENGTH_DIGITS];
    struct section s;
    const nghttp2_data_provider body = {.read_callback = read_data};
    if (m->status < 200 || m->status > 599)
        return false;
    make_response(&s, stream->arena, m, digits);
    if (s.failed)
        return false;
    stream->responded = true;
    stream->finished = last;
    return nghttp2_submit_response(stream->server->session, stream->id, s.items, s.count,
                                   last ? NULL : &body) == 0;
}

void http2_server_resume(struct http2_stream *stream)
{
    nghttp2_session_resume_data(stream->server->session, stream->id);
}

void http2_server_reset(struct http2_stream *stream, enum http2_code code)
{
    nghttp2_submit_rst_stream(stream->server->session, NGHTTP2_FLAG_NONE, stream->id,
                              (uint32_t)code);
}

void http2_server_warn_of_end(struct http2_server *s)
{
    nghttp2_submit_shutdown_notice(s->session);
}

void http2_server_end(struct http2_server *s, enum http2_code code)
{
    if (code == HTTP2_NO_ERROR)
        nghttp2_submit_goaway(s->session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(s->session), NGHTTP2_NO_ERROR,
                              NULL, 0);
    else
        nghttp2_session_terminate_session(s->session, (uint32_t)code);
}

struct slice http2_server_produce(struct http2_server *s)
{
    const uint8_t *octets = NULL;
    ssize_t len = nghttp2_session_mem_send(s->session, &octets);
    return len > 0 ? slice_of((const char *)octets, (size_t)len) : (struct slice){0};
}

// Our answer is complete while the client still sends: what still comes means nothing.
static void end_early(struct http2_server *s, int32_t id)
{
    struct http2_stream *stream = nghttp2_session_get_stream_user_data(s->session, id);
    if (!stream || stream->ended || stream->deaf)
        return;
    stream->deaf = true;
    s->events->on_early_end(stream);
}

// Resets that the client provokes count like those it sends. Sending can't end the connection: the
// fault shows at the next octets that come.
static void count_reset(struct http2_server *s, uint32_t code)
{
    s->counts.resets_sent++;
    bool is_within = code == NGHTTP2_NO_ERROR ||
                     http2_server_work(s, HTTP2_WORK_RESETS, 1, s->counts.resets_sent);
    (void)is_within;
}

// nghttp2 ends a connection that breaks the protocol by itself.
static void note_farewell(struct http2_server *s, uint32_t code)
{
    if (code == NGHTTP2_NO_ERROR || s->fault.word)
        return;
    s->fault.word = "http2-protocol-error";
    if (!s->fault.text)
        s->fault.text = nghttp2_http2_strerror(code);
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2_server *s = user;
    (void)session;
    uint8_t type = frame->hd.type;
    if ((type == NGHTTP2_DATA || type == NGHTTP2_HEADERS) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        end_early(s, frame->hd.stream_id);
    else if (type == NGHTTP2_RST_STREAM)
        count_reset(s, frame->rst_stream.error_code);
    else if (type == NGHTTP2_GOAWAY)
        note_farewell(s, frame->goaway.error_code);
    return 0;
}

void http2_server_send_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
}
