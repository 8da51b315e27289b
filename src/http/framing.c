// SPDX-License-Identifier: Apache-2.0
// The decision list of RFC 9112, 6.3, and the reader that follows it. Where the RFC lets
// Transfer-Encoding win over Content-Length, or repair repeated lengths, we refuse: that is where
// request smuggling lives.
#include "http/framing.h"

#include "base/ascii.h"
#include "base/num.h"
#include "http/octet.h"

struct framing_fields {
    struct slice encoding;
    struct slice length;
    unsigned encodings;
    unsigned lengths;
};

static struct framing_fields collect(const struct http_fields *f)
{
    struct framing_fields found = {0};
    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i].id == HTTP_FIELD_TRANSFER_ENCODING) {
            found.encoding = f->items[i].value;
            found.encodings++;
        } else if (f->items[i].id == HTTP_FIELD_CONTENT_LENGTH) {
            found.length = f->items[i].value;
            found.lengths++;
        }
    }
    return found;
}

static enum http_reason check_encoding(const struct framing_fields *found, unsigned version_minor)
{
    // 6.3, 3: "ought to be handled as an error", in whatever order or spelling the two came.
    if (found->lengths > 0)
        return HTTP_REASON_TRANSFER_ENCODING_WITH_LENGTH;
    // 6.1: a message of HTTP/1.0 with Transfer-Encoding has faulty framing.
    if (version_minor == 0)
        return HTTP_REASON_TRANSFER_ENCODING_HTTP10;
    if (found->encodings > 1)
        return HTTP_REASON_TRANSFER_ENCODING;
    if (ascii_eq_nocase(found->encoding, SLICE("chunked")))
        return HTTP_REASON_NONE;
    return http_field_name_is_valid(found->encoding)
               ? HTTP_REASON_TRANSFER_ENCODING_UNKNOWN // one other token
               : HTTP_REASON_TRANSFER_ENCODING;
}

static enum http_reason read_length(const struct framing_fields *found, uint64_t *out)
{
    *out = 0;
    if (found->lengths > 1)
        return HTTP_REASON_CONTENT_LENGTH_REPEATED;
    if (found->lengths == 1 && !num_decimal(found->length, INT64_MAX, out))
        return HTTP_REASON_CONTENT_LENGTH;
    return HTTP_REASON_NONE;
}

enum http_reason http_framing_of_request(const struct http_fields *f, unsigned version_minor,
                                         struct http_framing *out)
{
    struct framing_fields found = collect(f);
    *out = (struct http_framing){.kind = HTTP_BODY_NONE};
    if (found.encodings > 0) {
        enum http_reason reason = check_encoding(&found, version_minor);
        if (reason == HTTP_REASON_NONE)
            out->kind = HTTP_BODY_CHUNKED;
        return reason;
    }
    enum http_reason reason = read_length(&found, &out->length);
    if (reason == HTTP_REASON_NONE && found.lengths > 0)
        out->kind = HTTP_BODY_LENGTH;
    return reason; // 6.3, 7: neither of the two means no body, whatever the method
}

enum http_reason http_framing_of_response(const struct http_fields *f, unsigned version_minor,
                                          unsigned status, bool request_was_head,
                                          struct http_framing *out)
{
    struct framing_fields found = collect(f);
    enum http_reason reason = HTTP_REASON_NONE;
    *out = (struct http_framing){.kind = HTTP_BODY_NONE};
    if (found.encodings > 0)
        reason = check_encoding(&found, version_minor);
    if (reason == HTTP_REASON_NONE)
        reason = read_length(&found, &out->length);
    if (reason != HTTP_REASON_NONE)
        return reason;
    // 6.1 and RFC 9110, 8.6 forbid framing on these; a backend that sends it may believe that a
    // body follows.
    if ((status < 200 || status == 204) && (found.encodings > 0 || out->length > 0)) {
        out->length = 0;
        return HTTP_REASON_TRANSFER_ENCODING_UNWANTED;
    }
    if (request_was_head || status < 200 || status == 204 || status == 304)
        return HTTP_REASON_NONE;
    if (found.encodings > 0)
        out->kind = HTTP_BODY_CHUNKED;
    else
        out->kind = found.lengths > 0 ? HTTP_BODY_LENGTH : HTTP_BODY_CLOSE;
    return HTTP_REASON_NONE;
}

void http_body_reader_init(struct http_body_reader *r, const struct http_framing *framing,
                           uint64_t limit)
{
    *r = (struct http_body_reader){.kind = framing->kind, .limit = limit};
    http_chunked_init(&r->chunked);
    if (framing->kind == HTTP_BODY_NONE)
        r->done = true;
    if (framing->kind == HTTP_BODY_LENGTH) {
        r->left = framing->length;
        r->done = framing->length == 0;
        r->reason = framing->length > limit ? HTTP_REASON_BODY_LIMIT : HTTP_REASON_NONE;
    }
}

static enum http_body_step give(struct http_body_reader *r, struct slice in, uint64_t most,
                                size_t *consumed, struct slice *data)
{
    *data = most < in.len ? slice_first(in, (size_t)most) : in;
    *consumed = data->len;
    r->received += data->len;
    return HTTP_BODY_DATA;
}

static enum http_body_step refuse(struct http_body_reader *r, enum http_reason reason)
{
    r->reason = reason;
    return HTTP_BODY_BAD;
}

static enum http_body_step read_chunked(struct http_body_reader *r, struct slice in,
                                        size_t *consumed, struct slice *data)
{
    // A chunk is refused by its size line, before any of its octets is waited for.
    r->chunked.size_limit = r->limit - r->received;
    switch (http_chunked_read(&r->chunked, in, consumed, data)) {
    case HTTP_CHUNKED_DATA:
        r->received += data->len;
        return HTTP_BODY_DATA;
    case HTTP_CHUNKED_DONE:
        r->done = true;
        return HTTP_BODY_DONE;
    case HTTP_CHUNKED_BAD:
        return refuse(r, r->chunked.reason);
    case HTTP_CHUNKED_MORE:
        break;
    }
    return HTTP_BODY_MORE;
}

enum http_body_step http_body_read(struct http_body_reader *r, struct slice in, size_t *consumed,
                                   struct slice *data)
{
    *consumed = 0;
    *data = (struct slice){0};
    if (r->reason != HTTP_REASON_NONE)
        return HTTP_BODY_BAD;
    if (r->done)
        return HTTP_BODY_DONE;
    if (in.len == 0)
        return HTTP_BODY_MORE;
    if (r->kind == HTTP_BODY_CHUNKED)
        return read_chunked(r, in, consumed, data);
    if (r->kind == HTTP_BODY_CLOSE)
        return r->received < r->limit ? give(r, in, r->limit - r->received, consumed, data)
                                      : refuse(r, HTTP_REASON_BODY_LIMIT);
    enum http_body_step step = give(r, in, r->left, consumed, data);
    r->left -= data->len;
    r->done = r->left == 0;
    return step;
}

bool http_body_end(struct http_body_reader *r, bool orderly)
{
    if (r->reason != HTTP_REASON_NONE)
        return false;
    if (r->kind == HTTP_BODY_CLOSE && orderly)
        r->done = true;
    if (!r->done)
        r->reason = HTTP_REASON_BODY_INCOMPLETE;
    return r->done;
}
