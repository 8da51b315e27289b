// SPDX-License-Identifier: Apache-2.0
// Transforms undo the spellings that attacks hide behind. Most values need none of them: each
// begins with the search for the first octet it would change and gives the value back untouched
// when there is none, so that nothing is copied.
#include "rules/transform.h"

#include "rules/transform_internal.h"

static const char *const words[] = {
#define X(name, word, function) word,
    RULES_TRANSFORMS(X)
#undef X
        NULL,
};

const char *const *rules_transform_words(void)
{
    return words;
}

struct slice rules_transform(enum rules_transform t, struct slice in, char *out)
{
    static struct slice (*const functions[])(struct slice, char *) = {
#define X(name, word, function) transform_##function,
        RULES_TRANSFORMS(X)
#undef X
    };
    return functions[t](in, out);
}
