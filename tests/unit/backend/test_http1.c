// SPDX-License-Identifier: Apache-2.0
// Responses over a real connection: each whole in one piece and octet by octet, which must make no
// difference to what the user of the connection is told.
#include "backend/http1.h"

#include "support/backend_scene.h"

enum { INTERIM_MAX = 2, TEXT_MAX = 4096 };

struct fixture {
    struct backend_scene scene;
    struct backend_call *call;
    const struct http_outgoing *request;
    struct slice request_body;
    bool request_is_last;
    bool connected, over; // the last octet of the body, or a failure
    unsigned status, interims;
    char body[TEXT_MAX];
    size_t body_len;
    const char *failure;
};

static void on_connected(void *owner)
{
    struct fixture *f = owner;
    f->connected = true;
    assert_true(backend_call_send_head(f->call, f->request, f->request_body, f->request_is_last));
}

static void on_interim(void *owner, const struct http_response *r)
{
    struct fixture *f = owner;
    assert_in_range(r->status, 100, 199);
    f->interims++;
}

static void on_head(void *owner, struct http_response *r)
{
    struct fixture *f = owner;
    assert_int_equal(f->status, 0);
    f->status = r->status;
}

static void on_body(void *owner, struct slice data, bool last)
{
    struct fixture *f = owner;
    assert_true(f->status != 0 && !f->over);
    assert_true(data.len <= TEXT_MAX - f->body_len);
    if (data.len)
        memcpy(f->body + f->body_len, data.ptr, data.len);
    f->body_len += data.len;
    f->over = last;
}

static void on_trailers(void *owner, struct http_fields *f)
{
    (void)owner;
    (void)f;
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static void on_failure(void *owner, const struct backend_failure *failure)
{
    struct fixture *f = owner;
    assert_false(f->over);
    f->failure = failure->word;
    f->over = true;
}

static const struct backend_events events = {
    .on_connected = on_connected,
    .on_interim = on_interim,
    .on_head = on_head,
    .on_trailers = on_trailers,
    .on_body = on_body,
    .on_idle = on_nothing,
    .on_drained = on_nothing,
    .on_failure = on_failure,
};

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
    backend_call_release(&f->call);
    backend_scene_clear(&f->scene);
    free(f);
    return 0;
}

static const struct http_outgoing plain_get = {
    .method = SLICE_INIT("GET"), .path = SLICE_INIT("/"), .authority = SLICE_INIT("a")};
static const struct http_outgoing plain_head = {
    .method = SLICE_INIT("HEAD"), .path = SLICE_INIT("/"), .authority = SLICE_INIT("a")};

// Begins an exchange on a fresh connection.
static void begin(struct fixture *f, const struct http_outgoing *request, struct slice body,
                  bool last)
{
    struct backend_failure why;
    f->request = request;
    f->request_body = body;
    f->request_is_last = last;
    f->connected = f->over = false;
    f->status = f->interims = 0;
    f->body_len = 0;
    f->failure = NULL;
    f->call = backend_call_new(backend_scene_member(&f->scene), true, &why);
    assert_non_null(f->call);
    backend_call_start(f->call, &events, f, &f->scene.arena, INTERIM_MAX);
    backend_scene_accept(&f->scene);
    backend_scene_until(&f->scene, &f->connected, true);
}

static void end(struct fixture *f)
{
    backend_call_release(&f->call);
    backend_scene_hang_up(&f->scene);
    arena_clear(&f->scene.arena);
    arena_init(&f->scene.arena, NULL, 65536);
}

struct response_case {
    const char *name;
    const char *octets;
    const char *body;
    const char *failure; // NULL: none
    unsigned status;     // 0: no head came
    unsigned interims;
    bool is_to_head;  // the request was HEAD
    bool closes;      // the server says no more
    bool may_be_kept; // the connection serves again
};

static const struct response_case cases[] = {
    {.name = "length",
     .octets = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
     .body = "hello",
     .status = 200,
     .may_be_kept = true},
    {.name = "nothing",
     .octets = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     .body = "",
     .status = 200,
     .may_be_kept = true},
    {.name = "chunks",
     .octets = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n",
     .body = "hello",
     .status = 200,
     .may_be_kept = true},
    {.name = "until close",
     .octets = "HTTP/1.1 200 OK\r\n\r\nhello",
     .body = "hello",
     .status = 200,
     .closes = true},
    {.name = "no body by its status",
     .octets = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
     .body = "",
     .status = 304,
     .may_be_kept = true},
    {.name = "no body by its request",
     .octets = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
     .body = "",
     .status = 200,
     .is_to_head = true,
     .may_be_kept = true},
    {.name = "interim ones first",
     .octets = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
               "HTTP/1.1 204 No Content\r\n\r\n",
     .body = "",
     .status = 204,
     .interims = 2,
     .may_be_kept = true},
    {.name = "an end announced",
     .octets = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
     .body = "ok",
     .status = 200},
    {.name = "too many interim ones",
     .octets = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
               "HTTP/1.1 100 Continue\r\n\r\n",
     .body = "",
     .interims = 2,
     .failure = "too-many-1xx"},
    {.name = "another protocol",
     .octets = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
     .body = "",
     .failure = "unasked-101"},
    {.name = "two framings",
     .octets = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     .body = "",
     .failure = "transfer-encoding-with-length"},
    {.name = "no HTTP",
     .octets = "SSH-2.0-OpenSSH_9.2\r\n\r\n",
     .body = "",
     .failure = "bad-status-line"},
    {.name = "a bad chunk",
     .octets = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\nz",
     .body = "he",
     .status = 200,
     .failure = "bad-chunk-size"},
    {.name = "cut in the body",
     .octets = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
     .body = "hel",
     .status = 200,
     .closes = true,
     .failure = "response-truncated"},
    {.name = "cut before the last chunk",
     .octets = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
     .body = "he",
     .status = 200,
     .closes = true,
     .failure = "response-truncated"},
    {.name = "cut in the head",
     .octets = "HTTP/1.1 200 OK\r\nContent-",
     .body = "",
     .closes = true,
     .failure = "response-truncated"},
    {.name = "nothing at all", .octets = "", .body = "", .closes = true, .failure = "closed-early"},
};

// Of the body of a broken response, how much arrives before the failure depends on the pieces.
static void check_told(const struct fixture *f, const struct response_case *c)
{
    size_t len = strlen(c->body);
    bool body_fits = f->failure ? f->body_len <= len : f->body_len == len;
    if (f->status != c->status || f->interims != c->interims || !body_fits ||
        memcmp(f->body, c->body, f->body_len) != 0)
        fail_msg("%s: status %u, %u interim, body \"%.*s\"", c->name, f->status, f->interims,
                 (int)f->body_len, f->body);
    if (!c->failure != !f->failure || (f->failure && strcmp(f->failure, c->failure) != 0))
        fail_msg("%s: failure %s", c->name, f->failure ? f->failure : "(none)");
}

// Sends the case in pieces of at most `piece` octets, each taken before the next is sent.
static void run_case(struct fixture *f, const struct response_case *c, size_t piece)
{
    size_t len = strlen(c->octets);
    begin(f, c->is_to_head ? &plain_head : &plain_get, (struct slice){0}, true);
    for (size_t at = 0; at < len && !f->over; at += piece) {
        backend_scene_say(&f->scene, c->octets + at, len - at < piece ? len - at : piece);
        loop_turn(f->scene.loop, 100);
    }
    if (c->closes)
        assert_int_equal(shutdown(f->scene.accepted, SHUT_WR), 0);
    backend_scene_until(&f->scene, &f->over, true);
    check_told(f, c);
    backend_call_release(&f->call);
    unsigned kept = backend_scene_member(&f->scene)->idle_count;
    if (kept != c->may_be_kept)
        fail_msg("%s: %u connections kept", c->name, kept);
    end(f);
    for (int i = 0; i < 100 && backend_scene_member(&f->scene)->open; i++)
        loop_turn(f->scene.loop, 10);
    assert_int_equal(backend_scene_member(&f->scene)->open, 0);
}

static void tells_whole_responses(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run_case(*state, &cases[i], TEXT_MAX);
}

static void tells_the_same_octet_by_octet(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run_case(*state, &cases[i], 1);
}

static void refuses_a_head_beyond_its_limit(void **state)
{
    struct fixture *f = *state;
    char line[TEXT_MAX + 1];
    memset(line, 'a', sizeof(line));
    begin(f, &plain_get, (struct slice){0}, true);
    backend_scene_say(&f->scene, "HTTP/1.1 200 OK\r\nA: ", 20);
    backend_scene_say(&f->scene, line, sizeof(line));
    backend_scene_until(&f->scene, &f->over, true);
    assert_non_null(f->failure);
    assert_int_equal(f->status, 0);
    end(f);
}

// Reads what was sent until it ends with `ending`.
static void assert_sent(struct fixture *f, const char *ending)
{
    char text[TEXT_MAX];
    size_t len = 0, want = strlen(ending);
    for (int i = 0; i < 100; i++) {
        loop_turn(f->scene.loop, 10);
        ssize_t got = recv(f->scene.accepted, text + len, sizeof(text) - len, MSG_DONTWAIT);
        len += got > 0 ? (size_t)got : 0;
        if (len >= want && memcmp(text + len - want, ending, want) == 0)
            return;
    }
    fail_msg("sent: %.*s", (int)len, text);
}

static void frames_request_bodies(void **state)
{
    struct fixture *f = *state;
    struct http_outgoing post = {.method = SLICE("POST"),
                                 .path = SLICE("/"),
                                 .authority = SLICE("a"),
                                 .framing = {.kind = HTTP_BODY_CHUNKED}};
    begin(f, &post, SLICE("hello"), false);
    assert_sent(f, "\r\n\r\n5\r\nhello\r\n");
    backend_call_send_body(f->call, SLICE("0123456789abcdef"), true);
    assert_sent(f, "10\r\n0123456789abcdef\r\n0\r\n\r\n");
    end(f);

    post.framing = (struct http_framing){.kind = HTTP_BODY_LENGTH, .length = 5};
    begin(f, &post, SLICE("he"), false);
    assert_sent(f, "\r\n\r\nhe");
    backend_call_send_body(f->call, SLICE("llo"), true);
    assert_sent(f, "llo");
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_whole_responses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_the_same_octet_by_octet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_head_beyond_its_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(frames_request_bodies, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
