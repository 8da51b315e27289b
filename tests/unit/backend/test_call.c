// SPDX-License-Identifier: Apache-2.0
// What every protocol relies on, with one that does nothing.
#include "backend/call.h"

#include "support/backend_scene.h"

struct fixture {
    struct backend_member member;
    struct backend_call call;
    unsigned resumes, releases, failures;
    struct backend_failure failure;
};

static void start(struct backend_call *c)
{
    c->connected = true;
}

static void resume(struct backend_call *c)
{
    CONTAINER_OF(c, struct fixture, call)->resumes++;
}

static void release(struct backend_call *c)
{
    CONTAINER_OF(c, struct fixture, call)->releases++;
}

static const struct backend_call_ops ops = {.start = start, .resume = resume, .release = release};

static void on_failure(void *owner, const struct backend_failure *f)
{
    struct fixture *fixture = owner;
    fixture->failures++;
    fixture->failure = *f;
}

static const struct backend_events events = {.on_failure = on_failure};

static void begin(struct fixture *f)
{
    *f = (struct fixture){.call = {.ops = &ops, .member = &f->member}};
    f->member.outstanding = 1;
    backend_call_start(&f->call, &events, f, NULL, 1);
}

static void resumes_only_what_was_paused(void **state)
{
    struct fixture f;
    begin(&f);
    backend_call_resume(&f.call);
    assert_int_equal(f.resumes, 0);
    backend_call_pause(&f.call);
    backend_call_resume(&f.call);
    backend_call_resume(&f.call);
    assert_int_equal(f.resumes, 1);
    (void)state;
}

static void tells_a_failure_once_and_how_far_it_came(void **state)
{
    struct fixture f;
    begin(&f);
    f.call.wrote = true;
    backend_call_fail(&f.call, "closed-early", NULL);
    backend_call_fail(&f.call, "reset", NULL);
    assert_int_equal(f.failures, 1);
    assert_string_equal(f.failure.word, "closed-early");
    assert_int_equal(f.failure.stage, BACKEND_WAITING);
    assert_true(!f.failure.unsent && f.failure.unanswered);
    begin(&f);
    f.call.wrote = f.call.got = f.call.head_done = true;
    backend_call_fail(&f.call, "reset", NULL);
    assert_int_equal(f.failure.stage, BACKEND_READING);
    assert_true(!f.failure.unsent && !f.failure.unanswered);
    (void)state;
}

static void tells_nobody_who_has_released_it(void **state)
{
    struct fixture f;
    begin(&f);
    struct backend_call *held = &f.call;
    backend_call_release(&held);
    assert_null(held);
    backend_call_release(&held);
    backend_call_fail(&f.call, "reset", NULL);
    assert_int_equal(f.releases, 1);
    assert_int_equal(f.failures, 0);
    assert_int_equal(f.member.outstanding, 0);
    assert_true(backend_no_memory().is_ours);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumes_only_what_was_paused),
        cmocka_unit_test(tells_a_failure_once_and_how_far_it_came),
        cmocka_unit_test(tells_nobody_who_has_released_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
