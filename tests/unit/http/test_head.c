// SPDX-License-Identifier: Apache-2.0
// The scan: where a head ends, what is refused before it does, and limits to the octet.
#include "feed.h"

#include <stdio.h>

struct refusal {
    const char *name;
    struct slice head;
    enum http_reason reason;
    bool is_response;
    size_t seen; // octets after which the verdict stands
};

#define GET   "GET / HTTP/1.1\r\n"
#define OK200 "HTTP/1.1 200 OK\r\n"

static const struct refusal refusals[] = {
    {"bare LF ends the request line", SLICE_INIT("GET / HTTP/1.1\n"), HTTP_REASON_BARE_LF, false,
     15},
    {"bare LF alone", SLICE_INIT("\n"), HTTP_REASON_BARE_LF, false, 1},
    {"bare LF ends a field", SLICE_INIT(GET "Host: a\n\r\n"), HTTP_REASON_BARE_LF, false, 24},
    {"bare LF ends the head", SLICE_INIT(GET "Host: a\r\n\n"), HTTP_REASON_BARE_LF, false, 26},
    {"LF CR", SLICE_INIT(GET "Host: a\n\r"), HTTP_REASON_BARE_LF, false, 24},
    {"CR in the request line", SLICE_INIT("GET /\rx HTTP/1.1\r\n"), HTTP_REASON_BARE_CR, false, 7},
    {"CR in a value", SLICE_INIT(GET "A: b\rc\r\n"), HTTP_REASON_BARE_CR, false, 22},
    {"CR CR LF", SLICE_INIT(GET "A: b\r\r\n"), HTTP_REASON_BARE_CR, false, 22},
    {"CR before a name", SLICE_INIT(GET "\rA: b\r\n"), HTTP_REASON_BARE_CR, false, 18},
    {"empty line of CR", SLICE_INIT("\rGET"), HTTP_REASON_BARE_CR, false, 2},
    {"NUL in the target", SLICE_INIT("GET /\0 HTTP/1.1\r\n"), HTTP_REASON_NUL, false, 6},
    {"NUL in a name", SLICE_INIT(GET "A\0: b\r\n"), HTTP_REASON_NUL, false, 18},
    {"NUL in a value", SLICE_INIT(GET "A: \0\r\n"), HTTP_REASON_NUL, false, 20},
    {"HTAB in the request line", SLICE_INIT("GET\t/ HTTP/1.1\r\n"), HTTP_REASON_CONTROL, false, 4},
    {"VT in the request line", SLICE_INIT("GET /\v HTTP/1.1\r\n"), HTTP_REASON_CONTROL, false, 6},
    {"DEL in the request line", SLICE_INIT("GET /\x7f HTTP/1.1\r\n"), HTTP_REASON_CONTROL, false,
     6},
    {"VT in a value", SLICE_INIT(GET "A: \vb\r\n"), HTTP_REASON_CONTROL, false, 20},
    {"FF before the colon", SLICE_INIT(GET "A\f: b\r\n"), HTTP_REASON_CONTROL, false, 18},
    {"ESC in a value", SLICE_INIT(GET "A: \x1b[0m\r\n"), HTTP_REASON_CONTROL, false, 20},
    {"DEL in a value", SLICE_INIT(GET "A: b\x7f\r\n"), HTTP_REASON_CONTROL, false, 21},
    {"five empty lines", SLICE_INIT("\r\n\r\n\r\n\r\n\r\n" GET "\r\n"), HTTP_REASON_EMPTY_LINES,
     false, 9},
    {"SP before the request line", SLICE_INIT(" GET / HTTP/1.1\r\n"), HTTP_REASON_LEADING_BLANK,
     false, 1},
    {"HTAB after an empty line", SLICE_INIT("\r\n\tGET"), HTTP_REASON_LEADING_BLANK, false, 3},
    {"SP behind the request line", SLICE_INIT(GET " A: b\r\n"), HTTP_REASON_OBS_FOLD, false, 17},
    {"blank line of SP", SLICE_INIT(GET " \r\n"), HTTP_REASON_OBS_FOLD, false, 17},
    {"folded field", SLICE_INIT(GET "A: b\r\n c\r\n"), HTTP_REASON_OBS_FOLD, false, 23},
    {"folded field with HTAB", SLICE_INIT(GET "A: b\r\n\tc\r\n"), HTTP_REASON_OBS_FOLD, false, 23},
    {"TLS record", SLICE_INIT("\x16\x03\x01\x02\x00"), HTTP_REASON_METHOD, false, 1},
    {"high octets", SLICE_INIT("\xff\xfe"), HTTP_REASON_METHOD, false, 1},
    {"NUL first", SLICE_INIT("\0GET"), HTTP_REASON_METHOD, false, 1},
    {"quote first", SLICE_INIT("\"GET\" /"), HTTP_REASON_METHOD, false, 1},
    {"HTTP/0.9 body as a response", SLICE_INIT("<html>"), HTTP_REASON_STATUS_LINE, true, 1},
    {"empty line before a status line", SLICE_INIT("\r\n" OK200), HTTP_REASON_STATUS_LINE, true, 1},
    {"blank before a status line", SLICE_INIT(" " OK200), HTTP_REASON_STATUS_LINE, true, 1},
    {"lower-case status line", SLICE_INIT("http/1.1 200 OK\r\n"), HTTP_REASON_STATUS_LINE, true, 1},
    {"HTTP/2 status line", SLICE_INIT("HTTP/2.0 200 OK\r\n"), HTTP_REASON_STATUS_LINE, true, 6},
    {"folded response field", SLICE_INIT(OK200 "A: b\r\n c\r\n"), HTTP_REASON_OBS_FOLD, true, 24},
    {"bare LF in a response", SLICE_INIT(OK200 "A: b\n"), HTTP_REASON_BARE_LF, true, 22},
    {"NUL in a reason phrase", SLICE_INIT("HTTP/1.1 200 O\0\r\n"), HTTP_REASON_NUL, true, 15},
};

static void refuses_at_the_first_wrong_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *r = &refusals[i];
        print_message("%s\n", r->name);
        struct http_head_scan s = feed_scan(r->head, &feed_limits, r->is_response);
        ASSERT_REASON(s.reason, r->reason);
        http_head_scan_init(&s, &feed_limits, r->is_response);
        assert_int_equal(feed_prefix(&s, r->head, r->seen - 1), HTTP_MORE);
        assert_int_equal(feed_prefix(&s, r->head, r->seen), HTTP_BAD);
    }
}

struct whole {
    const char *name;
    struct slice head;
    size_t start;
    unsigned fields;
    bool is_response;
};

static const struct whole wholes[] = {
    {"no fields", SLICE_INIT(GET "\r\n"), 0, 0, false},
    {"one field", SLICE_INIT(GET "Host: a\r\n\r\n"), 0, 1, false},
    {"one empty line before", SLICE_INIT("\r\n" GET "Host: a\r\n\r\n"), 2, 1, false},
    {"four empty lines before", SLICE_INIT("\r\n\r\n\r\n\r\n" GET "\r\n"), 8, 0, false},
    {"HTAB and obs-text in values", SLICE_INIT(GET "A:\tb\tc\t\r\nB: \xc3\xa9\xff\r\n\r\n"), 0, 2,
     false},
    {"high octets in the target are for the parser", SLICE_INIT("GET /\xff HTTP/1.1\r\n\r\n"), 0, 0,
     false},
    {"response", SLICE_INIT(OK200 "A: b\r\n\r\n"), 0, 1, true},
    {"response with HTAB in the phrase", SLICE_INIT("HTTP/1.1 200 a\tb\r\n\r\n"), 0, 0, true},
    {"response of HTTP/1.0", SLICE_INIT("HTTP/1.0 200 \r\n\r\n"), 0, 0, true},
};

static void finds_the_end_of_a_head(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wholes); i++) {
        const struct whole *w = &wholes[i];
        print_message("%s\n", w->name);
        struct http_head_scan s = feed_scan(w->head, &feed_limits, w->is_response);
        ASSERT_REASON(s.reason, HTTP_REASON_NONE);
        assert_int_equal(s.head_len, w->head.len);
        assert_int_equal(s.start, w->start);
        assert_int_equal(s.field_count, w->fields);
    }
}

static void stops_behind_the_head(void **state)
{
    (void)state;
    // What follows belongs to the body or to the next request, and may be anything.
    struct http_head_scan s = feed_scan(SLICE(GET "Host: a\r\n\r\n\0\n\xff "), &feed_limits, false);
    ASSERT_REASON(s.reason, HTTP_REASON_NONE);
    assert_int_equal(s.head_len, 16 + 9 + 2);
}

static void waits_for_the_rest(void **state)
{
    (void)state;
    static const struct slice heads[] = {SLICE_INIT(""),           SLICE_INIT("G"),
                                         SLICE_INIT(GET),          SLICE_INIT(GET "\r"),
                                         SLICE_INIT(GET "A: b\r"), SLICE_INIT(GET "A: b\r\n"),
                                         SLICE_INIT("\r\n\r")};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        struct http_head_scan s;
        http_head_scan_init(&s, &feed_limits, false);
        assert_int_equal(http_head_scan(&s, heads[i].ptr, heads[i].len), HTTP_MORE);
    }
}

static void knows_when_nothing_has_begun(void **state)
{
    (void)state;
    static const struct {
        struct slice head;
        bool is_idle;
    } cases[] = {
        {SLICE_INIT(""), true},    {SLICE_INIT("\r\n"), true}, {SLICE_INIT("\r\n\r\n"), true},
        {SLICE_INIT("\r"), false}, {SLICE_INIT("G"), false},   {SLICE_INIT("\r\nG"), false},
        {SLICE_INIT("\n"), false}, {SLICE_INIT(GET), false},   {SLICE_INIT(" "), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_head_scan s;
        http_head_scan_init(&s, &feed_limits, false);
        enum http_parse verdict = http_head_scan(&s, cases[i].head.ptr, cases[i].head.len);
        assert_true(verdict != HTTP_DONE);
        assert_int_equal(http_head_scan_is_idle(&s), cases[i].is_idle);
    }
}

// Limits of 20 octets per start line and 10 per field line, 24 in all, 3 fields.
static const struct http_head_limits small = {
    .start_line = 20, .field_line = 10, .field_bytes = 24, .field_count = 3};

static const struct refusal limited[] = {
    {"start line of the limit", SLICE_INIT("GET /234567 HTTP/1.1\r\n\r\n"), HTTP_REASON_NONE, false,
     24},
    {"start line past it", SLICE_INIT("GET /2345678 HTTP/1.1\r\n"), HTTP_REASON_REQUEST_LINE_LIMIT,
     false, 21},
    {"endless start line", SLICE_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAA"), HTTP_REASON_REQUEST_LINE_LIMIT,
     false, 21},
    {"status line past it", SLICE_INIT("HTTP/1.1 200 45678901"), HTTP_REASON_STATUS_LINE, true, 21},
    {"field of the limit", SLICE_INIT(GET "A: 4567890\r\n\r\n"), HTTP_REASON_NONE, false, 30},
    {"field past it", SLICE_INIT(GET "A: 45678901\r\n"), HTTP_REASON_FIELD_LINE_LIMIT, false, 27},
    {"HTAB past it", SLICE_INIT(GET "A: 4567890\t\r\n"), HTTP_REASON_FIELD_LINE_LIMIT, false, 27},
    {"three fields", SLICE_INIT(GET "a:\r\nb:\r\nc:\r\n\r\n"), HTTP_REASON_NONE, false, 30},
    {"four fields", SLICE_INIT(GET "a:\r\nb:\r\nc:\r\nd"), HTTP_REASON_FIELD_COUNT_LIMIT, false,
     29},
    {"section of the limit", SLICE_INIT(GET "A: 4567890\r\nB: 4567890\r\n\r\n"), HTTP_REASON_NONE,
     false, 42},
    {"section past it", SLICE_INIT(GET "A: 4567890\r\nB: 4567890\r\nc"),
     HTTP_REASON_FIELD_SECTION_LIMIT, false, 41},
    {"LF past it", SLICE_INIT(GET "A: 456789\r\nB: 4\r\nC: 456\r\n"),
     HTTP_REASON_FIELD_SECTION_LIMIT, false, 41},
    {"line ends count", SLICE_INIT(GET "A: 4567890\r\nB: 45\r\nc: 4\r\n"),
     HTTP_REASON_FIELD_SECTION_LIMIT, false, 41},
};

static void limits_hold_to_the_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limited); i++) {
        const struct refusal *r = &limited[i];
        print_message("%s\n", r->name);
        struct http_head_scan s = feed_scan(r->head, &small, r->is_response);
        ASSERT_REASON(s.reason, r->reason);
        if (r->reason == HTTP_REASON_NONE)
            continue;
        http_head_scan_init(&s, &small, r->is_response);
        assert_int_equal(feed_prefix(&s, r->head, r->seen - 1), HTTP_MORE);
        assert_int_equal(feed_prefix(&s, r->head, r->seen), HTTP_BAD);
    }
}

static void a_verdict_stays(void **state)
{
    (void)state;
    struct http_head_scan s;
    http_head_scan_init(&s, &feed_limits, false);
    assert_int_equal(http_head_scan(&s, "GET\n", 4), HTTP_BAD);
    assert_int_equal(http_head_scan(&s, "GET\nX", 5), HTTP_BAD);
    ASSERT_REASON(s.reason, HTTP_REASON_BARE_LF);
}

static void takes_a_hundred_fields_and_long_request_lines(void **state)
{
    (void)state;
    static char head[16384];
    size_t len = 0;
    memcpy(head, "GET /", 5);
    memset(head + 5, 'a', 7986);
    memcpy(head + 7991, " HTTP/1.1\r\n", 11);
    len = 8002;
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(head + len, sizeof head - len, "X-%d: %d\r\n", i, i);
    memcpy(head + len, "\r\n", 2);
    struct http_head_scan s;
    http_head_scan_init(&s, &feed_limits, false);
    assert_int_equal(feed_prefix(&s, slice_of(head, len + 2), len + 2), HTTP_DONE);
    assert_int_equal(s.field_count, 100);
    assert_int_equal(s.fields_start, 8002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_at_the_first_wrong_octet),
        cmocka_unit_test(finds_the_end_of_a_head),
        cmocka_unit_test(stops_behind_the_head),
        cmocka_unit_test(waits_for_the_rest),
        cmocka_unit_test(knows_when_nothing_has_begun),
        cmocka_unit_test(limits_hold_to_the_octet),
        cmocka_unit_test(a_verdict_stays),
        cmocka_unit_test(takes_a_hundred_fields_and_long_request_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
