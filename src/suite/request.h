// SPDX-License-Identifier: Apache-2.0
// The "input" of a test as the octets that a client sends.
#ifndef YETT_SUITE_REQUEST_H
#define YETT_SUITE_REQUEST_H

#include "base/attr.h"
#include "base/buf.h"
#include "suite/yaml.h"

// Writes the request. Where the test does not forbid it (stop_magic, autocomplete_headers: false),
// Connection, Content-Length and for bodies the content type of a form are filled in, and form data
// without any escape is escaped. `is_old`: the tests' older form, with CR LF in bodies of multipart
// whatever the file had. False with a sentence in why[SUITE_WHY_MAX].
MUST_USE bool suite_request_write(const struct suite_yaml *input, bool is_old, struct buf *out,
                                  char *why);

#endif
