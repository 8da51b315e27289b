// SPDX-License-Identifier: Apache-2.0
#include "backend/session.h"

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

static void is_shared_by_calls(void **state)
{
    struct peer *p = *state;
    struct backend_member *m = backend_scene_member(&p->scene);
    struct peer_user a, b;
    user_begin(&a, p, false);
    user_begin(&b, p, false); // while the first one still connects
    backend_scene_accept(&p->scene);
    peer_turn(p);
    assert_int_equal(m->open, 1);
    assert_int_equal(p->count, 2);
    peer_answer(p, 1, "b");
    peer_answer(p, 0, "a");
    peer_turn(p);
    ASSERT_SLICE(slice_of(a.body, a.len), SLICE("a"));
    ASSERT_SLICE(slice_of(b.body, b.len), SLICE("b"));
    struct peer_user c;
    user_begin(&c, p, false); // and again after rest
    assert_true(c.call->reused);
    peer_turn(p);
    peer_answer(p, 2, "c");
    peer_turn(p);
    assert_true(c.done);
    assert_int_equal(m->open, 1);
    assert_int_equal(m->outstanding, 0);
}

static void tells_all_calls_when_it_ends(void **state)
{
    struct peer *p = *state;
    struct backend_member *m = backend_scene_member(&p->scene);
    struct peer_user a, b;
    user_begin(&a, p, false);
    user_begin(&b, p, false);
    backend_scene_accept(&p->scene);
    peer_turn(p);
    backend_scene_hang_up(&p->scene);
    for (int i = 0; i < 100 && !(a.failures && b.failures); i++)
        loop_turn(p->scene.loop, 10);
    assert_true(a.failures == 1 && b.failures == 1);
    assert_string_equal(a.failure.word, "closed-early");
    assert_int_equal(m->open, 0);
}

static void takes_no_call_after_goodbye(void **state)
{
    struct peer *p = *state;
    struct backend_member *m = backend_scene_member(&p->scene);
    struct peer_user a;
    user_begin(&a, p, false);
    backend_scene_accept(&p->scene);
    peer_turn(p);
    http2_server_end(p->server, HTTP2_NO_ERROR);
    peer_turn(p);
    assert_true(list_is_empty(&m->sessions));
    peer_answer(p, 0, "late"); // who was there is served
    peer_turn(p);
    assert_true(a.done);
    assert_int_equal(m->open, 0);
}

static void notices_a_server_that_has_gone(void **state)
{
    struct peer *p = *state;
    struct backend_member *m = backend_scene_member(&p->scene);
    struct backend_failure why;
    struct peer_user a;
    user_begin(&a, p, false);
    backend_scene_accept(&p->scene);
    peer_turn(p);
    peer_answer(p, 0, "a");
    peer_turn(p);
    struct backend_call *c = backend_call_new(m, false, &why);
    assert_true(c && c->reused);
    assert_false(backend_call_is_stale(c));
    backend_scene_hang_up(&p->scene);
    backend_scene_until(&p->scene, &c->failed, true);
    assert_true(backend_call_is_stale(c));
    backend_call_release(&c);
    assert_int_equal(m->open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_shared_by_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_all_calls_when_it_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_no_call_after_goodbye, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_a_server_that_has_gone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
