// SPDX-License-Identifier: Apache-2.0
#include "backend/health.h"

#include "support/backend_scene.h"

enum { RISE = 2, FALL = 3 };

static int set_up(void **state)
{
    struct backend_scene *s = malloc(sizeof(*s));
    assert_non_null(s);
    backend_scene_init(s);
    s->config.health = (struct backend_health_check){
        .enabled = true,
        .path = SLICE("/healthz?deep=1"),
        .host = SLICE("app.example"),
        .interval_ms = 5,
        .timeout_ms = 100,
        .rise = RISE,
        .fall = FALL,
        .status_min = 200,
        .status_max = 399,
    };
    backend_scene_start(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct backend_scene *s = *state;
    backend_scene_clear(s);
    free(s);
    return 0;
}

// Until the check that runs has ended.
static void until_checked(struct backend_scene *s)
{
    for (int i = 0; i < 100 && backend_scene_member(s)->open; i++)
        loop_turn(s->loop, 10);
    assert_int_equal(backend_scene_member(s)->open, 0);
}

// Lets the next check come and answers it.
static void answer(struct backend_scene *s, const char *response)
{
    backend_scene_accept(s);
    backend_scene_say(s, response, strlen(response));
    until_checked(s);
    backend_scene_hang_up(s);
}

static void is_sick_after_failures_in_a_row_and_well_after_successes(void **state)
{
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    static const char bad[] = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
    static const struct {
        const char *response;
        bool is_sick; // after it
    } steps[] = {{bad, false}, {bad, false}, {good, false}, {bad, false}, {bad, false},
                 {bad, true},  {good, true}, {bad, true},   {good, true}, {good, false}};
    struct backend_scene *s = *state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        answer(s, steps[i].response);
        if (backend_scene_member(s)->is_sick != steps[i].is_sick)
            fail_msg("after step %zu", i);
    }
}

// Runs FALL checks that all get this response; is the server sick then?
static bool makes_sick(struct backend_scene *s, const char *response)
{
    backend_scene_member(s)->is_sick = false;
    for (int i = 0; i < FALL; i++)
        answer(s, response);
    return backend_scene_member(s)->is_sick;
}

static void judges_by_the_status(void **state)
{
    static const struct {
        const char *response;
        bool is_sick;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nnot all", false},
        {"HTTP/1.1 399 Odd\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", false},
        {"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", true},
        {"nonsense\r\n\r\n", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (makes_sick(*state, cases[i].response) != cases[i].is_sick)
            fail_msg("%s", cases[i].response);
    }
}

static void asks_what_the_policy_says(void **state)
{
    struct backend_scene *s = *state;
    char text[1024] = "";
    size_t len = 0;
    backend_scene_accept(s);
    for (int i = 0; i < 100 && !strstr(text, "\r\n\r\n"); i++) {
        loop_turn(s->loop, 10);
        ssize_t got = recv(s->accepted, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT);
        len += got > 0 ? (size_t)got : 0;
        text[len] = '\0';
    }
    assert_memory_equal(text, "GET /healthz?deep=1 HTTP/1.1\r\n", 30);
    assert_non_null(strstr(text, "\r\nHost: app.example\r\n"));
}

static void silence_is_a_failure(void **state)
{
    struct backend_scene *s = *state;
    for (int i = 0; i < FALL; i++) {
        assert_false(backend_scene_member(s)->is_sick);
        backend_scene_accept(s);
        until_checked(s);
        backend_scene_hang_up(s);
    }
    assert_true(backend_scene_member(s)->is_sick);
}

static void a_closed_port_is_a_failure(void **state)
{
    struct backend_scene *s = *state;
    close(s->listener);
    s->listener = -1;
    backend_scene_until(s, &backend_scene_member(s)->is_sick, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_sick_after_failures_in_a_row_and_well_after_successes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(judges_by_the_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asks_what_the_policy_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_a_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_port_is_a_failure, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
