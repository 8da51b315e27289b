// SPDX-License-Identifier: Apache-2.0
// Whether a part of the policy is what it was: a hash over its JSON and over the state (device,
// inode, size, times) of every file that its strings name, patterns included. A string that happens
// to name a file costs a needless change, never a missed one.
#ifndef YETT_POLICY_DEFINITION_H
#define YETT_POLICY_DEFINITION_H

#include <stdint.h>

struct json;

enum definition_part {
    DEFINITION_TEXT = 1,
    DEFINITION_FILES = 2, // looked at now
    DEFINITION_WHOLE = DEFINITION_TEXT | DEFINITION_FILES,
};

// Of `value` and all in it.
uint64_t definition_of(const struct json *value, enum definition_part parts);
// One from two.
uint64_t definition_join(uint64_t a, uint64_t b);

#endif
