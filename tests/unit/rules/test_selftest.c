// SPDX-License-Identifier: Apache-2.0
// The tests that rules carry: those of the shipped rules pass, and failing ones are found. Beside
// them stands what ordinary people send: none of it may be refused by the shipped rules at
// paranoia 1.
#include <unistd.h>

#include "support/unit.h"

#include "base/json_read.h"
#include "rules/selftest.h"
#include "unit/rules/fixture.h"

static const char *const shipped[] = {YETT_SOURCE_DIR "/rules/*.json"};

static void the_shipped_rules_pass_their_tests(void **state)
{
    struct problems *problems = problems_new();
    struct rules_test_summary summary;
    (void)state;
    bool good = rules_test_files(shipped, 1, stderr, problems, &summary);
    problems_print(problems, stderr);
    assert_true(good);
    assert_int_equal(problems_warnings(problems), 0);
    assert_int_equal(summary.failed, 0);
    assert_int_equal(summary.untested, 0);
    assert_true(summary.rules >= 60);
    problems_free(&problems);
}

static size_t count_tests(const struct json *rule, const char *kind)
{
    const struct json *tests = json_get(rule, "tests");
    const struct json *list = tests ? json_get(tests, kind) : NULL;
    return list ? list->count : 0;
}

static void each_shipped_rule_has_three_tests_of_each_kind(void **state)
{
    const struct rules_options options = {
        .files = shipped, .file_count = 1, .paranoia = 4, .threshold = 5};
    struct problems *problems = problems_new();
    struct rules_program *p = rules_compile(&options, problems);
    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < p->rule_count; i++) {
        const struct rules_rule *rule = &p->rules[i];
        if (count_tests(rule->at, "hit") < 3 || count_tests(rule->at, "miss") < 3 ||
            rule->severity.len == 0 || rule->tag_count == 0)
            fail_msg("%.*s", (int)rule->id.len, rule->id.ptr);
    }
    rules_program_free(&p);
    problems_free(&problems);
}

static const char *const ordinary[] = {
    "GET /",
    "GET /index.html?utm_source=newsletter&utm_medium=email&utm_campaign=spring%202024",
    "GET /search?q=what+is+the+union+of+two+sets%3F&lang=en&page=2",
    "GET /search?q=select+the+best+option+from+the+menu+where+available",
    "GET /search?q=O%27Reilly+and+Sons",
    "GET /search?q=it%27s+5+o%27clock+or+later",
    "GET /search?q=1+or+2+people+and+3+dogs",
    "GET /search?q=price+%3E+100+and+price+%3C+200",
    "GET /search?q=rock+%26+roll%3B+jazz+%7C+blues",
    "GET /search?q=%22exact+phrase%22+-excluded+%2Brequired",
    "GET /search?q=C%2B%2B+vs+C%23+%3C%3D%3E+operator",
    "GET /search?q=how+to+drop+a+table+saw",
    "GET /search?q=javascript%3A+the+definitive+guide",
    "GET /search?q=script+for+a+movie+%28free%29",
    "GET /search?q=on+load+balancing%3D+explained",
    "GET /search?q=50%25+off+%24%7B+sale",
    "GET /search?q=cat+pictures+%2F+dog+pictures",
    "GET /search?q=ping+pong+table%3B+net+included",
    "GET /search?q=etc.+and+so+on...",
    "GET /search?q=%F0%9F%98%80+%C3%A9l%C3%A8ve+%E6%97%A5%E6%9C%AC",
    "GET /redirect?to=https%3A%2F%2Fexample.com%2Fpath%3Fa%3D1%26b%3D2%26id%3D5%23top",
    "GET /login?next=/account/settings%3Ftab%3Dsecurity",
    "GET "
    "/oauth/"
    "callback?code=4%2F0AX4XfWh&state=eyJhbGciOiJIUzI1NiJ9.eyJub25jZSI6MX0.c2ln&scope=openid%"
    "20email",
    "GET /api/items?filter[price][gt]=10&filter[name]=chair&sort=-created_at&fields=id,name,price",
    "GET /api/items?where=%7B%22status%22%3A%22open%22%2C%22count%22%3A%7B%22min%22%3A1%7D%7D",
    "GET /api/v2/users/550e8400-e29b-41d4-a716-446655440000/orders?limit=100&offset=200",
    "GET /maps?bbox=13.08,52.33,13.76,52.67&zoom=11&center=52.5,13.4",
    "GET /img/resize?src=/uploads/2024/05/photo-1.jpg&w=800&h=600",
    "GET /docs/../docs/guide.html",
    "GET /.well-known/openid-configuration",
    "GET /assets/app.3f2a9c.min.js.map",
    "GET /calendar?from=2024-01-01T00:00:00%2B01:00&to=2024-02-01",
    "GET /t?f=cell%3D%22A1%22+and+more",
    "GET /a?email=first.last%2Btag%40example.co.uk&phone=%2B49+30+123456",
    "GET /?fbclid=IwAR0abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEF",
    "GET /\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/120.0.0.0 Safari/537.36\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\n"
    "Referer: https://www.google.com/search?q=union+jack+select&client=firefox-b-d\n"
    "Cookie: _ga=GA1.2.123456789.1700000000; _gid=GA1.2.987; session=s%3Aabc.def%2Bghi%3D; "
    "theme=dark; consent={stamp:%27x%27%2Cnecessary:true}",
    "GET /\nUser-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "GET /\nAuthorization: Bearer "
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "GET /video.mp4\nRange: bytes=0-1048575",
    "POST /login\n\nusername=jane.doe%40example.com&password=P%40ss%27w0rd%21%3B--&remember=on",
    "POST "
    "/comment\n\ntext=I+think+%22it%27s+great%22+and+%22fun%22+%28really%29%21%0D%0ASecond+line%3A+"
    "thanks%2C+Bob",
    "POST /comment\n\ntext=2+%3C+3+and+5+%3E+4%3B+a+%26+b+%7C%7C+c",
    "POST /comment\n\ntext=Use+the+%60code%60+markup+like+%60x+%3D+1%60+please",
    "POST /comment\n\ntext=My+path+is+C%3A%5CUsers+on+Windows%2C+yours+is+%2Fhome%2Fbob",
    "POST "
    "/comment\n\ntext=We+will+update+your+account+set+to+expire%3B+delete+it+from+the+list+later",
    "POST "
    "/contact\n\nname=Jean-Luc+d%27Arc&message=Please+order+by+10+am+--+thanks&phone=%28030%29+123",
    "POST /contact\n\nmessage=He+said+%22yes%22+or+%22no%22%3B+who+knows%3F",
    "POST /address\n\nstreet=Apt+%233%2F4&city=St.+John%27s&zip=1234-5",
    "POST /api/items\nContent-Type: application/json\n\n{\"name\":\"O'Brien & "
    "Sons\",\"tags\":[\"select\",\"union\"],\"note\":\"<b>bold</b> move; echo of it\"}",
    "POST /api/graphql\nContent-Type: application/json\n\n{\"query\":\"query Q($id: ID!) { "
    "user(id: $id) { name } }\",\"variables\":{\"id\":\"5\"}}",
    "PUT /api/config\nContent-Type: application/json\n\n{\"cron\":\"0 * * * "
    "*\",\"url\":\"https://example.com/a?b=c\",\"regex\":\"^[a-z]+$\"}",
    "POST /upload\nContent-Type: application/octet-stream\n\n\x7f\x45LF binary \x01\x02",
    "POST /xml\nContent-Type: application/xml\n\n<?xml version=\"1.0\" encoding=\"utf-8\"?><order "
    "id=\"1\"><item qty=\"2\">a &amp; b</item></order>",
};

static void ordinary_requests_pass_the_shipped_rules(void **state)
{
    const struct rules_options options = {
        .files = shipped, .file_count = 1, .paranoia = 1, .threshold = 5};
    struct fixture f = {
        .problems = problems_new(), .scratch = rules_scratch_new(), .arena_limit = 1024 * 1024};
    f.program = rules_compile(&options, f.problems);
    size_t refused = 0;
    (void)state;
    assert_non_null(f.program);
    assert_non_null(f.scratch);
    for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
        assert_true(fixture_ask(&f, ordinary[i]));
        if (f.hit_count == 0)
            continue;
        refused++;
        print_message("%s\n  hits %s: %s=%s\n", ordinary[i], f.hits[0].rule, f.hits[0].target,
                      f.hits[0].value);
    }
    assert_int_equal(refused, 0);
    fixture_close(&f);
}

static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static void failing_tests_are_told_with_their_line(void **state)
{
    static const char text[] =
        "{\"rules\":[\n{\"id\":\"a\",\"description\":\"d\",\"targets\":[\"query.*\"],\"match\":{"
        "\"contains\":\"x\"},"
        "\"action\":\"deny\",\n\"tests\":{\"hit\":[\n\"GET /?q=y\",\n\"GET "
        "/?q=x\"],\"miss\":[\n\"GET /?q=x\",\"GET /\",\n"
        "\"GET /%zz\"]}},\n"
        "{\"id\":\"b\",\"description\":\"d\",\"targets\":[\"path\"],\"match\":{\"contains\":\"x\"},"
        "\"action\":\"deny\"}],"
        "\"exclusions\":[{\"rules\":[\"a\"],\"why\":\"tests run without\"}]}";
    char path[] = "/tmp/yett-rules-XXXXXX", out[4096] = "";
    struct problems *problems = problems_new();
    struct rules_test_summary summary;
    FILE *stream = fmemopen(out, sizeof out, "w");
    (void)state;
    assert_non_null(stream);
    write_file(path, text);
    const char *const files[] = {path};
    assert_true(rules_test_files(files, 1, stream, problems, &summary));
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(summary.rules, 2);
    assert_int_equal(summary.tests, 5);
    assert_int_equal(summary.failed, 3);
    assert_int_equal(summary.untested, 1);
    assert_non_null(strstr(out, ":4: rule a: should hit, does not: GET /?q=y\n"));
    assert_non_null(strstr(out, ":6: rule a: should not hit, does: GET /?q=x\n"));
    assert_non_null(strstr(out, ":7: rule a: the request never reaches a rule, as it is refused "
                                "before: bad-percent-encoding"));
    problems_free(&problems);
}

static void guards_are_not_tested_as_rules(void **state)
{
    static const char text[] =
        "{\"rules\":[{\"id\":\"a\",\"targets\":[\"query.*\"],\"match\":{\"contains\":\"x\"},"
        "\"when\":{\"targets\":[\"method\"],\"match\":{\"equals\":\"GET\"}},"
        "\"unless\":{\"targets\":[\"path\"],\"match\":{\"equals\":\"/y\"}},\"action\":\"log\","
        "\"tests\":{\"hit\":[\"GET /?q=x\"],\"miss\":[\"GET /y?q=x\",\"POST /?q=x\"]}}]}";
    char path[] = "/tmp/yett-rules-XXXXXX";
    struct problems *problems = problems_new();
    struct rules_test_summary summary;
    (void)state;
    write_file(path, text);
    const char *const files[] = {path};
    assert_true(rules_test_files(files, 1, stderr, problems, &summary));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(summary.rules, 1);
    assert_int_equal(summary.tests, 3);
    assert_int_equal(summary.failed, 0);
    problems_free(&problems);
}

static void a_broken_file_is_no_success(void **state)
{
    char path[] = "/tmp/yett-rules-XXXXXX";
    struct problems *problems = problems_new();
    struct rules_test_summary summary;
    (void)state;
    write_file(path, "{\"rules\":[{}]}");
    const char *const files[] = {path};
    assert_false(rules_test_files(files, 1, stderr, problems, &summary));
    assert_true(problems_count(problems) > 0);
    assert_int_equal(unlink(path), 0);
    problems_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_rules_pass_their_tests),
        cmocka_unit_test(each_shipped_rule_has_three_tests_of_each_kind),
        cmocka_unit_test(ordinary_requests_pass_the_shipped_rules),
        cmocka_unit_test(failing_tests_are_told_with_their_line),
        cmocka_unit_test(guards_are_not_tested_as_rules),
        cmocka_unit_test(a_broken_file_is_no_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
