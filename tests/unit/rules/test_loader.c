// SPDX-License-Identifier: Apache-2.0
// Helpers of the readers: lists of texts, selectors that are kept once, messages that name the
// rule.
#include "support/unit.h"

#include "base/json_read.h"
#include "rules/loader.h"
#include "unit/rules/fixture.h"

struct opened {
    struct rules_program program;
    struct rules_loader loader;
    struct json_doc *doc;
};

static void open_loader(struct opened *o, const char *text)
{
    *o = (struct opened){.loader = {.program = &o->program, .problems = problems_new()}};
    arena_init(&o->program.arena, NULL, 1024 * 1024);
    o->doc = json_read_text("test.json", slice_str(text), o->loader.problems);
    assert_non_null(o->doc);
}

static void close_loader(struct opened *o)
{
    for (size_t i = 0; i < o->program.regex_count; i++)
        rules_regex_free(&o->program.regexes[i]);
    free(o->program.regexes);
    arena_clear(&o->program.arena);
    json_free(&o->doc);
    problems_free(&o->loader.problems);
}

static void a_string_is_a_list_of_one(void **state)
{
    const struct slice *texts;
    size_t count;
    struct opened o;
    (void)state;
    open_loader(&o, "\"one\"");
    assert_true(rules_loader_texts(&o.loader, json_root(o.doc), 5, &texts, &count));
    assert_int_equal(count, 1);
    ASSERT_SLICE(texts[0], SLICE("one"));
    close_loader(&o);
}

static void lists_are_bounded(void **state)
{
    const struct slice *texts;
    size_t count;
    struct opened o;
    (void)state;
    open_loader(&o, "[\"a\",\"b\",\"c\"]");
    assert_true(rules_loader_texts(&o.loader, json_root(o.doc), 3, &texts, &count));
    assert_int_equal(count, 3);
    assert_false(rules_loader_texts(&o.loader, json_root(o.doc), 2, &texts, &count));
    assert_int_equal(problems_count(o.loader.problems), 1);
    close_loader(&o);
}

static uint32_t selector(struct opened *o, const char *text)
{
    char why[256];
    struct rules_target targets[RULES_TARGETS_OF_WORD];
    uint32_t number;
    assert_true(rules_target_parse(slice_str(text), targets, why, sizeof why) == 1);
    assert_true(rules_loader_selector(&o->loader, json_root(o->doc), &targets[0], &number));
    return number;
}

static void equal_selectors_are_kept_once(void **state)
{
    struct opened o;
    (void)state;
    open_loader(&o, "0");
    uint32_t id = selector(&o, "query.id");
    assert_int_equal(selector(&o, "!query.id"), id);
    assert_int_not_equal(selector(&o, "query.ID"), id);
    assert_int_not_equal(selector(&o, "body.id"), id);
    assert_int_equal(selector(&o, "headers.X-A"), selector(&o, "headers.x-a"));
    assert_int_equal(selector(&o, "query./^a/"), selector(&o, "query./^a/"));
    assert_int_not_equal(selector(&o, "query./^a/"), selector(&o, "query.^a"));
    assert_int_equal(o.program.regex_count, 1);
    for (int i = 0; i < 500; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "query.n%d", i);
        (void)selector(&o, name);
    }
    assert_int_equal(selector(&o, "query.id"), id);
    close_loader(&o);
}

static void problems_name_the_rule(void **state)
{
    struct opened o;
    (void)state;
    open_loader(&o, "{\"rules\":[{\"id\":\"r-1\",\"match\":{\"regex\":\"a(\"}}]}");
    const struct json *match = json_get(json_get(json_root(o.doc), "rules")->first, "match");
    assert_null(rules_loader_regex(&o.loader, match->first, match->first->text, false, false));
    const char *text = problems_text(o.loader.problems, 0);
    assert_non_null(
        strstr(text, "$.rules[0].match.regex: rule r-1: the regex is wrong at offset 2"));
    ASSERT_SLICE(rules_loader_rule_id(json_root(o.doc)), (struct slice){0});
    close_loader(&o);
}

static void a_full_arena_is_remembered(void **state)
{
    struct opened o;
    (void)state;
    open_loader(&o, "0");
    o.program.arena.limit = 0;
    assert_null(rules_loader_take(&o.loader, 1, 64));
    assert_true(o.loader.has_no_memory);
    close_loader(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_a_list_of_one),     cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(equal_selectors_are_kept_once), cmocka_unit_test(problems_name_the_rule),
        cmocka_unit_test(a_full_arena_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
