// SPDX-License-Identifier: Apache-2.0
// Unpredictable bytes from the system.
#ifndef YETT_BASE_RANDOM_H
#define YETT_BASE_RANDOM_H

#include <stddef.h>

// Fills `out`; aborts when the system has none (nothing safe could go on).
void random_bytes(void *out, size_t len);

#endif
