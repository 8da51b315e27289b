// SPDX-License-Identifier: Apache-2.0
// Without TLS, as a unit; with it, real receivers in tests/integration/test_audit_syslog.py.
#include "support/unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/socket.h"
#include "tls/stream.h"

static void sends_over_tcp_and_notices_the_end(void **state)
{
    struct tls_stream_target t = {.kind = TLS_STREAM_TCP};
    struct addr peer;
    char text[8] = "";
    assert_true(addr_parse_with_port(SLICE("127.0.0.1:1"), false, &t.addr));
    t.addr.port = 0;
    int listener = socket_listen(&t.addr, 5);
    assert_true(listener >= 0 && socket_local(listener, &t.addr));
    void *s = tls_stream_open(&t);
    assert_non_null(s);
    assert_int_equal(tls_stream_send(s, "hello", 5), 5);
    assert_int_equal(poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, 5000), 1);
    int fd = socket_accept(listener, &peer);
    assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1);
    assert_int_equal(read(fd, text, sizeof(text)), 5);
    close(fd);
    ssize_t n;
    for (unsigned i = 0; (n = tls_stream_send(s, "x", 1)) >= 0 && i < 1000; i++)
        usleep(1000);
    assert_true(n < 0 && errno != EAGAIN);
    assert_null(tls_stream_why(s));
    tls_stream_close(s);
    close(listener);
    (void)state;
}

static void sends_datagrams_to_a_path(void **state)
{
    char folder[] = "/tmp/yett-stream-XXXXXX", path[64], text[16];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    struct tls_stream_target t = {.kind = TLS_STREAM_UNIX, .path = path};
    assert_null(tls_stream_open(&t));
    assert_int_equal(errno, ENOENT);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    void *s = tls_stream_open(&t);
    assert_non_null(s);
    assert_int_equal(tls_stream_send(s, "hello", 5), 5);
    assert_int_equal(tls_stream_send(s, "again", 5), 5);
    assert_int_equal(recv(fd, text, sizeof(text), 0), 5);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(recv(fd, text, sizeof(text), 0), 5);
    tls_stream_close(s);
    close(fd);
    unlink(path);
    rmdir(folder);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_over_tcp_and_notices_the_end),
        cmocka_unit_test(sends_datagrams_to_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
