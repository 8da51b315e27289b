// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "backend/route.h"
#include "base/arena.h"
#include "base/attr.h"
#include "http/head.h"
#include "support/dice.h"

static const struct slice app_hosts[] = {SLICE_INIT("app.example.com"),
                                         SLICE_INIT("[2001:db8::1]")};
static const struct slice wide_hosts[] = {SLICE_INIT("*.example.com")};
static const struct slice deep_hosts[] = {SLICE_INIT("*.eu.example.com")};
static const struct slice any_hosts[] = {SLICE_INIT("*")};
static const struct slice writing[] = {SLICE_INIT("POST"), SLICE_INIT("PUT")};

enum route {
    APP_ROOT,
    APP_ADMIN_WRITE,
    APP_ADMIN,
    APP_ADMIN_USERS,
    WIDE_ROOT,
    DEEP_API,
    ANY_HEALTH,
    ANY_ADMIN_LATER,
    APP_TWICE
};

static const struct route_match matches[] = {
    [APP_ROOT] = {.hosts = app_hosts, .host_count = 2, .path = SLICE_INIT("/")},
    [APP_ADMIN_WRITE] = {.hosts = app_hosts,
                         .host_count = 2,
                         .methods = writing,
                         .method_count = 2,
                         .path = SLICE_INIT("/admin/")},
    [APP_ADMIN] = {.hosts = app_hosts, .host_count = 2, .path = SLICE_INIT("/admin")},
    [APP_ADMIN_USERS] = {.hosts = app_hosts, .host_count = 1, .path = SLICE_INIT("/admin/users")},
    [WIDE_ROOT] = {.hosts = wide_hosts, .host_count = 1, .path = SLICE_INIT("/")},
    [DEEP_API] = {.hosts = deep_hosts, .host_count = 1, .path = SLICE_INIT("/api")},
    [ANY_HEALTH] = {.hosts = any_hosts, .host_count = 1, .path = SLICE_INIT("/health")},
    [ANY_ADMIN_LATER] = {.hosts = any_hosts, .host_count = 1, .path = SLICE_INIT("/admin")},
    [APP_TWICE] = {.hosts = app_hosts, .host_count = 2, .path = SLICE_INIT("/admin/users/")},
};

static size_t find(const struct route_table *t, const char *method, const char *host,
                   const char *path)
{
    const struct http_request request = {
        .method = slice_str(method), .host = slice_str(host), .path = slice_str(path)};
    return route_table_find(t, &request);
}

static const struct {
    const char *name, *method, *host, *path;
    size_t want;
} cases[] = {
    {"the root of a host", "GET", "app.example.com", "/", APP_ROOT},
    {"below the root", "GET", "app.example.com", "/x/y", APP_ROOT},
    {"an IPv6 host", "GET", "[2001:db8::1]", "/x", APP_ROOT},
    {"a prefix itself", "GET", "app.example.com", "/admin", APP_ADMIN},
    {"a prefix with its slash", "GET", "app.example.com", "/admin/", APP_ADMIN},
    {"below a prefix", "GET", "app.example.com", "/admin/x", APP_ADMIN},
    {"a prefix is no half segment", "GET", "app.example.com", "/administrator", APP_ROOT},
    {"paths are compared exactly", "GET", "app.example.com", "/Admin", APP_ROOT},
    {"the longest prefix wins", "GET", "app.example.com", "/admin/users/7", APP_ADMIN_USERS},
    {"the longest prefix beats the method", "POST", "app.example.com", "/admin/users/7",
     APP_ADMIN_USERS},
    {"the first of equals wins", "PUT", "app.example.com", "/admin/x", APP_ADMIN_WRITE},
    {"another method takes the next", "DELETE", "app.example.com", "/admin/x", APP_ADMIN},
    {"methods are compared exactly", "put", "app.example.com", "/admin/x", APP_ADMIN},
    {"the second host of a route", "GET", "[2001:db8::1]", "/admin/users", APP_TWICE},
    {"a suffix", "GET", "www.example.com", "/x", WIDE_ROOT},
    {"a suffix of several labels", "GET", "a.b.example.com", "/x", WIDE_ROOT},
    {"the longer suffix wins", "GET", "a.eu.example.com", "/api/1", DEEP_API},
    {"a longer suffix without the path gives way", "GET", "a.eu.example.com", "/", WIDE_ROOT},
    {"a suffix does not match its own name", "GET", "example.com", "/", SIZE_MAX},
    {"a suffix begins at a dot", "GET", "notexample.com", "/", SIZE_MAX},
    {"any host", "GET", "other.test", "/health", ANY_HEALTH},
    {"any host after the exact one", "GET", "app.example.com", "/health", APP_ROOT},
    {"any host, prefix of another", "GET", "other.test", "/admin/users", ANY_ADMIN_LATER},
    {"no route", "GET", "other.test", "/", SIZE_MAX},
    {"a host that spells a pattern", "GET", "*.example.com", "/", WIDE_ROOT},
    {"OPTIONS * goes to the root", "OPTIONS", "app.example.com", "*", APP_ROOT},
    {"OPTIONS * without a root", "OPTIONS", "other.test", "*", SIZE_MAX},
    {"no host", "GET", "", "/health", ANY_HEALTH},
};

static void finds_the_most_specific_route(void **state)
{
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct route_table *t = route_table_new(matches, ARRAY_LEN(matches), &arena);
    assert_non_null(t);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t got = find(t, cases[i].method, cases[i].host, cases[i].path);
        if (got != cases[i].want)
            fail_msg("%s: got %td, wanted %td", cases[i].name, (ptrdiff_t)got,
                     (ptrdiff_t)cases[i].want);
    }
    arena_clear(&arena);
    (void)state;
}

static void parameters_play_no_part(void **state)
{
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct route_table *t = route_table_new(matches, ARRAY_LEN(matches), &arena);
    assert_non_null(t);
    struct http_request request = {.method = SLICE("GET"),
                                   .host = SLICE("app.example.com"),
                                   .path = SLICE("/admin;v=1/x"),
                                   .path_plain = SLICE("/admin/x")};
    assert_int_equal(route_table_find(t, &request), APP_ADMIN);
    arena_clear(&arena);
    (void)state;
}

static void an_empty_table_finds_nothing(void **state)
{
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct route_table *t = route_table_new(NULL, 0, &arena);
    assert_non_null(t);
    assert_int_equal(find(t, "GET", "a.test", "/"), SIZE_MAX);
    arena_clear(&arena);
    (void)state;
}

static void hosts_beyond_any_name_find_nothing(void **state)
{
    struct arena arena;
    char host[400];
    arena_init(&arena, NULL, 1 << 20);
    struct route_table *t = route_table_new(matches, ARRAY_LEN(matches), &arena);
    assert_non_null(t);
    for (size_t i = 0; i + 1 < sizeof(host); i++)
        host[i] = i % 2 ? '.' : 'a';
    host[sizeof(host) - 1] = '\0';
    assert_int_equal(find(t, "GET", host, "/nothing"), SIZE_MAX);
    arena_clear(&arena);
    (void)state;
}

static void lack_of_memory_gives_no_table(void **state)
{
    struct arena arena;
    for (size_t limit = 0; limit < 16 * 1024; limit += 512) {
        arena_init(&arena, NULL, limit);
        struct route_table *t = route_table_new(matches, ARRAY_LEN(matches), &arena);
        if (t)
            assert_int_equal(find(t, "GET", "app.example.com", "/admin"), APP_ADMIN);
        arena_clear(&arena);
    }
    (void)state;
}

// The same by going through all routes, as the header says it.
static int rank_host(struct slice pattern, struct slice host)
{
    if (slice_eq(pattern, host))
        return 1000;
    if (slice_eq(pattern, SLICE("*")))
        return 1;
    bool covers =
        pattern.len > 1 && pattern.ptr[0] == '*' && slice_ends(host, slice_from(pattern, 1));
    return covers ? 1 + (int)pattern.len : 0;
}

static bool covers_path(struct slice prefix, struct slice path)
{
    if (prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    return slice_begins(path, prefix) && (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

static size_t find_slowly(const struct route_match *all, size_t count, struct slice host,
                          struct slice path)
{
    size_t best = SIZE_MAX;
    int best_rank = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = all[i].path.len - (all[i].path.ptr[all[i].path.len - 1] == '/');
        int rank = rank_host(all[i].hosts[0], host) * 1000 + (int)len;
        if (rank < 1000 || !covers_path(all[i].path, path) || rank <= best_rank)
            continue;
        best = i;
        best_rank = rank;
    }
    return best;
}

static void agrees_with_a_plain_search(void **state)
{
    static const struct slice hosts[] = {
        SLICE_INIT("*"),     SLICE_INIT("*.b"), SLICE_INIT("*.a.b"),  SLICE_INIT("a.b"),
        SLICE_INIT("c.a.b"), SLICE_INIT("b"),   SLICE_INIT("*.c.a.b")};
    static const struct slice paths[] = {
        SLICE_INIT("/"),   SLICE_INIT("/a"),     SLICE_INIT("/a/"), SLICE_INIT("/a/b"),
        SLICE_INIT("/ab"), SLICE_INIT("/a/b/c"), SLICE_INIT("/b"),  SLICE_INIT("/a/bc/")};
    struct dice dice = {.state = 7};
    for (int round = 0; round < 300; round++) {
        struct arena arena;
        struct route_match all[12];
        size_t count = 1 + dice_below(&dice, ARRAY_LEN(all));
        arena_init(&arena, NULL, 1 << 20);
        for (size_t i = 0; i < count; i++)
            all[i] = (struct route_match){.hosts = &hosts[dice_below(&dice, ARRAY_LEN(hosts))],
                                          .host_count = 1,
                                          .path = paths[dice_below(&dice, ARRAY_LEN(paths))]};
        struct route_table *t = route_table_new(all, count, &arena);
        assert_non_null(t);
        for (size_t h = 3; h < 6; h++) {
            for (size_t p = 0; p < ARRAY_LEN(paths); p++) {
                const struct http_request request = {
                    .method = SLICE("GET"), .host = hosts[h], .path = paths[p]};
                assert_int_equal(route_table_find(t, &request),
                                 find_slowly(all, count, hosts[h], paths[p]));
            }
        }
        arena_clear(&arena);
    }
    (void)state;
}

static void strips_whole_segments(void **state)
{
    static const struct {
        const char *prefix, *path, *want;
    } strips[] = {
        {"/admin", "/admin/x", "/x"},
        {"/admin/", "/admin/x/", "/x/"},
        {"/admin", "/admin", "/"},
        {"/admin/", "/admin", "/"},
        {"/admin/", "/admin/", "/"},
        {"/", "/x/y", "/x/y"},
        {"/", "/", "/"},
        {"/a/b", "/a/b/c/d", "/c/d"},
        {"/a b", "/a%20b/c", "/c"},
        {"/\xc3\xa4", "/%C3%A4/x", "/x"},
        {"/", "*", "*"},
    };
    for (size_t i = 0; i < ARRAY_LEN(strips); i++)
        ASSERT_SLICE(route_strip_prefix(slice_str(strips[i].prefix), slice_str(strips[i].path)),
                     slice_str(strips[i].want));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_most_specific_route),
        cmocka_unit_test(parameters_play_no_part),
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(hosts_beyond_any_name_find_nothing),
        cmocka_unit_test(lack_of_memory_gives_no_table),
        cmocka_unit_test(agrees_with_a_plain_search),
        cmocka_unit_test(strips_whole_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
