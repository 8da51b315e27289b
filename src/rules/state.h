// SPDX-License-Identifier: Apache-2.0
// What rules know of a message from phase to phase: variables, captures, scores by category, the
// exclusions in force. Lives in the arena of the exchange.
#ifndef YETT_RULES_STATE_H
#define YETT_RULES_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "rules/regex.h"

struct arena;
struct rules_program;

enum {
    RULES_NAMED_VARS_MAX = 512, // variables of one message whose names come from the message
    RULES_VAR_NAME_MAX = 256,   // octets
    RULES_VAR_VALUE_MAX = 8192, // octets; a longer text is cut
};

enum rules_decoder {
    RULES_DECODE_BY_TYPE, // as the content type says
    RULES_DECODE_NONE,
    RULES_DECODE_URLENCODED,
    RULES_DECODE_MULTIPART,
    RULES_DECODE_JSON,
    RULES_DECODE_XML,
};

struct rules_named_var {
    struct slice name, value;
    struct rules_named_var *next;
};

struct rules_state {
    struct slice *vars; // of the program, by number; ptr NULL: not there
    struct rules_named_var *named, *named_last;
    size_t named_count;
    struct slice captures[RULES_CAPTURES]; // ptr NULL: not there
    unsigned *category_scores;
    bool *is_triggered; // exclusions that wait for a rule
    bool any_triggered;
    uint64_t steps; // octets looked at so far
    enum rules_decoder decoder;
};

// As it is before the first rule. NULL without memory.
MUST_USE struct rules_state *rules_state_new(const struct rules_program *p, struct arena *arena);
// The variable of that name; ptr NULL when it is not there. `slot` is its number where that is
// known, else RULES_VAR_NONE.
struct slice rules_state_get(const struct rules_program *p, const struct rules_state *s,
                             uint32_t slot, struct slice name);
// Sets it to a copy of `value`, or removes it when value.ptr is NULL. False without memory or room.
MUST_USE bool rules_state_set(const struct rules_program *p, struct rules_state *s, uint32_t slot,
                              struct slice name, struct slice value, struct arena *arena);

#endif
