// SPDX-License-Identifier: Apache-2.0
// A key seals for one rotation and opens for two more, by its age and not by how often it was used,
// so a quiet gateway does not keep an old key. Rotation happens when somebody needs a key: no
// timer.
#include "tls/tickets.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"

enum { LIFETIME_MAX_S = 24 * 3600 - 1, NS_PER_S = 1000000000 };

bool tls_tickets_init(struct tls_tickets *t, unsigned rotation_s)
{
    *t = (struct tls_tickets){.rotation_s = rotation_s};
    t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    if (!t->cipher)
        return false;
    pthread_mutex_init(&t->lock, NULL);
    return true;
}

void tls_tickets_clear(struct tls_tickets *t)
{
    if (!t->cipher)
        return;
    EVP_CIPHER_free(t->cipher);
    pthread_mutex_destroy(&t->lock);
    secret_wipe(t, sizeof(*t));
}

void tls_tickets_adopt(struct tls_tickets *t, struct tls_tickets *from)
{
    struct tls_ticket_key keys[TLS_TICKET_KEYS];
    pthread_mutex_lock(&from->lock);
    memcpy(keys, from->keys, sizeof(keys));
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_lock(&t->lock);
    memcpy(t->keys, keys, sizeof(keys));
    pthread_mutex_unlock(&t->lock);
    secret_wipe(keys, sizeof(keys));
}

unsigned tls_tickets_lifetime_s(const struct tls_tickets *t)
{
    return t->rotation_s < LIFETIME_MAX_S / 2 ? 2 * t->rotation_s : LIFETIME_MAX_S;
}

static uint64_t age_of(const struct tls_ticket_key *key, uint64_t now_s)
{
    return now_s > key->born_s ? now_s - key->born_s : 0;
}

static void drop_expired(struct tls_tickets *t, uint64_t now_s)
{
    for (unsigned i = 0; i < TLS_TICKET_KEYS; i++) {
        if (t->keys[i].exists &&
            age_of(&t->keys[i], now_s) >= (uint64_t)TLS_TICKET_KEYS * t->rotation_s)
            secret_wipe(&t->keys[i], sizeof(t->keys[i]));
    }
}

static void make_key(struct tls_tickets *t, uint64_t now_s)
{
    secret_wipe(&t->keys[TLS_TICKET_KEYS - 1], sizeof(t->keys[0]));
    memmove(&t->keys[1], &t->keys[0], sizeof(t->keys[0]) * (TLS_TICKET_KEYS - 1));
    struct tls_ticket_key *key = &t->keys[0];
    random_bytes(key->name, sizeof(key->name));
    random_bytes(key->cipher, sizeof(key->cipher));
    random_bytes(key->mac, sizeof(key->mac));
    key->born_s = now_s;
    key->exists = true;
}

void tls_tickets_current(struct tls_tickets *t, uint64_t now_s, struct tls_ticket_key *out)
{
    pthread_mutex_lock(&t->lock);
    drop_expired(t, now_s);
    if (!t->keys[0].exists || age_of(&t->keys[0], now_s) >= t->rotation_s)
        make_key(t, now_s);
    *out = t->keys[0];
    pthread_mutex_unlock(&t->lock);
}

enum tls_ticket_found tls_tickets_find(struct tls_tickets *t, uint64_t now_s,
                                       const unsigned char *name, struct tls_ticket_key *out)
{
    enum tls_ticket_found found = TLS_TICKET_UNKNOWN;
    pthread_mutex_lock(&t->lock);
    drop_expired(t, now_s);
    for (unsigned i = 0; i < TLS_TICKET_KEYS; i++) {
        const struct tls_ticket_key *key = &t->keys[i];
        if (!key->exists || memcmp(key->name, name, sizeof(key->name)) != 0)
            continue;
        *out = *key;
        found = age_of(key, now_s) < t->rotation_s ? TLS_TICKET_FRESH : TLS_TICKET_OLD;
        break;
    }
    pthread_mutex_unlock(&t->lock);
    return found;
}

static bool set_mac_key(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof(key->mac)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, params);
}

static int seal(struct tls_tickets *t, uint64_t now_s, unsigned char *name, unsigned char *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    struct tls_ticket_key key;
    tls_tickets_current(t, now_s, &key);
    memcpy(name, key.name, sizeof(key.name));
    bool ok = RAND_bytes(iv, EVP_CIPHER_get_iv_length(t->cipher)) == 1 &&
              EVP_EncryptInit_ex(cipher, t->cipher, NULL, key.cipher, iv) && set_mac_key(mac, &key);
    secret_wipe(&key, sizeof(key));
    return ok ? 1 : -1;
}

// 0: not ours, a full handshake follows; 1: good; 2: good, and the client gets a new one.
static int open_ticket(struct tls_tickets *t, uint64_t now_s, const unsigned char *name,
                       const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    struct tls_ticket_key key;
    enum tls_ticket_found found = tls_tickets_find(t, now_s, name, &key);
    if (found == TLS_TICKET_UNKNOWN)
        return 0;
    bool ok = EVP_DecryptInit_ex(cipher, t->cipher, NULL, key.cipher, iv) && set_mac_key(mac, &key);
    secret_wipe(&key, sizeof(key));
    if (!ok)
        return -1;
    return found == TLS_TICKET_FRESH ? 1 : 2;
}

int tls_tickets_apply(struct tls_tickets *t, unsigned char *name, unsigned char *iv,
                      EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
    uint64_t now_s = clock_mono_ns() / NS_PER_S;
    return sealing ? seal(t, now_s, name, iv, cipher, mac)
                   : open_ticket(t, now_s, name, iv, cipher, mac);
}
