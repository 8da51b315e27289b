// SPDX-License-Identifier: Apache-2.0
// Values that nothing matched: user agents, names of cookies and parameters, paths come again and
// again. A bounded table of one worker remembers whole values, so that what is passed over was seen
// octet by octet; places in it are chosen by a keyed hash, and the newest takes the place of an
// older one. What matched is never remembered, nor what was not looked at in full.
#ifndef YETT_RULES_MEMO_H
#define YETT_RULES_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct rules_memo;

// NULL without memory.
MUST_USE struct rules_memo *rules_memo_new(void);
void rules_memo_free(struct rules_memo **m);

// Of what a value is one: `where` is a number of its own for each stream of each program.
struct rules_memo_key {
    uint64_t program;
    uint32_t where;
    struct slice name, value;
};

// Is the value known? Else *place is where rules_memo_add puts it, or SIZE_MAX for one that is too
// long to be kept.
MUST_USE bool rules_memo_knows(const struct rules_memo *m, const struct rules_memo_key *key,
                               size_t *place);
void rules_memo_add(struct rules_memo *m, const struct rules_memo_key *key, size_t place);

#endif
