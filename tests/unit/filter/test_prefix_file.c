// SPDX-License-Identifier: Apache-2.0
#include "filter/prefix_file.h"

#include "base/problems.h"
#include "support/edge.h"
#include "support/unit.h"

static void reads_lists_as_they_are_published(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t prefixes;
        const char *first;
    } cases[] = {
        {"drop",
         "; Spamhaus DROP List\n; Expires: Thu\n1.10.16.0/20 ; SBL256894\n1.19.0.0/16 ; "
         "SBL434604\n",
         2, "1.10.16.0/20"},
        {"netset", "#\n# firehol_level1\n#\n0.0.0.0/8\n10.0.0.0/8\n", 2, "0.0.0.0/8"},
        {"crlf", "192.0.2.1\r\n\r\n192.0.2.2\r\n", 2, "192.0.2.1/32"},
        {"no newline at the end", "192.0.2.1", 1, "192.0.2.1/32"},
        {"blanks", " \t192.0.2.0/24 \t# a comment\n\n", 1, "192.0.2.0/24"},
        {"comment against the entry", "192.0.2.0/24;SBL1", 1, "192.0.2.0/24"},
        {"host bits", "192.0.2.77/24", 1, "192.0.2.0/24"},
        {"ipv6", "2001:db8::/32\n::1\n", 2, "2001:db8::/32"},
        {"range", "192.0.2.0 - 192.0.2.255", 1, "192.0.2.0/24"},
        {"tight range", "192.0.2.0-192.0.2.1\n", 1, "192.0.2.0/31"},
        {"nothing", "", 0, NULL},
        {"comments only", "# one\n;two", 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct problems *p = problems_new();
        struct prefix_list l = {0};
        struct edge e = edge_copy(slice_str(cases[i].text));
        prefix_file_read("list.txt", e.text, PREFIX_DENY, &l, p);
        if (problems_count(p) || l.count != cases[i].prefixes)
            fail_msg("%s: %zu prefixes, %s", cases[i].name, l.count, problems_text(p, 0));
        if (cases[i].first) {
            char text[ADDR_TEXT_MAX + 4];
            (void)addr_prefix_text(&l.items[0].prefix, text);
            assert_string_equal(text, cases[i].first);
        }
        edge_free(&e);
        prefix_list_clear(&l);
        problems_free(&p);
    }
}

static void refuses_a_bad_line_by_file_line_and_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"192.0.2.1\nexample.com\n",
         "list.txt:2: error: \"example.com\" is no address, prefix or range"},
        {"192.0.2.0/33", "list.txt:1: error: \"192.0.2.0/33\" is no address, prefix or range"},
        {"192.0.2.1 192.0.2.2",
         "list.txt:1: error: \"192.0.2.1 192.0.2.2\" is no address, prefix or range"},
        {"192.0.2.01", "list.txt:1: error: \"192.0.2.01\" is no address, prefix or range"},
        {"192.0.2.9-192.0.2.1", "list.txt:1: error: the range \"192.0.2.9-192.0.2.1\" does not run "
                                "from a lower to a higher "
                                "address of one family"},
        {"192.0.2.9-::1", "list.txt:1: error: the range \"192.0.2.9-::1\" does not run from a "
                          "lower to a higher address of one "
                          "family"},
        {"-", "list.txt:1: error: \"-\" is no address, prefix or range"},
        {"1.2.3.4-", "list.txt:1: error: \"1.2.3.4-\" is no address, prefix or range"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct problems *p = problems_new();
        struct prefix_list l = {0};
        prefix_file_read("list.txt", slice_str(cases[i].text), PREFIX_DENY, &l, p);
        assert_int_equal(problems_count(p), 1);
        assert_string_equal(problems_text(p, 0), cases[i].problem);
        prefix_list_clear(&l);
        problems_free(&p);
    }
}

static void file_that_is_no_list_is_refused_in_few_lines(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    struct prefix_list l = {0};
    char text[2000];
    for (size_t i = 0; i < sizeof(text); i += 2) {
        text[i] = '<';
        text[i + 1] = '\n';
    }
    prefix_file_read("list.txt", slice_of(text, sizeof(text)), PREFIX_DENY, &l, p);
    assert_int_equal(problems_count(p), PREFIX_FILE_COMPLAINTS + 1);
    assert_string_equal(problems_text(p, PREFIX_FILE_COMPLAINTS),
                        "list.txt: error: and 990 more lines like that");
    prefix_list_clear(&l);
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists_as_they_are_published),
        cmocka_unit_test(refuses_a_bad_line_by_file_line_and_text),
        cmocka_unit_test(file_that_is_no_list_is_refused_in_few_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
