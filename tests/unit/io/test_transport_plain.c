// SPDX-License-Identifier: Apache-2.0
// What is particular to the plain kind; the rest is in test_transport.c.
#include <sys/socket.h>
#include <unistd.h>

#include "io/transport.h"
#include "support/endpoint.h"

struct wire {
    struct loop *loop;
    struct io_context io;
    struct endpoint end;
    int other;
};

static void wire_open(struct wire *w)
{
    int fds[2];
    w->loop = loop_new();
    assert_true(io_context_init(&w->io, w->loop));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    endpoint_init(&w->end);
    assert_true(
        transport_init_plain(endpoint_transport(&w->end), &w->io, fds[0], false, endpoint_event));
    endpoint_handshake(&w->end);
    w->other = fds[1];
}

static void wire_close(struct wire *w)
{
    endpoint_clear(&w->end);
    if (w->other >= 0)
        close(w->other);
    io_context_clear(&w->io);
    loop_free(&w->loop);
}

static void is_open_at_once_when_accepted(void **state)
{
    (void)state;
    struct wire w;
    wire_open(&w);
    assert_true(w.end.open);
    assert_false(endpoint_transport(&w.end)->is_tls);
    wire_close(&w);
}

static void puts_parts_on_the_wire_as_they_are(void **state)
{
    (void)state;
    struct wire w;
    char octets[32];
    wire_open(&w);
    struct slice parts[] = {SLICE("HTTP/1.1 "), SLICE(""), SLICE("200\r\n")};
    transport_write(endpoint_transport(&w.end), parts, ARRAY_LEN(parts));
    ssize_t len = recv(w.other, octets, sizeof(octets), 0);
    ASSERT_SLICE(slice_of(octets, (size_t)len), SLICE("HTTP/1.1 200\r\n"));
    wire_close(&w);
}

static void ends_by_fin_and_takes_fin_for_an_end(void **state)
{
    (void)state;
    struct wire w;
    char octet;
    wire_open(&w);
    transport_shutdown(endpoint_transport(&w.end));
    assert_int_equal(recv(w.other, &octet, 1, 0), 0);
    assert_int_equal(send(w.other, "x", 1, 0), 1);
    close(w.other);
    w.other = -1;
    ENDPOINTS_UNTIL(w.loop, w.end.ended);
    ASSERT_SLICE(buf_view(&w.end.got), SLICE("x"));
    wire_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_open_at_once_when_accepted),
        cmocka_unit_test(puts_parts_on_the_wire_as_they_are),
        cmocka_unit_test(ends_by_fin_and_takes_fin_for_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
