// SPDX-License-Identifier: Apache-2.0
// Frames out. A field section is copied by nghttp2 when it is submitted, so nothing of an exchange
// has to outlive it.
#include "http2/section.h"
#include "http2/server_internal.h"

enum { UPDATES_PER_FRAME = 4 }; // window updates that a DATA frame of ours explains

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
        stream->finished = true;
        if (http2_end_data(session, id, stream->trailers, flags) != 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    } else if (len == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)len;
}

void http2_server_continue(struct http2_stream *stream)
{
    const nghttp2_nv status = http2_pair(SLICE(":status"), SLICE("100"));
    nghttp2_submit_headers(stream->server->session, NGHTTP2_FLAG_NONE, stream->id, NULL, &status, 1,
                           NULL);
}

bool http2_server_respond(struct http2_stream *stream, const struct http_outgoing *m, bool last)
{
    struct http2_section s;
    const nghttp2_data_provider body = {.read_callback = read_data};
    if (m->status < 200 || m->status > 599)
        return false;
    http2_section_begin(&s, stream->arena, 1 + http2_section_room(m));
    http2_section_add_pseudo(&s, SLICE(":status"), http2_decimal(&s, m->status));
    http2_section_add_message(&s, m);
    if (s.failed)
        return false;
    stream->responded = true;
    stream->finished = last;
    return nghttp2_submit_response(stream->server->session, stream->id, s.items, s.count,
                                   last ? NULL : &body) == 0;
}

bool http2_server_set_trailers(struct http2_stream *stream, struct arena *arena,
                               const struct http_fields *fields)
{
    stream->trailers = http2_trailers(arena, fields);
    return stream->trailers != NULL;
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
