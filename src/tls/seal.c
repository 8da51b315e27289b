// SPDX-License-Identifier: Apache-2.0
// The MAC's implementation is looked up once: that costs more than the computation.
#include "tls/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <pthread.h>

#include "base/check.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MAC *hmac;

static void free_hmac(void)
{
    EVP_MAC_free(hmac);
}

static void fetch_hmac(void)
{
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OPENSSL_atexit(free_hmac);
}

void tls_seal_sha256(const struct slice *parts, size_t count, unsigned char out[TLS_SEAL_HASH_LEN])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (size_t i = 0; ok && i < count; i++)
        ok = EVP_DigestUpdate(md, parts[i].ptr, parts[i].len);
    ok = ok && EVP_DigestFinal_ex(md, out, NULL);
    EVP_MD_CTX_free(md);
    CHECK(ok);
}

void tls_seal_hmac(struct slice key, const struct slice *parts, size_t count,
                   unsigned char out[TLS_SEAL_HASH_LEN])
{
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t len = 0;
    pthread_once(&once, fetch_hmac);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    bool ok = mac && EVP_MAC_init(mac, (const unsigned char *)key.ptr, key.len, params);
    for (size_t i = 0; ok && i < count; i++)
        ok = EVP_MAC_update(mac, (const unsigned char *)parts[i].ptr, parts[i].len);
    ok = ok && EVP_MAC_final(mac, out, &len, TLS_SEAL_HASH_LEN) && len == TLS_SEAL_HASH_LEN;
    EVP_MAC_CTX_free(mac);
    CHECK(ok);
}

bool tls_seal_sign(const unsigned char seed[TLS_SEAL_SEED_LEN], struct slice text,
                   unsigned char out[TLS_SEAL_SIGNATURE_LEN])
{
    size_t len = TLS_SEAL_SIGNATURE_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, TLS_SEAL_SEED_LEN);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = key && md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(md, out, &len, (const unsigned char *)text.ptr, text.len) == 1 &&
              len == TLS_SEAL_SIGNATURE_LEN;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return ok;
}

bool tls_seal_verify(const unsigned char public_key[TLS_SEAL_SEED_LEN], struct slice text,
                     const unsigned char signature[TLS_SEAL_SIGNATURE_LEN])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, TLS_SEAL_SEED_LEN);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = key && md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(md, signature, TLS_SEAL_SIGNATURE_LEN,
                               (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return ok;
}

// An encrypted key is no key here: nobody is there to be asked for its password.
static int no_password(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return 0;
}

static EVP_PKEY *read_key(struct slice pem, bool is_private)
{
    BIO *text = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = NULL;
    if (text)
        key = is_private ? PEM_read_bio_PrivateKey(text, NULL, no_password, NULL)
                         : PEM_read_bio_PUBKEY(text, NULL, no_password, NULL);
    BIO_free(text);
    return key;
}

bool tls_seal_private_key(struct slice pem, unsigned char out[TLS_SEAL_SEED_LEN])
{
    size_t len = TLS_SEAL_SEED_LEN;
    EVP_PKEY *key = read_key(pem, true);
    bool ok = key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
              EVP_PKEY_get_raw_private_key(key, out, &len) == 1 && len == TLS_SEAL_SEED_LEN;
    EVP_PKEY_free(key);
    return ok;
}

bool tls_seal_public_key(struct slice pem, unsigned char out[TLS_SEAL_SEED_LEN])
{
    size_t len = TLS_SEAL_SEED_LEN;
    EVP_PKEY *key = read_key(pem, false);
    if (!key)
        key = read_key(pem, true);
    bool ok = key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
              EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == TLS_SEAL_SEED_LEN;
    EVP_PKEY_free(key);
    return ok;
}
