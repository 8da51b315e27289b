// SPDX-License-Identifier: Apache-2.0
// The table of reasons, unfolded. A number outside of it can only come from a mistake of ours and
// reads as NONE.
#include "http/reason.h"

struct entry {
    const char *word;
    const char *text;
    unsigned status;
};

static const struct entry entries[HTTP_REASON_COUNT] = {
#define X(name, word_, status_, text_)                                                             \
    [HTTP_REASON_##name] = {.word = (word_), .text = (text_), .status = (status_)},
    HTTP_REASONS(X)
#undef X
};

static const struct entry *find(enum http_reason reason)
{
    return (unsigned)reason < HTTP_REASON_COUNT ? &entries[reason] : &entries[HTTP_REASON_NONE];
}

const char *http_reason_word(enum http_reason reason)
{
    return find(reason)->word;
}

unsigned http_reason_status(enum http_reason reason)
{
    return find(reason)->status;
}

const char *http_reason_text(enum http_reason reason)
{
    return find(reason)->text;
}
