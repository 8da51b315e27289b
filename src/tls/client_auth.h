// SPDX-License-Identifier: Apache-2.0
// Certificates of clients: who may vouch for them, what has been revoked, and who they turn out to
// be. Everything is decided in the handshake; a client whose certificate does not verify gets no
// further, also where none was required.
#ifndef YETT_TLS_CLIENT_AUTH_H
#define YETT_TLS_CLIENT_AUTH_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/tls_facts.h"
#include "tls/server_context.h"

struct problems;
struct tls_peer;

// Gives the context the authorities and the revocation lists, and the names of the former to be
// sent to clients. False with problems. An expired list is a warning here; it fails every
// handshake.
MUST_USE bool tls_client_auth_load(SSL_CTX *ctx, const struct tls_client_auth_options *o,
                                   struct problems *problems);
// Asks for a certificate in this handshake. Such sessions are not resumed: what was revoked since
// must not come in again by a ticket.
void tls_client_auth_ask(SSL *ssl, bool required);

// Who was verified; NULL when nobody was, or without memory (*failed then). Owned by the caller.
struct tls_peer *tls_peer_of(SSL *ssl, bool *failed);
const struct tls_identity *tls_peer_identity(const struct tls_peer *p);
void tls_peer_free(struct tls_peer **p);

#endif
