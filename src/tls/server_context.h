// SPDX-License-Identifier: Apache-2.0
// TLS towards clients: versions, suites, certificates chosen by SNI, session tickets. One context
// serves all workers; it is immutable but for the ticket keys, which rotate by time under a lock
// that is taken once per handshake at most. Names of a certificate are its DNS subjectAltNames,
// exact or `*.suffix` for one label. A client without SNI gets the first certificate (or is
// refused), one that names a host no certificate has is refused with unrecognized_name (or gets the
// first), as the options say.
#ifndef YETT_TLS_SERVER_CONTEXT_H
#define YETT_TLS_SERVER_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "base/tls_facts.h"
#include "tls/terms.h"

struct io_context;
struct json;
struct problems;
struct tls_server_context;
struct transport;

// Certificates that clients have to show.
struct tls_client_auth_options {
    const char *ca;  // PEM: who vouches for them; NULL: none are asked for
    const char *crl; // PEM: what was revoked, by every authority of a chain; NULL: nobody looks
    bool required;   // else who shows none is let in without an identity
    const struct json *ca_at, *crl_at;
};

struct tls_certificate_files {
    const char *chain;                              // PEM, leaf first
    const char *key;                                // PEM; refused when group or others may read it
    const char *ocsp;                               // DER: sent to who asks; NULL: nothing is
    const struct json *chain_at, *key_at, *ocsp_at; // where the policy names them, for problems
    const struct tls_client_auth_options *clients;  // for these names; NULL: as for all
};

enum { TLS_PROTOCOLS_MAX = 4 };

struct tls_server_options {
    const struct tls_certificate_files *certificates; // at least one
    size_t certificate_count;
    struct tls_terms terms;
    // ALPN in our order of preference; NULL-terminated unless full.
    const char *protocols[TLS_PROTOCOLS_MAX];
    struct tls_client_auth_options clients;
    bool refuse_without_sni;
    bool unknown_sni_gets_first;
    bool strict_host; // hosts that the certificate chosen does not have are misdirected in any case
    // A new ticket key this often; two older ones still open tickets. 0: no tickets.
    unsigned ticket_rotation_s;
    const struct json *at; // the `tls` object of the policy
};

// NULL with problems. Warns of certificates that expire within 14 days, refuses those that have.
MUST_USE struct tls_server_context *tls_server_context_new(const struct tls_server_options *o,
                                                           struct problems *problems);
// Gives the owner's reference up; transports hold their own, so connections outlive a reload.
void tls_server_context_free(struct tls_server_context **c);
// At a reload, before `c` serves: takes over the ticket keys of the context it replaces, so that
// tickets stay good.
void tls_server_context_adopt_tickets(struct tls_server_context *c, struct tls_server_context *old);

// The certificate files of the context, in the policy's order: the path of number `at`, and when
// its certificate ends, in seconds since 1970 (0: not known). False when there are not so many.
MUST_USE bool tls_server_context_expiry(const struct tls_server_context *c, size_t at,
                                        const char **chain, int64_t *at_s);

// A transport for an accepted connection; as transport_init_plain. On a handshake failure
// transport.error_word tells: "plain-http" (first octets are no TLS record), "no-shared-version",
// "no-shared-cipher", "unrecognized-name", "no-shared-protocol", "handshake-closed", "reset",
// "certificate-required", "certificate-expired", "certificate-revoked", "crl-expired",
// "unknown-ca", "tls-alert", "tls-protocol"... `t` is storage of at least tls_transport_size()
// bytes, whose beginning is the struct transport.
size_t tls_transport_size(void);
MUST_USE bool tls_server_transport_init(struct transport *t, struct io_context *io, int fd,
                                        struct tls_server_context *c,
                                        void (*on_event)(struct transport *, unsigned));
// The same on top of a plain transport that already exists in the same storage (its PROXY header
// has been read); unread octets stay.
MUST_USE bool tls_server_transport_upgrade(struct transport *t, struct tls_server_context *c);
// Facts of a TLS transport after its handshake, either side.
void tls_transport_facts(const struct transport *t, struct tls_facts *out);
// May a request for `host` (lower case, no port) come over a connection that named `server_name`?
// Not where another certificate answers for the host (RFC 9110, 7.4); nor, among several
// certificates or with `strict_host`, where the one that was chosen does not.
bool tls_server_context_serves(const struct tls_server_context *c, struct slice server_name,
                               struct slice host);
// What a handshake that failed has told: name and fingerprint, as far as it got.
void tls_transport_glimpse(const struct transport *t, struct tls_facts *out);
// SNI as far as the handshake got; empty when unknown.
struct slice tls_transport_server_name(const struct transport *t);

#endif
