// SPDX-License-Identifier: Apache-2.0
// Rules only watch here, so that each test sees all rules that hit.
#include "suite/send.h"

#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "http/head.h"
#include "http/status.h"
#include "rules/engine.h"

enum { BODY_MAX = 4 * 1024 * 1024, RESPONSE_MAX = 4 * 1024 * 1024 };

static const struct http_head_limits limits = {.start_line = 64 * 1024,
                                               .field_line = 64 * 1024,
                                               .field_bytes = 256 * 1024,
                                               .field_count = 1000};

struct exchange {
    struct arena *arena;
    struct http_request request;
    struct http_response response;
    struct slice body, response_body;
    struct suite_hit *last;
    struct suite_outcome *out;
    bool has_no_memory;
};

static void on_hit(void *ctx, const struct rules_hit *hit)
{
    struct exchange *x = ctx;
    struct suite_hit *kept = arena_zalloc(x->arena, 1, sizeof *kept);
    if (!kept) {
        x->has_no_memory = true;
        return;
    }
    *kept =
        (struct suite_hit){.rule = hit->rule, .description = hit->description, .data = hit->data};
    if (x->last)
        x->last->next = kept;
    else
        x->out->hits = kept;
    x->last = kept;
}

static enum http_reason read_head(struct exchange *x, struct slice octets, size_t *len)
{
    struct http_head_scan scan;
    const struct http_request_options options = {.default_host = SLICE_INIT("localhost")};
    http_head_scan_init(&scan, &limits, false);
    enum http_parse result = http_head_scan(&scan, octets.ptr, octets.len);
    if (result != HTTP_DONE)
        return result == HTTP_BAD ? scan.reason : HTTP_REASON_HEAD_INCOMPLETE;
    *len = scan.head_len;
    return http_request_parse(&scan, octets.ptr, &options, x->arena, &x->request);
}

// The whole body, without its framing.
static const char *read_body(struct exchange *x, struct slice rest)
{
    struct http_body_reader reader;
    struct buf body;
    size_t consumed;
    struct slice data;
    enum http_body_step step;
    buf_new(&body, BODY_MAX);
    http_body_reader_init(&reader, &x->request.framing, BODY_MAX);
    while ((step = http_body_read(&reader, rest, &consumed, &data)) == HTTP_BODY_DATA) {
        buf_slice(&body, data);
        rest = slice_from(rest, consumed);
    }
    x->body = arena_copy(x->arena, buf_view(&body));
    buf_free(&body);
    if (step == HTTP_BODY_DONE)
        return NULL;
    return step == HTTP_BODY_BAD ? http_reason_word(reader.reason) : "body-incomplete";
}

static void write_plain(struct buf *head, struct slice *body)
{
    *body = SLICE("well");
    buf_str(head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n");
}

static void write_fields(struct buf *head, const struct json *headers)
{
    JSON_EACH (field, headers) {
        if (field->type != JSON_STRING || slice_eq(field->key, SLICE("Content-Length")))
            continue;
        buf_slice(head, field->key);
        buf_str(head, ": ");
        buf_slice(head, field->text);
        buf_str(head, "\r\n");
    }
}

// What the body asks for. False when it is no such thing.
static bool write_reflection(struct exchange *x, struct buf *head, struct slice *body)
{
    struct problems *problems = problems_new();
    struct json_doc *doc = problems ? json_read_text("body", x->body, problems) : NULL;
    const struct json *root = doc ? json_root(doc) : NULL;
    const struct json *status = json_get(root, "status"), *text = json_get(root, "body");
    const struct json *headers = json_get(root, "headers");
    bool ok = root && root->type == JSON_OBJECT;
    unsigned number =
        status && status->type == JSON_NUMBER && status->number >= 200 && status->number <= 599
            ? (unsigned)status->number
            : 200;
    if (ok) {
        *body = text && text->type == JSON_STRING ? arena_copy(x->arena, text->text)
                                                  : (struct slice){0};
        buf_printf(head, "HTTP/1.1 %u Reflected\r\n", number);
        if (headers)
            write_fields(head, headers);
        buf_printf(head, "Content-Length: %zu\r\n\r\n", body->len);
    }
    json_free(&doc);
    problems_free(&problems);
    return ok;
}

// Whether the response can be parsed; one that cannot is a bad gateway.
static bool make_response(struct exchange *x)
{
    struct buf head;
    struct http_head_scan scan;
    buf_new(&head, RESPONSE_MAX);
    bool reflects =
        x->request.method_id == HTTP_METHOD_POST && slice_eq(x->request.path, SLICE("/reflect"));
    if (!reflects || !write_reflection(x, &head, &x->response_body))
        write_plain(&head, &x->response_body);
    struct slice octets = head.failed ? (struct slice){0} : arena_copy(x->arena, buf_view(&head));
    buf_free(&head);
    http_head_scan_init(&scan, &limits, true);
    return octets.len > 0 && http_head_scan(&scan, octets.ptr, octets.len) == HTTP_DONE &&
           http_response_parse(&scan, octets.ptr, false, x->arena, &x->response) ==
               HTTP_REASON_NONE;
}

static void evaluate(struct exchange *x, const struct rules_program *program,
                     struct rules_scratch *scratch)
{
    struct rules_result result = {.decision = RULES_NOTHING};
    struct rules_input in = {.request = &x->request,
                             .request_id = SLICE_INIT("0123456789abcdef"),
                             .now_s = clock_wall_ns() / 1000000000,
                             .arena = x->arena};
    if (!addr_parse(SLICE("127.0.0.1"), &in.client))
        return;
    rules_evaluate(program, scratch, RULES_AT_HEAD, &in, on_hit, x, &result);
    in.body = x->body;
    rules_evaluate(program, scratch, RULES_AT_BODY, &in, on_hit, x, &result);
    x->out->status = 502;
    if (make_response(x)) {
        in.response = &x->response;
        x->out->status = x->response.status;
        rules_evaluate(program, scratch, RULES_AT_RESPONSE, &in, on_hit, x, &result);
        in.response_body = x->response_body;
        rules_evaluate(program, scratch, RULES_AT_RESPONSE_BODY, &in, on_hit, x, &result);
    }
    rules_evaluate(program, scratch, RULES_AT_END, &in, on_hit, x, &result);
    x->out->would_deny = result.would_deny_reason != NULL;
}

bool suite_send(const struct rules_program *program, struct rules_scratch *scratch,
                struct slice octets, struct arena *arena, struct suite_outcome *out)
{
    struct exchange x = {.arena = arena, .out = out};
    size_t head_len = 0;
    *out = (struct suite_outcome){0};
    enum http_reason reason = read_head(&x, octets, &head_len);
    if (reason != HTTP_REASON_NONE) {
        out->refused = http_reason_word(reason);
        out->status = http_reason_status(reason);
        return reason != HTTP_REASON_NO_MEMORY;
    }
    out->refused = read_body(&x, slice_from(octets, head_len));
    out->status = out->refused ? 400 : 0;
    if (!out->refused)
        evaluate(&x, program, scratch);
    return !x.has_no_memory;
}
