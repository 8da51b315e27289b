// SPDX-License-Identifier: Apache-2.0
// Policies in tests of the policy room: written with ' for ", around a skeleton that is good by
// itself.
#ifndef YETT_TESTS_SUPPORT_POLICY_H
#define YETT_TESTS_SUPPORT_POLICY_H

#include <stdio.h>

#include "policy/policy_internal.h"
#include "base/problems.h"

enum { POLICY_TEXT_MAX = 16384 };

// A policy that lacks nothing but `rest`: members that follow, each behind a comma.
#define POLICY_WITH(rest) "{'listeners':[{'name':'a','bind':'127.0.0.1:0'}]" rest "}"
// One backend "app" and whatever else.
#define POLICY_WITH_APP(rest)                                                                      \
    POLICY_WITH(",'backends':{'app':{'servers':[{'url':'http://127.0.0.1:1'}]}}" rest)

struct policy_case {
    const char *name, *text;
    const char *want; // a piece of the one problem there is: "$.path: sentence"
};

static inline struct snapshot *policy_try(const char *text, enum policy_reach reach,
                                          struct problems *problems)
{
    char json[POLICY_TEXT_MAX];
    size_t len = strlen(text);
    assert_true(len < sizeof(json));
    for (size_t i = 0; i <= len; i++)
        json[i] = text[i] == '\'' ? '"' : text[i];
    return policy_load_text("conf/p.json", slice_of(json, len), reach, problems);
}

static inline struct snapshot *policy_good(const char *text)
{
    struct problems *problems = problems_new();
    assert_non_null(problems);
    struct snapshot *s = policy_try(text, POLICY_REACH_ALL, problems);
    if (!s)
        problems_print(problems, stderr);
    assert_non_null(s);
    problems_free(&problems);
    return s;
}

static inline const char *policy_first_error(const struct problems *problems)
{
    const char *text = NULL;
    for (size_t i = 0; (text = problems_text(problems, i)) && !strstr(text, " error: ");)
        i++;
    return text;
}

static inline void policy_assert_refused(const struct policy_case *c, enum policy_reach reach)
{
    struct problems *problems = problems_new();
    assert_non_null(problems);
    struct snapshot *s = policy_try(c->text, reach, problems);
    const char *error = policy_first_error(problems);
    if (s || problems_count(problems) != 1 || !error || !strstr(error, c->want)) {
        problems_print(problems, stderr);
        fail_msg("%s: wanted one problem with \"%s\"", c->name, c->want);
    }
    problems_free(&problems);
}

#define POLICY_ASSERT_ALL_REFUSED(cases)                                                           \
    for (size_t case_index = 0; case_index < sizeof(cases) / sizeof((cases)[0]); case_index++)     \
    policy_assert_refused(&(cases)[case_index], POLICY_REACH_ALL)

#endif
