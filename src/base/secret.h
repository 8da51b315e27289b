// SPDX-License-Identifier: Apache-2.0
// Handling of secrets: compared without telling where they differ, wiped so that the compiler can't
// leave it out.
#ifndef YETT_BASE_SECRET_H
#define YETT_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

// Equal length and bytes, in time that depends on the lengths alone.
bool secret_eq(struct slice a, struct slice b);
void secret_wipe(void *ptr, size_t len);

#endif
