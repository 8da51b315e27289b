// SPDX-License-Identifier: Apache-2.0
// Files of users and password hashes, "user:hash" on each line, as htpasswd writes them.
#ifndef YETT_CLI_PASSWORD_FILE_H
#define YETT_CLI_PASSWORD_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

enum password_file_result {
    PASSWORD_FILE_ADDED,
    PASSWORD_FILE_CHANGED,
    PASSWORD_FILE_REFUSED, // `why` has the sentence
};

// Puts the hash of a user into the file, in place of the old one or at the end; every other line
// stays as it is. Whoever reads the file sees the old one or the new one, never a part: it is
// written beside it, synced and renamed. A new file gets mode 0600, an existing one keeps its mode
// and owner. `path` may be a link: then what it points to is replaced.
MUST_USE enum password_file_result password_file_put(const char *path, struct slice user,
                                                     struct slice hash, char *why, size_t why_cap);

#endif
