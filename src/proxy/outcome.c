// SPDX-License-Identifier: Apache-2.0
// The table of outcome.h, laid out once more as data.
#include "proxy/outcome.h"

static const struct outcome table[] = {
#define X(name, word_, status_, verdict_, text_)                                                   \
    [PROXY_OUTCOME_##name] = {.word = (word_),                                                     \
                              .text = (text_),                                                     \
                              .status = (status_),                                                 \
                              .verdict = AUDIT_VERDICT_##verdict_},
    PROXY_OUTCOMES(X)
#undef X
};

struct outcome outcome_of(enum proxy_outcome o)
{
    return table[o];
}

struct outcome outcome_of_http(enum http_reason reason)
{
    return (struct outcome){
        .word = http_reason_word(reason),
        .text = http_reason_text(reason),
        .status = http_reason_status(reason),
        .verdict = AUDIT_VERDICT_REFUSED,
    };
}

struct outcome outcome_of_backend(const struct backend_failure *f)
{
    struct outcome o = outcome_of(PROXY_OUTCOME_BACKEND_FAILED);
    if (f->word)
        o.word = f->word;
    if (f->text)
        o.text = f->text;
    if (f->is_ours)
        o.status = 503;
    return o;
}
