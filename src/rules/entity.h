// SPDX-License-Identifier: Apache-2.0
// Character references of HTML as browsers read them in attribute values and text.
#ifndef YETT_RULES_ENTITY_H
#define YETT_RULES_ENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

// Length of the reference at the start of `s` (which begins with '&'), and the character it stands
// for; 0 when it is none. The semicolon may be missing.
size_t rules_entity(struct slice s, uint32_t *code);

#endif
