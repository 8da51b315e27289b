// SPDX-License-Identifier: Apache-2.0
// User and password out of an Authorization field (RFC 7617).
#ifndef YETT_FILTER_CREDENTIALS_H
#define YETT_FILTER_CREDENTIALS_H

#include "base/attr.h"
#include "base/slice.h"
#include "filter/htpasswd.h"

struct http_fields;

enum credentials_state {
    CREDENTIALS_GIVEN,
    CREDENTIALS_MISSING, // no Authorization, or of another scheme
    CREDENTIALS_MALFORMED,
};

struct credentials {
    struct slice user, password; // in `text`; the password is NUL-terminated
    char text[HTPASSWD_USER_MAX + 1 + HTPASSWD_PASSWORD_MAX + 1];
};

// GIVEN: *out is filled in; it is to be wiped in every case. It must not be moved.
MUST_USE enum credentials_state credentials_read(const struct http_fields *fields,
                                                 struct credentials *out);
void credentials_wipe(struct credentials *c);

#endif
