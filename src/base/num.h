// SPDX-License-Identifier: Apache-2.0
// Numbers from bytes, with explicit limits: no sign, no blanks, no locale, no silent overflow.
#ifndef YETT_BASE_NUM_H
#define YETT_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

// Reads all of `text` as 1*DIGIT; false when empty, when any byte is no digit, or above `max`.
MUST_USE bool num_decimal(struct slice text, uint64_t max, uint64_t *out);
// Reads all of `text` as 1*HEXDIG; same refusals.
MUST_USE bool num_hex(struct slice text, uint64_t max, uint64_t *out);
// Writes `value` in decimal to `out` (at least 20 bytes, no NUL); returns the number of digits.
size_t num_write_decimal(char *out, uint64_t value);
// Writes `value` in lower-case hex without leading zeros to `out` (at least 16 bytes, no NUL);
// returns the digits.
size_t num_write_hex(char *out, uint64_t value);

// Sums and products that report overflow instead of wrapping.
static inline bool num_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool num_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

#endif
