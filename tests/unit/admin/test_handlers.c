// SPDX-License-Identifier: Apache-2.0
#include "admin/handlers.h"

#include <string.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "http/head.h"
#include "support/unit.h"

static unsigned ask(const char *method, enum http_method id, const char *path, const char *host,
                    struct slice token, struct http_field *field)
{
    static char storage[64 * 1024];
    struct admin_view view = {0};
    struct buf out;
    struct http_request r = {.method = slice_str(method),
                             .method_id = id,
                             .path = slice_str(path),
                             .host = slice_str(host)};
    r.fields.items = field;
    r.fields.count = field ? 1 : 0;
    const struct admin_call call = {
        .view = &view, .request = &r, .token = token, .is_remote = host[0] != '\0'};
    buf_init(&out, storage, sizeof(storage));
    struct admin_reply reply = {.out = &out};
    admin_handle(&call, &reply);
    return reply.status;
}

static unsigned get(const char *path, const char *host)
{
    return ask("GET", HTTP_METHOD_GET, path, host, (struct slice){0}, NULL);
}

static void knows_paths_methods_and_names(void **state)
{
    (void)state;
    assert_int_equal(get("/", "localhost"), 200);
    assert_int_equal(get("/healthz", "[::1]"), 200);
    assert_int_equal(get("/healthz/", "localhost"), 404);
    assert_int_equal(get("/bansx", "localhost"), 404);
    assert_int_equal(get("/bans/x", "localhost"), 405);
    assert_int_equal(get("/healthz", "page.example"), 421);
    assert_int_equal(get("/healthz", ""), 200); // a unix socket
    assert_int_equal(ask("GE", HTTP_METHOD_OTHER, "/healthz", "localhost", (struct slice){0}, NULL),
                     405);
    assert_int_equal(ask("HEAD", HTTP_METHOD_HEAD, "/readyz", "localhost", (struct slice){0}, NULL),
                     200);
}

static void strangers_learn_nothing(void **state)
{
    (void)state;
    const struct slice token = SLICE("0123456789abcdef");
    struct http_field right = {.name = SLICE("Authorization"),
                               .value = SLICE("Bearer 0123456789abcdef")};
    struct http_field wrong = {.name = SLICE("Authorization"),
                               .value = SLICE("Bearer 0123456789abcdeg")};
    static const char *const paths[] = {"/", "/nothing", "/metrics", "/reload"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_int_equal(ask("GET", HTTP_METHOD_GET, paths[i], "a.example", token, NULL), 401);
        assert_int_equal(ask("GET", HTTP_METHOD_GET, paths[i], "a.example", token, &wrong), 401);
    }
    assert_int_equal(ask("GET", HTTP_METHOD_GET, "/", "a.example", token, &right), 200);
    assert_int_equal(ask("GET", HTTP_METHOD_GET, "/nothing", "a.example", token, &right), 404);
    assert_int_equal(ask("GET", HTTP_METHOD_GET, "/healthz", "a.example", token, NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_paths_methods_and_names),
        cmocka_unit_test(strangers_learn_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
