// SPDX-License-Identifier: Apache-2.0
// Keys are read once, at the start, copied into the snapshot and wiped with it.
#include "policy/audit_chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/secret.h"
#include "policy/policy_internal.h"
#include "tls/seal.h"

enum { PEM_MAX = 16 * 1024, WHY_MAX = 256 };

const struct audit_crypto policy_audit_crypto = {
    .digest = tls_seal_sha256,
    .mac = tls_seal_hmac,
    .sign = tls_seal_sign,
};

// The content of the secret file that `at` names; NULL with a problem. To be wiped and freed.
static char *read_secret(struct policy_reader *r, const struct json *at, size_t max, size_t *len)
{
    char why[WHY_MAX], *text;
    const char *path = policy_path(r, at);
    if (!path)
        return NULL;
    if (file_read_private(path, max, &text, len, why, sizeof(why)))
        return text;
    problems_add(r->problems, at, "cannot read \"%s\": %s", path, why);
    return NULL;
}

static bool read_key(struct policy_reader *r, const struct json *at, struct slice *out)
{
    size_t len;
    char *text = read_secret(r, at, CHAIN_KEY_MAX, &len);
    char *copy = NULL;
    if (!text)
        return false;
    if (len < CHAIN_KEY_MIN)
        problems_add(r->problems, at, "a key has at least %d octets, this file has %zu",
                     CHAIN_KEY_MIN, len);
    else
        copy = policy_new(r, len, 1);
    if (copy)
        memcpy(copy, text, len);
    secret_wipe(text, len);
    free(text);
    *out = slice_of(copy, len);
    return copy != NULL;
}

static bool read_signing_key(struct policy_reader *r, const struct json *at,
                             const unsigned char **out)
{
    size_t len;
    char *text = read_secret(r, at, PEM_MAX, &len);
    unsigned char *seed = text ? policy_new(r, CHAIN_SEED_LEN, 1) : NULL;
    bool ok = seed && tls_seal_private_key(slice_of(text, len), seed);
    if (seed && !ok)
        problems_add(r->problems, at,
                     "no private Ed25519 key in PEM without a password; make one with: "
                     "openssl genpkey -algorithm ed25519");
    if (text)
        secret_wipe(text, len);
    free(text);
    *out = seed;
    return ok;
}

bool policy_read_chain(struct policy_reader *r, const struct json *sink,
                       const struct audit_chain_options **out)
{
    static const char *const keys[] = {"key", "signing_key", NULL};
    const struct json *object = policy_object(r, sink, "chain");
    if (!object)
        return json_get(sink, "chain") == NULL;
    conf_known_keys(object, keys, r->problems);
    const struct json *key = conf_required(object, "key", r->problems);
    const struct json *signing_key = json_get(object, "signing_key");
    struct audit_chain_options *chain = policy_new(r, 1, sizeof(*chain));
    if (key && r->reach == POLICY_REACH_NONE)
        return true;
    if (!key || !chain || !read_key(r, key, &chain->key) ||
        (signing_key && !read_signing_key(r, signing_key, &chain->seed)))
        return false;
    *out = chain;
    return true;
}

// The snapshot's memory is ours to write, however its readers see it.
static void wipe(const void *secret, size_t len)
{
    secret_wipe((void *)(uintptr_t)secret, len);
}

void policy_wipe_chains(const struct audit_options *o)
{
    for (size_t i = 0; i < o->sink_count; i++) {
        const struct audit_chain_options *chain = o->sinks[i].chain;
        if (!chain)
            continue;
        wipe(chain->key.ptr, chain->key.len);
        if (chain->seed)
            wipe(chain->seed, CHAIN_SEED_LEN);
    }
}
