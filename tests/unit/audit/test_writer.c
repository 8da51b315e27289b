// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <fcntl.h>

#include "audit/audit_internal.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "support/capture.h"

static struct scene scene;

static int begin(void **state)
{
    (void)state;
    scene_open(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_close(&scene);
    return 0;
}

static void a_loss_has_a_record_of_its_own(void **state)
{
    (void)state;
    char text[1024];
    struct audit *a = scene_start(&scene);
    atomic_store(&a->rings[0].header->dropped, 7);
    audit_stop(&a, 1000);
    size_t len = scene_text(scene.log, text, sizeof(text));
    struct problems *problems = problems_new();
    struct json_doc *doc = json_read_text("loss", slice_of(text, len), problems);
    assert_non_null(doc);
    const struct json *event = json_get(json_root(doc), "event");
    assert_int_equal(json_get(json_root(doc), "@timestamp")->text.len, 24);
    ASSERT_SLICE(json_get(event, "kind")->text, SLICE("event"));
    ASSERT_SLICE(json_get(event, "action")->text, SLICE("audit-loss"));
    ASSERT_SLICE(json_get(event, "outcome")->text, SLICE("failure"));
    assert_int_equal(json_get(json_get(json_root(doc), "yett"), "lost")->number, 7);
    json_free(&doc);
    problems_free(&problems);
}

static void a_loss_is_told_without_another_record(void **state)
{
    (void)state;
    struct scene_count count = {0};
    scene.options.workers = 2;
    struct audit *a = scene_start(&scene);
    scene_put(a, 0, 1, 40); // wakes the writer, who then finds it
    atomic_store(&a->rings[0].header->dropped, 3);
    atomic_store(&a->rings[1].header->dropped, 4);
    for (unsigned ms = 0; ms < 3000 && count.lost < 7; ms++) {
        unsigned char seen[2];
        scene_sleep_ms(1);
        count = scene_read(scene.log, seen, 0);
    }
    assert_int_equal(count.lost, 7);
    audit_stop(&a, 1000);
}

static void a_line_given_up_is_told_even_to_a_sleeping_writer(void **state)
{
    (void)state;
    struct scene_count count = {0};
    struct audit *a = scene_start(&scene);
    scene_sleep_ms(400); // ten naps of the writer are over
    audit_put_lost(audit_ring_of(a, 0));
    for (unsigned ms = 0; ms < 3000 && count.lost == 0; ms++) {
        scene_sleep_ms(1);
        count = scene_read(scene.log, NULL, 0);
    }
    assert_int_equal(count.lost, 1);
    audit_stop(&a, 1000);
    scene.options.sink_count = 0;
    a = scene_start(&scene);
    assert_null(audit_ring_of(a, 0)); // nobody is to be told
    audit_stop(&a, 1000);
}

static void a_loss_is_told_by_the_next_process(void **state)
{
    (void)state;
    char why[256];
    struct sink s;
    struct audit_ring *r = ring_alloc(1);
    assert_true(sink_open_file(&s, scene.log, why, sizeof(why)));
    assert_true(ring_create(r, scene.folder, 5, SCENE_RING, why, sizeof(why)));
    ring_attach(r, &s, 1);
    atomic_store(&r->header->dropped, 9);
    atomic_store(&r->header->told, 4);
    sink_close(&s);
    ring_close(r, false);
    free(r);
    struct audit *a = scene_start(&scene);
    audit_stop(&a, 1000);
    assert_int_equal(scene_read(scene.log, NULL, 0).lost, 5);
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
}

static void says_that_a_sink_takes_nothing(void **state)
{
    (void)state;
    struct capture capture;
    char said[1024], path[200], got[8192];
    snprintf(path, sizeof(path), "%s/pipe", scene.folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    scene.sink.path = path;
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    struct audit *a = scene_start(&scene);
    capture_begin(&capture);
    for (unsigned i = 0; i < 40; i++)
        scene_put(a, 0, i, 4000);
    scene_sleep_ms(1300);
    for (unsigned empty = 0; empty < 50; empty++) {
        scene_sleep_ms(2);
        while (read(reader, got, sizeof(got)) > 0)
            empty = 0;
    }
    audit_stop(&a, 1000);
    capture_end(&capture, said, sizeof(said));
    assert_non_null(strstr(said, "takes no audit records"));
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
    close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_loss_has_a_record_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(a_loss_is_told_without_another_record, begin, end),
        cmocka_unit_test_setup_teardown(a_line_given_up_is_told_even_to_a_sleeping_writer, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_loss_is_told_by_the_next_process, begin, end),
        cmocka_unit_test_setup_teardown(says_that_a_sink_takes_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
