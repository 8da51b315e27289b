// SPDX-License-Identifier: Apache-2.0
// The certificate's own answer to whether it was revoked (OCSP, RFC 6960), from a file that
// somebody renews, sent along with the certificate (RFC 6066, 8). A staple belongs to a context and
// is shared by all threads; a lock is taken once per handshake that asks for one.
#ifndef YETT_TLS_STAPLE_H
#define YETT_TLS_STAPLE_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "base/attr.h"
#include "tls/certificate.h"

struct tls_staple;

// Reads files->ocsp for the certificate. NULL with a problem: no answer for it from its issuer.
// Warns, and has nothing to send yet, when the answer is not "good" or is out of date.
MUST_USE struct tls_staple *tls_staple_new(const struct tls_certificate *certificate,
                                           const struct tls_certificate_files *files,
                                           struct problems *problems);
void tls_staple_free(struct tls_staple **staple);
const X509 *tls_staple_leaf(const struct tls_staple *staple);

// A copy for OPENSSL_free of an answer that is good now; NULL when there is none. Looks at the file
// once a second at most and reads it again when it has changed; an answer that can't be used does
// not replace one that can.
unsigned char *tls_staple_copy(struct tls_staple *staple, size_t *len);

#endif
