// SPDX-License-Identifier: Apache-2.0
// Request heads to facts: what is refused and why, what must not be refused, and what is read out
// of it.
#include "feed.h"

#include "base/arena.h"

struct parsed {
    struct edge edge;
    struct arena arena;
    struct http_request request;
    enum http_reason reason;
};

// Scans in every split, then parses against the edge. A head that the scan refuses has that reason.
static void parse_with(struct parsed *p, struct slice head,
                       const struct http_request_options *options)
{
    struct http_head_scan s = feed_scan(head, &feed_limits, false);
    arena_init(&p->arena, NULL, 1 << 20);
    p->request = (struct http_request){0};
    p->reason = s.reason;
    p->edge = edge_copy(slice_first(head, s.head_len));
    if (s.reason == HTTP_REASON_NONE) {
        assert_int_equal(s.head_len, head.len);
        p->reason = http_request_parse(&s, p->edge.text.ptr, options, &p->arena, &p->request);
    }
}

static void parse(struct parsed *p, struct slice head)
{
    static const struct http_request_options options = {0};
    parse_with(p, head, &options);
}

static void release(struct parsed *p)
{
    arena_clear(&p->arena);
    edge_free(&p->edge);
}

struct refusal {
    const char *name;
    struct slice head;
    enum http_reason reason;
};

// Also for the cases that say nothing about Host.
#define H           "Host: a.example\r\n"
#define GET         "GET / HTTP/1.1\r\n"
#define POST        "POST / HTTP/1.1\r\n" H
#define CL          "Content-Length: 5\r\n"
#define TE          "Transfer-Encoding: chunked\r\n"
#define LINE(text)  SLICE_INIT(text "\r\n" H "\r\n")
#define FIELD(text) SLICE_INIT(POST text "\r\n\r\n")
#define HOST(text)  SLICE_INIT(GET "Host: " text "\r\n\r\n")

static const struct refusal bad_lines[] = {
    {"method alone", LINE("GET"), HTTP_REASON_REQUEST_LINE},
    {"no version", LINE("GET /"), HTTP_REASON_VERSION},
    {"trailing SP for a version", LINE("GET / "), HTTP_REASON_VERSION},
    {"two SP before the target", LINE("GET  / HTTP/1.1"), HTTP_REASON_REQUEST_LINE},
    {"two SP before the version", LINE("GET /  HTTP/1.1"), HTTP_REASON_REQUEST_LINE},
    {"SP in the target", LINE("GET /a b HTTP/1.1"), HTTP_REASON_REQUEST_LINE},
    {"SP at the end", LINE("GET / HTTP/1.1 "), HTTP_REASON_REQUEST_LINE},
    {"second request line behind", LINE("GET / HTTP/1.1 GET /x HTTP/1.1"),
     HTTP_REASON_REQUEST_LINE},
    {"colon in the method", LINE("GET: / HTTP/1.1"), HTTP_REASON_METHOD},
    {"slash in the method: a status line", LINE("HTTP/1.1 200 OK"), HTTP_REASON_METHOD},
    {"high octet in the method", LINE("G\xcb\x99T / HTTP/1.1"), HTTP_REASON_METHOD},
    {"NBSP for SP", LINE("GET\xa0/ HTTP/1.1"), HTTP_REASON_METHOD},
    {"method of 33 octets", LINE("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456 / HTTP/1.1"),
     HTTP_REASON_METHOD_LIMIT},
    {"lower-case version", LINE("GET / http/1.1"), HTTP_REASON_VERSION},
    {"version with two digits", LINE("GET / HTTP/1.10"), HTTP_REASON_VERSION},
    {"version with leading zero", LINE("GET / HTTP/01.1"), HTTP_REASON_VERSION},
    {"version with sign", LINE("GET / HTTP/+1.1"), HTTP_REASON_VERSION},
    {"version without minor", LINE("GET / HTTP/1"), HTTP_REASON_VERSION},
    {"version with a comma", LINE("GET / HTTP/1,1"), HTTP_REASON_VERSION},
    {"version with a letter", LINE("GET / HTTP/1.x"), HTTP_REASON_VERSION},
    {"other protocol", LINE("GET / RTSP/1.0"), HTTP_REASON_VERSION},
    {"high octet in the version", LINE("GET / HTTP/1.\xb9"), HTTP_REASON_VERSION},
    {"HTTP/0.9", LINE("GET / HTTP/0.9"), HTTP_REASON_VERSION_UNSUPPORTED},
    {"HTTP/2.0", LINE("GET / HTTP/2.0"), HTTP_REASON_VERSION_UNSUPPORTED},
    {"HTTP/3.0", LINE("GET / HTTP/3.0"), HTTP_REASON_VERSION_UNSUPPORTED},
    {"preface of HTTP/2", SLICE_INIT("PRI * HTTP/2.0\r\n\r\n"), HTTP_REASON_HTTP2_PREFACE},
    {"CONNECT", LINE("CONNECT a.example:443 HTTP/1.1"), HTTP_REASON_METHOD_CONNECT},
    {"connect", LINE("connect a.example:443 HTTP/1.1"), HTTP_REASON_METHOD_CONNECT},
    {"CONNECT with a body", SLICE_INIT("CONNECT a:1 HTTP/1.1\r\n" H CL "\r\n"),
     HTTP_REASON_METHOD_CONNECT},
    {"TRACE", LINE("TRACE / HTTP/1.1"), HTTP_REASON_METHOD_TRACE},
    {"TRACE with Max-Forwards", SLICE_INIT("TRACE / HTTP/1.1\r\n" H "Max-Forwards: 0\r\n\r\n"),
     HTTP_REASON_METHOD_TRACE},
    {"TRACK", LINE("TRACK / HTTP/1.1"), HTTP_REASON_METHOD_TRACE},
    {"asterisk with GET", LINE("GET * HTTP/1.1"), HTTP_REASON_TARGET},
    {"bare word", LINE("GET x HTTP/1.1"), HTTP_REASON_TARGET},
    {"query alone", LINE("GET ?x HTTP/1.1"), HTTP_REASON_TARGET},
    {"at sign", LINE("GET @x HTTP/1.1"), HTTP_REASON_TARGET},
    {"authority with GET", LINE("GET a.example:80 HTTP/1.1"), HTTP_REASON_TARGET},
    {"high octet in the path", LINE("GET /\xc3\xa9 HTTP/1.1"), HTTP_REASON_TARGET_OCTET},
    {"fragment", LINE("GET /a#b HTTP/1.1"), HTTP_REASON_TARGET_OCTET},
    {"bad escape", LINE("GET /%zz HTTP/1.1"), HTTP_REASON_TARGET_PERCENT},
    {"climbing", LINE("GET /../x HTTP/1.1"), HTTP_REASON_PATH_CLIMBS},
    {"other scheme", LINE("GET ftp://a.example/ HTTP/1.1"), HTTP_REASON_TARGET_SCHEME},
    {"userinfo", LINE("GET http://u@a.example/ HTTP/1.1"), HTTP_REASON_TARGET_AUTHORITY},
    {"target and Host differ", LINE("GET http://b.example/ HTTP/1.1"),
     HTTP_REASON_TARGET_HOST_MISMATCH},
    {"ports of target and Host differ", LINE("GET http://a.example:81/ HTTP/1.1"),
     HTTP_REASON_TARGET_HOST_MISMATCH},
    {"bad host in the target", LINE("GET http://a,b/ HTTP/1.1"), HTTP_REASON_TARGET_AUTHORITY},
};

static const struct refusal bad_fields[] = {
    {"no Host", SLICE_INIT(GET "\r\n"), HTTP_REASON_HOST_MISSING},
    {"no Host beside an absolute target", SLICE_INIT("GET http://a/ HTTP/1.1\r\n\r\n"),
     HTTP_REASON_HOST_MISSING},
    {"Host with underscore variant only", SLICE_INIT(GET "Ho_st: a\r\n\r\n"),
     HTTP_REASON_HOST_MISSING},
    {"no Host in HTTP/1.0, no default", SLICE_INIT("GET / HTTP/1.0\r\n\r\n"),
     HTTP_REASON_HOST_MISSING},
    {"two Hosts", SLICE_INIT(GET H "host: b.example\r\n\r\n"), HTTP_REASON_HOST_REPEATED},
    {"two equal Hosts", SLICE_INIT(GET H H "\r\n"), HTTP_REASON_HOST_REPEATED},
    {"an empty second Host", SLICE_INIT(GET H "Host:\r\n\r\n"), HTTP_REASON_HOST_REPEATED},
    {"two Hosts in HTTP/1.0", SLICE_INIT("GET / HTTP/1.0\r\n" H H "\r\n"),
     HTTP_REASON_HOST_REPEATED},
    {"empty Host", HOST(""), HTTP_REASON_HOST_INVALID},
    {"Host with userinfo", HOST("u@a.example"), HTTP_REASON_HOST_INVALID},
    {"Host with path", HOST("a.example/x"), HTTP_REASON_HOST_INVALID},
    {"Host list", HOST("a.example, b.example"), HTTP_REASON_HOST_INVALID},
    {"SP before the colon", FIELD("A : b"), HTTP_REASON_FIELD_BLANK_BEFORE_COLON},
    {"HTAB before the colon", FIELD("A\t: b"), HTTP_REASON_FIELD_BLANK_BEFORE_COLON},
    {"blank in a name", FIELD("A b: c"), HTTP_REASON_FIELD_BLANK_BEFORE_COLON},
    {"no name", FIELD(": b"), HTTP_REASON_FIELD_NAME},
    {"no colon", FIELD("Ab"), HTTP_REASON_FIELD_NAME},
    {"no token", FIELD("A(b): c"), HTTP_REASON_FIELD_NAME},
    {"high octet in a name", FIELD("Transfer\xadncoding: chunked"), HTTP_REASON_FIELD_NAME},
    {"Unicode look-alike", FIELD("Content-Lengt\xc4\xa7: 5"), HTTP_REASON_FIELD_NAME},
    {"quoted name", FIELD("\"Host\": b"), HTTP_REASON_FIELD_NAME},
    {"two Authorizations", FIELD("Authorization: a\r\nauthorization: a"),
     HTTP_REASON_FIELD_REPEATED},
    {"two Content-Types", FIELD("Content-Type: a/b\r\nContent-Type: a/b"),
     HTTP_REASON_FIELD_REPEATED},
    {"two Expects", FIELD("Expect: 100-continue\r\nExpect: 100-continue"),
     HTTP_REASON_FIELD_REPEATED},
    {"other expectation", FIELD("Expect: 200-ok"), HTTP_REASON_EXPECT},
    {"list of expectations", FIELD("Expect: 100-continue, x"), HTTP_REASON_EXPECT},
    {"expectation with parameter", FIELD("Expect: 100-continue;q=1"), HTTP_REASON_EXPECT},
    {"empty expectation", FIELD("Expect:"), HTTP_REASON_EXPECT},
    {"blank in Connection", FIELD("Connection: close x"), HTTP_REASON_CONNECTION_VALUE},
    {"quotes in Connection", FIELD("Connection: \"close\""), HTTP_REASON_CONNECTION_VALUE},
    {"parameter in Connection", FIELD("Connection: close;x=1"), HTTP_REASON_CONNECTION_VALUE},
};

static const struct refusal bad_framing[] = {
    {"length and chunked", FIELD(CL "Transfer-Encoding: chunked"),
     HTTP_REASON_TRANSFER_ENCODING_WITH_LENGTH},
    {"chunked and length", FIELD(TE "content-length:0"), HTTP_REASON_TRANSFER_ENCODING_WITH_LENGTH},
    {"length and another coding", FIELD(CL "Transfer-Encoding: x"),
     HTTP_REASON_TRANSFER_ENCODING_WITH_LENGTH},
    {"chunked twice", FIELD(TE "Transfer-Encoding: chunked"), HTTP_REASON_TRANSFER_ENCODING},
    {"chunked, chunked", FIELD("Transfer-Encoding: chunked, chunked"),
     HTTP_REASON_TRANSFER_ENCODING},
    {"gzip, chunked", FIELD("Transfer-Encoding: gzip, chunked"), HTTP_REASON_TRANSFER_ENCODING},
    {"chunked, identity", FIELD("Transfer-Encoding: chunked, identity"),
     HTTP_REASON_TRANSFER_ENCODING},
    {"empty member", FIELD("Transfer-Encoding: ,chunked"), HTTP_REASON_TRANSFER_ENCODING},
    {"empty coding", FIELD("Transfer-Encoding:"), HTTP_REASON_TRANSFER_ENCODING},
    {"quoted coding", FIELD("Transfer-Encoding: \"chunked\""), HTTP_REASON_TRANSFER_ENCODING},
    {"coding with parameter", FIELD("Transfer-Encoding: chunked;q=1"),
     HTTP_REASON_TRANSFER_ENCODING},
    {"NBSP before the coding",
     FIELD("Transfer-Encoding: \xa0"
           "chunked"),
     HTTP_REASON_TRANSFER_ENCODING},
    {"gzip", FIELD("Transfer-Encoding: gzip"), HTTP_REASON_TRANSFER_ENCODING_UNKNOWN},
    {"identity", FIELD("Transfer-Encoding: identity"), HTTP_REASON_TRANSFER_ENCODING_UNKNOWN},
    {"xchunked", FIELD("Transfer-Encoding: xchunked"), HTTP_REASON_TRANSFER_ENCODING_UNKNOWN},
    {"chunked in HTTP/1.0", SLICE_INIT("POST / HTTP/1.0\r\n" H TE "\r\n"),
     HTTP_REASON_TRANSFER_ENCODING_HTTP10},
    {"two lengths", FIELD(CL "Content-Length: 6"), HTTP_REASON_CONTENT_LENGTH_REPEATED},
    {"two equal lengths", FIELD(CL "Content-Length: 5"), HTTP_REASON_CONTENT_LENGTH_REPEATED},
    {"list of lengths", FIELD("Content-Length: 5, 5"), HTTP_REASON_CONTENT_LENGTH},
    {"empty length", FIELD("Content-Length:"), HTTP_REASON_CONTENT_LENGTH},
    {"signed length", FIELD("Content-Length: +5"), HTTP_REASON_CONTENT_LENGTH},
    {"negative length", FIELD("Content-Length: -5"), HTTP_REASON_CONTENT_LENGTH},
    {"hex length", FIELD("Content-Length: 0x5"), HTTP_REASON_CONTENT_LENGTH},
    {"fraction", FIELD("Content-Length: 5.0"), HTTP_REASON_CONTENT_LENGTH},
    {"exponent", FIELD("Content-Length: 5e1"), HTTP_REASON_CONTENT_LENGTH},
    {"blank in a length", FIELD("Content-Length: 5 0"), HTTP_REASON_CONTENT_LENGTH},
    {"separator in a length", FIELD("Content-Length: 1_000"), HTTP_REASON_CONTENT_LENGTH},
    {"trailing octet", FIELD("Content-Length: 5;"), HTTP_REASON_CONTENT_LENGTH},
    {"Arabic digit", FIELD("Content-Length: \xd9\xa5"), HTTP_REASON_CONTENT_LENGTH},
    {"length of 2^63", FIELD("Content-Length: 9223372036854775808"), HTTP_REASON_CONTENT_LENGTH},
    {"length of 2^64 + 5", FIELD("Content-Length: 18446744073709551621"),
     HTTP_REASON_CONTENT_LENGTH},
    {"bad length with GET", SLICE_INIT(GET H "Content-Length: x\r\n\r\n"),
     HTTP_REASON_CONTENT_LENGTH},
};

static void refuse_all(const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_message("%s\n", cases[i].name);
        struct parsed p;
        parse(&p, cases[i].head);
        ASSERT_REASON(p.reason, cases[i].reason);
        release(&p);
    }
}

static void refuses_bad_request_lines(void **state)
{
    (void)state;
    refuse_all(bad_lines, ARRAY_LEN(bad_lines));
}

static void refuses_bad_fields(void **state)
{
    (void)state;
    refuse_all(bad_fields, ARRAY_LEN(bad_fields));
}

static void refuses_ambiguous_framing(void **state)
{
    (void)state;
    refuse_all(bad_framing, ARRAY_LEN(bad_framing));
}

struct accepted {
    const char *name;
    struct slice head;
    struct slice method, path, query, authority;
    struct http_framing framing;
    enum http_version version;
    bool closes;
    bool has_query;
    bool expects_continue;
};

#define A         .path = SLICE_INIT("/"), .authority = SLICE_INIT("a.example")
#define GET_A     .method = SLICE_INIT("GET"), A
#define POST_A    .method = SLICE_INIT("POST"), A
#define LENGTH(n) .framing = {.kind = HTTP_BODY_LENGTH, .length = (n)}
#define CHUNKED   .framing = {.kind = HTTP_BODY_CHUNKED}

static const struct accepted requests[] = {
    {"plain", LINE("GET / HTTP/1.1"), GET_A},
    {"one CRLF before", SLICE_INIT("\r\nGET / HTTP/1.1\r\n" H "\r\n"), GET_A},
    {"HTTP/1.2 is spoken to as 1.1", LINE("GET / HTTP/1.2"), GET_A},
    {"HTTP/1.0", LINE("GET / HTTP/1.0"), GET_A, .version = HTTP_VERSION_10, .closes = true},
    {"HTTP/1.0 that stays", SLICE_INIT("GET / HTTP/1.0\r\n" H "Connection: Keep-Alive\r\n\r\n"),
     GET_A, .version = HTTP_VERSION_10},
    {"close in a list", SLICE_INIT(GET H "Connection: x, CLOSE\r\n\r\n"), GET_A, .closes = true},
    {"close beats keep-alive",
     SLICE_INIT(GET H "Connection: keep-alive\r\nConnection: close\r\n\r\n"), GET_A,
     .closes = true},
    {"empty Connection", SLICE_INIT(GET H "Connection:\r\n\r\n"), GET_A},
    {"Connection with empty members", SLICE_INIT(GET H "Connection: , ,keep-alive,\r\n\r\n"),
     GET_A},
    {"Connection names framing", SLICE_INIT(POST CL "Connection: Content-Length, Host\r\n\r\n"),
     POST_A, LENGTH(5)},
    {"extension method", LINE("MKCALENDAR / HTTP/1.1"), .method = SLICE_INIT("MKCALENDAR"), A},
    {"method of 32 octets", LINE("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 / HTTP/1.1"),
     .method = SLICE_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"), A},
    {"lower-case method is another method", LINE("get / HTTP/1.1"), .method = SLICE_INIT("get"), A},
    {"query", LINE("GET /a?b=/../c HTTP/1.1"), .method = SLICE_INIT("GET"),
     .path = SLICE_INIT("/a"), .query = SLICE_INIT("b=/../c"), .has_query = true,
     .authority = SLICE_INIT("a.example")},
    {"empty query", LINE("GET /? HTTP/1.1"), GET_A, .has_query = true},
    {"OPTIONS *", LINE("OPTIONS * HTTP/1.1"), .method = SLICE_INIT("OPTIONS"),
     .path = SLICE_INIT("*"), .authority = SLICE_INIT("a.example")},
    {"two slashes are no authority", LINE("GET //b.example/x HTTP/1.1"),
     .method = SLICE_INIT("GET"), .path = SLICE_INIT("/b.example/x"),
     .authority = SLICE_INIT("a.example")},
    {"absolute form", LINE("GET http://A.example:80/x HTTP/1.1"), .method = SLICE_INIT("GET"),
     .path = SLICE_INIT("/x"), .authority = SLICE_INIT("a.example")},
    {"absolute form without path", LINE("GET HTTP://a.example HTTP/1.1"), GET_A},
    {"absolute form in HTTP/1.0", SLICE_INIT("GET http://b.example/ HTTP/1.0\r\n\r\n"),
     .path = SLICE_INIT("/"), .method = SLICE_INIT("GET"), .authority = SLICE_INIT("b.example"),
     .version = HTTP_VERSION_10, .closes = true},
    {"OPTIONS of an authority", LINE("OPTIONS http://a.example HTTP/1.1"),
     .method = SLICE_INIT("OPTIONS"), .path = SLICE_INIT("*"),
     .authority = SLICE_INIT("a.example")},
    {"Host with port and case", HOST("A.Example.:8080"), .method = SLICE_INIT("GET"),
     .path = SLICE_INIT("/"), .authority = SLICE_INIT("a.example:8080")},
    {"IPv6 Host", HOST("[2001:DB8::1]:443"), .method = SLICE_INIT("GET"), .path = SLICE_INIT("/"),
     .authority = SLICE_INIT("[2001:db8::1]:443")},
    {"blanks around Host", SLICE_INIT(GET "Host:\t a.example \t\r\n\r\n"), GET_A},
    {"no blank before Host", SLICE_INIT(GET "Host:a.example\r\n\r\n"), GET_A},
    {"length", SLICE_INIT(POST CL "\r\n"), POST_A, LENGTH(5)},
    {"length of nothing", SLICE_INIT(POST "Content-Length: 0\r\n\r\n"), POST_A, LENGTH(0)},
    {"length with HTABs", SLICE_INIT(POST "Content-Length:\t5\t\r\n\r\n"), POST_A, LENGTH(5)},
    {"leading zeros are decimal", SLICE_INIT(POST "Content-Length: 0010\r\n\r\n"), POST_A,
     LENGTH(10)},
    {"largest length", SLICE_INIT(POST "Content-Length: 9223372036854775807\r\n\r\n"), POST_A,
     LENGTH(INT64_MAX)},
    {"GET with a body", SLICE_INIT(GET H CL "\r\n"), GET_A, LENGTH(5)},
    {"chunked", SLICE_INIT(POST TE "\r\n"), POST_A, CHUNKED},
    {"chunked in any case, with HTAB", SLICE_INIT(POST "transfer-ENCODING:\tChunkeD \t\r\n\r\n"),
     POST_A, CHUNKED},
    {"underscores have no say",
     SLICE_INIT(POST CL "Transfer_Encoding: chunked\r\nContent_Length: 9\r\n\r\n"), POST_A,
     LENGTH(5)},
    {"no framing, no body", SLICE_INIT(POST "\r\n"), POST_A},
    {"waits for 100", SLICE_INIT(POST CL "Expect: 100-Continue\r\n\r\n"), POST_A, LENGTH(5),
     .expects_continue = true},
    {"expects in HTTP/1.0", SLICE_INIT("POST / HTTP/1.0\r\n" H CL "Expect: x\r\n\r\n"), POST_A,
     LENGTH(5), .version = HTTP_VERSION_10, .closes = true},
    {"empty value", SLICE_INIT(GET H "A:\r\nB: \r\n\r\n"), GET_A},
    {"obs-text", SLICE_INIT(GET H "X-Name: J\xf6rg \xe2\x82\xac\r\n\r\n"), GET_A},
};

static void check_accepted(const struct accepted *wanted, const struct http_request *got)
{
    ASSERT_SLICE(got->method, wanted->method);
    ASSERT_SLICE(got->path, wanted->path);
    ASSERT_SLICE(got->path_wire, wanted->path);
    ASSERT_SLICE(got->query, wanted->query);
    ASSERT_SLICE(got->authority, wanted->authority);
    assert_int_equal(got->has_query, wanted->has_query);
    assert_int_equal(got->is_asterisk, slice_eq(wanted->path, SLICE("*")));
    assert_int_equal(got->version, wanted->version ? wanted->version : HTTP_VERSION_11);
    assert_int_equal(got->keep_alive, !wanted->closes);
    assert_int_equal(got->expects_continue, wanted->expects_continue);
    assert_int_equal(got->framing.kind, wanted->framing.kind);
    assert_int_equal(got->framing.length, wanted->framing.length);
}

static void accepts_what_is_legal(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        print_message("%s\n", requests[i].name);
        struct parsed p;
        parse(&p, requests[i].head);
        ASSERT_REASON(p.reason, HTTP_REASON_NONE);
        check_accepted(&requests[i], &p.request);
        release(&p);
    }
}

static void recognises_methods(void **state)
{
    (void)state;
    static const struct {
        struct slice head;
        enum http_method id;
        bool is_idempotent;
    } methods[] = {
        {LINE("GET / HTTP/1.1"), HTTP_METHOD_GET, true},
        {LINE("HEAD / HTTP/1.1"), HTTP_METHOD_HEAD, true},
        {LINE("POST / HTTP/1.1"), HTTP_METHOD_POST, false},
        {LINE("PUT / HTTP/1.1"), HTTP_METHOD_PUT, true},
        {LINE("DELETE / HTTP/1.1"), HTTP_METHOD_DELETE, true},
        {LINE("PATCH / HTTP/1.1"), HTTP_METHOD_PATCH, false},
        {LINE("OPTIONS / HTTP/1.1"), HTTP_METHOD_OPTIONS, true},
        {LINE("GETS / HTTP/1.1"), HTTP_METHOD_OTHER, false},
        {LINE("Get / HTTP/1.1"), HTTP_METHOD_OTHER, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        struct parsed p;
        parse(&p, methods[i].head);
        assert_int_equal(p.request.method_id, methods[i].id);
        assert_int_equal(http_method_is_idempotent(p.request.method_id), methods[i].is_idempotent);
        release(&p);
    }
}

static void keeps_fields_in_order_with_blanks_cut(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, SLICE(GET H "X-A:  1 \r\nx_b:2\r\nX-A: 3\t4\r\n\r\n"));
    ASSERT_REASON(p.reason, HTTP_REASON_NONE);
    const struct http_fields *f = &p.request.fields;
    assert_int_equal(f->count, 4);
    assert_int_equal(f->items[0].id, HTTP_FIELD_HOST);
    ASSERT_SLICE(f->items[1].name, SLICE("X-A"));
    ASSERT_SLICE(f->items[1].value, SLICE("1"));
    assert_int_equal(f->items[1].flags, 0);
    ASSERT_SLICE(f->items[2].value, SLICE("2"));
    assert_int_equal(f->items[2].flags, HTTP_FIELD_UNDERSCORE);
    ASSERT_SLICE(f->items[3].value, SLICE("3\t4"));
    release(&p);
}

static void upgrade_counts_only_when_connection_names_it(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, SLICE(GET H "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n"));
    ASSERT_SLICE(p.request.upgrade, SLICE("websocket"));
    release(&p);
    parse(&p, SLICE(GET H "Upgrade: websocket\r\n\r\n"));
    ASSERT_SLICE(p.request.upgrade, SLICE(""));
    release(&p);
    parse(&p, SLICE("GET / HTTP/1.0\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n"));
    ASSERT_SLICE(p.request.upgrade, SLICE(""));
    release(&p);
}

static void sees_te_trailers(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, SLICE(GET H "TE: gzip;q=0.5, Trailers\r\n\r\n"));
    assert_true(p.request.te_trailers);
    release(&p);
    parse(&p, SLICE(GET H "TE: trailers-x\r\n\r\n"));
    assert_false(p.request.te_trailers);
    release(&p);
}

static void an_ignored_expectation_is_not_forwarded(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, SLICE("POST / HTTP/1.0\r\n" H CL "Expect: x\r\n\r\n"));
    ASSERT_REASON(p.reason, HTTP_REASON_NONE);
    assert_int_equal(p.request.fields.items[2].flags, HTTP_FIELD_DROP);
    release(&p);
}

static void default_port_depends_on_tls(void **state)
{
    (void)state;
    struct parsed p;
    parse_with(&p, SLICE(GET "Host: a:443\r\n\r\n"),
               &(struct http_request_options){.is_tls = true});
    ASSERT_SLICE(p.request.authority, SLICE("a"));
    assert_int_equal(p.request.port, 0);
    release(&p);
    parse_with(&p, SLICE(GET "Host: a:443\r\n\r\n"),
               &(struct http_request_options){.is_tls = false});
    ASSERT_SLICE(p.request.authority, SLICE("a:443"));
    ASSERT_SLICE(p.request.host, SLICE("a"));
    assert_int_equal(p.request.port, 443);
    release(&p);
}

static void http10_without_host_takes_the_default(void **state)
{
    (void)state;
    struct parsed p;
    const struct http_request_options options = {.default_host = SLICE("Default.example")};
    parse_with(&p, SLICE("GET / HTTP/1.0\r\n\r\n"), &options);
    ASSERT_REASON(p.reason, HTTP_REASON_NONE);
    ASSERT_SLICE(p.request.authority, SLICE("default.example"));
    release(&p);
    parse_with(&p, SLICE(GET "\r\n"), &options);
    ASSERT_REASON(p.reason, HTTP_REASON_HOST_MISSING);
    release(&p);
}

static void a_refused_request_still_says_what_it_asked(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, SLICE("PUT /a/../../b?c HTTP/1.1\r\n" H "Content-Length: x\r\nX: y\r\n\r\n"));
    ASSERT_REASON(p.reason, HTTP_REASON_CONTENT_LENGTH);
    ASSERT_SLICE(p.request.method, SLICE("PUT"));
    ASSERT_SLICE(p.request.target, SLICE("/a/../../b?c"));
    ASSERT_SLICE(p.request.authority, SLICE("a.example"));
    assert_int_equal(p.request.fields.count, 3);
    release(&p);
    parse(&p, SLICE("GET /x HTTP/7.0\r\n" H "User-Agent: y\r\n\r\n"));
    ASSERT_REASON(p.reason, HTTP_REASON_VERSION_UNSUPPORTED);
    ASSERT_SLICE(p.request.path, SLICE("/x"));
    assert_non_null(http_fields_find(&p.request.fields, HTTP_FIELD_USER_AGENT));
    release(&p);
}

static void methods_are_refused_with_their_framing_known(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, SLICE("TRACE / HTTP/1.1\r\n" H CL "\r\n"));
    ASSERT_REASON(p.reason, HTTP_REASON_METHOD_TRACE);
    assert_int_equal(p.request.framing.kind, HTTP_BODY_LENGTH);
    assert_int_equal(p.request.framing.length, 5);
    release(&p);
}

static void glimpses_at_what_the_scan_refused(void **state)
{
    (void)state;
    static const struct {
        struct slice head, method, target;
    } cases[] = {
        {SLICE_INIT("\r\nGET /x HTTP/1.1\r\nA: b\nc"), SLICE_INIT("GET"), SLICE_INIT("/x")},
        {SLICE_INIT("GET /x"), SLICE_INIT("GET"), SLICE_INIT("/x")},
        {SLICE_INIT("GET /\0 HTTP/1.1"), SLICE_INIT("GET"), SLICE_INIT("/\0")},
        {SLICE_INIT("GET /x\rb HTTP/1.1"), SLICE_INIT("GET"), SLICE_INIT("/x")},
        {SLICE_INIT("\x16\x03\x01"), SLICE_INIT("\x16\x03\x01"), SLICE_INIT("")},
        {SLICE_INIT("\n"), SLICE_INIT(""), SLICE_INIT("")},
        {SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edge e = edge_copy(cases[i].head);
        struct http_head_scan s;
        struct http_request request;
        http_head_scan_init(&s, &feed_limits, false);
        assert_true(http_head_scan(&s, e.text.ptr, e.text.len) != HTTP_DONE);
        http_request_glimpse(&s, e.text.ptr, e.text.len, &request);
        ASSERT_SLICE(request.method, cases[i].method);
        ASSERT_SLICE(request.target, cases[i].target);
        edge_free(&e);
    }
}

static void connection_list_has_a_limit(void **state)
{
    (void)state;
    for (int members = 64; members <= 65; members++) {
        char head[512];
        size_t len = sizeof(GET H "Connection: ") - 1;
        memcpy(head, GET H "Connection: ", len);
        for (int i = 0; i < members; i++, len += 2)
            memcpy(head + len, "a,", 2);
        memcpy(head + len - 1, "\r\n\r\n", 4);
        struct parsed p;
        parse(&p, slice_of(head, len + 3));
        ASSERT_REASON(p.reason, members == 64 ? HTTP_REASON_NONE : HTTP_REASON_CONNECTION_LIMIT);
        release(&p);
    }
}

static void a_full_arena_is_a_reason(void **state)
{
    (void)state;
    const struct slice head = SLICE("GET /a%20b HTTP/1.1\r\n" H "\r\n");
    const struct http_request_options options = {0};
    struct http_head_scan s = feed_scan(head, &feed_limits, false);
    struct arena arena;
    struct http_request request;
    arena_init(&arena, NULL, 0);
    ASSERT_REASON(http_request_parse(&s, head.ptr, &options, &arena, &request),
                  HTTP_REASON_NO_MEMORY);
    ASSERT_SLICE(request.method, SLICE("GET"));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_request_lines),
        cmocka_unit_test(refuses_bad_fields),
        cmocka_unit_test(refuses_ambiguous_framing),
        cmocka_unit_test(accepts_what_is_legal),
        cmocka_unit_test(recognises_methods),
        cmocka_unit_test(keeps_fields_in_order_with_blanks_cut),
        cmocka_unit_test(upgrade_counts_only_when_connection_names_it),
        cmocka_unit_test(sees_te_trailers),
        cmocka_unit_test(an_ignored_expectation_is_not_forwarded),
        cmocka_unit_test(default_port_depends_on_tls),
        cmocka_unit_test(http10_without_host_takes_the_default),
        cmocka_unit_test(a_refused_request_still_says_what_it_asked),
        cmocka_unit_test(methods_are_refused_with_their_framing_known),
        cmocka_unit_test(glimpses_at_what_the_scan_refused),
        cmocka_unit_test(connection_list_has_a_limit),
        cmocka_unit_test(a_full_arena_is_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
