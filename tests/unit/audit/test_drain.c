// SPDX-License-Identifier: Apache-2.0
// A sink that takes what it is told to take shows what the drain makes of it.
#include "scene.h"

#include <errno.h>

#include "audit/audit_internal.h"
#include "audit/drain.h"

static struct scene scene;
static struct bell bell;
static struct audit_ring *rings;
static struct sink sink;

static char taken[4096];
static size_t taken_len;
static size_t takes_at_most; // of one write
static bool begin_fails, is_elsewhere, may_cut;

static bool begin_fake(struct sink *s, const struct sink_place *torn, uint64_t now_ns,
                       struct sink_place *at)
{
    (void)s;
    (void)torn;
    (void)now_ns;
    *at = (struct sink_place){.dev = is_elsewhere, .ino = 1, .offset = taken_len};
    errno = EIO;
    return !begin_fails;
}

static ssize_t write_fake(struct sink *s, const char *text, size_t len)
{
    (void)s;
    size_t n = len < takes_at_most ? len : takes_at_most;
    memcpy(taken + taken_len, text, n);
    taken_len += n;
    errno = EDQUOT;
    return n ? (ssize_t)n : -1;
}

static void end_fake(struct sink *s)
{
    (void)s;
}

static bool cut_fake(struct sink *s, uint64_t offset)
{
    (void)s;
    if (may_cut)
        taken_len = offset;
    return may_cut;
}

static const struct sink_ops fake = {
    .is_file = true, .begin = begin_fake, .write = write_fake, .end = end_fake, .cut = cut_fake};

static int begin(void **state)
{
    (void)state;
    char why[256];
    scene_open(&scene);
    rings = ring_alloc(2);
    sink = (struct sink){.ops = &fake, .id = 9};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(ring_create(&rings[i], scene.folder, i, SCENE_RING, why, sizeof(why)));
        rings[i].bell = &bell;
        ring_attach(&rings[i], &sink, 1);
    }
    taken_len = 0;
    takes_at_most = sizeof(taken);
    begin_fails = is_elsewhere = may_cut = false;
    return 0;
}

static int end(void **state)
{
    (void)state;
    ring_close(&rings[0], true);
    ring_close(&rings[1], true);
    free(rings);
    scene_close(&scene);
    return 0;
}

static void push(unsigned ring, const char *line)
{
    assert_true(ring_push(&rings[ring], slice_str(line)));
}

static enum drain drain(unsigned ring)
{
    return drain_ring(&rings[ring], 0, &sink, 0);
}

static uint64_t done(unsigned ring)
{
    return atomic_load(&rings[ring].progress[0].slot->done);
}

static uint32_t armed(unsigned ring)
{
    return atomic_load(&rings[ring].progress[0].slot->armed);
}

static void gives_all_lines_in_one_write(void **state)
{
    (void)state;
    assert_int_equal(drain(0), DRAIN_IDLE);
    push(0, "one\n");
    push(0, "two\n");
    assert_int_equal(drain(0), DRAIN_DONE);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwo\n"));
    assert_int_equal(done(0), 8);
    assert_int_equal(armed(0), 0);
    assert_int_equal(drain(0), DRAIN_IDLE);
}

static void goes_on_at_the_octet_where_a_short_write_stopped(void **state)
{
    (void)state;
    push(0, "one\n");
    push(0, "two\n");
    push(0, "three\n");
    takes_at_most = 6;
    assert_int_equal(drain(0), DRAIN_STUCK);
    assert_int_equal(done(0), 4);
    assert_int_not_equal(armed(0), 0);
    takes_at_most = 0;
    assert_int_equal(drain(0), DRAIN_STUCK);
    assert_int_equal(errno, EDQUOT);
    takes_at_most = 100;
    assert_int_equal(drain(0), DRAIN_DONE); // the torn line alone
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwo\n"));
    assert_int_equal(drain(0), DRAIN_DONE);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwo\nthree\n"));
}

static void no_other_ring_writes_into_a_torn_line(void **state)
{
    (void)state;
    push(0, "one\n");
    push(1, "two\n");
    takes_at_most = 2;
    assert_int_equal(drain(0), DRAIN_STUCK);
    takes_at_most = 100;
    assert_int_equal(drain(1), DRAIN_IDLE);
    assert_int_equal(drain(0), DRAIN_DONE);
    assert_int_equal(drain(1), DRAIN_DONE);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwo\n"));
}

static void writes_the_line_again_when_its_place_is_lost(void **state)
{
    (void)state;
    push(0, "one\n");
    push(0, "two\n");
    takes_at_most = 6;
    assert_int_equal(drain(0), DRAIN_STUCK);
    takes_at_most = 100;
    is_elsewhere = true;
    assert_int_equal(drain(0), DRAIN_DONE);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwtwo\n"));
}

static void a_newline_by_another_completes_the_line_that_lacked_it(void **state)
{
    (void)state;
    push(0, "one\n");
    push(0, "two\n");
    takes_at_most = 7;
    assert_int_equal(drain(0), DRAIN_STUCK);
    taken[taken_len++] = '\n';
    takes_at_most = 100;
    push(0, "three\n");
    assert_int_equal(drain(0), DRAIN_DONE);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwo\nthree\n"));
}

static void a_file_that_is_left_loses_the_begun_line(void **state)
{
    (void)state;
    push(0, "one\n");
    push(0, "two\n");
    takes_at_most = 6;
    sink.wants_reopen = may_cut = true;
    assert_int_equal(drain(0), DRAIN_STUCK);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\n"));
    assert_null(sink.torn_by);
    assert_int_equal(done(0), 4);
    assert_int_equal(armed(0), 0);
    takes_at_most = 100;
    assert_int_equal(drain(0), DRAIN_DONE);
    ASSERT_SLICE(slice_of(taken, taken_len), SLICE("one\ntwo\n"));
}

static void a_sink_that_is_not_ready_gets_nothing(void **state)
{
    (void)state;
    push(0, "one\n");
    begin_fails = true;
    assert_int_equal(drain(0), DRAIN_STUCK);
    assert_int_equal(errno, EIO);
    assert_int_equal(taken_len, 0);
}

static void the_intent_says_what_and_where(void **state)
{
    (void)state;
    push(0, "one\n");
    assert_int_equal(drain(0), DRAIN_DONE);
    push(0, "two\n");
    takes_at_most = 0;
    assert_int_equal(drain(0), DRAIN_STUCK);
    const struct ring_intent *intent = &rings[0].progress[0].slot->intents[armed(0) - 1];
    assert_int_equal(intent->ino, 1);
    assert_int_equal(intent->offset, 4);
    assert_int_equal(intent->from, 4);
    assert_int_equal(intent->to, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_all_lines_in_one_write, begin, end),
        cmocka_unit_test_setup_teardown(goes_on_at_the_octet_where_a_short_write_stopped, begin,
                                        end),
        cmocka_unit_test_setup_teardown(no_other_ring_writes_into_a_torn_line, begin, end),
        cmocka_unit_test_setup_teardown(writes_the_line_again_when_its_place_is_lost, begin, end),
        cmocka_unit_test_setup_teardown(a_newline_by_another_completes_the_line_that_lacked_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_left_loses_the_begun_line, begin, end),
        cmocka_unit_test_setup_teardown(a_sink_that_is_not_ready_gets_nothing, begin, end),
        cmocka_unit_test_setup_teardown(the_intent_says_what_and_where, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
