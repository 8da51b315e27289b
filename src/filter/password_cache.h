// SPDX-License-Identifier: Apache-2.0
// Which credentials were found good a short while ago, so that a hash of milliseconds is computed
// once and not per request. Kept are two independent keyed hashes of user, password and stored
// hash, never any of those: what lies here is worth nothing outside this process, and a user who is
// taken out of the file or gets a new password is no longer found. Fixed in size, read and written
// by all threads at once without a lock; when a place is needed, the entry nearest to its end goes.
#ifndef YETT_FILTER_PASSWORD_CACHE_H
#define YETT_FILTER_PASSWORD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct password_cache;

enum {
    PASSWORD_CACHE_MIN = 16,
    PASSWORD_CACHE_MAX = 1 << 20,
};

// Room for about `entries` (rounded up to a power of two, within the bounds); NULL without memory.
MUST_USE struct password_cache *password_cache_new(size_t entries);
// Wipes it.
void password_cache_free(struct password_cache **c);
size_t password_cache_rounded(size_t entries);
size_t password_cache_size(const struct password_cache *c);

struct password_mark {
    uint64_t words[2];
};

// The mark of credentials: 128 bits under keys of this cache.
struct password_mark password_cache_mark(const struct password_cache *c, struct slice user,
                                         struct slice password, struct slice hash);
// Was it put in with an end after `now_ms`?
bool password_cache_has(const struct password_cache *c, const struct password_mark *mark,
                        uint64_t now_ms);
// Remembers it until `end_ms`.
void password_cache_put(struct password_cache *c, const struct password_mark *mark,
                        uint64_t end_ms);

#endif
