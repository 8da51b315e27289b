// SPDX-License-Identifier: Apache-2.0
// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#ifndef YETT_BASE_UTF8_H
#define YETT_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

// Length (1..4) of the valid sequence at the start of `s`, or 0 when there is none (or s is empty).
size_t utf8_sequence(struct slice s);
bool utf8_is_valid(struct slice s);
// Writes `code` (a scalar value) to out[4]; returns the length, 0 for a surrogate or past U+10FFFF.
size_t utf8_encode(uint32_t code, char *out);

#endif
