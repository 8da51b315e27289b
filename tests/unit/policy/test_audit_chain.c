// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/audit_chain.h"
#include "support/policy.h"

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

#define KEY "0123456789abcdef0123456789abcdef"
#define PEM                                                                                        \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                           \
    "-----END PRIVATE KEY-----\n"

static int in_a_folder_with_keys(void **state)
{
    static char folder[] = "/tmp/yett-policy-chain-XXXXXX";
    *state = folder;
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("conf", 0700) != 0)
        return -1;
    put("conf/key", KEY, 0600);
    put("conf/open", KEY, 0640);
    put("conf/short", "0123", 0600);
    put("conf/pem", PEM, 0600);
    return 0;
}

static int remove_folder(void **state)
{
    return unlink("conf/key") || unlink("conf/open") || unlink("conf/short") ||
           unlink("conf/pem") || rmdir("conf") || chdir("/") || rmdir(*state);
}

#define CHAIN(text) POLICY_WITH(",'audit':{'sinks':[{'type':'file','path':'a','chain':" text "}]}")

static void takes_keys(void **state)
{
    struct snapshot *s = policy_good(CHAIN("{'key':'key','signing_key':'pem'}"));
    const struct audit_chain_options *chain = s->audit.options.sinks[0].chain;
    ASSERT_SLICE(chain->key, SLICE(KEY));
    assert_int_equal(chain->seed[0], 0x4c);
    assert_ptr_equal(s->audit.options.crypto, &policy_audit_crypto);
    snapshot_unref(&s);
    s = policy_good(CHAIN("{'key':'key'}"));
    assert_null(s->audit.options.sinks[0].chain->seed);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"no object", CHAIN("'key'"), "$.audit.sinks[0].chain"},
    {"no key", CHAIN("{}"), "$.audit.sinks[0].chain: the key \"key\" is missing"},
    {"unknown", CHAIN("{'key':'key','sign':'pem'}"), "$.audit.sinks[0].chain.sign: unknown key"},
    {"no file", CHAIN("{'key':'nokey'}"), "chain.key: cannot read \"conf/nokey\""},
    {"open to others", CHAIN("{'key':'open'}"), "others can use it (mode 0640); run: chmod 600"},
    {"too short", CHAIN("{'key':'short'}"), "a key has at least 32 octets, this file has 4"},
    {"no PEM", CHAIN("{'key':'key','signing_key':'key'}"), "no private Ed25519 key in PEM"},
    {"of stdout", POLICY_WITH(",'audit':{'sinks':[{'type':'stdout','chain':{'key':'key'}}]}"),
     "$.audit.sinks[0].chain: unknown key"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_keys),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, in_a_folder_with_keys, remove_folder);
}
