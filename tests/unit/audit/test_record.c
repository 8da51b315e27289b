// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "audit/record.h"
#include "base/buf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "base/utf8.h"
#include "support/dice.h"

static char line[2 * AUDIT_RECORD_MAX];
static struct buf out;
static struct audit_record record;

static int begin(void **state)
{
    (void)state;
    buf_init(&out, line, sizeof(line));
    audit_record_init(&record);
    record.start_wall_ns = 1769903999999u * 1000000u; // 2026-01-31T23:59:59.999Z
    return addr_parse(SLICE("203.0.113.7"), &record.client) &&
                   addr_parse(SLICE("2001:db8::1"), &record.peer)
               ? 0
               : -1;
}

// Writes and reads again; every line has to be one object on one line in valid UTF-8, not over the
// ceiling.
static struct json_doc *write_and_read(const struct audit_redaction *redaction)
{
    size_t before = out.len;
    audit_record_write(&record, redaction, &out);
    assert_false(out.failed);
    struct slice text = slice_of(out.data + before, out.len - before);
    assert_in_range(text.len, 2, AUDIT_RECORD_MAX);
    assert_int_equal(slice_index(text, '\n'), text.len - 1);
    assert_true(utf8_is_valid(text));
    struct problems *problems = problems_new();
    struct json_doc *doc = json_read_text("record", text, problems);
    if (problems_count(problems))
        fail_msg("%s in %.*s", problems_text(problems, 0), (int)text.len, text.ptr);
    problems_free(&problems);
    assert_non_null(doc);
    assert_int_equal(json_root(doc)->type, JSON_OBJECT);
    return doc;
}

static void expect_line(const char *wanted)
{
    audit_record_write(&record, NULL, &out);
    ASSERT_SLICE(buf_view(&out), slice_str(wanted));
}

static void fill_request(void)
{
    record.kind = AUDIT_REQUEST;
    record.verdict = AUDIT_VERDICT_DENIED;
    record.outcome = AUDIT_FAILURE;
    record.id = SLICE("0123abc");
    record.duration_ns = 1500;
    record.reason = "score-threshold";
    record.reason_text = "too many points";
    record.listener = SLICE("public");
    record.client.port = 4711;
    record.has_client_port = true;
    record.peer.port = 443;
    record.client_source = "connection";
    record.country = SLICE("DE");
    record.continent = SLICE("EU");
    record.asn = 64500;
    record.as_name = SLICE("Example Net");
    record.user = SLICE("alice");
    record.http_version = SLICE("1.1");
    record.method = SLICE("GET");
    record.target = SLICE("/a?id=1%20or%201=1");
    record.path = SLICE("/a");
    record.query = SLICE("id=1%20or%201=1");
    record.has_query = true;
    record.host = SLICE("app.example.com");
    record.user_agent = SLICE("curl/8");
    record.request_body_bytes = 3;
    record.response_body_bytes = 512;
    record.status = 403;
    record.response_complete = true;
    record.tunnel_end = "client-closed";
    record.tunnel_ns = 7;
}

static void fill_the_rest(void)
{
    static const struct audit_match second = {.rule = SLICE_INIT("xss"),
                                              .target = SLICE_INIT("query.b"),
                                              .value = SLICE_INIT("<b>"),
                                              .is_secret = true};
    static const struct audit_match first = {.rule = SLICE_INIT("sqli"),
                                             .target = SLICE_INIT("query.id"),
                                             .value = SLICE_INIT("1 or 1=1"),
                                             .score = 5,
                                             .is_detect = true,
                                             .next = &second};
    record.is_tls = true;
    record.tls.version = SLICE("1.3");
    record.tls.cipher = SLICE("TLS_AES_128_GCM_SHA256");
    record.tls.protocol = SLICE("h2");
    record.tls.server_name = SLICE("app.example.com");
    record.tls.resumed = true;
    record.route = SLICE("app");
    record.filter = SLICE("waf");
    record.rule = SLICE("sqli");
    record.rule_name = SLICE("always true");
    record.score = 5;
    record.match_count = 7;
    record.count = 12;
    record.matches = &first;
    record.backend = SLICE("app");
    record.would_deny_filter = SLICE("geo");
    record.would_deny_reason = "country";
    record.ban = (struct audit_ban){.is_there = true,
                                    .is_new = true,
                                    .until_wall_ns = UINT64_C(1700000000) * 1000000000,
                                    .times = 2};
    assert_true(addr_parse_prefix(SLICE("2001:db8::/64"), false, &record.ban.who));
    record.attempts[0] =
        (struct audit_attempt){.server = SLICE("127.0.0.1:1"), .failure = "refused"};
    record.attempts[1] =
        (struct audit_attempt){.server = SLICE("127.0.0.1:2"), .insecure = true, .reused = true};
    record.attempt_count = 2;
    record.insecure = true;
    record.tls_ns = 1;
    record.filters_ns = 2;
    record.backend_connect_ns = 3;
    record.backend_first_byte_ns = 4;
}

static void writes_a_request_with_everything(void **state)
{
    (void)state;
    fill_request();
    fill_the_rest();
    expect_line("{\"@timestamp\":\"2026-01-31T23:59:59.999Z\",\"ecs\":{\"version\":\"8.11.0\"},"
                "\"event\":{\"id\":\"0123abc\","
                "\"kind\":\"event\",\"category\":[\"web\"],\"type\":[\"access\",\"denied\"],"
                "\"action\":\"request\","
                "\"outcome\":\"failure\",\"reason\":\"score-threshold\",\"duration\":1500},"
                "\"client\":{\"address\":\"203.0.113.7\","
                "\"ip\":\"203.0.113.7\",\"port\":4711,\"geo\":{\"country_iso_code\":\"DE\","
                "\"continent_code\":\"EU\"},"
                "\"as\":{\"number\":64500,\"organization\":{\"name\":\"Example "
                "Net\"}}},\"user\":{\"name\":\"alice\"},"
                "\"http\":{\"version\":\"1.1\",\"request\":{\"id\":\"0123abc\",\"method\":\"GET\","
                "\"body\":{\"bytes\":3}},"
                "\"response\":{\"status_code\":403,\"body\":{\"bytes\":512}}},\"url\":{"
                "\"original\":\"/a?id=1%20or%201=1\","
                "\"domain\":\"app.example.com\",\"path\":\"/"
                "a\",\"query\":\"id=1%20or%201=1\"},\"user_agent\":{\"original\":"
                "\"curl/"
                "8\"},\"tls\":{\"version\":\"1.3\",\"version_protocol\":\"tls\",\"cipher\":\"TLS_"
                "AES_128_GCM_SHA256\","
                "\"established\":true,\"resumed\":true,\"next_protocol\":\"h2\",\"client\":{"
                "\"server_name\":\"app.example.com\"}},"
                "\"rule\":{\"id\":\"sqli\",\"name\":\"always "
                "true\"},\"yett\":{\"listener\":\"public\",\"route\":\"app\","
                "\"filter\":\"waf\",\"verdict\":\"denied\",\"reason_text\":\"too many "
                "points\",\"count\":12,\"score\":5,\"match_count\":7,"
                "\"matches\":[{\"rule\":\"sqli\",\"target\":\"query.id\",\"value\":\"1 or "
                "1=1\",\"score\":5,\"mode\":\"detect\"},"
                "{\"rule\":\"xss\",\"target\":\"query.b\",\"value\":\"[redacted]\",\"score\":0,"
                "\"mode\":\"block\"}],"
                "\"would_deny\":{\"filter\":\"geo\",\"reason\":\"country\"},"
                "\"ban\":{\"address\":\"2001:db8::/64\",\"added\":true,"
                "\"until\":\"2023-11-14T22:13:20.000Z\",\"times\":2},\"backend\":\"app\","
                "\"backend_insecure\":true,"
                "\"attempts\":[{\"server\":\"127.0.0.1:1\",\"failure\":\"refused\",\"reused\":"
                "false},{\"server\":\"127.0.0.1:2\","
                "\"reused\":true,\"insecure\":true}],\"peer\":{\"ip\":\"2001:db8::1\",\"port\":443}"
                ",\"client_source\":"
                "\"connection\",\"response_complete\":true,"
                "\"tunnel\":{\"end\":\"client-closed\",\"duration\":7},\"timings\":{\"tls\":1,"
                "\"filters\":2,"
                "\"backend_connect\":3,"
                "\"backend_first_byte\":4,\"total\":1500}}}\n");
}

static void leaves_out_what_is_not_known(void **state)
{
    (void)state;
    expect_line("{\"@timestamp\":\"2026-01-31T23:59:59.999Z\",\"ecs\":{\"version\":\"8.11.0\"},"
                "\"event\":{\"kind\":\"event\","
                "\"category\":[\"web\"],\"type\":[\"access\",\"allowed\"],\"action\":\"request\","
                "\"outcome\":\"success\","
                "\"duration\":0},\"client\":{\"address\":\"203.0.113.7\",\"ip\":\"203.0.113.7\"},"
                "\"http\":{\"version\":\"\","
                "\"request\":{\"id\":\"\",\"method\":\"\",\"body\":{\"bytes\":0}},\"response\":{"
                "\"body\":{\"bytes\":0}}},"
                "\"url\":{\"original\":\"\",\"domain\":\"\",\"path\":\"\"},\"yett\":{\"verdict\":"
                "\"passed\",\"score\":0,\"match_count\":0,\"matches\":[],"
                "\"peer\":{\"ip\":\"2001:db8::1\",\"port\":0},\"response_complete\":false,"
                "\"timings\":{\"total\":0}}}\n");
}

static void a_connection_has_no_request(void **state)
{
    (void)state;
    record.kind = AUDIT_CONNECTION;
    record.verdict = AUDIT_VERDICT_REFUSED;
    record.outcome = AUDIT_FAILURE;
    record.reason = "tls-handshake";
    record.is_tls = true;
    record.client = (struct addr){.is_unix = true};
    record.peer = record.client;
    expect_line("{\"@timestamp\":\"2026-01-31T23:59:59.999Z\",\"ecs\":{\"version\":\"8.11.0\"},"
                "\"event\":{\"kind\":\"event\","
                "\"category\":[\"network\"],\"type\":[\"connection\",\"denied\"],\"action\":"
                "\"connection\",\"outcome\":\"failure\","
                "\"reason\":\"tls-handshake\",\"duration\":0},\"client\":{\"address\":\"unix:\"},"
                "\"tls\":{\"version_protocol\":"
                "\"tls\",\"established\":false,\"resumed\":false},\"yett\":{\"verdict\":"
                "\"refused\",\"score\":0,"
                "\"timings\":{\"total\":0}}}\n");
}

static void every_verdict_has_its_words(void **state)
{
    static const struct {
        enum audit_verdict verdict;
        enum audit_outcome outcome;
        struct slice word, type, outcome_word;
    } cases[] = {
        {AUDIT_VERDICT_PASSED, AUDIT_SUCCESS, SLICE_INIT("passed"), SLICE_INIT("allowed"),
         SLICE_INIT("success")},
        {AUDIT_VERDICT_PASSED, AUDIT_FAILURE, SLICE_INIT("passed"), SLICE_INIT("error"),
         SLICE_INIT("failure")},
        {AUDIT_VERDICT_DENIED, AUDIT_FAILURE, SLICE_INIT("denied"), SLICE_INIT("denied"),
         SLICE_INIT("failure")},
        {AUDIT_VERDICT_REFUSED, AUDIT_FAILURE, SLICE_INIT("refused"), SLICE_INIT("denied"),
         SLICE_INIT("failure")},
        {AUDIT_VERDICT_FAILED, AUDIT_FAILURE, SLICE_INIT("failed"), SLICE_INIT("error"),
         SLICE_INIT("failure")},
        {AUDIT_VERDICT_ABORTED, AUDIT_UNKNOWN, SLICE_INIT("aborted"), SLICE_INIT("error"),
         SLICE_INIT("unknown")},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        record.verdict = cases[i].verdict;
        record.outcome = cases[i].outcome;
        buf_reset(&out);
        struct json_doc *doc = write_and_read(NULL);
        const struct json *event = json_get(json_root(doc), "event");
        ASSERT_SLICE(json_get(json_get(json_root(doc), "yett"), "verdict")->text, cases[i].word);
        ASSERT_SLICE(json_get(event, "outcome")->text, cases[i].outcome_word);
        ASSERT_SLICE(json_get(event, "type")->first->next->text, cases[i].type);
        json_free(&doc);
    }
}

static void headers_have_one_key_per_name(void **state)
{
    (void)state;
    struct audit_header again = {.name = SLICE("accept"), .value = SLICE("b")};
    struct audit_header cookie = {
        .name = SLICE("Cookie"), .value = SLICE("a=secret"), .next = &again};
    struct audit_header odd = {.name = SLICE("a\"b"), .value = SLICE("c"), .next = &cookie};
    struct audit_header accept = {.name = SLICE("Accept"), .value = SLICE("a"), .next = &odd};
    record.headers = &accept;
    struct json_doc *doc = write_and_read(NULL);
    const struct json *headers =
        json_get(json_get(json_get(json_root(doc), "http"), "request"), "headers");
    assert_int_equal(headers->count, 3);
    ASSERT_SLICE(json_get(headers, "accept")->first->text, SLICE("a"));
    ASSERT_SLICE(json_get(headers, "accept")->first->next->text, SLICE("b"));
    ASSERT_SLICE(json_get(headers, "a\"b")->text, SLICE("c"));
    ASSERT_SLICE(json_get(headers, "cookie")->text, SLICE("[redacted]"));
    json_free(&doc);
}

static void secrets_do_not_appear_anywhere(void **state)
{
    (void)state;
    struct slice name = SLICE("password");
    struct audit_redaction *redaction = audit_redaction_new(&name, 1);
    struct audit_match whole = {
        .rule = SLICE("r"), .target = SLICE("query"), .value = SLICE("=S3CRET")};
    struct audit_match match = {.rule = SLICE("r"),
                                .target = SLICE("query.password"),
                                .value = SLICE("S3CRET"),
                                .next = &whole};
    struct audit_header authorization = {.name = SLICE("Authorization"), .value = SLICE("S3CRET")};
    struct audit_header referer = {.name = SLICE("Referer"),
                                   .value = SLICE("https://a/?password=S3CRET"),
                                   .next = &authorization};
    record.method = SLICE("password=S3CRET"); // a body nobody announced
    record.target = SLICE("http://u:S3CRET@h/p;password=S3CRET?a=1&Password=S3CRET");
    record.host = SLICE("u:S3CRET@h");
    record.path = SLICE("/p;password=S3CRET");
    record.query = SLICE("a=1&Password=S3CRET");
    record.has_query = true;
    record.matches = &match;
    record.match_count = 2;
    record.headers = &referer;
    struct json_doc *doc = write_and_read(redaction);
    assert_int_equal(slice_find(buf_view(&out), SLICE("S3CRET")), out.len);
    ASSERT_SLICE(json_get(json_get(json_root(doc), "url"), "query")->text,
                 SLICE("a=1&Password=[redacted]"));
    json_free(&doc);
    audit_redaction_free(&redaction);
}

static void shortens_what_is_long(void **state)
{
    (void)state;
    static char long_text[AUDIT_URL_MAX + 1];
    memset(long_text, 'x', sizeof(long_text));
    record.target = slice_of(long_text, AUDIT_URL_MAX);
    record.path = slice_of(long_text, AUDIT_URL_MAX + 1);
    record.user_agent = slice_of(long_text, AUDIT_TEXT_MAX + 1);
    struct audit_match match = {.value = slice_of(long_text, AUDIT_VALUE_MAX + 1)};
    record.matches = &match;
    struct json_doc *doc = write_and_read(NULL);
    const struct json *url = json_get(json_root(doc), "url");
    assert_int_equal(json_get(url, "original")->text.len, AUDIT_URL_MAX);
    assert_int_equal(json_get(url, "path")->text.len, AUDIT_URL_MAX + 3);
    assert_true(slice_ends(json_get(url, "path")->text, SLICE("xx...")));
    assert_int_equal(json_get(json_get(json_root(doc), "user_agent"), "original")->text.len,
                     AUDIT_TEXT_MAX + 3);
    const struct json *matches = json_get(json_get(json_root(doc), "yett"), "matches");
    assert_int_equal(json_get(matches->first, "value")->text.len, AUDIT_VALUE_MAX + 3);
    json_free(&doc);
}

// Everything as long as can be, and every octet the longest to escape.
static void the_worst_record_fits(void **state)
{
    (void)state;
    static char worst[3 * AUDIT_URL_MAX];
    static char names[512][AUDIT_TEXT_MAX];
    static struct audit_header headers[512];
    static struct audit_match matches[512];
    memset(worst, '\x01', sizeof(worst));
    worst[sizeof(worst) - 1] = '\0';
    struct slice text = slice_of(worst, sizeof(worst) - 1);
    for (size_t i = 0; i < 512; i++) {
        memset(names[i], '\x02', sizeof(names[i]));
        names[i][0] = (char)(i & 0x1f);
        names[i][1] = (char)(i >> 5);
        size_t len = i % 2 ? 64 : AUDIT_TEXT_MAX;
        headers[i] =
            (struct audit_header){slice_of(names[i], len), text, i < 511 ? &headers[i + 1] : NULL};
        matches[i] = (struct audit_match){
            text, text, text, 4294967295u, true, false, i < 511 ? &matches[i + 1] : NULL};
    }
    fill_request();
    fill_the_rest();
    struct slice *fields[] = {
        &record.id,
        &record.listener,
        &record.country,
        &record.continent,
        &record.as_name,
        &record.user,
        &record.http_version,
        &record.method,
        &record.target,
        &record.path,
        &record.query,
        &record.host,
        &record.route,
        &record.user_agent,
        &record.tls.version,
        &record.tls.cipher,
        &record.tls.server_name,
        &record.filter,
        &record.tls.protocol,
        &record.would_deny_filter,
        &record.rule,
        &record.rule_name,
        &record.backend,
        &record.attempts[0].server,
        &record.attempts[1].server,
        &record.attempts[2].server,
        &record.attempts[3].server,
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        *fields[i] = text;
    for (size_t i = 0; i < AUDIT_ATTEMPTS_MAX; i++)
        record.attempts[i].failure = worst;
    record.attempt_count = AUDIT_ATTEMPTS_MAX;
    record.headers = headers;
    record.matches = matches;
    record.match_count = 512;
    record.reason = record.reason_text = record.client_source = record.client_source_detail = worst;
    record.would_deny_reason = worst;
    record.duration_ns = UINT64_MAX;
    struct json_doc *doc = write_and_read(NULL);
    assert_int_equal(json_get(json_get(json_root(doc), "yett"), "match_count")->number, 512);
    json_free(&doc);
}

static void any_octets_make_one_line(void **state)
{
    (void)state;
    struct dice dice = {.state = 1};
    for (unsigned round = 0; round < 2000; round++) {
        static char octets[4096];
        for (size_t i = 0; i < sizeof(octets); i++)
            octets[i] = (char)dice_below(&dice, 256);
        struct slice *fields[] = {&record.target, &record.path,           &record.query,
                                  &record.host,   &record.user_agent,     &record.method,
                                  &record.user,   &record.tls.server_name};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
            size_t at = dice_below(&dice, sizeof(octets));
            *fields[i] = slice_of(octets + at, dice_below(&dice, sizeof(octets) - at));
        }
        record.has_query = true;
        buf_reset(&out);
        struct json_doc *doc = write_and_read(NULL);
        json_free(&doc);
    }
}

static void a_buffer_without_room_fails_whole(void **state)
{
    (void)state;
    char small[1024];
    struct buf too_small;
    buf_init(&too_small, small, sizeof(small));
    audit_record_write(&record, NULL, &too_small);
    assert_true(too_small.failed);
    assert_int_equal(too_small.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(writes_a_request_with_everything, begin),
        cmocka_unit_test_setup(leaves_out_what_is_not_known, begin),
        cmocka_unit_test_setup(a_connection_has_no_request, begin),
        cmocka_unit_test_setup(every_verdict_has_its_words, begin),
        cmocka_unit_test_setup(headers_have_one_key_per_name, begin),
        cmocka_unit_test_setup(secrets_do_not_appear_anywhere, begin),
        cmocka_unit_test_setup(shortens_what_is_long, begin),
        cmocka_unit_test_setup(the_worst_record_fits, begin),
        cmocka_unit_test_setup(any_octets_make_one_line, begin),
        cmocka_unit_test_setup(a_buffer_without_room_fails_whole, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
