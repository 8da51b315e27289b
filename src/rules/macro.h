// SPDX-License-Identifier: Apache-2.0
// Texts with %{TARGET} in them. What is known when the file is loaded (variables that no rule sets)
// is put in then; the rest is looked up when the text is needed.
#ifndef YETT_RULES_MACRO_H
#define YETT_RULES_MACRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct json;
struct rules_loader;
struct rules_run;

struct rules_macro_part {
    struct slice text;         // as it stands, before the target
    const uint32_t *selectors; // the first value that one of them picks follows
    size_t selector_count;
};

struct rules_macro {
    struct slice text; // without parts: all of it
    const struct rules_macro_part *parts;
    size_t part_count;
};

// Reads `text`, which stands at `at`. False with a problem.
MUST_USE bool rules_macro_load(struct rules_loader *l, const struct json *at, struct slice text,
                               struct rules_macro *out);
// Puts in constant variables only, and leaves alone everything else that looks like a macro: for
// regexes. False with a problem when a variable is named that rules set.
MUST_USE bool rules_macro_fold(struct rules_loader *l, const struct json *at, struct slice text,
                               struct slice *out);
// The text now, at most RULES_MACRO_TEXT_MAX octets, in the memory of the evaluation.
struct slice rules_macro_text(struct rules_run *run, const struct rules_macro *m);

#endif
