// SPDX-License-Identifier: Apache-2.0
#include "io/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "io/socket.h"
#include "support/unit.h"

enum { CLIENTS = 300 };

struct host {
    struct listener listener;
    struct addr at;
    unsigned accepted, exhausted;
    int error;
    bool stops;     // at the first connection
    unsigned waits; // times that nobody may come in
    int fds[CLIENTS];
};

static void accepted(struct listener *l, int fd, const struct addr *peer)
{
    struct host *h = l->owner;
    assert_true(addr_is_loopback(peer));
    h->fds[h->accepted++] = fd;
    if (h->stops)
        listener_stop(l);
}

static void exhausted(struct listener *l, int error)
{
    struct host *h = l->owner;
    h->exhausted++;
    h->error = error;
}

static bool may_accept(struct listener *l)
{
    struct host *h = l->owner;
    if (h->waits == 0)
        return true;
    h->waits--;
    return false;
}

static void host_open(struct host *h, struct loop *loop)
{
    *h = (struct host){.listener = {.owner = h,
                                    .on_accept = accepted,
                                    .may_accept = may_accept,
                                    .on_exhausted = exhausted}};
    assert_true(addr_parse_with_port(SLICE("127.0.0.1:0"), false, &h->at));
    int fd = socket_listen(&h->at, 1000);
    assert_true(fd >= 0);
    assert_true(socket_local(fd, &h->at));
    assert_true(listener_start(&h->listener, loop, fd));
}

static void host_close(struct host *h)
{
    listener_stop(&h->listener);
    listener_stop(&h->listener);
    for (unsigned i = 0; i < h->accepted; i++)
        close(h->fds[i]);
}

static void connect_many(const struct host *h, int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        fds[i] = socket_connect(&h->at);
        assert_true(fds[i] >= 0);
    }
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
}

static void accepts_a_burst_in_few_turns(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct host h;
    int clients[CLIENTS];
    host_open(&h, loop);
    connect_many(&h, clients, CLIENTS);
    unsigned turns = 0;
    while (h.accepted < CLIENTS && turns < 100) {
        unsigned before = h.accepted;
        loop_turn(loop, 100);
        assert_true(h.accepted - before <= 64);
        turns++;
    }
    assert_int_equal(h.accepted, CLIENTS);
    assert_true(turns < 15);
    close_all(clients, CLIENTS);
    host_close(&h);
    loop_free(&loop);
}

static void may_be_stopped_by_its_owner(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct host h;
    int clients[3];
    host_open(&h, loop);
    h.stops = true;
    h.listener.batch = 3;
    connect_many(&h, clients, 3);
    loop_turn(loop, 100);
    loop_turn(loop, 0);
    assert_int_equal(h.accepted, 1);
    close_all(clients, 3);
    host_close(&h);
    loop_free(&loop);
}

// Who may not come in yet waits in the queue, and is asked for again without a further event.
static void waits_until_its_owner_has_room(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct host h;
    int client;
    host_open(&h, loop);
    h.waits = 3;
    connect_many(&h, &client, 1);
    uint64_t start = loop_now_ms(loop);
    loop_turn(loop, 100);
    assert_int_equal(h.accepted, 0);
    assert_true(h.listener.paused);
    for (unsigned turns = 0; h.accepted == 0 && turns < 100; turns++)
        loop_turn(loop, 100);
    assert_int_equal(h.accepted, 1);
    assert_int_equal(h.exhausted, 0);
    assert_true(loop_now_ms(loop) - start >= 3 * 20 - 1);
    close_all(&client, 1);
    host_close(&h);
    loop_free(&loop);
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Without descriptors the connection stays in the queue; the loop must neither spin nor forget it.
static void rests_when_descriptors_run_out_and_recovers(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct host h;
    int client;
    host_open(&h, loop);
    connect_many(&h, &client, 1);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)client + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    uint64_t start = cpu_ns();
    uint64_t until = loop_now_ms(loop) + 250;
    while (loop_now_ms(loop) < until)
        loop_turn(loop, 50);
    uint64_t used = cpu_ns() - start;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(h.error, EMFILE);
    assert_true(h.exhausted >= 2 && h.exhausted <= 4);
    assert_true(used < 50 * 1000000);
    for (int turn = 0; turn < 100 && h.accepted == 0; turn++)
        loop_turn(loop, 50);
    assert_int_equal(h.accepted, 1);
    assert_false(h.listener.paused);
    close(client);
    host_close(&h);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_burst_in_few_turns),
        cmocka_unit_test(may_be_stopped_by_its_owner),
        cmocka_unit_test(waits_until_its_owner_has_room),
        cmocka_unit_test(rests_when_descriptors_run_out_and_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
