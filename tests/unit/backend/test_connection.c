// SPDX-License-Identifier: Apache-2.0
// Connections to a server in this very program: what goes back into the pool and what must not.
#include "support/unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/connection.h"
#include "backend/group.h"
#include "io/loop.h"

struct fixture {
    struct loop *loop;
    struct io_context io;
    struct backend_context context;
    struct backend_server server;
    struct backend_config config;
    struct backend_group *groups;
    struct backend_connection *connection;
    struct arena arena;
    int listener, accepted;
    bool connected, done, failed;
};

static void on_connected(void *owner)
{
    struct fixture *f = owner;
    const struct http_outgoing m = {
        .method = SLICE("GET"), .path = SLICE("/"), .authority = SLICE("a")};
    f->connected = true;
    assert_true(backend_connection_send_head(f->connection, &m, (struct slice){0}, true));
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
    backend_connection_release(&f->connection);
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
    backend_connection_release(&f->connection);
}

static const struct backend_events events = {on_connected, on_interim, on_head,   on_body,
                                             on_nothing,   on_nothing, on_failure};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    f->accepted = -1;
    if (bind(f->listener, (struct sockaddr *)&address, len) != 0 || listen(f->listener, 8) != 0 ||
        getsockname(f->listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    f->loop = loop_new();
    if (!f->loop || !io_context_init(&f->io, f->loop) ||
        !addr_parse(SLICE("127.0.0.1"), &f->server.addresses[0]))
        return -1;
    f->server.addresses[0].port = ntohs(address.sin_port);
    f->server.address_count = 1;
    f->server.weight = 1;
    f->config = (struct backend_config){
        .servers = &f->server,
        .server_count = 1,
        .keep_ms = 60000,
        .keep_max = 4,
        .response_header_bytes = 4096,
        .response_header_count = 20,
        .response_line = 1024,
    };
    f->context.io = &f->io;
    f->context.bulk = malloc(IO_BULK);
    f->context.head_out = malloc(BACKEND_HEAD_OUT);
    pool_init(&f->context.buffers, 8192, 16, 4);
    arena_init(&f->arena, NULL, 65536);
    f->groups = backend_groups_new(&f->context, &f->config, 1);
    *state = f;
    return f->groups ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    backend_connection_release(&f->connection);
    backend_groups_free(&f->groups, 1);
    arena_clear(&f->arena);
    pool_clear(&f->context.buffers);
    free(f->context.bulk);
    free(f->context.head_out);
    io_context_clear(&f->io);
    loop_free(&f->loop);
    if (f->accepted >= 0)
        close(f->accepted);
    close(f->listener);
    free(f);
    return 0;
}

static struct backend_member *member_of(struct fixture *f)
{
    return &f->groups[0].members[0];
}

// Turns the loop until the flag is up; a second without it is a failure.
static void turn_until(struct fixture *f, const bool *flag)
{
    for (int i = 0; i < 100 && !*flag; i++)
        loop_turn(f->loop, 10);
    assert_true(*flag);
}

// One whole exchange, answered with `response`.
static void exchange(struct fixture *f, const char *response)
{
    struct backend_failure why;
    f->connected = f->done = f->failed = false;
    f->connection = backend_connection_get(member_of(f), false, &why);
    assert_non_null(f->connection);
    backend_connection_start(f->connection, &events, f, &f->arena, 4);
    if (f->accepted < 0)
        f->accepted = accept(f->listener, NULL, NULL);
    assert_true(f->accepted >= 0);
    turn_until(f, &f->connected);
    assert_int_equal(write(f->accepted, response, strlen(response)), strlen(response));
    turn_until(f, &f->done);
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
        close(f->accepted);
        f->accepted = -1;
    }
}

// A stale connection that was given up came out of the pool again and again: a loop without end.
static void forgets_a_stale_connection(void **state)
{
    struct fixture *f = *state;
    struct backend_failure why;
    exchange(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    close(f->accepted);
    f->accepted = -1;
    struct backend_connection *c = backend_connection_get(member_of(f), false, &why);
    assert_true(c && c->reused);
    struct pollfd ended = {.fd = c->transport.watch.fd, .events = POLLIN};
    assert_int_equal(poll(&ended, 1, 1000), 1);
    assert_true(backend_connection_is_stale(c));
    backend_connection_release(&c);
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
