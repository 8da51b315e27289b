// SPDX-License-Identifier: Apache-2.0
// Keys of session tickets (RFC 5077, RFC 8446, 4.6.1). Whoever has one can read the sessions of its
// time, so they live in memory only, are replaced by time and wiped. Shared by all workers; the
// lock is held to copy one key.
#ifndef YETT_TLS_TICKETS_H
#define YETT_TLS_TICKETS_H

#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum {
    TLS_TICKET_KEYS = 3, // the one that seals, and two older ones that still open
    TLS_TICKET_NAME_LEN = 16,
};

struct tls_ticket_key {
    unsigned char name[TLS_TICKET_NAME_LEN]; // tells which key sealed a ticket; random
    unsigned char cipher[32];                // AES-256-CBC
    unsigned char mac[32];                   // HMAC-SHA256
    uint64_t born_s;
    bool exists;
};

struct tls_tickets {
    pthread_mutex_t lock;
    unsigned rotation_s;
    struct tls_ticket_key keys[TLS_TICKET_KEYS]; // newest first
    EVP_CIPHER *cipher; // fetched once: looking it up costs as much as using it
};

enum tls_ticket_found { TLS_TICKET_UNKNOWN, TLS_TICKET_FRESH, TLS_TICKET_OLD };

MUST_USE bool tls_tickets_init(struct tls_tickets *t, unsigned rotation_s);
void tls_tickets_clear(struct tls_tickets *t);
// Takes over the keys of `from`, so that tickets outlive a reload.
void tls_tickets_adopt(struct tls_tickets *t, struct tls_tickets *from);
// Seconds a ticket is good for at most: while one of the keys opens it, and always less than a day.
unsigned tls_tickets_lifetime_s(const struct tls_tickets *t);

// A copy of the key that seals at `now_s`, made new when its time has come. To be wiped.
void tls_tickets_current(struct tls_tickets *t, uint64_t now_s, struct tls_ticket_key *out);
// A copy of the key called `name`; OLD when the ticket should be replaced. To be wiped.
enum tls_ticket_found tls_tickets_find(struct tls_tickets *t, uint64_t now_s,
                                       const unsigned char *name, struct tls_ticket_key *out);

// OpenSSL's callback (SSL_CTX_set_tlsext_ticket_key_evp_cb) without its SSL.
int tls_tickets_apply(struct tls_tickets *t, unsigned char *name, unsigned char *iv,
                      EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing);

#endif
