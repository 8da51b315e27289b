// SPDX-License-Identifier: Apache-2.0
#include "io/batch.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/unit.h"

struct source {
    size_t left;
};

static struct slice produce(void *ctx)
{
    static const char piece[100];
    struct source *s = ctx;
    if (s->left == 0)
        return (struct slice){0};
    s->left--;
    return slice_of(piece, sizeof(piece));
}

static void on_event(struct transport *t, unsigned events)
{
    (void)t;
    (void)events;
}

static void writes_all_pieces(void **state)
{
    int ends[2];
    char storage[250], got[1200];
    struct loop *loop = loop_new();
    struct io_context io;
    struct transport t;
    struct buf scratch;
    struct source source = {10};
    assert_true(loop && io_context_init(&io, loop));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    memset(&t, 0, sizeof(t));
    assert_true(transport_init_plain(&t, &io, ends[0], false, on_event));
    buf_init(&scratch, storage, sizeof(storage));
    transport_write_batch(&t, &scratch, produce, &source);
    assert_int_equal(source.left, 0);
    assert_int_equal(recv(ends[1], got, sizeof(got), 0), 1000);
    transport_write_batch(&t, &scratch, produce, &source); // nothing: no write
    assert_int_equal(recv(ends[1], got, sizeof(got), 0), -1);
    transport_close(&t, false);
    close(ends[1]);
    io_context_clear(&io);
    loop_free(&loop);
    (void)state;
}

static void stops_when_the_socket_takes_no_more(void **state)
{
    int ends[2];
    char storage[1000];
    struct loop *loop = loop_new();
    struct io_context io;
    struct transport t;
    struct buf scratch;
    struct source source = {1000000};
    assert_true(loop && io_context_init(&io, loop));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    memset(&t, 0, sizeof(t));
    assert_true(transport_init_plain(&t, &io, ends[0], false, on_event));
    buf_init(&scratch, storage, sizeof(storage));
    transport_write_batch(&t, &scratch, produce, &source);
    assert_true(source.left > 0);
    assert_true(transport_pending(&t) > 0);
    transport_close(&t, false);
    close(ends[1]);
    io_context_clear(&io);
    loop_free(&loop);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_all_pieces),
        cmocka_unit_test(stops_when_the_socket_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
