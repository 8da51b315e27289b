// SPDX-License-Identifier: Apache-2.0
// A body taken out of a read buffer in place: however it is cut into pieces, the octets that come
// out are the same, and what follows the body stays where it lay.
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "http/decode.h"

enum { OUT_MAX = 4096 };

struct decoding {
    enum http_body_step step;
    char data[OUT_MAX];
    size_t len;
    size_t consumed;
};

// Decodes `in` in pieces of `piece` octets, each in a block of its own size.
static struct decoding decode(const struct http_framing *framing, uint64_t limit, struct slice in,
                              size_t piece)
{
    struct decoding out = {.step = HTTP_BODY_MORE};
    struct http_body_reader r;
    http_body_reader_init(&r, framing, limit);
    while (out.step == HTTP_BODY_MORE && out.consumed < in.len) {
        struct slice rest = slice_first(slice_from(in, out.consumed), piece);
        struct http_decoded decoded;
        char *block = malloc(rest.len);
        assert_non_null(block);
        memcpy(block, rest.ptr, rest.len);
        out.step = http_body_decode(&r, block, rest.len, &decoded);
        assert_true(decoded.data_len <= decoded.consumed && decoded.consumed <= rest.len);
        assert_true(out.step != HTTP_BODY_MORE || decoded.consumed == rest.len);
        assert_memory_equal(block + decoded.consumed, rest.ptr + decoded.consumed,
                            rest.len - decoded.consumed);
        assert_true(out.len + decoded.data_len <= OUT_MAX);
        memcpy(out.data + out.len, block, decoded.data_len);
        out.len += decoded.data_len;
        out.consumed += decoded.consumed;
        free(block);
    }
    return out;
}

static const struct {
    const char *name;
    struct http_framing framing;
    uint64_t limit;
    struct slice in, data, behind;
} sound[] = {
    {"length",
     {HTTP_BODY_LENGTH, 5},
     9,
     SLICE_INIT("helloGET"),
     SLICE_INIT("hello"),
     SLICE_INIT("GET")},
    {"length and limit are the same",
     {HTTP_BODY_LENGTH, 5},
     5,
     SLICE_INIT("hello"),
     SLICE_INIT("hello"),
     {0}},
    {"one chunk",
     {HTTP_BODY_CHUNKED, 0},
     9,
     SLICE_INIT("5\r\nhello\r\n0\r\n\r\nGET"),
     SLICE_INIT("hello"),
     SLICE_INIT("GET")},
    {"many chunks",
     {HTTP_BODY_CHUNKED, 0},
     99,
     SLICE_INIT("1\r\nh\r\n02;a=b\r\nel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n\r\n"),
     SLICE_INIT("hello"),
     SLICE_INIT("\r\n")},
    {"data that looks like chunks",
     {HTTP_BODY_CHUNKED, 0},
     99,
     SLICE_INIT("7\r\n0\r\n\r\n5\r\r\n0\r\n\r\n"),
     SLICE_INIT("0\r\n\r\n5\r"),
     {0}},
    {"a chunk of zeros",
     {HTTP_BODY_CHUNKED, 0},
     99,
     SLICE_INIT("3\r\n\0\0\0\r\n0\r\n\r\n"),
     SLICE_INIT("\0\0\0"),
     {0}},
    {"nothing in chunks",
     {HTTP_BODY_CHUNKED, 0},
     99,
     SLICE_INIT("0\r\n\r\nx"),
     {0},
     SLICE_INIT("x")},
};

static void gives_the_same_octets_however_they_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sound); i++)
        for (size_t piece = 1; piece <= sound[i].in.len; piece++) {
            struct decoding d = decode(&sound[i].framing, sound[i].limit, sound[i].in, piece);
            assert_int_equal(d.step, HTTP_BODY_DONE);
            ASSERT_SLICE(slice_of(d.data, d.len), sound[i].data);
            ASSERT_SLICE(slice_from(sound[i].in, d.consumed), sound[i].behind);
        }
}

static const struct {
    const char *name;
    struct http_framing framing;
    uint64_t limit;
    struct slice in;
    enum http_reason reason;
} broken[] = {
    {"a size that is none",
     {HTTP_BODY_CHUNKED, 0},
     99,
     SLICE_INIT("5\r\nhello\r\nx\r\n"),
     HTTP_REASON_CHUNK_SIZE},
    {"data longer than its chunk",
     {HTTP_BODY_CHUNKED, 0},
     99,
     SLICE_INIT("4\r\nhello\r\n0\r\n\r\n"),
     HTTP_REASON_CHUNK_END},
    {"more than the limit",
     {HTTP_BODY_CHUNKED, 0},
     4,
     SLICE_INIT("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
     HTTP_REASON_BODY_LIMIT},
};

static void refuses_with_the_same_reason_however_they_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        for (size_t piece = 1; piece <= broken[i].in.len; piece++) {
            struct http_body_reader r;
            struct http_decoded decoded;
            enum http_body_step step = HTTP_BODY_MORE;
            http_body_reader_init(&r, &broken[i].framing, broken[i].limit);
            for (size_t at = 0; step == HTTP_BODY_MORE && at < broken[i].in.len; at += piece) {
                char block[OUT_MAX];
                struct slice rest = slice_first(slice_from(broken[i].in, at), piece);
                memcpy(block, rest.ptr, rest.len);
                step = http_body_decode(&r, block, rest.len, &decoded);
            }
            assert_int_equal(step, HTTP_BODY_BAD);
            assert_string_equal(http_reason_word(r.reason), http_reason_word(broken[i].reason));
        }
}

static void waits_for_the_end_of_the_connection(void **state)
{
    (void)state;
    const struct http_framing close = {HTTP_BODY_CLOSE, 0};
    struct decoding d = decode(&close, UINT64_MAX, SLICE("0\r\n\r\nhello"), 3);
    assert_int_equal(d.step, HTTP_BODY_MORE);
    ASSERT_SLICE(slice_of(d.data, d.len), SLICE("0\r\n\r\nhello"));
}

static void is_done_at_once_without_a_body(void **state)
{
    (void)state;
    struct http_body_reader r;
    struct http_decoded decoded;
    char next[] = "GET";
    http_body_reader_init(&r, &(struct http_framing){HTTP_BODY_NONE, 9}, 0);
    assert_int_equal(http_body_decode(&r, next, 0, &decoded), HTTP_BODY_DONE);
    assert_int_equal(http_body_decode(&r, next, 3, &decoded), HTTP_BODY_DONE);
    assert_int_equal(decoded.consumed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_same_octets_however_they_came),
        cmocka_unit_test(refuses_with_the_same_reason_however_they_came),
        cmocka_unit_test(waits_for_the_end_of_the_connection),
        cmocka_unit_test(is_done_at_once_without_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
