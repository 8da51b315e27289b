// SPDX-License-Identifier: Apache-2.0
// What both kinds of transport have in common, over the plain one.
#include "io/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "support/dice.h"
#include "support/endpoint.h"

struct pair {
    struct loop *loop;
    struct io_context io;
    struct endpoint a, b; // a connected, b accepted
};

static void attach(struct pair *p, struct endpoint *e, int fd, bool connecting)
{
    assert_true(
        transport_init_plain(endpoint_transport(e), &p->io, fd, connecting, endpoint_event));
    endpoint_handshake(e);
}

static void pair_open(struct pair *p, bool small)
{
    int fds[2];
    p->loop = loop_new();
    assert_true(io_context_init(&p->io, p->loop));
    endpoint_init(&p->a);
    endpoint_init(&p->b);
    endpoint_connect(fds, small);
    attach(p, &p->a, fds[0], true);
    attach(p, &p->b, fds[1], false);
    ENDPOINTS_UNTIL(p->loop, p->a.open && p->b.open);
}

static void pair_close(struct pair *p)
{
    endpoint_clear(&p->a);
    endpoint_clear(&p->b);
    assert_int_equal(p->io.spilled, 0);
    io_context_clear(&p->io);
    loop_free(&p->loop);
}

static struct slice noise(size_t len)
{
    char *octets = malloc(len);
    struct dice dice = {len};
    assert_non_null(octets);
    for (size_t i = 0; i < len; i++)
        octets[i] = (char)dice_below(&dice, 256);
    return slice_of(octets, len);
}

static void carries_any_size_to_a_slow_reader(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 1000, 16384, 16385, 100000, 1024 * 1024};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct pair p;
        pair_open(&p, true);
        struct transport *a = endpoint_transport(&p.a);
        struct slice octets = noise(sizes[i]);
        p.b.paused = true;
        endpoint_write(&p.a, octets);
        endpoints_settle(p.loop);
        if (sizes[i] == 1024 * 1024) {
            assert_true(transport_pending(a) > 0);
            assert_int_equal(p.a.writable, 1); // of the connect
            assert_true(transport_delivered(a) < a->sent);
        }
        assert_int_equal(p.io.spilled, transport_pending(a));
        endpoint_resume(&p.b);
        ENDPOINTS_UNTIL(p.loop, p.b.got.len == octets.len);
        assert_memory_equal(p.b.got.data, octets.ptr, octets.len);
        assert_int_equal(a->sent, octets.len);
        ENDPOINTS_UNTIL(p.loop, transport_delivered(a) == octets.len);
        assert_int_equal(endpoint_transport(&p.b)->received, octets.len);
        if (sizes[i] == 1024 * 1024)
            ENDPOINTS_UNTIL(p.loop, p.a.writable == 2);
        assert_int_equal(transport_pending(a), 0);
        free((void *)(uintptr_t)octets.ptr);
        pair_close(&p);
    }
}

static void sends_parts_in_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct slice parts[100];
    char expected[500] = "";
    char words[100][8];
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(words[i], sizeof(words[i]), "%u,", i);
        parts[i] = slice_str(i % 7 == 3 ? NULL : words[i]);
        if (i % 7 != 3)
            strncat(expected, words[i], sizeof(expected) - strlen(expected) - 1);
    }
    transport_write(endpoint_transport(&p.a), parts, 100);
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == strlen(expected));
    ASSERT_SLICE(buf_view(&p.b.got), slice_str(expected));
    pair_close(&p);
}

static void held_octets_go_with_the_next_ones(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *a = endpoint_transport(&p.a);
    transport_hold(a, SLICE("held "));
    endpoints_settle(p.loop);
    assert_int_equal(p.b.got.len, 0);
    assert_int_equal(transport_pending(a), 0);
    endpoint_write(&p.a, SLICE("next"));
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == 9);
    ASSERT_SLICE(buf_view(&p.b.got), SLICE("held next"));
    transport_hold(a, SLICE(" one"));
    transport_hold(a, SLICE(" two")); // which does not wait as well
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == 17);
    ASSERT_SLICE(buf_view(&p.b.got), SLICE("held next one two"));
    assert_int_equal(a->sent, 17);
    pair_close(&p);
}

static void held_octets_go_when_the_owner_has_read_all(void **state)
{
    (void)state;
    struct pair p;
    char octet;
    size_t len;
    pair_open(&p, false);
    struct transport *a = endpoint_transport(&p.a);
    transport_hold(a, SLICE("held"));
    assert_int_equal(transport_read(a, &octet, 1, &len), IO_AGAIN);
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == 4);
    transport_hold(a, SLICE(", end"));
    transport_shutdown(a);
    ENDPOINTS_UNTIL(p.loop, p.b.ended);
    ASSERT_SLICE(buf_view(&p.b.got), SLICE("held, end"));
    transport_hold(a, SLICE("lost")); // freed with the transport
    pair_close(&p);
}

// More than the kernel takes behind what was held.
static void held_octets_stay_first(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct slice octets = noise(1024 * 1024);
    p.b.paused = true;
    transport_hold(endpoint_transport(&p.a), SLICE("held"));
    endpoint_write(&p.a, octets);
    assert_true(transport_pending(endpoint_transport(&p.a)) > 0);
    endpoint_resume(&p.b);
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == octets.len + 4);
    assert_memory_equal(p.b.got.data, "held", 4);
    assert_memory_equal(p.b.got.data + 4, octets.ptr, octets.len);
    assert_int_equal(transport_pending(endpoint_transport(&p.a)), 0);
    free((void *)(uintptr_t)octets.ptr);
    pair_close(&p);
}

static void is_over_behind_both_ends(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *a = endpoint_transport(&p.a);
    assert_false(transport_is_over(a));
    transport_shutdown(endpoint_transport(&p.b));
    ENDPOINTS_UNTIL(p.loop, p.a.ended);
    assert_true(transport_is_over(a));
    pair_close(&p);
}

// Random parts against a reader that stops and goes, in both directions at once.
static void keeps_order_when_stalling_at_random(void **state)
{
    (void)state;
    struct dice dice = {42};
    struct slice octets = noise(200000);
    struct pair p;
    pair_open(&p, true);
    struct buf wanted;
    buf_new(&wanted, 64 * 1024 * 1024);
    for (int round = 0; round < 300; round++) {
        if (transport_pending(endpoint_transport(&p.a)) == 0) {
            struct slice parts[40];
            size_t count = 1 + dice_below(&dice, 40);
            for (size_t i = 0; i < count; i++) {
                size_t from = dice_below(&dice, octets.len / 2);
                parts[i] = slice_first(slice_from(octets, from), dice_below(&dice, 3000));
                buf_slice(&wanted, parts[i]);
            }
            transport_write(endpoint_transport(&p.a), parts, count);
        }
        p.b.paused = dice_below(&dice, 2);
        p.b.read_size = 1 + dice_below(&dice, 30000);
        if (!p.b.paused)
            endpoint_read(&p.b);
        loop_turn(p.loop, 0);
    }
    p.b.read_size = ENDPOINT_READ_MAX;
    endpoint_resume(&p.b);
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == wanted.len);
    assert_memory_equal(p.b.got.data, wanted.data, wanted.len);
    buf_free(&wanted);
    free((void *)(uintptr_t)octets.ptr);
    pair_close(&p);
}

static void ends_in_order_behind_what_is_pending(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct slice octets = noise(1024 * 1024);
    p.b.paused = true;
    endpoint_write(&p.a, octets);
    transport_shutdown(endpoint_transport(&p.a));
    transport_shutdown(endpoint_transport(&p.a));
    endpoint_write(&p.a, SLICE("too late"));
    endpoints_settle(p.loop);
    assert_false(p.b.ended);
    endpoint_resume(&p.b);
    ENDPOINTS_UNTIL(p.loop, p.b.ended);
    assert_int_equal(p.b.got.len, octets.len);
    assert_true(p.b.closed > 0);
    // The other direction is still open.
    endpoint_write(&p.b, SLICE("goodbye"));
    ENDPOINTS_UNTIL(p.loop, p.a.got.len == 7);
    free((void *)(uintptr_t)octets.ptr);
    pair_close(&p);
}

// Octets and end come in one event; the end gives no second edge.
static void finds_an_end_that_came_with_the_last_octets(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    endpoint_write(&p.a, SLICE("last"));
    transport_shutdown(endpoint_transport(&p.a));
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == 4);
    endpoints_settle(p.loop);
    assert_true(p.b.ended);
    pair_close(&p);
}

static void keeps_may_read_while_the_owner_stops(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *b = endpoint_transport(&p.b);
    char small[4];
    size_t len;
    p.b.paused = true;
    endpoint_write(&p.a, SLICE("abcdefg"));
    ENDPOINTS_UNTIL(p.loop, b->may_read);
    assert_int_equal(transport_read(b, small, sizeof(small), &len), IO_OK);
    ASSERT_SLICE(slice_of(small, len), SLICE("abcd"));
    assert_true(b->may_read);
    assert_int_equal(transport_read(b, small, sizeof(small), &len), IO_OK);
    ASSERT_SLICE(slice_of(small, len), SLICE("efg"));
    assert_false(b->may_read); // a short recv: no call is made only to hear that there is nothing
    assert_int_equal(transport_read(b, small, sizeof(small), &len), IO_AGAIN);
    assert_int_equal(len, 0);
    pair_close(&p);
}

static void gives_octets_back_in_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *b = endpoint_transport(&p.b);
    char two[2];
    size_t len;
    p.b.paused = true;
    endpoint_write(&p.a, SLICE("EF"));
    ENDPOINTS_UNTIL(p.loop, b->may_read);
    assert_true(transport_unread(b, SLICE("CD")));
    assert_true(transport_unread(b, SLICE("")));
    assert_true(transport_unread(b, SLICE("AB")));
    assert_true(transport_is_stale(b));
    char all[8] = "";
    for (size_t at = 0; at < 6; at += len) {
        assert_int_equal(transport_read(b, two, sizeof(two), &len), IO_OK);
        memcpy(all + at, two, len);
    }
    assert_string_equal(all, "ABCDEF");
    assert_null(b->unread);
    pair_close(&p);
}

static void tells_resets_from_ends(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    transport_close(endpoint_transport(&p.a), true);
    transport_close(endpoint_transport(&p.a), true);
    ENDPOINTS_UNTIL(p.loop, p.b.failed);
    struct transport *b = endpoint_transport(&p.b);
    assert_string_equal(b->error_word, "reset");
    size_t len;
    char octet;
    assert_int_equal(transport_read(b, &octet, 1, &len), IO_ERROR);
    assert_int_equal(transport_handshake(b), IO_ERROR);
    endpoint_write(&p.b, SLICE("into the void"));
    assert_int_equal(transport_pending(b), 0);
    assert_true(transport_is_stale(b));
    pair_close(&p);
}

static void tells_resets_to_owners_that_do_not_read(void **state)
{
    (void)state;
    size_t len;
    char octet;
    for (unsigned kind = 0; kind < 3; kind++) { // FIN, RST that is seen, RST met by a write
        struct pair p;
        pair_open(&p, false);
        struct transport *a = endpoint_transport(&p.a), *b = endpoint_transport(&p.b);
        p.b.paused = true;
        if (kind == 0)
            transport_shutdown(a);
        else
            transport_close(a, true);
        if (kind == 2)
            endpoint_write(&p.b, SLICE("into the void"));
        else
            ENDPOINTS_UNTIL(p.loop, b->hung_up);
        assert_int_equal(transport_was_reset(b), kind > 0);
        assert_int_equal(transport_read(b, &octet, 1, &len), kind > 0 ? IO_ERROR : IO_EOF);
        if (kind > 0)
            assert_string_equal(b->error_word, "reset");
        pair_close(&p);
    }
}

// The owner that does not read learns of it too.
static void tells_a_paused_owner_that_the_other_side_is_gone(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    p.b.paused = true;
    transport_close(endpoint_transport(&p.a), true);
    ENDPOINTS_UNTIL(p.loop, p.b.closed > 0);
    pair_close(&p);
}

static void reports_a_failed_write_by_an_event(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *a = endpoint_transport(&p.a);
    p.a.paused = true;
    transport_close(endpoint_transport(&p.b), true);
    ENDPOINTS_UNTIL(p.loop, p.a.closed > 0);
    p.a.closed = 0;
    endpoint_write(&p.a, SLICE("x"));
    assert_true(a->broken);
    assert_int_equal(p.a.closed, 0);
    ENDPOINTS_UNTIL(p.loop, p.a.closed > 0);
    endpoint_resume(&p.a);
    assert_true(p.a.failed);
    assert_string_equal(a->error_word, "reset");
    pair_close(&p);
}

// A server that refuses an upload answers and closes; the answer must not be lost to the reset that
// our next write meets.
static void reads_what_came_before_a_write_failed(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *a = endpoint_transport(&p.a);
    struct slice answer = noise(40000);
    p.a.paused = p.b.paused = true;
    endpoint_write(&p.a, SLICE("nobody reads this"));
    endpoint_write(&p.b, answer);
    endpoints_settle(p.loop);
    transport_close(endpoint_transport(&p.b), false); // with octets unread: a reset
    ENDPOINTS_UNTIL(p.loop, p.a.closed > 0);
    endpoint_write(&p.a, SLICE("x"));
    assert_true(a->broken);
    p.a.read_size = 1000;
    endpoint_resume(&p.a);
    ENDPOINTS_UNTIL(p.loop, p.a.failed);
    ASSERT_SLICE(buf_view(&p.a.got), answer);
    assert_string_equal(a->error_word, "reset");
    free((void *)(uintptr_t)answer.ptr);
    pair_close(&p);
}

static void drops_what_is_pending_when_the_other_side_goes(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct slice octets = noise(1024 * 1024);
    p.b.paused = true;
    endpoint_write(&p.a, octets);
    endpoints_settle(p.loop);
    assert_true(p.io.spilled > 0);
    transport_close(endpoint_transport(&p.b), true);
    ENDPOINTS_UNTIL(p.loop, p.a.failed);
    endpoints_settle(p.loop);
    assert_int_equal(p.io.spilled, 0);
    free((void *)(uintptr_t)octets.ptr);
    pair_close(&p);
}

static void says_that_nobody_listens(void **state)
{
    (void)state;
    struct pair p;
    int fds[2];
    pair_open(&p, false);
    struct addr at;
    assert_true(addr_parse_with_port(SLICE("127.0.0.1:0"), false, &at));
    int bound = socket_listen(&at, 1);
    assert_true(socket_local(bound, &at));
    close(bound);
    struct endpoint lonely;
    endpoint_init(&lonely);
    fds[0] = socket_connect(&at);
    assert_true(fds[0] >= 0);
    attach(&p, &lonely, fds[0], true);
    assert_int_equal(transport_handshake(endpoint_transport(&lonely)), IO_AGAIN);
    ENDPOINTS_UNTIL(p.loop, lonely.failed);
    assert_string_equal(endpoint_transport(&lonely)->error_word, "connect-refused");
    endpoint_clear(&lonely);
    pair_close(&p);
}

static void sees_stale_connections(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *b = endpoint_transport(&p.b);
    p.b.paused = true;
    assert_false(transport_is_stale(b));
    endpoint_write(&p.a, SLICE("unasked"));
    assert_true(transport_is_stale(b)); // before any event told
    endpoint_resume(&p.b);
    ENDPOINTS_UNTIL(p.loop, p.b.got.len == 7);
    assert_false(transport_is_stale(b));
    transport_shutdown(endpoint_transport(&p.a));
    assert_true(transport_is_stale(b));
    pair_close(&p);
}

static void discards_up_to_a_limit(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *b = endpoint_transport(&p.b);
    p.b.paused = true;
    assert_true(transport_unread(b, SLICE("old")));
    transport_fail(b, "tls-protocol", "of an earlier stage");
    assert_int_equal(transport_discard(b, 10), IO_AGAIN);
    endpoint_write(&p.a, SLICE("0123456789abc"));
    endpoints_settle(p.loop);
    assert_int_equal(transport_discard(b, 10), IO_OK);
    assert_int_equal(transport_discard(b, 10), IO_AGAIN);
    transport_shutdown(endpoint_transport(&p.a));
    endpoints_settle(p.loop);
    assert_int_equal(transport_discard(b, 10), IO_EOF);
    assert_int_equal(transport_discard(b, 10), IO_EOF);
    pair_close(&p);
}

static void keeps_the_first_error(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *a = endpoint_transport(&p.a);
    assert_int_equal(transport_fail(a, "first", "the first"), IO_ERROR);
    assert_int_equal(transport_fail(a, "second", "the second"), IO_ERROR);
    assert_string_equal(a->error_word, "first");
    // Past the error, octets of our own choosing still go out.
    transport_write_raw(a, SLICE("raw"));
    endpoint_write(&p.a, SLICE("cooked"));
    transport_shutdown(a);
    ENDPOINTS_UNTIL(p.loop, p.b.ended);
    ASSERT_SLICE(buf_view(&p.b.got), SLICE("raw"));
    pair_close(&p);
}

static void closes_a_descriptor_it_cannot_watch(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct io_context io;
    struct transport t;
    assert_true(io_context_init(&io, loop));
    int file = open("/proc/self/cmdline", O_RDONLY); // regular files can't be polled
    assert_true(file >= 0);
    errno = 0;
    assert_false(transport_init_plain(&t, &io, file, false, endpoint_event));
    assert_int_equal(errno, EPERM);
    assert_int_equal(fcntl(file, F_GETFD), -1);
    io_context_clear(&io);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_any_size_to_a_slow_reader),
        cmocka_unit_test(sends_parts_in_order),
        cmocka_unit_test(held_octets_go_with_the_next_ones),
        cmocka_unit_test(held_octets_go_when_the_owner_has_read_all),
        cmocka_unit_test(held_octets_stay_first),
        cmocka_unit_test(is_over_behind_both_ends),
        cmocka_unit_test(keeps_order_when_stalling_at_random),
        cmocka_unit_test(ends_in_order_behind_what_is_pending),
        cmocka_unit_test(finds_an_end_that_came_with_the_last_octets),
        cmocka_unit_test(keeps_may_read_while_the_owner_stops),
        cmocka_unit_test(gives_octets_back_in_order),
        cmocka_unit_test(tells_resets_from_ends),
        cmocka_unit_test(tells_resets_to_owners_that_do_not_read),
        cmocka_unit_test(tells_a_paused_owner_that_the_other_side_is_gone),
        cmocka_unit_test(reports_a_failed_write_by_an_event),
        cmocka_unit_test(reads_what_came_before_a_write_failed),
        cmocka_unit_test(drops_what_is_pending_when_the_other_side_goes),
        cmocka_unit_test(says_that_nobody_listens),
        cmocka_unit_test(sees_stale_connections),
        cmocka_unit_test(discards_up_to_a_limit),
        cmocka_unit_test(keeps_the_first_error),
        cmocka_unit_test(closes_a_descriptor_it_cannot_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
