// SPDX-License-Identifier: Apache-2.0
// A field section as parsed: names and values are slices of the head buffer, in the order they
// came, repeated ones kept apart (RFC 9110, 5.3). Fields that the gateway itself cares for are
// recognised once, at parsing, and found by id.
#ifndef YETT_HTTP_FIELD_H
#define YETT_HTTP_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

// X(ID, "canonical-name"): lower case
#define HTTP_FIELDS(X)                                                                             \
    X(ACCEPT, "accept")                                                                            \
    X(ACCEPT_ENCODING, "accept-encoding")                                                          \
    X(AUTHORIZATION, "authorization")                                                              \
    X(CONNECTION, "connection")                                                                    \
    X(CONTENT_ENCODING, "content-encoding")                                                        \
    X(CONTENT_LENGTH, "content-length")                                                            \
    X(CONTENT_LOCATION, "content-location")                                                        \
    X(CONTENT_TYPE, "content-type")                                                                \
    X(COOKIE, "cookie")                                                                            \
    X(DATE, "date")                                                                                \
    X(EXPECT, "expect")                                                                            \
    X(FORWARDED, "forwarded")                                                                      \
    X(HOST, "host")                                                                                \
    X(HTTP2_SETTINGS, "http2-settings")                                                            \
    X(KEEP_ALIVE, "keep-alive")                                                                    \
    X(LOCATION, "location")                                                                        \
    X(PROXY, "proxy")                                                                              \
    X(PROXY_AUTHENTICATE, "proxy-authenticate")                                                    \
    X(PROXY_AUTHORIZATION, "proxy-authorization")                                                  \
    X(PROXY_CONNECTION, "proxy-connection")                                                        \
    X(REFERER, "referer")                                                                          \
    X(REFRESH, "refresh")                                                                          \
    X(SERVER, "server")                                                                            \
    X(SET_COOKIE, "set-cookie")                                                                    \
    X(TE, "te")                                                                                    \
    X(TRAILER, "trailer")                                                                          \
    X(TRANSFER_ENCODING, "transfer-encoding")                                                      \
    X(UPGRADE, "upgrade")                                                                          \
    X(USER_AGENT, "user-agent")                                                                    \
    X(VIA, "via")                                                                                  \
    X(X_AUTHENTICATED_USER, "x-authenticated-user")                                                \
    X(CLIENT_CERT, "client-cert")                                                                  \
    X(CLIENT_CERT_CHAIN, "client-cert-chain")                                                      \
    X(X_CLIENT_CERT_FINGERPRINT, "x-client-cert-fingerprint")                                      \
    X(X_CLIENT_CERT_ISSUER, "x-client-cert-issuer")                                                \
    X(X_CLIENT_CERT_NAMES, "x-client-cert-names")                                                  \
    X(X_CLIENT_CERT_SERIAL, "x-client-cert-serial")                                                \
    X(X_CLIENT_CERT_SUBJECT, "x-client-cert-subject")                                              \
    X(X_FORWARDED_FOR, "x-forwarded-for")                                                          \
    X(X_FORWARDED_HOST, "x-forwarded-host")                                                        \
    X(X_FORWARDED_PORT, "x-forwarded-port")                                                        \
    X(X_FORWARDED_PROTO, "x-forwarded-proto")                                                      \
    X(X_HTTP_METHOD_OVERRIDE, "x-http-method-override")                                            \
    X(X_METHOD_OVERRIDE, "x-method-override")                                                      \
    X(X_HTTP_METHOD, "x-http-method")                                                              \
    X(X_ORIGINAL_URL, "x-original-url")                                                            \
    X(X_POWERED_BY, "x-powered-by")                                                                \
    X(X_REAL_IP, "x-real-ip")                                                                      \
    X(X_REQUEST_ID, "x-request-id")                                                                \
    X(X_REWRITE_URL, "x-rewrite-url")

enum http_field_id {
    HTTP_FIELD_OTHER,
#define X(id, name) HTTP_FIELD_##id,
    HTTP_FIELDS(X)
#undef X
        HTTP_FIELD_ID_COUNT
};

// Ids together are the bits of a word.
#define HTTP_FIELD_BIT(id) (UINT64_C(1) << HTTP_FIELD_##id)

enum http_field_flag {
    // Not forwarded: hop-by-hop, named by Connection, or taken out by the gateway.
    HTTP_FIELD_DROP = 1,
    // The name has `_`, which CGI-like backends read as `-`: never forwarded, still offered to
    // rules, and without influence on framing or routing.
    HTTP_FIELD_UNDERSCORE = 2,
};

struct http_field {
    struct slice name;  // as received
    struct slice value; // without the OWS around it
    uint16_t id;        // enum http_field_id
    uint8_t flags;      // enum http_field_flag
};

struct http_fields {
    struct http_field *items;
    size_t count;
};

// The id of a name in any case, HTTP_FIELD_OTHER when it is none of ours. `_` is not `-` here.
enum http_field_id http_field_lookup(struct slice name);
// The canonical lower-case name of an id other than OTHER.
struct slice http_field_name(enum http_field_id id);
// The first field with that id, or NULL. Dropped ones are found too.
const struct http_field *http_fields_find(const struct http_fields *f, enum http_field_id id);
// The first field of that name in any case, or NULL.
const struct http_field *http_fields_find_name(const struct http_fields *f, struct slice name);
// Sets HTTP_FIELD_DROP on every field that equals `name` in any case, or would after `_` is read as
// `-` (RFC 3875, 4.1.18).
void http_fields_drop(struct http_fields *f, struct slice name);
// The same for all the names of `ids`, HTTP_FIELD_BIT each, at once.
void http_fields_drop_ids(struct http_fields *f, uint64_t ids);
// Does `name` equal `wanted` (lower case with `-`) when `_` counts as `-`?
bool http_field_name_shadows(struct slice name, struct slice wanted);
// True when name is 1*tchar / when value holds only HTAB, SP, VCHAR and obs-text, with no blank at
// either end.
bool http_field_name_is_valid(struct slice name);
bool http_field_value_is_valid(struct slice value);

// Marks what ends at this hop: Connection and every field it names (RFC 9110, 7.6.1), Keep-Alive,
// Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade, HTTP2-Settings, Proxy-Authorization,
// Proxy-Authenticate, Proxy, Content-Length (framing is written anew), and names with `_`. Fields
// that carry the meaning of the message (Host, Cookie, Set-Cookie, Authorization, Content-*, Date,
// Location) stay even when Connection names them.
void http_fields_drop_hop_by_hop(struct http_fields *f);

// Walks a comma-separated list (RFC 9110, 5.6.1): *rest is shortened; false at the end. Members
// come without OWS; empty ones are skipped. A comma inside a quoted string does not separate.
bool http_list_next(struct slice *rest, struct slice *member);

#endif
