// SPDX-License-Identifier: Apache-2.0
// The TLS transport as the files of this room see it.
#ifndef YETT_TLS_TRANSPORT_INTERNAL_H
#define YETT_TLS_TRANSPORT_INTERNAL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "io/transport.h"
#include "tls/ja4.h"

struct tls_client_context;
struct tls_peer;
struct tls_server_context;
struct tls_session;

struct tls_transport {
    struct transport base; // first: the owner knows only this
    SSL *ssl;
    struct tls_server_context *server; // counted; NULL towards backends
    struct tls_session *session;       // of the owner; NULL without or towards clients
    const char *in; // ciphertext in the worker's scratch that OpenSSL has not taken yet,
    size_t in_len;  // and ciphertext it has made: both only during a call
    size_t out_len;
    struct tls_peer *peer;     // who the client has shown to be; NULL: nobody
    char ja4[TLS_JA4_LEN + 1]; // empty until the ClientHello has come
    char *server_name;         // SNI, lower case, NUL-terminated; NULL when none was seen
    size_t answers_len; // octets OpenSSL answered with by itself while the other side did not read
    char *why;          // a sentence of this verification alone; NULL: OpenSSL's
    bool is_client;
    bool began;       // the first octet was looked at (server) or sent (client)
    bool established; // the handshake is complete
    bool closed;      // close_notify was received
};

// Puts TLS on the transport in `x`, which is initialised as a plain one. False without memory; the
// transport is then as it was.
MUST_USE bool tls_transport_attach(struct tls_transport *x, SSL_CTX *ctx, bool is_client);

// A connection over a socket, for who has no event loop: of `x`, zeroed, only `ssl` (to be freed,
// also when this fails) and `why` are in use. False without memory.
MUST_USE bool tls_client_context_attach(const struct tls_client_context *c, struct tls_transport *x,
                                        int fd);
// Remembers, towards backends, the certificate that was shown in a handshake (client_context.c).
void tls_client_context_note_peer(SSL *ssl);

// Ends the transport with what OpenSSL's error queue and the verification say; always IO_ERROR.
enum io_status tls_transport_explain(struct tls_transport *x);

#endif
