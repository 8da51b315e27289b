// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: every legal form, every near miss, every split.
#include "feed.h"

#include "http/chunked.h"

struct outcome {
    enum http_chunked_step step;
    enum http_reason reason;
    char data[16384];
    size_t len;
    size_t consumed;
};

// Hands over in[from..to) at the edge and collects data; stops when the decoder does.
static void feed_piece(struct http_chunked *c, struct slice in, struct outcome *out, bool with_edge)
{
    struct edge e = {.text = in};
    if (with_edge)
        e = edge_copy(in);
    struct slice rest = e.text;
    do {
        size_t consumed;
        struct slice data;
        out->step = http_chunked_read(c, rest, &consumed, &data);
        assert_true(consumed <= rest.len);
        assert_true(out->step != HTTP_CHUNKED_MORE || consumed == rest.len);
        assert_true(out->len + data.len <= sizeof out->data);
        if (data.len > 0)
            memcpy(out->data + out->len, data.ptr, data.len);
        out->len += data.len;
        out->consumed += consumed;
        rest = slice_from(rest, consumed);
    } while (out->step == HTTP_CHUNKED_DATA);
    out->reason = c->reason;
    if (with_edge)
        edge_free(&e);
}

static void feed_pieces(struct slice in, size_t cut, size_t every, struct outcome *out,
                        bool with_edge)
{
    struct http_chunked c;
    http_chunked_init(&c);
    out->step = HTTP_CHUNKED_MORE;
    out->len = 0;
    out->consumed = 0;
    size_t piece = cut;
    while (in.len > 0 && out->step == HTTP_CHUNKED_MORE) {
        feed_piece(&c, slice_first(in, piece), out, with_edge);
        in = slice_from(in, piece);
        piece = every;
    }
}

static void assert_same(const struct outcome *got, const struct outcome *wanted)
{
    assert_int_equal(got->step, wanted->step);
    ASSERT_REASON(got->reason, wanted->reason);
    ASSERT_SLICE(slice_of(got->data, got->len), slice_of(wanted->data, wanted->len));
    assert_int_equal(got->consumed, wanted->consumed);
}

static void feed(struct slice in, struct outcome *whole)
{
    static struct outcome pieces;
    feed_pieces(in, in.len, in.len, whole, true);
    feed_pieces(in, 1, 1, &pieces, true);
    assert_same(&pieces, whole);
    for (size_t cut = 1; cut < in.len; cut++) {
        feed_pieces(in, cut, in.len, &pieces, false);
        assert_same(&pieces, whole);
    }
}

static const struct {
    const char *name;
    struct slice in;
    struct slice data;
} bodies[] = {
    {"nothing", SLICE_INIT("0\r\n\r\n"), SLICE_INIT("")},
    {"zeros", SLICE_INIT("0000\r\n\r\n"), SLICE_INIT("")},
    {"one chunk", SLICE_INIT("5\r\nhello\r\n0\r\n\r\n"), SLICE_INIT("hello")},
    {"two chunks", SLICE_INIT("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), SLICE_INIT("hello world")},
    {"hex in any case", SLICE_INIT("a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n"),
     SLICE_INIT("0123456789abcdefghij")},
    {"leading zeros", SLICE_INIT("0000000000000000000000000005\r\nhello\r\n0\r\n\r\n"),
     SLICE_INIT("hello")},
    {"CRLF in data", SLICE_INIT("9\r\n0\r\n\r\nGET \r\n0\r\n\r\n"), SLICE_INIT("0\r\n\r\nGET ")},
    {"NUL in data", SLICE_INIT("3\r\na\0b\r\n0\r\n\r\n"), SLICE_INIT("a\0b")},
    {"extension", SLICE_INIT("5;a\r\nhello\r\n0;b\r\n\r\n"), SLICE_INIT("hello")},
    {"extension with value", SLICE_INIT("5;a=b;c=d\r\nhello\r\n0\r\n\r\n"), SLICE_INIT("hello")},
    {"extension with blanks", SLICE_INIT("5; a \t= b ; c\r\nhello\r\n0\r\n\r\n"),
     SLICE_INIT("hello")},
    {"quoted value", SLICE_INIT("5;a=\"b;\\\"\xe9\t \";c=\"\"\r\nhello\r\n0\r\n\r\n"),
     SLICE_INIT("hello")},
    {"blank behind a quoted value", SLICE_INIT("5;a=\"b\" ;c\r\nhello\r\n0\r\n\r\n"),
     SLICE_INIT("hello")},
    {"trailers", SLICE_INIT("1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"), SLICE_INIT("a")},
    {"trailer with HTAB and obs-text", SLICE_INIT("0\r\nX:\t\xe9 \r\n\r\n"), SLICE_INIT("")},
    {"trailer with a long name", SLICE_INIT("0\r\ntransfer-encoding-of-something-else: 1\r\n\r\n"),
     SLICE_INIT("")},
    {"trailer of 24 octets", SLICE_INIT("0\r\nabcdefghijklmnopqrstuvwx: 1\r\n\r\n"),
     SLICE_INIT("")},
};

static void decodes_legal_bodies(void **state)
{
    (void)state;
    static struct outcome got;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        print_message("%s\n", bodies[i].name);
        feed(bodies[i].in, &got);
        ASSERT_REASON(got.reason, HTTP_REASON_NONE);
        assert_int_equal(got.step, HTTP_CHUNKED_DONE);
        ASSERT_SLICE(slice_of(got.data, got.len), bodies[i].data);
        assert_int_equal(got.consumed, bodies[i].in.len);
    }
}

static const struct {
    const char *name;
    struct slice in;
    enum http_reason reason;
} refusals[] = {
    {"no size", SLICE_INIT("\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"blank before", SLICE_INIT(" 5\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"blank behind", SLICE_INIT("5 \r\n"), HTTP_REASON_CHUNK_SIZE},
    {"blank before an extension", SLICE_INIT("5 ;a\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"prefix", SLICE_INIT("0x5\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"plus", SLICE_INIT("+5\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"minus", SLICE_INIT("-5\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"no hex", SLICE_INIT("5g\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"underscore", SLICE_INIT("1_0\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"semicolon alone", SLICE_INIT(";a\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"NUL", SLICE_INIT("5\0\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"2^63", SLICE_INIT("8000000000000000\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"2^64 + 5", SLICE_INIT("10000000000000005\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"33 digits", SLICE_INIT("000000000000000000000000000000005\r\n"), HTTP_REASON_CHUNK_SIZE},
    {"LF behind the size", SLICE_INIT("5\nhello"), HTTP_REASON_BARE_LF},
    {"LF behind an extension", SLICE_INIT("5;a\nhello"), HTTP_REASON_BARE_LF},
    {"LF in a quoted value", SLICE_INIT("5;a=\"\n\"\r\n"), HTTP_REASON_BARE_LF},
    {"CR alone behind the size", SLICE_INIT("5\rhello"), HTTP_REASON_BARE_CR},
    {"CR in a quoted value", SLICE_INIT("5;a=\"\r\n\"\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"extension without name", SLICE_INIT("5;\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"extension of blanks", SLICE_INIT("5; \r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"two semicolons", SLICE_INIT("5;;a\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"value without name", SLICE_INIT("5;=a\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"name without value", SLICE_INIT("5;a=\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"two names", SLICE_INIT("5;a b\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"two values", SLICE_INIT("5;a=b c\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"octets behind a quoted value", SLICE_INIT("5;a=\"b\"c\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"blank at the end", SLICE_INIT("5;a \r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"blank at the end of a value", SLICE_INIT("5;a=b \r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"high octet in an extension", SLICE_INIT("5;\xe9\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"NUL in an extension", SLICE_INIT("5;a\0\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"control in a quoted value", SLICE_INIT("5;a=\"\x01\"\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"escaped control", SLICE_INIT("5;a=\"\\\x7f\"\r\n"), HTTP_REASON_CHUNK_EXTENSION},
    {"more data than said", SLICE_INIT("5\r\nhello!\r\n"), HTTP_REASON_CHUNK_END},
    {"data ends in LF", SLICE_INIT("5\r\nhello\n0\r\n\r\n"), HTTP_REASON_CHUNK_END},
    {"data ends in CR CR", SLICE_INIT("5\r\nhello\r\r\n"), HTTP_REASON_CHUNK_END},
    {"data ends in nothing", SLICE_INIT("5\r\nhello0\r\n\r\n"), HTTP_REASON_CHUNK_END},
    {"LF for the empty line", SLICE_INIT("0\r\n\n"), HTTP_REASON_BARE_LF},
    {"CR for the empty line", SLICE_INIT("0\r\n\rX"), HTTP_REASON_BARE_CR},
    {"trailer without colon", SLICE_INIT("0\r\nX\r\n"), HTTP_REASON_TRAILER},
    {"trailer without name", SLICE_INIT("0\r\n: x\r\n"), HTTP_REASON_TRAILER},
    {"blank before the colon", SLICE_INIT("0\r\nX : y\r\n"), HTTP_REASON_TRAILER},
    {"folded trailer", SLICE_INIT("0\r\nX: y\r\n z\r\n"), HTTP_REASON_TRAILER},
    {"NUL in a trailer", SLICE_INIT("0\r\nX: \0\r\n"), HTTP_REASON_TRAILER},
    {"CR in a trailer", SLICE_INIT("0\r\nX: y\rz\r\n"), HTTP_REASON_BARE_CR},
    {"LF ends a trailer", SLICE_INIT("0\r\nX: y\n"), HTTP_REASON_BARE_LF},
    {"LF in a name", SLICE_INIT("0\r\nX\n: y"), HTTP_REASON_BARE_LF},
    {"request behind the last chunk", SLICE_INIT("0\r\nGET / HTTP/1.1\r\n"), HTTP_REASON_TRAILER},
    {"Content-Length", SLICE_INIT("0\r\nCONTENT-length: 5\r\n"), HTTP_REASON_TRAILER},
    {"Transfer-Encoding", SLICE_INIT("0\r\nTransfer-Encoding: chunked\r\n"), HTTP_REASON_TRAILER},
    {"Host", SLICE_INIT("0\r\nHost: b\r\n"), HTTP_REASON_TRAILER},
    {"Authorization", SLICE_INIT("0\r\nX: y\r\nAuthorization: x\r\n"), HTTP_REASON_TRAILER},
};

static void refuses_near_misses(void **state)
{
    (void)state;
    static struct outcome got;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        print_message("%s\n", refusals[i].name);
        feed(refusals[i].in, &got);
        assert_int_equal(got.step, HTTP_CHUNKED_BAD);
        ASSERT_REASON(got.reason, refusals[i].reason);
    }
}

static void stops_behind_the_body(void **state)
{
    (void)state;
    static struct outcome got;
    feed(SLICE("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), &got);
    assert_int_equal(got.step, HTTP_CHUNKED_DONE);
    assert_int_equal(got.consumed, 11);
}

static void waits_for_the_end(void **state)
{
    (void)state;
    static struct outcome got;
    const struct slice body = SLICE("5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n");
    for (size_t len = 1; len < body.len; len++) {
        feed(slice_first(body, len), &got);
        assert_int_equal(got.step, HTTP_CHUNKED_MORE);
        ASSERT_REASON(got.reason, HTTP_REASON_NONE);
    }
}

// "head", then `count` times `unit`, then "tail".
static struct slice repeat(char *out, const char *head, const char *unit, size_t count,
                           const char *tail)
{
    char *at = out;
    at = stpcpy(at, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, unit);
    at = stpcpy(at, tail);
    return slice_of(out, (size_t)(at - out));
}

static const struct {
    const char *name, *head, *unit, *tail;
    size_t fits;
    enum http_reason reason;
} limits[] = {
    {"extension of a chunk", "0;", "a", "\r\n\r\n", 255, HTTP_REASON_CHUNK_EXTENSION_LIMIT},
    {"extensions of a message", "", "1;abcdefghijklmno\r\nx\r\n", "0\r\n\r\n", 256,
     HTTP_REASON_CHUNK_EXTENSION_LIMIT},
    {"trailer octets", "0\r\n", "X: 1234567\r\n", "\r\n", 32, HTTP_REASON_TRAILER_LIMIT},
    {"trailer line", "0\r\nX:", "y", "\r\n\r\n", 4092, HTTP_REASON_TRAILER_LIMIT},
    {"digits", "", "0", "\r\n\r\n", 32, HTTP_REASON_CHUNK_SIZE},
};

static void limits_hold_to_the_octet(void **state)
{
    (void)state;
    static struct outcome got;
    static char text[16384];
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        print_message("%s\n", limits[i].name);
        struct slice in =
            repeat(text, limits[i].head, limits[i].unit, limits[i].fits, limits[i].tail);
        feed_pieces(in, in.len, in.len, &got, true);
        ASSERT_REASON(got.reason, HTTP_REASON_NONE);
        assert_int_equal(got.step, HTTP_CHUNKED_DONE);
        in = repeat(text, limits[i].head, limits[i].unit, limits[i].fits + 1, limits[i].tail);
        feed_pieces(in, 1, 1, &got, false);
        ASSERT_REASON(got.reason, limits[i].reason);
    }
}

static void a_verdict_stays(void **state)
{
    (void)state;
    struct http_chunked c;
    size_t consumed;
    struct slice data;
    http_chunked_init(&c);
    assert_int_equal(http_chunked_read(&c, SLICE("x"), &consumed, &data), HTTP_CHUNKED_BAD);
    assert_int_equal(http_chunked_read(&c, SLICE("0\r\n\r\n"), &consumed, &data), HTTP_CHUNKED_BAD);
    assert_int_equal(consumed, 0);
    ASSERT_REASON(c.reason, HTTP_REASON_CHUNK_SIZE);
    http_chunked_init(&c);
    assert_int_equal(http_chunked_read(&c, SLICE("0\r\n\r\n"), &consumed, &data),
                     HTTP_CHUNKED_DONE);
    assert_int_equal(http_chunked_read(&c, SLICE("x"), &consumed, &data), HTTP_CHUNKED_DONE);
    assert_int_equal(consumed, 0);
}

static void writes_chunk_heads(void **state)
{
    (void)state;
    char out[HTTP_CHUNK_HEAD_MAX];
    ASSERT_SLICE(slice_of(out, http_chunk_head(out, 1)), SLICE("1\r\n"));
    ASSERT_SLICE(slice_of(out, http_chunk_head(out, 16384)), SLICE("4000\r\n"));
    ASSERT_SLICE(slice_of(out, http_chunk_head(out, UINT64_MAX)), SLICE("ffffffffffffffff\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_legal_bodies),     cmocka_unit_test(refuses_near_misses),
        cmocka_unit_test(stops_behind_the_body),    cmocka_unit_test(waits_for_the_end),
        cmocka_unit_test(limits_hold_to_the_octet), cmocka_unit_test(a_verdict_stays),
        cmocka_unit_test(writes_chunk_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
