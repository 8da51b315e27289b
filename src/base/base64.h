// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, 4), strict: padding required, no line breaks, no stray bits.
#ifndef YETT_BASE_BASE64_H
#define YETT_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

// Decodes `text` into `out` of `cap` bytes; false on any octet or length that is not canonical, or
// when it does not fit.
MUST_USE bool base64_decode(struct slice text, void *out, size_t cap, size_t *len);
// Bytes that base64_encode writes for `len` bytes.
size_t base64_encoded_len(size_t len);
// Writes the padded form without NUL.
void base64_encode(struct slice bytes, char *out);

#endif
