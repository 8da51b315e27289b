// SPDX-License-Identifier: Apache-2.0
#include "filter/password_hash.h"

#include "base/attr.h"
#include "support/unit.h"
#include "unit/filter/hashes.h"

#define SALT22   "AoPiWEtxbQkl6tba4QfZyO"
#define DIGEST31 "DxFhM4vFz1NQZyyas4Cegub6g3.BrhO"
#define DIGEST43 "vtAK8KmXdUrBvv0Xke01kT2BrgHj4kbzepDwvsmChz1"

static void judges_hashes_by_their_text(void **state)
{
    (void)state;
    static const struct {
        const char *hash;
        enum password_hash_state state;
        const char *setting; // of good ones
    } cases[] = {
        {HASH_YESCRYPT, PASSWORD_HASH_GOOD, "$y$j75"},
        {HASH_BCRYPT, PASSWORD_HASH_GOOD, "$2y$04"},
        {HASH_SHA512, PASSWORD_HASH_GOOD, "$6$rounds=1000$"},
        {HASH_SHA256, PASSWORD_HASH_GOOD, "$5$"},
        {"$2a$10$" SALT22 DIGEST31, PASSWORD_HASH_GOOD, "$2a$10"},
        {"$2b$15$" SALT22 DIGEST31, PASSWORD_HASH_GOOD, "$2b$15"},
        {"$2b$16$" SALT22 DIGEST31, PASSWORD_HASH_COSTLY, NULL},
        {"$2b$31$" SALT22 DIGEST31, PASSWORD_HASH_COSTLY, NULL},
        {"$2b$03$" SALT22 DIGEST31, PASSWORD_HASH_MALFORMED, NULL},
        {"$2b$99$" SALT22 DIGEST31, PASSWORD_HASH_MALFORMED, NULL},
        {"$2b$10$" SALT22 DIGEST31 "x", PASSWORD_HASH_MALFORMED, NULL},
        {"$2b$10$" SALT22, PASSWORD_HASH_MALFORMED, NULL},
        {"$2b$1", PASSWORD_HASH_MALFORMED, NULL},
        {"$2x$10$" SALT22 DIGEST31, PASSWORD_HASH_WEAK, NULL},
        {"$5$rounds=5000000$salt$" DIGEST43, PASSWORD_HASH_GOOD, "$5$rounds=5000000$"},
        {"$5$rounds=5000001$salt$" DIGEST43, PASSWORD_HASH_COSTLY, NULL},
        {"$5$rounds=999$salt$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$5$rounds=99999999999999999999$salt$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$5$rounds=$salt$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$5$rounds=1000", PASSWORD_HASH_MALFORMED, NULL},
        {"$5$$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$5$12345678901234567$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$5$salt$short", PASSWORD_HASH_MALFORMED, NULL},
        {"$5$salt$" DIGEST43 ":comment", PASSWORD_HASH_MALFORMED, NULL},
        {"$5$sa lt$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$6$salt$" DIGEST43, PASSWORD_HASH_MALFORMED, NULL},
        {"$y$j9T$salt$" DIGEST43, PASSWORD_HASH_GOOD, "$y$j9T"},
        {"$y$jFT$salt$" DIGEST43, PASSWORD_HASH_COSTLY, NULL},
        {"$y$jzzzz$salt$" DIGEST43, PASSWORD_HASH_COSTLY, NULL},
        {"$y$j9T$salt", PASSWORD_HASH_MALFORMED, NULL},
        {"$y$", PASSWORD_HASH_MALFORMED, NULL},
        {"$apr1$salt$digest", PASSWORD_HASH_WEAK, NULL},
        {"$1$salt$digest", PASSWORD_HASH_WEAK, NULL},
        {"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", PASSWORD_HASH_WEAK, NULL},
        {"rqXexS6ZhobKA", PASSWORD_HASH_WEAK, NULL},
        {"plain", PASSWORD_HASH_WEAK, NULL},
        {"", PASSWORD_HASH_WEAK, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice setting = {0};
        if (password_hash_look(slice_str(cases[i].hash), &setting) != cases[i].state)
            fail_msg("%s", cases[i].hash);
        if (cases[i].setting)
            ASSERT_SLICE(setting, slice_str(cases[i].setting));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_hashes_by_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
