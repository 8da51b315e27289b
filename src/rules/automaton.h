// SPDX-License-Identifier: Apache-2.0
// Many literals found in one pass over a text (Aho and Corasick, 1975), as a table with one row per
// state and one column per class of octets that no literal tells apart. Immutable once built.
#ifndef YETT_RULES_AUTOMATON_H
#define YETT_RULES_AUTOMATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct arena;
struct rules_automaton;

// Literals must be non-empty and differ from one another (in folded form when `fold`: then A-Z
// equals a-z in text and literals). NULL when the arena is full.
MUST_USE struct rules_automaton *
rules_automaton_build(struct arena *arena, const struct slice *literals, size_t count, bool fold);
// Sets the bit of every literal that occurs in `text` and is not set in `seen`, which has a bit for
// each, and lists its number in `found`, which has room for all. How many are listed.
size_t rules_automaton_scan(const struct rules_automaton *a, struct slice text, uint64_t *seen,
                            uint32_t *found);
// The literal that ends first in `text`, and where; false when there is none.
MUST_USE bool rules_automaton_first(const struct rules_automaton *a, struct slice text,
                                    struct slice *piece);

#endif
