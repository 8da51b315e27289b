// SPDX-License-Identifier: Apache-2.0
// Random numbers for tests of random operations: always the same ones, so that a failure comes
// back.
#ifndef YETT_TESTS_SUPPORT_DICE_H
#define YETT_TESTS_SUPPORT_DICE_H

#include <stdint.h>

struct dice {
    uint64_t state;
};

// A number below `sides` (splitmix64).
static inline uint64_t dice_below(struct dice *d, uint64_t sides)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % sides;
}

#endif
