// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321) and SHA-1 (RFC 3174), for rules that compare values with lists of such digests.
// Both are broken as security measures: nothing that must withstand forgery may rest on them.
#ifndef YETT_BASE_DIGEST_H
#define YETT_BASE_DIGEST_H

#include "base/slice.h"

enum { DIGEST_MD5_LEN = 16, DIGEST_SHA1_LEN = 20 };

void digest_md5(struct slice text, unsigned char out[DIGEST_MD5_LEN]);
void digest_sha1(struct slice text, unsigned char out[DIGEST_SHA1_LEN]);

#endif
