// SPDX-License-Identifier: Apache-2.0
// TLS towards backends. The chain must lead to the given CA file (or the system's store when the
// policy says so), the name must be in the certificate's subjectAltName (the library's own check,
// no partial wildcards, never the common name), purpose and validity must fit. No octet of a
// request leaves before that. Immutable, shared by workers. Failures say why: transport.error_word
// is one of "certificate-expired", "certificate-not-yet-valid", "name-mismatch", "unknown-ca",
// "self-signed", "certificate-revoked", "crl-expired",
// "crl-missing", "pin-mismatch", "wrong-purpose", "weak-certificate", "certificate-invalid",
// "no-shared-version", "tls-alert", "tls-protocol", "reset", "connect-refused", ...
#ifndef YETT_TLS_CLIENT_CONTEXT_H
#define YETT_TLS_CLIENT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "tls/terms.h"

struct io_context;
struct json;
struct problems;
struct tls_client_context;
struct transport;

// Hashes of public keys (pins.h) of which one must be in the chain.
enum { TLS_PIN_LEN = 32, TLS_PINS_MAX = 8 };

struct tls_pin {
    unsigned char sha256[TLS_PIN_LEN];
};

struct tls_pins {
    struct tls_pin all[TLS_PINS_MAX];
    size_t count;
};

struct tls_client_options {
    const char *ca; // PEM file; NULL: the system's store
    // Sent as SNI and verified; a DNS name or an IP literal (then verified as IP, no SNI).
    const char *server_name;
    bool verify;
    struct tls_terms terms;
    bool http2;                    // offered by ALPN, alone; whether it was taken is in the facts
    const char *certificate, *key; // our own, for mutual TLS; NULL without
    const char *crl; // PEM: what was revoked, by every authority of a chain; NULL: nobody looks
    const struct tls_pins *pins; // copied; NULL or none: any key of a chain that verifies
    const struct json *crl_at;
    const struct json *at, *ca_at, *certificate_at, *key_at;
};

// NULL with problems.
MUST_USE struct tls_client_context *tls_client_context_new(const struct tls_client_options *o,
                                                           struct problems *problems);
// When certificates end, in seconds since 1970; 0: there is none, or not known. Our own, and the
// one that the server showed last.
int64_t tls_client_context_own_expiry(const struct tls_client_context *c);
int64_t tls_client_context_peer_expiry(const struct tls_client_context *c);
void tls_client_context_free(struct tls_client_context **c);

// The newest session of one server, kept by one worker so that a new connection can resume.
// Zero-initialised is empty.
struct tls_session {
    void *session;
};
void tls_session_clear(struct tls_session *s);

// A transport over a descriptor that is being connected; resumes from and stores into `session`
// (may be NULL, must outlive the transport). Storage as in tls_server_transport_init.
MUST_USE bool tls_client_transport_init(struct transport *t, struct io_context *io, int fd,
                                        struct tls_client_context *c, struct tls_session *session,
                                        void (*on_event)(struct transport *, unsigned));

#endif
