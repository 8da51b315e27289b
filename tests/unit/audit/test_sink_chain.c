// SPDX-License-Identifier: Apache-2.0
// A chained log through the whole of the room, judged by the walk that looks for harm.
#include "scene.h"

#include "audit/sink.h"
#include "audit/sink_chain.h"
#include "audit/verify.h"
#include "fake_crypto.h"

static struct scene scene;
static struct audit_chain_options chain;
static char last_finding[256];

static int begin(void **state)
{
    (void)state;
    scene_open(&scene);
    chain = (struct audit_chain_options){.key = fake_key, .seed = fake_seed};
    scene.sink.chain = &chain;
    scene.options.crypto = &fake_crypto;
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_close(&scene);
    return 0;
}

static void note(void *ctx, const char *file, uint64_t line, const char *text)
{
    (void)ctx;
    (void)file;
    snprintf(last_finding, sizeof(last_finding), "%llu: %s", (unsigned long long)line, text);
}

static struct verify walk(const char *const *files, size_t count)
{
    const struct verify_keys keys = {&fake_crypto, fake_key, fake_seed, fake_verify};
    struct verify v = {.keys = &keys, .on_finding = note};
    struct chain_state found;
    char path[160];
    snprintf(path, sizeof(path), "%s" CHAIN_STATE_SUFFIX, scene.log);
    last_finding[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        FILE *file = fopen(files[i], "r");
        assert_non_null(file);
        verify_file(&v, files[i], file);
        fclose(file);
    }
    verify_end(&v, scene.log, chain_state_read(path, &fake_crypto, fake_key, &found), &found);
    v.keys = NULL;
    return v;
}

static struct verify walk_log(void)
{
    const char *const files[] = {scene.log};
    return walk(files, 1);
}

static void run(uint64_t first, uint64_t count)
{
    struct audit *a = scene_start(&scene);
    for (uint64_t i = 0; i < count; i++)
        scene_put(a, 0, first + i, 200);
    audit_stop(&a, 1000);
}

static void starts_go_on_in_one_chain(void **state)
{
    run(0, 10);
    run(10, 10);
    struct verify v = walk_log();
    assert_string_equal(last_finding, "");
    assert_int_equal(v.findings, 0);
    assert_int_equal(v.lines, 1 + 10 + 1 + 10 + 1);
    assert_int_equal(v.checkpoints, 2);
    assert_int_equal(v.covered, v.point.sequence - 1);
    (void)state;
}

static void many_lines_get_checkpoints_on_the_way(void **state)
{
    run(0, 1200);
    struct verify v = walk_log();
    assert_string_equal(last_finding, "");
    assert_int_equal(v.lines, 1201 + v.checkpoints);
    assert_true(v.checkpoints >= 1);
    (void)state;
}

static void lost_state_is_made_good_from_the_log(void **state)
{
    char path[160];
    run(0, 10);
    snprintf(path, sizeof(path), "%s" CHAIN_STATE_SUFFIX, scene.log);
    assert_int_equal(unlink(path), 0);
    run(10, 10);
    assert_int_equal(walk_log().findings, 0);
    (void)state;
}

static void new_file_is_linked_to_the_old(void **state)
{
    char moved[160];
    const char *const files[] = {moved, scene.log};
    snprintf(moved, sizeof(moved), "%s.1", scene.log);
    run(0, 10);
    assert_int_equal(rename(scene.log, moved), 0);
    run(10, 10);
    struct verify v = walk(files, 2);
    assert_string_equal(last_finding, "");
    assert_int_equal(v.lines, 2 + 20 + 2);
    assert_int_equal(walk_log().findings, 0); // begins in the middle of the chain, soundly
    (void)state;
}

static void cut_log_is_not_healed(void **state)
{
    run(0, 10);
    assert_int_equal(truncate(scene.log, 0), 0);
    run(10, 1);
    assert_int_equal(walk_log().findings, 0); // nothing is left to contradict the link, but it says
    struct verify v = walk_log();             // where it begins
    assert_int_equal(v.point.sequence - v.lines, 12);
    run(11, 5);
    assert_int_equal(truncate(scene.log, 700), 0);
    run(16, 1);
    assert_true(walk_log().findings > 0);
    assert_non_null(strstr(last_finding, "missing"));
    (void)state;
}

static void stream_has_no_chain(void **state)
{
    struct sink s;
    char why[128];
    assert_true(sink_open_file(&s, "/dev/null", why, sizeof(why)));
    assert_false(sink_chain_attach(&s, &fake_crypto, &chain, why, sizeof(why)));
    assert_non_null(strstr(why, "no regular file"));
    sink_close(&s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_go_on_in_one_chain, begin, end),
        cmocka_unit_test_setup_teardown(many_lines_get_checkpoints_on_the_way, begin, end),
        cmocka_unit_test_setup_teardown(lost_state_is_made_good_from_the_log, begin, end),
        cmocka_unit_test_setup_teardown(new_file_is_linked_to_the_old, begin, end),
        cmocka_unit_test_setup_teardown(cut_log_is_not_healed, begin, end),
        cmocka_unit_test_setup_teardown(stream_has_no_chain, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
