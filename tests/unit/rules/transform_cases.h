// SPDX-License-Identifier: Apache-2.0
// Tables of what transforms make of values. An output of NULL: the value comes back itself, nothing
// having been copied.
#ifndef YETT_TESTS_UNIT_RULES_TRANSFORM_CASES_H
#define YETT_TESTS_UNIT_RULES_TRANSFORM_CASES_H

#include "support/unit.h"

#include <stdlib.h>

#include "rules/transform.h"

struct transform_case {
    enum rules_transform transform;
    struct slice in, out;
};

#define CASE(name, from, to)                                                                       \
    {                                                                                              \
        RULES_TRANSFORM_##name, SLICE_INIT(from), SLICE_INIT(to)                                   \
    }
#define KEPT(name, value)                                                                          \
    {                                                                                              \
        RULES_TRANSFORM_##name, SLICE_INIT(value),                                                 \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }

static inline void transform_print(const char *what, struct slice s)
{
    print_error("%s", what);
    for (size_t i = 0; i < s.len; i++)
        print_error(s.ptr[i] >= ' ' && s.ptr[i] <= '~' ? "%c" : "\\x%02x", (unsigned char)s.ptr[i]);
    print_error("\n");
}

static inline bool transform_case_holds(const struct transform_case *c)
{
    // Heap blocks of the exact sizes: a sanitizer sees one octet too many.
    char *value = malloc(c->in.len + 1), *room = malloc(rules_transform_room(c->in.len));
    assert_non_null(value);
    assert_non_null(room);
    memcpy(value, c->in.ptr, c->in.len);
    struct slice in = slice_of(value, c->in.len);
    struct slice out = rules_transform(c->transform, in, room);
    bool holds = c->out.ptr ? slice_eq(out, c->out) : out.ptr == in.ptr && out.len == in.len;
    if (!holds) {
        print_error("%s\n", rules_transform_words()[c->transform]);
        transform_print("  of ", in);
        transform_print("  is ", out);
        transform_print(c->out.ptr ? "  not " : "  and should be itself", c->out);
    }
    free(value);
    free(room);
    return holds;
}

static inline void transform_assert_cases(const struct transform_case *cases, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++)
        failed += !transform_case_holds(&cases[i]);
    assert_int_equal(failed, 0);
}

// A program around one table.
#define TRANSFORM_TEST(name, cases)                                                                \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        transform_assert_cases(cases, ARRAY_LEN(cases));                                           \
    }                                                                                              \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {cmocka_unit_test(name)};                                \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
