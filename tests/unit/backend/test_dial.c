// SPDX-License-Identifier: Apache-2.0
#include "backend/dial.h"

#include "support/backend_scene.h"

struct fixture {
    struct backend_scene scene;
    struct transport transport;
    struct slice preface;
    enum io_status status;
    bool is_over;
};

static void on_event(struct transport *t, unsigned events)
{
    struct fixture *f = CONTAINER_OF(t, struct fixture, transport);
    (void)events;
    f->status = backend_dial_step(t, &f->preface);
    f->is_over = f->status != IO_AGAIN;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    backend_scene_init(&f->scene);
    backend_scene_start(&f->scene);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    backend_scene_clear(&f->scene);
    free(f);
    return 0;
}

static void sends_the_preface_first(void **state)
{
    struct fixture *f = *state;
    struct backend_member *m = backend_scene_member(&f->scene);
    struct backend_failure why;
    char got[8];
    f->preface = SLICE("HELLO");
    int fd = backend_dial_socket(m, &why);
    assert_true(fd >= 0);
    assert_true(backend_dial_transport(m, fd, &f->transport, on_event, &why));
    backend_scene_accept(&f->scene);
    backend_scene_until(&f->scene, &f->is_over, true);
    assert_int_equal(f->status, IO_OK);
    assert_int_equal(f->preface.len, 0);
    assert_int_equal(recv(f->scene.accepted, got, sizeof(got), 0), 5);
    assert_memory_equal(got, "HELLO", 5);
    transport_close(&f->transport, false);
}

static void says_why_there_is_no_connection(void **state)
{
    struct fixture *f = *state;
    struct backend_member *m = backend_scene_member(&f->scene);
    struct backend_failure why = {0};
    f->scene.server.unix_path = "/nowhere/at/all";
    assert_int_equal(backend_dial_socket(m, &why), -1);
    assert_string_equal(why.word, "connect-refused");
    assert_non_null(why.text);
    assert_true(why.unsent && why.unanswered && !why.is_ours);
    f->scene.server.unix_path = NULL;
    close(f->scene.listener);
    f->scene.listener = -1;
    int fd = backend_dial_socket(m, &why);
    assert_true(fd >= 0);
    assert_true(backend_dial_transport(m, fd, &f->transport, on_event, &why));
    backend_scene_until(&f->scene, &f->is_over, true);
    assert_int_equal(f->status, IO_ERROR);
    assert_string_equal(f->transport.error_word, "connect-refused");
    transport_close(&f->transport, false);
}

static void has_room_for_tls(void **state)
{
    assert_true(backend_dial_size(100, 100 + sizeof(struct transport)) >=
                100 + sizeof(struct transport));
    assert_int_equal(backend_dial_size(0, 1 << 20), 1 << 20);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_the_preface_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_why_there_is_no_connection, set_up, tear_down),
        cmocka_unit_test(has_room_for_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
