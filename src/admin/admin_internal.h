// SPDX-License-Identifier: Apache-2.0
// Shared by admin.c and connection.c.
#ifndef YETT_ADMIN_ADMIN_INTERNAL_H
#define YETT_ADMIN_ADMIN_INTERNAL_H

#include "base/slice.h"

struct admin;

// What callers must know now, copied into out[POLICY_ADMIN_TOKEN_MAX]; the copy is to be wiped.
struct slice admin_token(struct admin *a, char *out);

#endif
