// SPDX-License-Identifier: Apache-2.0
#include "admin/metrics.h"

#include "support/unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "audit/audit.h"
#include "audit/record.h"
#include "base/buf.h"
#include "proxy/bans.h"
#include "proxy/ledger.h"
#include "proxy/worker.h"

enum { WORKERS = 2, TEXT_MAX = 128 * 1024 };

struct fixture {
    char spool[64];
    struct proxy_shared shared;
    struct proxy_worker workers[WORKERS];
    const struct proxy_worker *pointers[WORKERS];
    struct admin_view view;
    struct buf out;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char why[256] = "";
    assert_non_null(f);
    (void)snprintf(f->spool, sizeof(f->spool), "/tmp/yett-metrics-XXXXXX");
    assert_non_null(mkdtemp(f->spool));
    const struct audit_options options = {
        .spool = f->spool, .ring_bytes = 1024 * 1024, .workers = WORKERS};
    f->shared.audit = audit_start(&options, why, sizeof(why));
    if (!f->shared.audit)
        fail_msg("%s", why);
    const struct policy_bans bans = {.table_size = 64};
    f->shared.bans = bans_new(&bans);
    assert_non_null(f->shared.bans);
    for (unsigned i = 0; i < WORKERS; i++) {
        f->pointers[i] = &f->workers[i];
        f->workers[i].ledger = ledger_new();
        assert_non_null(f->workers[i].ledger);
    }
    f->view.workers = f->pointers;
    f->view.worker_count = WORKERS;
    f->view.shared = &f->shared;
    buf_new(&f->out, TEXT_MAX);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    audit_stop(&f->shared.audit, 1000);
    bans_free(&f->shared.bans);
    for (unsigned i = 0; i < WORKERS; i++)
        ledger_free(&f->workers[i].ledger);
    assert_int_equal(rmdir(f->spool), 0);
    buf_free(&f->out);
    free(f);
    return 0;
}

// Everything as one string.
static const char *write_all(struct fixture *f)
{
    metrics_write(&f->view, &f->out);
    buf_char(&f->out, '\0');
    assert_false(f->out.failed);
    return buf_view(&f->out).ptr;
}

static void assert_line(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no \"%s\" in:\n%s", line, text);
}

static void adds_up_what_the_workers_counted(void **state)
{
    struct fixture *f = *state;
    struct proxy_counters *one = &f->workers[0].counters, *two = &f->workers[1].counters;
    one->accepted = 1;
    two->accepted = 2;
    one->refused_full = 10;
    two->refused_full = 20;
    one->shed = 100;
    two->shed = 200;
    one->requests = 5000000000;
    two->requests = 5000000001;
    two->denied = 7;
    one->failed = 8;
    two->banned = 6;
    f->shared.connections = 9;
    f->shared.connections_max = 20000;
    const char *text = write_all(f);
    assert_line(text, "\nyett_accepted_total 3\n");
    assert_line(text, "\nyett_refused_full_total 30\n");
    assert_line(text, "\nyett_shed_total 300\n");
    assert_line(text, "\nyett_requests_total 10000000001\n");
    assert_line(text, "\nyett_denied_total 7\n");
    assert_line(text, "\nyett_failed_total 8\n");
    assert_line(text, "\nyett_banned_total 6\n");
    assert_line(text, "\nyett_bans 0\n");
    assert_line(text, "\nyett_connections 9\n");
    assert_line(text, "\nyett_connections_max 20000\n");
    assert_line(text, "\nyett_audit_dropped_total 0\n");
}

// Takes `prefix` off the text, which must begin with it.
static void expect(struct slice *text, struct slice prefix)
{
    if (!slice_eq(slice_first(*text, prefix.len), prefix))
        fail_msg("no \"%.*s\" at: %.*s", (int)prefix.len, prefix.ptr, (int)text->len, text->ptr);
    *text = slice_from(*text, prefix.len);
}

static struct slice take_until(struct slice *text, char end)
{
    size_t len = slice_index(*text, end);
    struct slice taken = slice_first(*text, len);
    assert_in_range(len, 1, text->len - 1);
    *text = slice_from(*text, len + 1);
    return taken;
}

// A line that begins with the family's name: a suffix, labels, and digits with at most one point.
static void take_sample(struct slice *text, struct slice name)
{
    expect(text, name);
    while (text->ptr[0] != ' ') // a suffix or labels
        *text = slice_from(*text, 1);
    *text = slice_from(*text, 1);
    struct slice value = slice_first(*text, slice_index(*text, '\n'));
    *text = slice_from(*text, value.len + 1);
    assert_true(value.len > 0);
    size_t point = slice_index(value, '.');
    for (size_t i = 0; i < value.len; i++)
        if (i != point)
            assert_in_range(value.ptr[i], '0', '9');
}

// One family: its help, its type (counters, and no others, end in _total), its samples.
static void take_family(struct slice *text)
{
    expect(text, SLICE("# HELP "));
    struct slice name = take_until(text, ' ');
    for (size_t i = 0; i < name.len; i++)
        assert_true(name.ptr[i] == '_' || (name.ptr[i] >= 'a' && name.ptr[i] <= 'z'));
    (void)take_until(text, '\n');
    expect(text, SLICE("# TYPE "));
    expect(text, name);
    bool is_counter = name.len > 6 && memcmp(name.ptr + name.len - 6, "_total", 6) == 0;
    expect(text, SLICE(" "));
    struct slice type = take_until(text, '\n');
    assert_int_equal(is_counter, slice_eq(type, SLICE("counter")));
    assert_true(is_counter || slice_eq(type, SLICE("gauge")) || slice_eq(type, SLICE("histogram")));
    while (text->len && text->ptr[0] != '#')
        take_sample(text, name);
}

static void speaks_the_text_format(void **state)
{
    struct fixture *f = *state;
    struct slice text = slice_str(write_all(f));
    size_t count = 0;
    for (; text.len; count++)
        take_family(&text);
    assert_in_range(count, 8, 100);
}

static void count_request(struct ledger *l, const char *route, enum audit_verdict verdict,
                          const char *server, bool failed)
{
    struct audit_record r;
    audit_record_init(&r);
    r.kind = AUDIT_REQUEST;
    r.verdict = verdict;
    r.status = failed ? 502 : 200;
    r.route = slice_str(route);
    r.duration_ns = 1500000; // 1.5 ms
    r.response_body_bytes = 10;
    r.backend = SLICE("app");
    r.attempts[0] = (struct audit_attempt){.server = slice_str(server),
                                           .failure = failed ? "connect-refused" : NULL};
    r.attempt_count = 1;
    ledger_count(l, &r);
}

static void adds_up_what_ledgers_say_of_a_name(void **state)
{
    struct fixture *f = *state;
    struct ledger *one = f->workers[0].ledger, *two = f->workers[1].ledger;
    count_request(two, "of the second alone", AUDIT_VERDICT_PASSED, "https://b", false);
    count_request(one, "shop \"1\"", AUDIT_VERDICT_PASSED, "https://a", false);
    count_request(two, "shop \"1\"", AUDIT_VERDICT_PASSED, "https://a", false);
    count_request(two, "shop \"1\"", AUDIT_VERDICT_FAILED, "https://a", true);
    const char *text = write_all(f);
    assert_line(text, "yett_route_requests_total{route=\"shop \\\"1\\\"\",verdict=\"passed\"} 2\n");
    assert_line(text, "yett_route_requests_total{route=\"shop \\\"1\\\"\",verdict=\"failed\"} 1\n");
    assert_line(text, "{route=\"of the second alone\",verdict=\"passed\"} 1\n");
    assert_line(text, "yett_backend_attempts_total{backend=\"app\",server=\"https://a\"} 3\n");
    assert_line(text,
                "yett_backend_attempts_failed_total{backend=\"app\",server=\"https://a\"} 1\n");
    assert_line(text, "yett_responses_total{class=\"5xx\"} 1\n");
    assert_line(text, "yett_response_body_bytes_total 40\n");
    assert_line(text, "yett_request_duration_seconds_bucket{le=\"0.001000\"} 0\n");
    assert_line(text, "yett_request_duration_seconds_bucket{le=\"0.002500\"} 4\n");
    assert_line(text, "yett_request_duration_seconds_bucket{le=\"+Inf\"} 4\n");
    assert_line(text, "yett_request_duration_seconds_sum 0.006000\n");
    assert_line(text, "yett_request_duration_seconds_count 4\n");
    assert_line(text, "yett_tls_handshake_seconds_count 0\n");
    const char *first = strstr(text, "{route=\"shop");
    assert_null(strstr(strstr(first, "verdict=\"passed\"} 2") + 1, "verdict=\"passed\"} 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(adds_up_what_the_workers_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(speaks_the_text_format, set_up, tear_down),
        cmocka_unit_test_setup_teardown(adds_up_what_ledgers_say_of_a_name, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
