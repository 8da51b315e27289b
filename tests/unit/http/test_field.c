// SPDX-License-Identifier: Apache-2.0
// Names, validity, lists, and what does not pass to the next hop.
#include "support/edge.h"
#include "support/unit.h"

#include "http/field.h"

static void every_name_is_found_by_its_id_in_any_case(void **state)
{
    (void)state;
    for (int id = 1; id < HTTP_FIELD_ID_COUNT; id++) {
        struct slice name = http_field_name((enum http_field_id)id);
        assert_true(name.len > 0 && name.len < 32);
        struct edge e = edge_copy(name);
        assert_int_equal(http_field_lookup(e.text), id);
        char upper[32];
        for (size_t i = 0; i < name.len; i++)
            upper[i] =
                (char)(name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? name.ptr[i] - 32 : name.ptr[i]);
        assert_int_equal(http_field_lookup(slice_of(upper, name.len)), id);
        assert_int_equal(http_field_lookup(slice_of(upper, name.len - 1)), HTTP_FIELD_OTHER);
        upper[name.len - 1] = '_';
        assert_int_equal(http_field_lookup(slice_of(upper, name.len)), HTTP_FIELD_OTHER);
        edge_free(&e);
    }
}

static void look_alikes_are_other_names(void **state)
{
    (void)state;
    static const struct slice names[] = {
        SLICE_INIT(""),
        SLICE_INIT("content_length"),
        SLICE_INIT("content-length "),
        SLICE_INIT("content\rlength"),
        SLICE_INIT("content\x0dlength"),
        SLICE_INIT("ho\xc5\xbft"), // LONG S folds to "s" in Unicode
        SLICE_INIT("\xe2\x84\xaa"
                   "eep-alive"), // KELVIN SIGN folds to "k"
        SLICE_INIT("x-a-name-that-is-longer-than-all-of-them"),
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(http_field_lookup(names[i]), HTTP_FIELD_OTHER);
    ASSERT_SLICE(http_field_name(HTTP_FIELD_OTHER), SLICE(""));
}

static void underscores_shadow_hyphens(void **state)
{
    (void)state;
    assert_true(http_field_name_shadows(SLICE("Content_Length"), SLICE("content-length")));
    assert_true(http_field_name_shadows(SLICE("content-LENGTH"), SLICE("content-length")));
    assert_true(http_field_name_shadows(SLICE("x-forwarded_for"), SLICE("x-forwarded-for")));
    assert_false(http_field_name_shadows(SLICE("contentlength"), SLICE("content-length")));
    assert_false(http_field_name_shadows(SLICE("content.length"), SLICE("content-length")));
}

static void knows_valid_names(void **state)
{
    (void)state;
    assert_true(http_field_name_is_valid(SLICE("X-1.!#$%&'*+^_`|~")));
    assert_false(http_field_name_is_valid(SLICE("")));
    assert_false(http_field_name_is_valid(SLICE("a b")));
    assert_false(http_field_name_is_valid(SLICE("a:")));
    assert_false(http_field_name_is_valid(SLICE("a\0")));
    assert_false(http_field_name_is_valid(SLICE("\xc3\xa9")));
}

static void knows_valid_values(void **state)
{
    (void)state;
    assert_true(http_field_value_is_valid(SLICE("")));
    assert_true(http_field_value_is_valid(SLICE("a\tb \"c\" \xff")));
    assert_false(http_field_value_is_valid(SLICE(" a")));
    assert_false(http_field_value_is_valid(SLICE("a\t")));
    assert_false(http_field_value_is_valid(SLICE(" ")));
    assert_false(http_field_value_is_valid(SLICE("a\r\nb: c")));
    assert_false(http_field_value_is_valid(SLICE("a\0b")));
    assert_false(http_field_value_is_valid(SLICE("a\x7f")));
}

struct listing {
    struct slice text;
    struct slice members[4];
};

static void walks_lists(void **state)
{
    (void)state;
    static const struct listing lists[] = {
        {SLICE_INIT(""), {{0}}},
        {SLICE_INIT(" ,\t, ,"), {{0}}},
        {SLICE_INIT("a"), {SLICE_INIT("a")}},
        {SLICE_INIT("a,b , c\t"), {SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT("c")}},
        {SLICE_INIT(",a,,b"), {SLICE_INIT("a"), SLICE_INIT("b")}},
        {SLICE_INIT("a=\"x,y\",b"), {SLICE_INIT("a=\"x,y\""), SLICE_INIT("b")}},
        {SLICE_INIT("\"x\\\",y\",b"), {SLICE_INIT("\"x\\\",y\""), SLICE_INIT("b")}},
        {SLICE_INIT("a,\"b,c"), {SLICE_INIT("a"), SLICE_INIT("\"b,c")}},
        {SLICE_INIT("\"a\\"), {SLICE_INIT("\"a\\")}},
        {SLICE_INIT("a b, c"), {SLICE_INIT("a b"), SLICE_INIT("c")}},
    };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct edge e = edge_copy(lists[i].text);
        struct slice rest = e.text;
        struct slice member;
        size_t count = 0;
        while (http_list_next(&rest, &member)) {
            assert_true(count < 4);
            ASSERT_SLICE(member, lists[i].members[count++]);
        }
        assert_int_equal(lists[i].members[count].len, 0);
        edge_free(&e);
    }
}

enum { FIELDS_MAX = 32 };

// Fields from "Name: value" lines, as the head parser would make them.
static void make(struct http_fields *f, struct http_field *items, const char *const *lines)
{
    *f = (struct http_fields){.items = items};
    for (; lines[f->count] != NULL; f->count++) {
        struct slice line = slice_str(lines[f->count]);
        size_t colon = slice_index(line, ':');
        struct slice name = slice_first(line, colon);
        items[f->count] = (struct http_field){
            .name = name,
            .value = slice_from(line, colon + 2),
            .id = (uint16_t)http_field_lookup(name),
            .flags = slice_index(name, '_') < name.len ? HTTP_FIELD_UNDERSCORE : 0,
        };
    }
}

static void assert_kept(const struct http_fields *f, const char *const *kept)
{
    size_t next = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i].flags & HTTP_FIELD_DROP)
            continue;
        assert_non_null(kept[next]);
        ASSERT_SLICE(f->items[i].name, slice_str(kept[next++]));
    }
    assert_null(kept[next]);
}

struct hop {
    const char *lines[FIELDS_MAX];
    const char *kept[FIELDS_MAX];
};

static const struct hop hops[] = {
    // What ends here by itself.
    {{"Connection: close", "Keep-Alive: timeout=5", "Proxy-Connection: x", "TE: trailers",
      "Trailer: x", "Transfer-Encoding: chunked", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk",
      "Proxy-Authorization: x", "Proxy-Authenticate: x", "Proxy: http://evil.example",
      "Content-Length: 5", "Accept: */*"},
     {"Accept"}},
    // What Connection names, in any case and spelling, in several lines and lists.
    {{"Connection: close, X-A", "x-a: 1", "X-B: 1", "X-C: 1", "X-A: 2", "connection: x-b,,X-D"},
     {"X-C"}},
    // Naming these would change what the message means.
    {{"Connection: Host, Cookie, Set-Cookie, Authorization, Content-Type, Content-Range, Date, "
      "Location",
      "Host: a", "Cookie: a", "Set-Cookie: a", "Authorization: a", "Content-Type: a",
      "Content-Range: a", "Date: a", "Location: a"},
     {"Host", "Cookie", "Set-Cookie", "Authorization", "Content-Type", "Content-Range", "Date",
      "Location"}},
    // Underscores never pass, named or not.
    {{"X_Forwarded_For: 1", "Content_Length: 3", "a_b: c", "X-A: 1"}, {"X-A"}},
    // A name with `_` in Connection reaches the field with `-`.
    {{"Connection: X_A", "X-A: 1", "X-B: 1"}, {"X-B"}},
    // Trusted names may go: the gateway writes its own afterwards.
    {{"Connection: X-Forwarded-For", "X-Forwarded-For: 1", "Via: x"}, {"Via"}},
    {{"Accept: a", "X-A: b"}, {"Accept", "X-A"}},
};

static void drops_what_ends_at_this_hop(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hops); i++) {
        struct http_field items[FIELDS_MAX];
        struct http_fields f;
        make(&f, items, hops[i].lines);
        http_fields_drop_hop_by_hop(&f);
        assert_kept(&f, hops[i].kept);
    }
}

static void drops_a_field_in_every_spelling(void **state)
{
    (void)state;
    static const char *const lines[] = {"X-User: a",  "x_user: b", "X-USER: c",
                                        "X-Users: d", "XUser: e",  NULL};
    static const char *const kept[] = {"X-Users", "XUser", NULL};
    struct http_field items[FIELDS_MAX];
    struct http_fields f;
    make(&f, items, lines);
    http_fields_drop(&f, SLICE("X_USER"));
    assert_kept(&f, kept);

    static const char *const forwarded[] = {"X-Forwarded-For: a", "X_Forwarded-for: b", "Via: c",
                                            NULL};
    static const char *const via[] = {"Via", NULL};
    make(&f, items, forwarded);
    http_fields_drop_ids(&f, HTTP_FIELD_BIT(X_FORWARDED_FOR));
    assert_kept(&f, via);
}

static void finds_the_first(void **state)
{
    (void)state;
    static const char *const lines[] = {"X-A: 1", "Accept: 2", "x-a: 3", "accept: 4", NULL};
    struct http_field items[FIELDS_MAX];
    struct http_fields f;
    make(&f, items, lines);
    assert_ptr_equal(http_fields_find(&f, HTTP_FIELD_ACCEPT), &items[1]);
    assert_ptr_equal(http_fields_find_name(&f, SLICE("X-a")), &items[0]);
    assert_null(http_fields_find(&f, HTTP_FIELD_HOST));
    assert_null(http_fields_find_name(&f, SLICE("x_a")));
    items[1].flags = HTTP_FIELD_DROP;
    assert_ptr_equal(http_fields_find(&f, HTTP_FIELD_ACCEPT), &items[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_by_its_id_in_any_case),
        cmocka_unit_test(look_alikes_are_other_names),
        cmocka_unit_test(underscores_shadow_hyphens),
        cmocka_unit_test(knows_valid_names),
        cmocka_unit_test(knows_valid_values),
        cmocka_unit_test(walks_lists),
        cmocka_unit_test(drops_what_ends_at_this_hop),
        cmocka_unit_test(drops_a_field_in_every_spelling),
        cmocka_unit_test(finds_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
