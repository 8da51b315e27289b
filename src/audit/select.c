// SPDX-License-Identifier: Apache-2.0
// The line is not parsed. What is looked for has quotes in it that are not escaped, and in values,
// where strangers may write, every quote is: so it can only be found where the record's own names
// stand. A header field recorded under the name "yett" is no object.
#include "audit/select.h"

#include "audit/record.h"

static const struct slice verdict_words[] = {
    [AUDIT_VERDICT_PASSED] = SLICE_INIT("passed\""),
    [AUDIT_VERDICT_DENIED] = SLICE_INIT("denied\""),
    [AUDIT_VERDICT_REFUSED] = SLICE_INIT("refused\""),
    [AUDIT_VERDICT_FAILED] = SLICE_INIT("failed\""),
    [AUDIT_VERDICT_ABORTED] = SLICE_INIT("aborted\""),
};

// What follows `name`; empty when it does not occur.
static struct slice behind(struct slice text, struct slice name)
{
    return slice_from(text, slice_find(text, name) + name.len);
}

bool select_takes(unsigned verdicts, struct slice line)
{
    if (verdicts == 0)
        return true;
    struct slice word = behind(behind(line, SLICE("\"yett\":{")), SLICE("\"verdict\":\""));
    for (unsigned v = 0; v < sizeof(verdict_words) / sizeof(verdict_words[0]); v++) {
        if (slice_begins(word, verdict_words[v]))
            return verdicts & (1u << v);
    }
    return true;
}
