// SPDX-License-Identifier: Apache-2.0
// A mistyped hash would only show as a user who can't log in, and a hash of an extreme cost as a
// gateway that hangs, so both are found at load by the exact form each scheme has (crypt(5)).
#include "filter/password_hash.h"

#include <string.h>

#include "base/ascii.h"
#include "base/num.h"

enum {
    BCRYPT_COST_MIN = 4,
    BCRYPT_COST_MAX = 15, // about two seconds
    SHA_ROUNDS_MIN = 1000,
    SHA_ROUNDS_MAX = 5000000, // about as much
    BCRYPT_LEN = 60,
    BCRYPT_REST = 53, // salt and digest
    SHA_SALT_MAX = 16,
    SHA256_DIGEST = 43,
    SHA512_DIGEST = 86,
    YESCRYPT_SALT_MAX = 64,
    YESCRYPT_DIGEST = 43,
};

// The digits of crypt's base 64 beside letters and figures.
static bool is_crypt64(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '.' && c != '/')
            return false;
    }
    return true;
}

static bool is_digest(struct slice s, size_t len)
{
    return s.len == len && is_crypt64(s);
}

static bool is_salt(struct slice s, size_t max)
{
    return s.len > 0 && s.len <= max && is_crypt64(s);
}

// "$2b$" 2DIGIT "$" salt digest
static enum password_hash_state look_at_bcrypt(struct slice hash, struct slice *setting)
{
    uint64_t cost;
    if (hash.len != BCRYPT_LEN || hash.ptr[6] != '$' ||
        !is_digest(slice_from(hash, 7), BCRYPT_REST) ||
        !num_decimal(slice_of(hash.ptr + 4, 2), 31, &cost) || cost < BCRYPT_COST_MIN)
        return PASSWORD_HASH_MALFORMED;
    *setting = slice_first(hash, 6);
    return cost > BCRYPT_COST_MAX ? PASSWORD_HASH_COSTLY : PASSWORD_HASH_GOOD;
}

// "$6$" ["rounds=" 1*DIGIT "$"] salt "$" digest
static enum password_hash_state look_at_sha(struct slice hash, size_t digest_len,
                                            struct slice *setting)
{
    struct slice rest = slice_from(hash, 3);
    uint64_t rounds = SHA_ROUNDS_MIN;
    if (slice_begins(rest, SLICE("rounds="))) {
        size_t end = slice_index(rest, '$');
        if (!num_decimal(slice_from(slice_first(rest, end), 7), UINT32_MAX, &rounds) ||
            rounds < SHA_ROUNDS_MIN)
            return PASSWORD_HASH_MALFORMED;
        rest = slice_from(rest, end + 1);
    }
    size_t salt = slice_index(rest, '$');
    if (!is_salt(slice_first(rest, salt), SHA_SALT_MAX) ||
        !is_digest(slice_from(rest, salt + 1), digest_len))
        return PASSWORD_HASH_MALFORMED;
    *setting = slice_first(hash, hash.len - rest.len);
    return rounds > SHA_ROUNDS_MAX ? PASSWORD_HASH_COSTLY : PASSWORD_HASH_GOOD;
}

// "$y$" parameters "$" salt "$" digest. The parameters are those crypt_gensalt writes for its costs
// 1 to 9 (a quarter of a gigabyte and a quarter of a second); hand-made ones could ask for
// anything.
static enum password_hash_state look_at_yescrypt(struct slice hash, struct slice *setting)
{
    static const char *const usual[] = {"j75", "j85", "j7T", "j8T", "j9T",
                                        "jAT", "jBT", "jCT", "jDT"};
    struct slice rest = slice_from(hash, 3);
    size_t end = slice_index(rest, '$');
    struct slice parameters = slice_first(rest, end);
    rest = slice_from(rest, end + 1);
    size_t salt = slice_index(rest, '$');
    if (!is_salt(parameters, 16) || !is_salt(slice_first(rest, salt), YESCRYPT_SALT_MAX) ||
        !is_digest(slice_from(rest, salt + 1), YESCRYPT_DIGEST))
        return PASSWORD_HASH_MALFORMED;
    *setting = slice_first(hash, 3 + end);
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        if (slice_eq(parameters, slice_str(usual[i])))
            return PASSWORD_HASH_GOOD;
    }
    return PASSWORD_HASH_COSTLY;
}

enum password_hash_state password_hash_look(struct slice hash, struct slice *setting)
{
    if (slice_begins(hash, SLICE("$y$")))
        return look_at_yescrypt(hash, setting);
    if (slice_begins(hash, SLICE("$2a$")) || slice_begins(hash, SLICE("$2b$")) ||
        slice_begins(hash, SLICE("$2y$")))
        return look_at_bcrypt(hash, setting);
    if (slice_begins(hash, SLICE("$6$")))
        return look_at_sha(hash, SHA512_DIGEST, setting);
    if (slice_begins(hash, SLICE("$5$")))
        return look_at_sha(hash, SHA256_DIGEST, setting);
    return PASSWORD_HASH_WEAK;
}
