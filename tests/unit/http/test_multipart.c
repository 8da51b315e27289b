// SPDX-License-Identifier: Apache-2.0
#include "http/multipart.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "support/unit.h"

enum { MAX = 50 };

static void put(struct buf *b, const char *kind, const struct http_params *p)
{
    for (size_t i = 0; i < p->count; i++) {
        buf_str(b, kind);
        buf_slice(b, p->items[i].name);
        buf_char(b, '=');
        buf_slice(b, p->items[i].value);
        buf_char(b, ';');
    }
}

// Everything in one line: f field, n file name, s size, t type, h header; flaws apart.
static const char *read(const char *type, struct slice body, char *seen, char *flaws, size_t cap)
{
    struct arena arena;
    struct http_multipart m;
    struct buf b;
    arena_init(&arena, NULL, 1 << 20);
    const char *error = http_multipart_parse(slice_str(type), body, MAX, &arena, &m);
    buf_init(&b, seen, cap - 1);
    put(&b, "f:", &m.fields);
    put(&b, "n:", &m.files);
    put(&b, "s:", &m.file_sizes);
    put(&b, "t:", &m.file_types);
    seen[b.len] = '\0';
    buf_init(&b, flaws, cap - 1);
    for (size_t i = 0; i < m.flaws.count; i++) {
        buf_slice(&b, m.flaws.items[i].value);
        buf_char(&b, ' ');
    }
    flaws[b.len] = '\0';
    arena_clear(&arena);
    return error;
}

#define TYPE "multipart/form-data; boundary=XX"
#define PART(disposition, content)                                                                 \
    "--XX\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" content "\r\n"
#define FILE_PART(disposition, type, content)                                                      \
    "--XX\r\nContent-Disposition: form-data; " disposition "\r\nContent-Type: " type               \
    "\r\n\r\n" content "\r\n"
#define END "--XX--\r\n"

static void takes_forms_apart(void **state)
{
    static const struct {
        const char *type, *body, *seen, *flaws;
    } cases[] = {
        {TYPE, PART("name=\"a\"", "1") PART("name=\"b\"", "x\r\ny") END, "f:a=1;f:b=x\r\ny;", ""},
        {TYPE, PART("name=\"a\"", "") END, "f:a=;", ""},
        {TYPE, FILE_PART("name=\"u\"; filename=\"a.php\"", "text/plain", "<?php") END,
         "n:u=a.php;s:u=5;t:u=text/plain;", ""},
        {TYPE, PART("name=\"u\"; filename=\"\"", "") END, "n:u=;s:u=0;t:u=;", ""},
        {TYPE, PART("name=\"a\\\"b\"; filename=\"C:\\dir\\x\"", "1") END,
         "n:a\"b=C:\\dir\\x;s:a\"b=1;t:a\"b=;", ""},
        {TYPE, PART("name=a", "1") END, "f:a=1;", ""},
        {TYPE, PART("name=\"a\"", "--XY\r\n--") END, "f:a=--XY\r\n--;", ""},
        {TYPE, PART("name=\"a\"", "1") "--XX--", "f:a=1;", ""},
        {"multipart/form-data; charset=utf-8; boundary=\"XX\"", PART("name=\"a\"", "1") END,
         "f:a=1;", "boundary-quoted "},
        {TYPE, "hello\r\n" PART("name=\"a\"", "1") END "bye", "f:a=1;", "data-before data-after "},
        {TYPE, "--XX\nContent-Disposition: form-data; name=\"a\"\n\n1\n--XX--\n", "f:a=1;",
         "lf-line "},
        {TYPE, "--XX\r\nX: y\r\n\r\n1\r\n" END, "f:=1;", "invalid-part "},
        {TYPE, "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n" END, "f:a=1;",
         "invalid-part "},
        {TYPE, PART("filename=\"x\"", "1") END, "n:=x;s:=1;t:=;", "invalid-part "},
        {TYPE, PART("name='a'", "1") END, "f:'a'=1;", "invalid-quoting "},
        {TYPE, PART("name=\"a", "1") END, "f:a=1;", "invalid-quoting "},
        {TYPE, PART("name=\"a\"b; x=y", "1") END, "f:a=1;", "invalid-quoting "},
        {TYPE, PART("name=\"a\"; name=\"b\"", "1") END, "f:a=1;", "repeated-parameter "},
        {TYPE, PART("name=\"a\"; filename=\"x\"; filename*=utf-8''y.php", "1") END,
         "n:a=x;s:a=1;t:a=;", "extended-filename repeated-parameter "},
        {TYPE, PART("name=\"a\"; filename*=utf-8''y.php", "1") END, "n:a=y.php;s:a=1;t:a=;",
         "extended-filename "},
        {TYPE, "--XX\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\n1\r\n" END, "f:=1;",
         "header-folding invalid-part "},
        {TYPE,
         "--XX\r\nbad header: x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" END,
         "f:a=1;", "invalid-header "},
        {TYPE,
         "--XX\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; "
         "name=\"a\"\r\n\r\nMQ==\r\n" END,
         "f:a=MQ==;", "part-encoding "},
        {TYPE, PART("name=\"a\"", "1\r\n--XXZ\r\n2") END, "f:a=1\r\n--XXZ\r\n2;",
         "unmatched-boundary "},
        {TYPE, "", "", ""},
    };
    char seen[1000], flaws[1000];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_null(read(cases[i].type, slice_str(cases[i].body), seen, flaws, sizeof(seen)));
        assert_string_equal(seen, cases[i].seen);
        assert_string_equal(flaws, cases[i].flaws);
    }
    (void)state;
}

static void says_what_could_not_be_read(void **state)
{
    static const struct {
        const char *type, *body, *error, *seen;
    } cases[] = {
        {"multipart/form-data", "--XX--", "multipart-boundary", ""},
        {"multipart/form-data; boundary=", "--XX--", "multipart-boundary", ""},
        {"multipart/form-data; boundary=\"a \"", "--a --", "multipart-boundary", ""},
        {"multipart/form-data; boundary=a; boundary=b", "--a--", "multipart-boundary", ""},
        {"multipart/form-data; boundary=\"a\tb\"", "--a--", "multipart-boundary", ""},
        {TYPE, "nothing of it", "multipart-unfinished", ""},
        {TYPE, PART("name=\"a\"", "1"), "multipart-unfinished", "f:a=1\r\n;"},
        {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"", "multipart-unfinished",
         "f:a=;"},
    };
    char seen[1000], flaws[1000];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *error =
            read(cases[i].type, slice_str(cases[i].body), seen, flaws, sizeof(seen));
        assert_non_null(error);
        assert_string_equal(error, cases[i].error);
        assert_string_equal(seen, cases[i].seen);
    }
    (void)state;
}

static void keeps_lines_of_part_heads_without_their_ends(void **state)
{
    struct arena arena;
    struct http_multipart m;
    arena_init(&arena, NULL, 1 << 20);
    assert_null(http_multipart_parse(
        SLICE(TYPE), SLICE(FILE_PART("name=\"u\"; filename=\"x\"", "text/html", "1") END), MAX,
        &arena, &m));
    assert_int_equal(m.part_headers.count, 2);
    ASSERT_SLICE(m.part_headers.items[0].name, SLICE("u"));
    ASSERT_SLICE(m.part_headers.items[1].value, SLICE("Content-Type: text/html"));
    assert_int_equal(m.files_length, 1);
    arena_clear(&arena);
    (void)state;
}

static void has_limits(void **state)
{
    struct arena arena;
    struct http_multipart m;
    struct buf b;
    buf_new(&b, 1 << 16);
    for (unsigned i = 0; i <= MAX; i++)
        buf_str(&b, PART("name=\"a\"", "1"));
    buf_str(&b, END);
    arena_init(&arena, NULL, 1 << 20);
    assert_string_equal(http_multipart_parse(SLICE(TYPE), buf_view(&b), MAX, &arena, &m),
                        "multipart-parts");
    assert_int_equal(m.fields.count, MAX);
    arena_clear(&arena);
    arena_init(&arena, NULL, 64);
    assert_string_equal(http_multipart_parse(SLICE(TYPE), buf_view(&b), MAX, &arena, &m),
                        "out-of-memory");
    arena_clear(&arena);
    buf_free(&b);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_forms_apart),
        cmocka_unit_test(says_what_could_not_be_read),
        cmocka_unit_test(keeps_lines_of_part_heads_without_their_ends),
        cmocka_unit_test(has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
