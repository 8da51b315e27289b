// SPDX-License-Identifier: Apache-2.0
// Comments replaced, removed, and bared of their marks.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(REPLACE_COMMENTS, "un/**/ion/*x*/all", "un ion all"),
    CASE(REPLACE_COMMENTS, "a/*b", "a "),
    CASE(REPLACE_COMMENTS, "/*/a*/b", " b"),
    CASE(REPLACE_COMMENTS, "/**//**/", "  "),
    KEPT(REPLACE_COMMENTS, "a*/b/ *c -- d"),
    CASE(REMOVE_COMMENTS, "un/**/ion/*x*//*y*/all", "unionall"),
    CASE(REMOVE_COMMENTS, "a<!-- b -->c", "ac"),
    CASE(REMOVE_COMMENTS, "a/*b", "a "),
    CASE(REMOVE_COMMENTS, "a<!--b", "a "),
    CASE(REMOVE_COMMENTS, "a/*b-->c", "ac"),
    CASE(REMOVE_COMMENTS, "select 1 -- x", "select 1 "),
    CASE(REMOVE_COMMENTS, "select 1#x", "select 1"),
    CASE(REMOVE_COMMENTS, "a/*#*/b--", "ab"),
    KEPT(REMOVE_COMMENTS, "a*/b/ *c - < d"),
    CASE(REMOVE_COMMENTS_CHAR, "un/**/ion/*x*/all", "unionxall"),
    CASE(REMOVE_COMMENTS_CHAR, "a<!--b-->c--d#e*/f", "abcdef"),
    CASE(REMOVE_COMMENTS_CHAR, "a/*", "a"),
    KEPT(REMOVE_COMMENTS_CHAR, "a - b / * <!- c"),
    KEPT(REMOVE_COMMENTS_CHAR, ""),
};

TRANSFORM_TEST(undoes_comments, cases)
