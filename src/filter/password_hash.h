// SPDX-License-Identifier: Apache-2.0
// What a password hash is worth, told from its text alone.
#ifndef YETT_FILTER_PASSWORD_HASH_H
#define YETT_FILTER_PASSWORD_HASH_H

#include "base/attr.h"
#include "base/slice.h"

enum password_hash_state {
    PASSWORD_HASH_GOOD,
    PASSWORD_HASH_WEAK,      // a scheme whose hashes can be guessed fast, or a plain password
    PASSWORD_HASH_MALFORMED, // of a good scheme, but not as that scheme writes it
    PASSWORD_HASH_COSTLY,    // so slow or large that requests could be used to stop the gateway
};

// *setting is the part that names scheme and cost ("$2y$10"), the same for hashes that take the
// same time.
MUST_USE enum password_hash_state password_hash_look(struct slice hash, struct slice *setting);

#endif
