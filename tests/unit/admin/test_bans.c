// SPDX-License-Identifier: Apache-2.0
#include "admin/bans.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/handlers.h"
#include "base/buf.h"
#include "http/head.h"
#include "policy/snapshot.h"
#include "proxy/bans.h"
#include "proxy/worker.h"
#include "support/unit.h"

struct scene {
    struct snapshot snapshot;
    struct proxy_shared shared;
    struct admin_view view;
    struct buf out;
};

static int begin(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->snapshot.references = 2; // one is the test's
    s->snapshot.bans = (struct policy_bans){.table_size = 64, .ipv6_bits = 64};
    s->shared.bans = bans_new(&s->snapshot.bans);
    assert_non_null(s->shared.bans);
    s->view.shared = &s->shared;
    s->view.snapshot = &s->snapshot;
    assert_int_equal(pthread_mutex_init(&s->view.lock, NULL), 0);
    buf_new(&s->out, ADMIN_REPLY_MAX);
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct scene *s = *state;
    assert_int_equal(s->snapshot.references, 2);
    bans_free(&s->shared.bans);
    pthread_mutex_destroy(&s->view.lock);
    buf_free(&s->out);
    free(s);
    return 0;
}

static unsigned ask(struct scene *s, enum http_method method, const char *path, const char *body)
{
    const struct http_request r = {.method_id = method, .path = slice_str(path)};
    buf_reset(&s->out);
    unsigned status = admin_bans_answer(&s->view, &r, slice_str(body), &s->out);
    buf_char(&s->out, '\0');
    assert_false(s->out.failed);
    return status;
}

static void assert_says(const struct scene *s, const char *text)
{
    if (!strstr(s->out.data, text))
        fail_msg("no \"%s\" in %s", text, s->out.data);
}

static void bans_lists_and_lifts(void **state)
{
    struct scene *s = *state;
    assert_int_equal(ask(s, HTTP_METHOD_POST, "/bans",
                         "{\"address\":\"2001:db8::1\",\"for\":\"1h\",\"reason\":\"\\\"x\\\"\"}"),
                     201);
    assert_says(s, "{\"address\":\"2001:db8::/64\",\"since\":\"");
    assert_says(s, "\"by\":\"admin\",\"reason\":\"\\\"x\\\"\",\"times\":1,\"refused\":0}");
    assert_int_equal(ask(s, HTTP_METHOD_GET, "/bans", ""), 200);
    assert_says(s, "{\"in_force\":1,\"bans\":[{\"address\":\"2001:db8::/64\"");
    assert_int_equal(ask(s, HTTP_METHOD_DELETE, "/bans/2001:db8::/64", ""), 200);
    assert_says(s, "{\"lifted\":\"2001:db8::/64\"}");
    assert_int_equal(ask(s, HTTP_METHOD_DELETE, "/bans/2001:db8::7", ""), 404);
    assert_int_equal(ask(s, HTTP_METHOD_GET, "/bans", ""), 200);
    assert_string_equal(s->out.data, "{\"in_force\":0,\"bans\":[]}\n");
}

static void refuses_what_is_no_order(void **state)
{
    struct scene *s = *state;
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"address\":\"192.0.2.1\",\"for\":\"400d\"}",
        "{\"address\":7,\"for\":\"1h\"}",
        "{\"address\":\"192.0.2.1\",\"for\":\"1h\",\"reason\":\"a\\u0000b\"}",
        "{\"address\":\"2001:db8::/63\",\"for\":\"1h\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        if (ask(s, HTTP_METHOD_POST, "/bans", bodies[i]) != 400)
            fail_msg("%s: %s", bodies[i], s->out.data);
        assert_says(s, "{\"error\":\"");
    }
    assert_int_equal(ask(s, HTTP_METHOD_DELETE, "/bans/", ""), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bans_lists_and_lifts, begin, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_order, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
