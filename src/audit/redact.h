// SPDX-License-Identifier: Apache-2.0
// Taking secrets out of what a record quotes. Used by record.c only.
#ifndef YETT_AUDIT_REDACT_H
#define YETT_AUDIT_REDACT_H

#include <stdbool.h>

#include "audit/record.h"
#include "base/slice.h"

// What stands in place of a secret.
#define REDACT_MARK "[redacted]"

// Whether the value of header field `name` is never written: Authorization, Cookie and their like,
// and names in `r`.
bool redact_hides_header(const struct audit_redaction *r, struct slice name);
// Whether the matched piece of `target` ("query.id", "headers.cookie", "body") is never written.
// `query` is the request's.
bool redact_hides_target(const struct audit_redaction *r, struct slice target, struct slice query);
// What a text is, for redact_url.
enum redact_text {
    REDACT_TARGET, // may begin with scheme and authority, and these with a user and a password
    REDACT_FIELDS, // path, query, Referer: only its fields matter
};
// Whether `text` may have something to take out: quick, may say yes for nothing.
bool redact_may_change(const struct audit_redaction *r, enum redact_text kind, struct slice text);
// Appends `text` to `out` with the values of named fields and the userinfo of a target replaced, up
// to what fits.
void redact_url(const struct audit_redaction *r, enum redact_text kind, struct slice text,
                struct buf *out);

#endif
