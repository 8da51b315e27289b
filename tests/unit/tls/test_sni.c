// SPDX-License-Identifier: Apache-2.0
#include "tls/sni.h"

#include <stdio.h>

#include "support/edge.h"
#include "support/unit.h"

struct extension {
    const char *why;
    struct slice octets;
    const char *name; // NULL: refused
};

static const struct extension extensions[] = {
    {"plain name",
     SLICE_INIT("\0\x0e\0\0\x0b"
                "example.com"),
     "example.com"},
    {"capitals",
     SLICE_INIT("\0\x0e\0\0\x0b"
                "EXAMPLE.com"),
     "example.com"},
    {"one label", SLICE_INIT("\0\x04\0\0\x01x"), "x"},
    {"nothing", SLICE_INIT(""), NULL},
    {"no list", SLICE_INIT("\0\0"), NULL},
    {"empty name", SLICE_INIT("\0\x03\0\0\0"), NULL},
    {"other type",
     SLICE_INIT("\0\x0e\x01\0\x0b"
                "example.com"),
     NULL},
    {"list longer than extension",
     SLICE_INIT("\0\x0f\0\0\x0b"
                "example.com"),
     NULL},
    {"list shorter than extension",
     SLICE_INIT("\0\x0d\0\0\x0b"
                "example.com"),
     NULL},
    {"name longer than list",
     SLICE_INIT("\0\x0e\0\0\x0c"
                "example.com"),
     NULL},
    {"name shorter than list",
     SLICE_INIT("\0\x0e\0\0\x0a"
                "example.com"),
     NULL},
    {"two names", SLICE_INIT("\0\x08\0\0\x01x\0\0\x01y"), NULL},
    {"NUL in name",
     SLICE_INIT("\0\x0e\0\0\x0b"
                "exampl\0.com"),
     NULL},
    {"address",
     SLICE_INIT("\0\x0c\0\0\x09"
                "127.0.0.1"),
     NULL},
};

static void reads_exactly_one_valid_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        char name[TLS_NAME_MAX + 1];
        size_t len;
        struct edge edge = edge_copy(extensions[i].octets);
        print_message("%s\n", extensions[i].why);
        bool ok = tls_sni_parse(edge.text, name, &len);
        assert_int_equal(ok, extensions[i].name != NULL);
        if (ok)
            ASSERT_SLICE(slice_of(name, len), slice_str(extensions[i].name));
        // No beginning of it is taken for the whole.
        for (size_t cut = 0; cut < extensions[i].octets.len; cut++) {
            struct edge part = edge_copy(slice_first(extensions[i].octets, cut));
            assert_false(tls_sni_parse(part.text, name, &len));
            edge_free(&part);
        }
        edge_free(&edge);
    }
}

struct name_case {
    const char *name;
    bool valid, valid_pattern;
};

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct name_case names[] = {
    {"a", true, true},
    {"a.b-c.d_e", true, true},
    {"xn--bcher-kva.example", true, true},
    {"1.example", true, true},
    {"*.example", false, true},
    {"*.b.example", false, true},
    {"*", false, false},
    {"*.", false, false},
    {"a*.example", false, false},
    {"a.*.example", false, false},
    {"**.example", false, false},
    {"", false, false},
    {".", false, false},
    {".a", false, false},
    {"a.", false, false},
    {"a..b", false, false},
    {"a/b", false, false},
    {"a b", false, false},
    {"a\x01", false, false},
    {"b\xc3\xbc"
     "cher",
     false, false},
    {"a:443", false, false},
    {"[::1]", false, false},
    {"::1", false, false},
    {"192.0.2.1", false, false},
    {LABEL_63 ".x", true, true},
    {LABEL_63 "a.x", false, false},
    {LABEL_63 "." LABEL_63 "." LABEL_63 "."
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     true, true},
    {LABEL_63 "." LABEL_63 "." LABEL_63 "."
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     false, false},
};

static void knows_host_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        print_message("%s\n", names[i].name);
        assert_int_equal(tls_name_is_valid(slice_str(names[i].name), false), names[i].valid);
        assert_int_equal(tls_name_is_valid(slice_str(names[i].name), true), names[i].valid_pattern);
    }
}

struct lookup {
    const char *name;
    int certificate; // -1: none
};

static void finds_exact_names_before_wildcards(void **state)
{
    (void)state;
    static const char *const added[] = {"example.com",     "*.example.com", "WWW.example.com",
                                        "*.b.example.com", "example.com",   "x.example.com"};
    static const struct lookup lookups[] = {
        {"example.com", 0},     {"www.example.com", 2},
        {"y.example.com", 1},   {"x.example.com", 5},
        {"a.b.example.com", 3}, {"a.c.example.com", -1},
        {"b.example.com", 1},   {"com", -1},
        {"example.co", -1},     {"example.comm", -1},
        {"wexample.com", -1},   {"a.x.example.com", -1},
    };
    struct tls_names table = {0};
    size_t found;
    tls_names_sort(&table);
    assert_false(tls_names_find(&table, SLICE("example.com"), &found));
    for (size_t i = 0; i < ARRAY_LEN(added); i++)
        assert_true(tls_names_add(&table, slice_str(added[i]), i));
    tls_names_sort(&table);
    for (size_t i = 0; i < ARRAY_LEN(lookups); i++) {
        print_message("%s\n", lookups[i].name);
        bool ok = tls_names_find(&table, slice_str(lookups[i].name), &found);
        assert_int_equal(ok ? (int)found : -1, lookups[i].certificate);
    }
    tls_names_clear(&table);
}

static void finds_each_of_many(void **state)
{
    (void)state;
    struct tls_names table = {0};
    char name[32];
    for (unsigned i = 0; i < 2000; i++) {
        (void)snprintf(name, sizeof(name), "host%u.example", i * 7919 % 2000);
        assert_true(tls_names_add(&table, slice_str(name), i * 7919 % 2000));
    }
    tls_names_sort(&table);
    for (unsigned i = 0; i < 2000; i++) {
        size_t found = 0;
        (void)snprintf(name, sizeof(name), "host%u.example", i);
        assert_true(tls_names_find(&table, slice_str(name), &found));
        assert_int_equal(found, i);
    }
    tls_names_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_exactly_one_valid_name),
        cmocka_unit_test(knows_host_names),
        cmocka_unit_test(finds_exact_names_before_wildcards),
        cmocka_unit_test(finds_each_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
