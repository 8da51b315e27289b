// SPDX-License-Identifier: Apache-2.0
#include "backend/http2.h"

#include "support/http2_peer.h"

static int set_up(void **state)
{
    struct peer *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    peer_init(p);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct peer *p = *state;
    peer_clear(p);
    free(p);
    return 0;
}

static void tells_the_end_with_the_last_octets(void **state)
{
    struct peer *p = *state;
    struct peer_user u;
    user_begin(&u, p, false);
    backend_scene_accept(&p->scene);
    peer_turn(p);
    assert_int_equal(p->count, 1);
    peer_answer(p, 0, "hello");
    peer_turn(p);
    assert_true(u.done);
    assert_int_equal(u.bodies, 1);
    ASSERT_SLICE(slice_of(u.body, u.len), SLICE("hello"));
    assert_true(p->streams[0].closed);
    assert_int_equal(p->streams[0].code, HTTP2_NO_ERROR);
}

static void keeps_what_a_paused_user_does_not_take(void **state)
{
    struct peer *p = *state;
    struct peer_user u;
    user_begin(&u, p, false);
    backend_scene_accept(&p->scene);
    peer_turn(p);
    backend_call_pause(u.call);
    peer_answer(p, 0, "hello");
    peer_turn(p);
    assert_int_equal(u.heads, 1);
    assert_int_equal(u.bodies, 0);
    backend_scene_hang_up(&p->scene); // all of it has come: the connection is not needed any more
    loop_turn(p->scene.loop, 20);
    assert_int_equal(u.failures, 0);
    backend_call_resume(u.call);
    backend_scene_until(&p->scene, &u.done, true);
    ASSERT_SLICE(slice_of(u.body, u.len), SLICE("hello"));
    assert_int_equal(p->scene.octets.taken, 0);
}

static void cancels_what_is_released_early(void **state)
{
    struct peer *p = *state;
    struct peer_user u;
    user_begin(&u, p, false);
    backend_scene_accept(&p->scene);
    peer_turn(p);
    backend_call_release(&u.call);
    peer_turn(p);
    assert_true(p->streams[0].closed);
    assert_int_equal(p->streams[0].code, HTTP2_CANCEL);
    assert_int_equal(p->scene.context.http2_calls.taken, 0);
}

static void fails_with_the_code_of_a_reset(void **state)
{
    static const struct {
        enum http2_code code;
        bool unsent;
    } cases[] = {{HTTP2_REFUSED_STREAM, true}, {HTTP2_INTERNAL_ERROR, false}};
    struct peer *p = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_user u;
        user_begin(&u, p, false);
        backend_scene_accept(&p->scene);
        peer_turn(p);
        http2_server_reset(&p->streams[i].h2, cases[i].code);
        peer_turn(p);
        assert_int_equal(u.failures, 1);
        assert_true(u.failure.was_reset);
        assert_int_equal(u.failure.code, cases[i].code);
        assert_int_equal(u.failure.unsent, cases[i].unsent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_the_end_with_the_last_octets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_what_a_paused_user_does_not_take, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancels_what_is_released_early, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fails_with_the_code_of_a_reset, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
