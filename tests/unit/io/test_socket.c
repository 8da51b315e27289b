// SPDX-License-Identifier: Apache-2.0
#include "io/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/unit.h"

static struct addr address(const char *text)
{
    struct addr a;
    assert_true(addr_parse_with_port(slice_str(text), false, &a));
    return a;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static void check_descriptor(int fd)
{
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

struct meeting {
    const char *listen_on, *connect_to, *peer;
};

// "::" serves both families; addresses of IPv4 clients look like IPv4.
static void connects_and_accepts(void **state)
{
    (void)state;
    static const struct meeting meetings[] = {
        {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"},
        {"[::1]:0", "[::1]:0", "[::1]:0"},
        {"[::]:0", "127.0.0.1:0", "127.0.0.1:0"},
        {"[::]:0", "[::1]:0", "[::1]:0"},
    };
    for (size_t i = 0; i < ARRAY_LEN(meetings); i++) {
        struct addr at = address(meetings[i].listen_on), bound, to, peer, own;
        int listener = socket_listen(&at, 16);
        if (listener < 0 && errno == EADDRNOTAVAIL)
            continue; // a machine without IPv6
        check_descriptor(listener);
        assert_true(socket_local(listener, &bound));
        assert_int_not_equal(bound.port, 0);
        to = address(meetings[i].connect_to);
        to.port = bound.port;
        int client = socket_connect(&to);
        check_descriptor(client);
        struct pollfd ready = {.fd = listener, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 1000), 1);
        int server = socket_accept(listener, &peer);
        check_descriptor(server);
        struct addr wanted = address(meetings[i].peer);
        assert_true(addr_eq(&peer, &wanted));
        assert_true(socket_local(client, &own));
        assert_int_equal(peer.port, own.port);
        assert_int_equal(option(server, IPPROTO_TCP, TCP_NODELAY), 1);
        assert_int_equal(option(client, IPPROTO_TCP, TCP_NODELAY), 1);
        assert_int_equal(option(server, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 128 * 1024);
        assert_int_equal(socket_accept(listener, &peer), -1);
        assert_int_equal(errno, EAGAIN);
        close(client);
        close(server);
        close(listener);
    }
}

// Each worker has a listener of its own at the same port.
static void lets_several_listen_on_one_port(void **state)
{
    (void)state;
    struct addr at = address("127.0.0.1:0");
    int first = socket_listen(&at, 1);
    assert_true(socket_local(first, &at));
    int second = socket_listen(&at, 1);
    check_descriptor(second);
    close(first);
    close(second);
}

static void connects_to_unix_sockets(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "unit-socket-%d", (int)getpid());
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 1), 0);
    int client = socket_connect_unix(at.sun_path);
    check_descriptor(client);
    struct addr peer;
    int server = socket_accept(listener, &peer);
    check_descriptor(server);
    assert_true(peer.is_unix);
    unlink(at.sun_path);
    assert_int_equal(socket_connect_unix(at.sun_path), -1);
    assert_int_equal(errno, ENOENT);
    char longest[300];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(socket_connect_unix(longest), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    close(client);
    close(server);
    close(listener);
}

static void replaces_a_stale_unix_socket_alone(void **state)
{
    (void)state;
    char path[64];
    struct stat st;
    (void)snprintf(path, sizeof(path), "unit-listen-%d", (int)getpid());
    int first = socket_listen_unix(path, 1);
    check_descriptor(first);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(socket_listen_unix(path, 1), -1); // somebody answers there
    assert_int_equal(errno, EADDRINUSE);
    close(first);
    int second = socket_listen_unix(path, 1);
    check_descriptor(second);
    close(second);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(socket_listen_unix(path, 1), -1); // no socket of anybody
    assert_int_equal(stat(path, &st), 0);
    unlink(path);
}

static void says_why_it_cannot_listen(void **state)
{
    (void)state;
    struct addr elsewhere = address("192.0.2.1:0");
    assert_int_equal(socket_listen(&elsewhere, 1), -1);
    assert_int_equal(errno, EADDRNOTAVAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_and_accepts),
        cmocka_unit_test(lets_several_listen_on_one_port),
        cmocka_unit_test(connects_to_unix_sockets),
        cmocka_unit_test(replaces_a_stale_unix_socket_alone),
        cmocka_unit_test(says_why_it_cannot_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
