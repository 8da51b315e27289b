// SPDX-License-Identifier: Apache-2.0
// What every unit test begins with: cmocka and the headers it wants before itself.
#ifndef YETT_TESTS_SUPPORT_UNIT_H
#define YETT_TESTS_SUPPORT_UNIT_H

// The order is cmocka's.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attr.h"
#include "base/slice.h"

// Slices equal, shown as text when they are not.
#define ASSERT_SLICE(got, wanted) assert_slice((got), (wanted), __FILE__, __LINE__)

static inline void assert_slice(struct slice got, struct slice wanted, const char *file, int line)
{
    if (slice_eq(got, wanted))
        return;
    print_error("got    \"%.*s\"\nwanted \"%.*s\"\n", (int)got.len, got.ptr ? got.ptr : "",
                (int)wanted.len, wanted.ptr ? wanted.ptr : "");
    _fail(file, line);
}

#endif
