// SPDX-License-Identifier: Apache-2.0
// Which certificate answers to which name. Pure: octets and names, no OpenSSL.
#ifndef YETT_TLS_SNI_H
#define YETT_TLS_SNI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

enum { TLS_NAME_MAX = 253 }; // longest host name (RFC 1035, in text, without the final dot)

// Reads the content of a server_name extension (RFC 6066, 3): exactly one valid host name and
// nothing behind it. The name, in lower case and NUL-terminated, goes to out[TLS_NAME_MAX + 1].
MUST_USE bool tls_sni_parse(struct slice extension, char *out, size_t *len);
// A DNS name: labels of letters, digits, "-" and "_", no final dot, not of the form of an IPv4
// address. `pattern`: it may begin with "*.".
bool tls_name_is_valid(struct slice name, bool pattern);

struct tls_name;

// Names and wildcards, each with the number of a certificate.
struct tls_names {
    struct tls_name *names;
    size_t count, cap;
};

// Adds a valid name or pattern, folded to lower case. False without memory.
MUST_USE bool tls_names_add(struct tls_names *n, struct slice name, size_t certificate);
// To be called between the last addition and the first search. Of equal names the one added first
// stays.
void tls_names_sort(struct tls_names *n);
// The certificate for a lower-case name: an exact entry, else the wildcard that stands for its
// first label.
MUST_USE bool tls_names_find(const struct tls_names *n, struct slice name, size_t *certificate);
void tls_names_clear(struct tls_names *n);

#endif
