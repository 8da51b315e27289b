// SPDX-License-Identifier: Apache-2.0
// %{TX.a} in texts of SecLang to %{vars.a}.
#ifndef YETT_SECLANG_MACRO_H
#define YETT_SECLANG_MACRO_H

#include <stdbool.h>

#include "base/attr.h"
#include "seclang/model.h"

enum { SECLANG_MACROS_MAX = 30 };

struct seclang_macro_place {
    const struct seclang_rule *rule;
    const struct seclang_link *link;
    bool is_name; // of a variable: what matched is named as shortly as can be
};

// The text with its macros in the engine's words. One that nothing stands for becomes empty, with a
// note. False without memory.
MUST_USE bool seclang_macro_convert(struct seclang_set *s, const struct seclang_macro_place *at,
                                    struct slice text, struct slice *out);
// The same in a regex, where only variables of the transaction can stand, and everything else is
// the regex's own. False also when a variable is one that rules set, with a sentence in
// why[SECLANG_WHY_MAX].
MUST_USE bool seclang_macro_convert_pattern(struct seclang_set *s, struct slice text,
                                            struct slice *out, char *why);
// A pattern that was converted, with the first values of its variables in place.
MUST_USE bool seclang_macro_fold_pattern(struct seclang_set *s, struct slice pattern,
                                         struct slice *out);
// How many macros of the engine's the text has; it takes no more than SECLANG_MACROS_MAX.
size_t seclang_count_macros(struct slice text);

#endif
