// SPDX-License-Identifier: Apache-2.0
// One end of a connection in a test: a transport of any kind whose owner collects what comes. Both
// ends of a connection may live in one thread: ENDPOINTS_UNTIL turns their loop until something is
// the case.
#ifndef YETT_TESTS_SUPPORT_ENDPOINT_H
#define YETT_TESTS_SUPPORT_ENDPOINT_H

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/socket.h"
#include "io/transport.h"
#include "support/unit.h"

enum { ENDPOINT_READ_MAX = 300 * 1024, ENDPOINT_KEEP_MAX = 64 * 1024 * 1024 };

struct endpoint {
    union {
        struct transport transport;
        char storage[1024]; // for any kind
    } u;
    struct buf got;
    size_t read_size;   // of the buffer handed to transport_read
    bool paused;        // does not read
    bool waits;         // does not even begin the handshake
    bool open;          // the handshake is complete
    bool ended, failed; // as the last read or handshake said
    unsigned writable, closed, events;
    char *scratch;
};

static inline struct transport *endpoint_transport(struct endpoint *e)
{
    return &e->u.transport;
}

// Reads until there is nothing more, as an owner does.
static inline void endpoint_read(struct endpoint *e)
{
    struct transport *t = endpoint_transport(e);
    while (!e->paused && !e->ended && !e->failed) {
        size_t len = 0;
        enum io_status status = transport_read(t, e->scratch, e->read_size, &len);
        if (status == IO_AGAIN)
            return;
        e->ended = status == IO_EOF;
        e->failed = status == IO_ERROR;
        if (status == IO_OK) {
            assert_true(len > 0 && len <= e->read_size);
            buf_append(&e->got, e->scratch, len);
        }
    }
}

static inline void endpoint_handshake(struct endpoint *e)
{
    enum io_status status = transport_handshake(endpoint_transport(e));
    e->open = status == IO_OK;
    e->failed = status == IO_ERROR;
}

static inline void endpoint_event(struct transport *t, unsigned events)
{
    struct endpoint *e = CONTAINER_OF(t, struct endpoint, u.transport);
    e->events++;
    e->writable += (events & TRANSPORT_WRITABLE) != 0;
    e->closed += (events & TRANSPORT_CLOSED) != 0;
    if (!e->open && !e->failed && !e->waits)
        endpoint_handshake(e);
    if (e->open)
        endpoint_read(e);
}

static inline void endpoint_init(struct endpoint *e)
{
    memset(e, 0, sizeof(*e));
    buf_new(&e->got, ENDPOINT_KEEP_MAX);
    e->read_size = ENDPOINT_READ_MAX;
    e->scratch = malloc(ENDPOINT_READ_MAX);
    assert_non_null(e->scratch);
}

static inline void endpoint_clear(struct endpoint *e)
{
    if (endpoint_transport(e)->ops)
        transport_close(endpoint_transport(e), false);
    buf_free(&e->got);
    free(e->scratch);
}

static inline void endpoint_write(struct endpoint *e, struct slice octets)
{
    transport_write(endpoint_transport(e), &octets, 1);
}

static inline void endpoint_resume(struct endpoint *e)
{
    e->paused = false;
    endpoint_read(e);
}

// A TCP connection over loopback: fds[0] connected, fds[1] accepted. Small buffers when `small`, so
// that writers soon stall.
static inline void endpoint_connect(int fds[2], bool small)
{
    struct addr at, peer;
    assert_true(addr_parse_with_port(SLICE("127.0.0.1:0"), false, &at));
    int listener = socket_listen(&at, 1);
    assert_true(listener >= 0);
    if (small) {
        int size = 16 * 1024;
        assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
        assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    }
    assert_true(socket_local(listener, &at));
    fds[0] = socket_connect(&at);
    assert_true(fds[0] >= 0);
    if (small) {
        int size = 16 * 1024;
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    }
    do {
        fds[1] = socket_accept(listener, &peer);
    } while (fds[1] < 0);
    close(listener);
}

// Turns the loop until `condition` holds; the test fails after some seconds.
#define ENDPOINTS_UNTIL(loop, condition)                                                           \
    do {                                                                                           \
        for (int turn_ = 0; !(condition); turn_++) {                                               \
            if (turn_ > 2000)                                                                      \
                fail_msg("never came true: %s", #condition);                                       \
            loop_turn((loop), 10);                                                                 \
        }                                                                                          \
    } while (0)

// Lets everything happen that is under way.
static inline void endpoints_settle(struct loop *loop)
{
    for (int turn = 0; turn < 20; turn++)
        loop_turn(loop, 1);
}

#endif
