// SPDX-License-Identifier: Apache-2.0
// Pins are public, as are the keys they are compared with: nothing here needs constant time.
#include "tls/pins.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"

enum { SENTENCE_MAX = 640 };

bool tls_pin_of(const X509 *certificate, struct tls_pin *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool ok = len > 0 && EVP_Digest(der, (size_t)len, out->sha256, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return ok;
}

static bool is_pinned(const struct tls_pins *p, const struct tls_pin *key)
{
    for (size_t i = 0; i < p->count; i++) {
        if (memcmp(p->all[i].sha256, key->sha256, TLS_PIN_LEN) == 0)
            return true;
    }
    return false;
}

bool tls_pins_fit(const struct tls_pins *p, const STACK_OF(X509) * chain)
{
    struct tls_pin key;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (tls_pin_of(sk_X509_value(chain, i), &key) && is_pinned(p, &key))
            return true;
    }
    return false;
}

static void put_pin(struct buf *out, const struct tls_pin *pin)
{
    char text[64];
    struct slice octets = slice_of((const char *)pin->sha256, TLS_PIN_LEN);
    base64_encode(octets, text);
    buf_append(out, text, base64_encoded_len(TLS_PIN_LEN));
}

char *tls_pins_mismatch(const struct tls_pins *p, const X509 *leaf)
{
    struct tls_pin key;
    char *text = malloc(SENTENCE_MAX);
    if (!text || !tls_pin_of(leaf, &key)) {
        free(text);
        return NULL;
    }
    struct buf out;
    buf_init(&out, text, SENTENCE_MAX - 1);
    buf_slice(&out, SLICE("no key of the chain is pinned: the server has "));
    put_pin(&out, &key);
    for (size_t i = 0; i < p->count; i++) {
        buf_slice(&out, i ? SLICE(", ") : SLICE(", pinned is "));
        put_pin(&out, &p->all[i]);
    }
    text[out.len] = '\0';
    return text;
}
