// SPDX-License-Identifier: Apache-2.0
// Compiler attributes under names of our own, for gcc and clang.
#ifndef YETT_BASE_ATTR_H
#define YETT_BASE_ATTR_H

// The caller has to look at the result.
#define MUST_USE __attribute__((warn_unused_result))
// Argument `fmt` is a printf format for the arguments from `first` on.
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
// The struct of type `type` whose member `member` is at `ptr`.
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define CONTAINER_OF_CONST(ptr, type, member)                                                      \
    ((const type *)(const void *)((const char *)(ptr)-offsetof(type, member)))

#endif
