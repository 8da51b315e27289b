// SPDX-License-Identifier: Apache-2.0
// Rules to send requests to.
#ifndef YETT_TESTS_UNIT_SUITE_FIXTURE_H
#define YETT_TESTS_UNIT_SUITE_FIXTURE_H

#include "support/unit.h"

#include "base/problems.h"
#include "rules/program.h"

static const char fixture_rules[] =
    "{ \"rules\": [ { \"id\": \"100001\", \"description\": \"bad word\", \"logdata\": "
    "\"%{matched}\", \"targets\": [\"args.*\"], \"match\": { \"contains\": \"bad\" }, \"action\": "
    "\"log\" },"
    "{ \"id\": \"100002\", \"phase\": \"response\", \"targets\": [\"response.status\"], \"match\": "
    "{ \"at_least\": 500 }, \"action\": \"deny\" },"
    "{ \"id\": \"100003\", \"phase\": \"logging\", \"targets\": [\"method\"], \"match\": { "
    "\"equals\": \"PUT\" }, \"action\": \"log\" } ] }";

struct fixture {
    struct problems *problems;
    struct rules_program *program;
    struct rules_scratch *scratch;
};

static inline void fixture_open(struct fixture *f)
{
    const struct rules_options options = {.paranoia = 4, .threshold = 5, .detect = true};
    f->problems = problems_new();
    f->scratch = rules_scratch_new();
    f->program = rules_compile_text("rules.json", slice_str(fixture_rules), &options,
                                    (struct rules_compile_flags){0}, f->problems);
    problems_print(f->problems, stderr);
    assert_non_null(f->program);
    assert_non_null(f->scratch);
}

static inline void fixture_close(struct fixture *f)
{
    rules_program_free(&f->program);
    rules_scratch_free(&f->scratch);
    problems_free(&f->problems);
}

#endif
