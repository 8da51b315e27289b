// SPDX-License-Identifier: Apache-2.0
#include "policy/definition.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_read.h"
#include "base/problems.h"
#include "support/unit.h"

static uint64_t of(const char *name, const char *text, enum definition_part parts)
{
    struct problems *problems = problems_new();
    struct json_doc *doc = json_read_text(name, slice_str(text), problems);
    assert_non_null(doc);
    uint64_t definition = definition_of(json_root(doc), parts);
    json_free(&doc);
    problems_free(&problems);
    return definition;
}

static uint64_t text_of(const char *text)
{
    return of("p.json", text, DEFINITION_TEXT);
}

static void tells_apart_what_is_written(void **state)
{
    (void)state;
    static const char *const all[] = {
        "{}",         "[]",           "{\"a\":1}",     "{\"a\":2}", "{\"b\":1}", "{\"a\":true}",
        "[1,2]",      "[[1],2]",      "[1,[2]]",       "[\"1\",2]", "[\"ab\"]",  "[\"a\",\"b\"]",
        "{\"a\":{}}", "{\"a\":null}", "{\"a\":false}",
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            assert_int_equal(text_of(all[i]) == text_of(all[k]), i == k);
    assert_int_equal(text_of("{\"a\": [1, 2]}"), text_of("/* the same */ {\"a\":[1,\n2] }"));
}

struct folder {
    char path[64], policy[96], file[96];
};

static void folder_make(struct folder *f)
{
    snprintf(f->path, sizeof(f->path), "/tmp/yett-definition-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->policy, sizeof(f->policy), "%s/policy.json", f->path);
    snprintf(f->file, sizeof(f->file), "%s/list.txt", f->path);
}

static void folder_write(const struct folder *f, const char *text)
{
    FILE *file = fopen(f->file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void sees_files_change(void **state)
{
    (void)state;
    static const char *const naming[] = {"{\"deny\":[\"list.txt\"]}", "{\"deny\":[\"*.txt\"]}"};
    struct folder f;
    folder_make(&f);
    for (size_t i = 0; i < ARRAY_LEN(naming); i++) {
        uint64_t none = of(f.policy, naming[i], DEFINITION_FILES);
        folder_write(&f, "one");
        uint64_t one = of(f.policy, naming[i], DEFINITION_FILES);
        assert_int_equal(one, of(f.policy, naming[i], DEFINITION_FILES));
        folder_write(&f, "more");
        uint64_t more = of(f.policy, naming[i], DEFINITION_FILES);
        assert_true(none != one && one != more && none != more);
        assert_int_equal(of(f.policy, naming[i], DEFINITION_TEXT),
                         of("p.json", naming[i], DEFINITION_TEXT));
        assert_int_equal(unlink(f.file), 0);
        assert_int_equal(of(f.policy, naming[i], DEFINITION_FILES), none);
    }
    assert_int_equal(of(f.policy, "[\"\", \"a\\u0000b\", \"/\"]", DEFINITION_FILES), 0);
    assert_int_equal(rmdir(f.path), 0);
}

static void joins_in_order(void **state)
{
    (void)state;
    assert_true(definition_join(1, 2) != definition_join(2, 1));
    assert_true(definition_join(0, 0) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_apart_what_is_written),
        cmocka_unit_test(sees_files_change),
        cmocka_unit_test(joins_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
