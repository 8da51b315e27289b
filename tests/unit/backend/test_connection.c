// SPDX-License-Identifier: Apache-2.0
// Connections to a server in this very program: what goes back into the pool and what must not.
#include "support/unit.h"

#include <poll.h>

#include "backend/http1.h"
#include "support/backend_scene.h"

struct fixture {
    struct backend_scene scene;
    struct backend_call *call;
    bool connected, done, failed;
};

static void on_connected(void *owner)
{
    struct fixture *f = owner;
    const struct http_outgoing m = {
        .method = SLICE("GET"), .path = SLICE("/"), .authority = SLICE("a")};
    f->connected = true;
    assert_true(backend_call_send_head(f->call, &m, (struct slice){0}, true));
}

static void on_interim(void *owner, const struct http_response *r)
{
    (void)owner;
    (void)r;
}

static void on_head(void *owner, struct http_response *r)
{
    (void)owner;
    assert_int_equal(r->status, 200);
}

static void on_body(void *owner, struct slice data, bool last)
{
    struct fixture *f = owner;
    (void)data;
    if (!last)
        return;
    f->done = true;
    backend_call_release(&f->call);
}

static void on_trailers(void *owner, struct http_fields *f)
{
    (void)owner;
    (void)f;
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static void on_failure(void *owner, const struct backend_failure *failure)
{
    struct fixture *f = owner;
    (void)failure;
    f->failed = true;
    backend_call_release(&f->call);
}

static const struct backend_events events = {on_connected, on_interim, on_head,    on_trailers,
                                             on_body,      on_nothing, on_nothing, on_failure};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    backend_scene_init(&f->scene);
    backend_scene_start(&f->scene);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    backend_call_release(&f->call);
    backend_scene_clear(&f->scene);
    free(f);
    return 0;
}

static struct backend_member *member_of(struct fixture *f)
{
    return backend_scene_member(&f->scene);
}

// One whole exchange, answered with `response`.
static void exchange(struct fixture *f, const char *response)
{
    struct backend_failure why;
    f->connected = f->done = f->failed = false;
    f->call = backend_call_new(member_of(f), false, &why);
    assert_non_null(f->call);
    backend_call_start(f->call, &events, f, &f->scene.arena, 4);
    backend_scene_accept(&f->scene);
    backend_scene_until(&f->scene, &f->connected, true);
    backend_scene_say(&f->scene, response, strlen(response));
    backend_scene_until(&f->scene, &f->done, true);
}

static void keeps_a_complete_connection(void **state)
{
    struct fixture *f = *state;
    exchange(f, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_int_equal(member_of(f)->idle_count, 1);
    exchange(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(member_of(f)->idle_count, 1);
    assert_int_equal(member_of(f)->open, 1);
    assert_int_equal(member_of(f)->outstanding, 0);
}

static void keeps_none_that_must_not_be_used_again(void **state)
{
    static const char *const responses[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok+surplus",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        exchange(f, responses[i]);
        assert_int_equal(member_of(f)->open, 0);
        backend_scene_hang_up(&f->scene);
    }
}

// A stale connection that was given up came out of the pool again and again: a loop without end.
static void forgets_a_stale_connection(void **state)
{
    struct fixture *f = *state;
    struct backend_failure why;
    exchange(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    backend_scene_hang_up(&f->scene);
    struct backend_call *c = backend_call_new(member_of(f), false, &why);
    assert_true(c && c->reused);
    struct pollfd ended = {.fd = backend_connection_of(c)->transport.watch.fd, .events = POLLIN};
    assert_int_equal(poll(&ended, 1, 1000), 1);
    assert_true(backend_call_is_stale(c));
    backend_call_release(&c);
    assert_int_equal(member_of(f)->idle_count, 0);
    assert_int_equal(member_of(f)->open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_a_complete_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_none_that_must_not_be_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_a_stale_connection, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
