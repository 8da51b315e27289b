// SPDX-License-Identifier: Apache-2.0
// Any octets in every field of a record: the line is one JSON object on one line in valid UTF-8, no
// field is another than what went in or its declared beginning, and nothing under a listed name
// appears anywhere.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define MARKER "kept3ecretly"

static char line[AUDIT_RECORD_MAX];

struct input {
    const unsigned char *data;
    size_t size;
};

static struct slice take_octets(struct input *in, size_t n)
{
    struct slice taken = slice_of(in->data, n < in->size ? n : in->size);
    in->data += taken.len;
    in->size -= taken.len;
    return taken;
}

static uint64_t take_number(struct input *in)
{
    uint64_t number = 0;
    struct slice octets = take_octets(in, sizeof(number));
    if (octets.len)
        memcpy(&number, octets.ptr, octets.len);
    return number;
}

// A text of a length that two octets give, which repeats what octets there are: long texts from
// short inputs.
static struct slice take_text(struct input *in, struct buf *space)
{
    uint16_t len = 0;
    struct slice length = take_octets(in, sizeof(len));
    if (length.len == sizeof(len))
        memcpy(&len, length.ptr, sizeof(len));
    len %= 12000;
    struct slice piece = take_octets(in, len);
    size_t begin = space->len;
    while (piece.len && space->len - begin < len)
        buf_slice(space, slice_first(piece, len - (space->len - begin)));
    return slice_of(space->data + begin, space->len - begin);
}

// Undoes \xHH.
static struct slice decode(struct slice text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' && text.len - i >= 4 && text.ptr[i + 1] == 'x' &&
            ascii_hex(text.ptr[i + 2]) >= 0 && ascii_hex(text.ptr[i + 3]) >= 0) {
            c = (char)(ascii_hex(text.ptr[i + 2]) << 4 | ascii_hex(text.ptr[i + 3]));
            i += 3;
        }
        out[len++] = c;
    }
    return slice_of(out, len);
}

static void check_text(const struct json *value, struct slice given, size_t least)
{
    static char space[AUDIT_RECORD_MAX];
    CHECK(value && value->type == JSON_STRING);
    struct slice got = decode(value->text, space);
    if (slice_eq(got, given))
        return;
    CHECK(given.len > least && slice_ends(got, SLICE("...")));
    CHECK(slice_begins(given, slice_first(got, got.len - 3)));
}

static struct json_doc *write_line(const struct audit_record *r,
                                   const struct audit_redaction *redaction, struct buf *out)
{
    buf_init(out, line, sizeof(line));
    audit_record_write(r, redaction, out);
    struct slice text = buf_view(out);
    CHECK(!out->failed && text.len > 0 && slice_index(text, '\n') == text.len - 1 &&
          utf8_is_valid(text));
    struct problems *problems = problems_new();
    struct json_doc *doc = json_read_text("line", text, problems);
    CHECK(doc && problems_count(problems) == 0 && json_root(doc)->type == JSON_OBJECT);
    problems_free(&problems);
    return doc;
}

static const struct json *find(const struct json_doc *doc, const char *first, const char *second,
                               const char *third)
{
    const struct json *value = json_get(json_get(json_root(doc), first), second);
    return third ? json_get(value, third) : value;
}

static void check_fields(const struct audit_record *r)
{
    struct buf out;
    struct json_doc *doc = write_line(r, NULL, &out);
    check_text(find(doc, "url", "path", NULL), r->path, 256);
    check_text(find(doc, "url", "query", NULL), r->query, 256);
    if (slice_index(r->target, '@') == r->target.len)
        check_text(find(doc, "url", "original", NULL), r->target, 256);
    if (slice_index(r->host, '@') == r->host.len)
        check_text(find(doc, "url", "domain", NULL), r->host, 64);
    check_text(find(doc, "http", "version", NULL), r->http_version, 64);
    check_text(find(doc, "http", "request", "method"), r->method, 64);
    if (r->user_agent.len)
        check_text(find(doc, "user_agent", "original", NULL), r->user_agent, 64);
    if (r->user.len)
        check_text(find(doc, "user", "name", NULL), r->user, 64);
    const struct json *match = find(doc, "yett", "matches", NULL)->first;
    check_text(json_get(match, "rule"), r->matches->rule, 64);
    check_text(json_get(match, "target"), r->matches->target, 64);
    CHECK(json_get(match, "value")->type == JSON_STRING);
    json_free(&doc);
}

static void append_secret(struct buf *space, struct slice *field, const char *name)
{
    size_t begin = space->len;
    buf_slice(space, *field);
    buf_str(space, name);
    buf_str(space, MARKER "&");
    buf_slice(space, *field);
    *field = slice_of(space->data + begin, space->len - begin);
}

static void check_secrets(struct audit_record *r, struct buf *space)
{
    static const struct slice names[] = {SLICE_INIT("password"), SLICE_INIT("token")};
    struct audit_redaction *redaction = audit_redaction_new(names, 2);
    struct audit_match match = {
        .target = SLICE("body.password"), .value = SLICE(MARKER), .next = r->matches};
    struct audit_header header = {
        .name = SLICE("Cookie"), .value = SLICE(MARKER), .next = r->headers};
    struct audit_header referer = {.name = SLICE("referer"), .value = r->target, .next = &header};
    struct buf out;
    CHECK(redaction);
    append_secret(space, &r->query, "&PassWord=");
    append_secret(space, &r->path, ";password=");
    append_secret(space, &r->target, "?t%6fken=");
    append_secret(space, &referer.value, "&user[password]=");
    r->matches = &match;
    r->headers = &referer;
    struct json_doc *doc = write_line(r, redaction, &out);
    CHECK(slice_find(buf_view(&out), SLICE(MARKER)) == out.len);
    json_free(&doc);
    audit_redaction_free(&redaction);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static char memory[1024 * 1024];
    struct input in = {data, size};
    struct buf space;
    struct audit_record r;
    struct audit_match match = {0};
    struct audit_header second = {0}, first = {.next = &second};
    if (slice_find(slice_of(data, size), SLICE("ecretly")) < size ||
        slice_find(slice_of(data, size), SLICE("kept")) < size)
        return 0;
    buf_init(&space, memory, sizeof(memory));
    audit_record_init(&r);
    uint64_t bits = take_number(&in);
    r.kind = AUDIT_REQUEST;
    r.verdict = bits % 5;
    r.outcome = bits / 5 % 3;
    r.start_wall_ns = take_number(&in);
    r.is_tls = bits >> 8 & 1;
    r.has_query = true;
    struct slice *fields[] = {
        &r.target,
        &r.query,
        &r.path,
        &r.host,
        &r.method,
        &r.http_version,
        &r.user_agent,
        &r.user,
        &match.rule,
        &match.target,
        &match.value,
        &first.name,
        &first.value,
        &second.name,
        &second.value,
        &r.id,
        &r.country,
        &r.as_name,
        &r.tls.version,
        &r.tls.cipher,
        &r.tls.server_name,
        &r.tls.protocol,
        &r.route,
        &r.filter,
        &r.rule,
        &r.rule_name,
        &r.backend,
        &r.would_deny_filter,
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        *fields[i] = take_text(&in, &space);
    r.matches = &match;
    r.headers = &first;
    check_fields(&r);
    check_secrets(&r, &space);
    return 0;
}
