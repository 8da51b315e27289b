// SPDX-License-Identifier: Apache-2.0
// A file of users. Every user that is taken can be found again, and his hash is one that is
// computed in bounded time and memory; hashes themselves are not computed here, which would make
// the fuzzer a password cracker.
#include <stdint.h>

#include "base/check.h"
#include "base/problems.h"
#include "filter/htpasswd.h"
#include "filter/password_hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems *problems = problems_new();
    struct htpasswd *users = htpasswd_read("users", slice_of(data, size), problems);
    CHECK((users != NULL) == (problems_count(problems) == 0));
    if (users) {
        const struct htpasswd_user *typical = htpasswd_typical(users);
        struct slice setting;
        CHECK(htpasswd_name_is_valid(typical->name));
        CHECK(htpasswd_find(users, typical->name) == typical);
        CHECK(password_hash_look(typical->hash, &setting) == PASSWORD_HASH_GOOD);
        CHECK(typical->hash.len <= HTPASSWD_HASH_MAX &&
              typical->hash.ptr[typical->hash.len] == '\0');
    }
    htpasswd_free(&users);
    problems_free(&problems);
    return 0;
}
