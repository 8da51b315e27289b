// SPDX-License-Identifier: Apache-2.0
// Samples are written by people, so line ends and fields that every client sends may be left out;
// from there on they take the way of real messages through the strict parser, so that a test never
// shows a rule something the gateway would refuse.
#include "rules/sample.h"

#include "base/addr.h"
#include "base/arena.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"

enum { SAMPLE_MAX = 1024 * 1024 };

static const struct http_head_limits limits = {.start_line = 64 * 1024,
                                               .field_line = 64 * 1024,
                                               .field_bytes = 256 * 1024,
                                               .field_count = 1000};

bool rules_sample_read(const struct json *value, struct problems *problems,
                       struct rules_sample *out)
{
    static const char *const keys[] = {"request", "response",           "client",
                                       "country", "tls_version",        "tls_server_name",
                                       "tls_ja4", "tls_client_subject", NULL};
    size_t errors = problems_count(problems);
    *out = (struct rules_sample){.client = SLICE_INIT("192.0.2.1")};
    if (value->type == JSON_STRING) {
        out->request = value->text;
        if (value->text.len > 0)
            return true;
        problems_add(problems, value, "the request is empty");
        return false;
    }
    if (value->type != JSON_OBJECT) {
        problems_add(problems, value,
                     "a request is expected: a string, or an object with \"request\"");
        return false;
    }
    conf_known_keys(value, keys, problems);
    if (conf_required(value, "request", problems))
        (void)conf_text(value, "request", problems, &out->request);
    (void)conf_text(value, "response", problems, &out->response);
    (void)conf_text(value, "country", problems, &out->country);
    (void)conf_text(value, "tls_version", problems, &out->tls.version);
    (void)conf_text(value, "tls_server_name", problems, &out->tls.server_name);
    (void)conf_text(value, "tls_ja4", problems, &out->tls.ja4);
    (void)conf_text(value, "tls_client_subject", problems, &out->tls.client.subject);
    (void)conf_text(value, "client", problems, &out->client);
    return problems_count(problems) == errors;
}

static struct slice take_line(struct slice *rest)
{
    size_t end = slice_index(*rest, '\n');
    struct slice line = slice_first(*rest, end);
    *rest = slice_from(*rest, end + 1);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void put_line(struct buf *b, struct slice line)
{
    buf_slice(b, line);
    buf_str(b, "\r\n");
}

// Writes the head with CRLF and what is missing; *body is what follows the empty line.
static void write_head(struct buf *b, struct slice text, bool is_response, struct slice *body)
{
    bool has_host = is_response, has_length = is_response, has_type = false;
    struct slice rest = text, line = take_line(&rest);
    buf_slice(b, line);
    if (!is_response && slice_find(line, SLICE(" HTTP/")) == line.len)
        buf_str(b, " HTTP/1.1");
    buf_str(b, "\r\n");
    while (rest.len > 0) {
        line = take_line(&rest);
        if (line.len == 0)
            break;
        has_host |= ascii_begins_nocase(line, SLICE("host:"));
        has_length |= ascii_begins_nocase(line, SLICE("content-length:")) ||
                      ascii_begins_nocase(line, SLICE("transfer-encoding:"));
        has_type |= ascii_begins_nocase(line, SLICE("content-type:"));
        put_line(b, line);
    }
    *body = rest;
    if (!has_host)
        buf_str(b, "Host: www.example.com\r\n");
    if (!has_length && rest.len > 0)
        buf_printf(b, "Content-Length: %zu\r\n", rest.len);
    if (!has_type && rest.len > 0 && !is_response)
        buf_str(b, "Content-Type: application/x-www-form-urlencoded\r\n");
    buf_str(b, "\r\n");
}

static enum http_reason parse_request(struct slice head, struct arena *arena,
                                      struct http_request *out)
{
    struct http_head_scan scan;
    const struct http_request_options options = {.is_tls = true};
    http_head_scan_init(&scan, &limits, false);
    enum http_parse result = http_head_scan(&scan, head.ptr, head.len);
    if (result != HTTP_DONE)
        return result == HTTP_BAD ? scan.reason : HTTP_REASON_HEAD_INCOMPLETE;
    return http_request_parse(&scan, head.ptr, &options, arena, out);
}

static enum http_reason parse_response(struct slice head, struct arena *arena,
                                       struct http_response *out)
{
    struct http_head_scan scan;
    http_head_scan_init(&scan, &limits, true);
    enum http_parse result = http_head_scan(&scan, head.ptr, head.len);
    if (result != HTTP_DONE)
        return result == HTTP_BAD ? scan.reason : HTTP_REASON_HEAD_INCOMPLETE;
    return http_response_parse(&scan, head.ptr, false, arena, out);
}

// The head as octets in the arena; empty when it does not fit.
static struct slice copy_head(struct slice text, bool is_response, struct arena *arena,
                              struct slice *body)
{
    struct buf b;
    struct slice head = {0};
    buf_new(&b, SAMPLE_MAX);
    write_head(&b, text, is_response, body);
    if (!b.failed)
        head = arena_copy(arena, buf_view(&b));
    buf_free(&b);
    return head;
}

const char *rules_sample_build(const struct rules_sample *sample, struct arena *arena,
                               struct rules_message *out)
{
    *out = (struct rules_message){0};
    struct slice head = copy_head(sample->request, false, arena, &out->body);
    if (head.len == 0)
        return http_reason_word(HTTP_REASON_NO_MEMORY);
    enum http_reason reason = parse_request(head, arena, &out->request);
    if (reason != HTTP_REASON_NONE)
        return http_reason_word(reason);
    out->has_body = out->body.len > 0;
    out->input = (struct rules_input){
        .request = &out->request,
        .country = sample->country,
        .tls = &sample->tls,
        .arena = arena,
    };
    if (!addr_parse(sample->client, &out->input.client))
        return "bad client address";
    if (sample->response.len == 0)
        return NULL;
    out->has_response = true;
    head = copy_head(sample->response, true, arena, &out->response_body);
    reason = head.len ? parse_response(head, arena, &out->response) : HTTP_REASON_NO_MEMORY;
    return reason == HTTP_REASON_NONE ? NULL : http_reason_word(reason);
}
