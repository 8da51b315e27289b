// SPDX-License-Identifier: Apache-2.0
// One place for what is safe and cheap. A policy chooses the lowest version and the groups, all of
// which are good: forward secrecy and authenticated encryption only (RFC 9325), so there is no way
// to configure it badly.
#include "tls/settings.h"

// AES-128 first: as safe for traffic, and a third cheaper than AES-256.
static const char suites13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char suites12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                               "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                               "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char default_groups[] = "X25519:P-256:P-384";

enum { SECURITY_LEVEL = 2 }; // 112 bits: RSA from 2048, no SHA-1

SSL_CTX *tls_settings_apply(const SSL_METHOD *method, const struct tls_terms *terms)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx)
        return NULL;
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    // Whatever openssl.cnf of the machine says, what follows counts.
    SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Idle connections give their record buffers back, which costs nothing measurable. A chain is
    // sent as it was given, not searched for at each handshake.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    if (SSL_CTX_set_min_proto_version(ctx, terms->allow_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) &&
        SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
        SSL_CTX_set_ciphersuites(ctx, suites13) && SSL_CTX_set_cipher_list(ctx, suites12) &&
        SSL_CTX_set1_groups_list(ctx, terms->groups ? terms->groups : default_groups))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}
