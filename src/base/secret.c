// SPDX-License-Identifier: Apache-2.0
// The comparison folds every difference into one word and looks at it once; the volatile read keeps
// the compiler from turning the loop into one that stops early.
#include "base/secret.h"

#include <string.h>

bool secret_eq(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference = (unsigned char)(difference | (a.ptr[i] ^ b.ptr[i]));
    return difference == 0;
}

void secret_wipe(void *ptr, size_t len)
{
    if (len)
        explicit_bzero(ptr, len);
}
