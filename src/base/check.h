// SPDX-License-Identifier: Apache-2.0
// CHECK states what our own reasoning makes impossible; it stays in release builds, prints one line
// and aborts. Nothing that a byte from outside can reach may stand in a CHECK: that is an error to
// be answered.
#ifndef YETT_BASE_CHECK_H
#define YETT_BASE_CHECK_H

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            check_failed(__FILE__, __LINE__, #condition);                                          \
    } while (0)

_Noreturn void check_failed(const char *file, int line, const char *condition);

#endif
