// SPDX-License-Identifier: Apache-2.0
// Paths with what a file system takes out of them.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(NORMALIZE_PATH, "/a/./b//c/../d", "/a/b/d"),
    CASE(NORMALIZE_PATH, "/a/b//c/../", "/a/b/"),
    CASE(NORMALIZE_PATH, "/../../etc", "/etc"),
    CASE(NORMALIZE_PATH, "../a/../../b", "../../b"),
    CASE(NORMALIZE_PATH, "a/./.././../../b/c", "../../b/c"),
    CASE(NORMALIZE_PATH, "a/b/c/d/../../..", "a"),
    CASE(NORMALIZE_PATH, "/a/b/..", "/a"),
    CASE(NORMALIZE_PATH, "/a/.", "/a"),
    CASE(NORMALIZE_PATH, "a/..", ""),
    CASE(NORMALIZE_PATH, "./a", "a"),
    CASE(NORMALIZE_PATH, "//", "/"),
    CASE(NORMALIZE_PATH, "/x/../\0/../etc/./passwd", "/etc/passwd"),
    KEPT(NORMALIZE_PATH, "/a/b.c/d"),
    KEPT(NORMALIZE_PATH, "/..a/b."),
    KEPT(NORMALIZE_PATH, "../../x"),
    KEPT(NORMALIZE_PATH, "\\a\\..\\b"),
    KEPT(NORMALIZE_PATH, ""),
    CASE(NORMALIZE_PATH_WIN, "\\a\\.\\b\\\\c\\..\\d", "/a/b/d"),
    CASE(NORMALIZE_PATH_WIN, "..\\a/..\\../b", "../../b"),
    CASE(NORMALIZE_PATH_WIN, "c:\\a", "c:/a"),
    CASE(NORMALIZE_PATH_WIN, "/a/../b", "/b"),
    KEPT(NORMALIZE_PATH_WIN, "/a/b"),
    KEPT(NORMALIZE_PATH_WIN, ""),
};

TRANSFORM_TEST(resolves_paths, cases)
