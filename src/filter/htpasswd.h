// SPDX-License-Identifier: Apache-2.0
// Users and their password hashes, from files of the form htpasswd writes: "user:hash" on a line,
// `#` begins a comment line. Only hashes that slow down guessing are taken: yescrypt ($y$), bcrypt
// ($2a$ $2b$ $2y$), SHA-512-crypt ($6$), SHA-256-crypt
// ($5$), with a cost that one request may take. Everything else is a problem at file and line that
// says how to rehash.
#ifndef YETT_FILTER_HTPASSWD_H
#define YETT_FILTER_HTPASSWD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct problems;

enum {
    HTPASSWD_FILE_MAX = 64 * 1024 * 1024,
    HTPASSWD_USERS_MAX = 1000000,
    HTPASSWD_USER_MAX = 255,     // octets of a name
    HTPASSWD_PASSWORD_MAX = 511, // octets of a password; what libcrypt takes
    HTPASSWD_HASH_MAX = 127,     // octets of any hash that is taken
    HTPASSWD_COMPLAINTS = 20,    // bad lines named one by one; the rest is counted
};

struct htpasswd_user {
    struct slice name;
    struct slice hash; // NUL-terminated behind len
};

struct htpasswd;

// Reads the text of a file (copied); `name` is what problems call it. NULL with problems.
MUST_USE struct htpasswd *htpasswd_read(const char *name, struct slice text,
                                        struct problems *problems);
void htpasswd_free(struct htpasswd **h);
size_t htpasswd_count(const struct htpasswd *h);
// The user of that name, or NULL.
const struct htpasswd_user *htpasswd_find(const struct htpasswd *h, struct slice name);
// A user whose hash has the scheme and cost that most users have: what an unknown user's password
// is hashed against, so that it takes as long as theirs.
const struct htpasswd_user *htpasswd_typical(const struct htpasswd *h);
// Is `name` one a user may have: 1..HTPASSWD_USER_MAX octets, no colon, no control octet, no blank
// at either end?
bool htpasswd_name_is_valid(struct slice name);

enum htpasswd_result { HTPASSWD_GOOD, HTPASSWD_WRONG, HTPASSWD_FAILED };

// Hashes the NUL-terminated password as `hash` says (milliseconds, for yescrypt megabytes) and
// compares in constant time. FAILED: there was no memory for it. Callable from any thread.
MUST_USE enum htpasswd_result htpasswd_check(const char *password, const char *hash);

#endif
