// SPDX-License-Identifier: Apache-2.0
// OpenSSL used plainly, as the other side of a connection: it can do what ours refuses to. The loop
// of the side under test turns whenever this one waits.
#ifndef YETT_TESTS_SUPPORT_RAW_TLS_H
#define YETT_TESTS_SUPPORT_RAW_TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "io/loop.h"
#include "support/certificates.h"

struct raw_tls {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
    struct loop *loop;
    int reason; // OpenSSL's, of the last failure
};

static inline void raw_tls_init(struct raw_tls *r, struct loop *loop, bool is_server)
{
    *r = (struct raw_tls){.ctx = SSL_CTX_new(TLS_method()), .fd = -1, .loop = loop};
    assert_non_null(r->ctx);
    SSL_CTX_set_security_level(r->ctx, 0);
    SSL_CTX_set_min_proto_version(r->ctx, TLS1_VERSION);
    SSL_CTX_set_session_cache_mode(r->ctx, is_server ? SSL_SESS_CACHE_OFF : SSL_SESS_CACHE_CLIENT);
}

static inline void raw_tls_use(struct raw_tls *r, const struct certificate *leaf,
                               const struct certificate *issuer)
{
    assert_true(SSL_CTX_use_certificate(r->ctx, leaf->x509));
    assert_true(SSL_CTX_use_PrivateKey(r->ctx, leaf->key));
    if (issuer)
        assert_true(SSL_CTX_add1_chain_cert(r->ctx, issuer->x509));
}

// To be called once the context is as it should be.
static inline void raw_tls_attach(struct raw_tls *r, int fd, bool is_server)
{
    r->fd = fd;
    r->ssl = SSL_new(r->ctx);
    assert_non_null(r->ssl);
    SSL_set_fd(r->ssl, fd);
    if (is_server)
        SSL_set_accept_state(r->ssl);
    else
        SSL_set_connect_state(r->ssl);
}

// Whether the call, which returned `result`, is worth repeating; lets the other side go on before.
static inline bool raw_tls_wait(struct raw_tls *r, int result)
{
    int error = SSL_get_error(r->ssl, result);
    r->reason = ERR_GET_REASON(ERR_peek_error());
    loop_turn(r->loop, 2);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static inline bool raw_tls_handshake(struct raw_tls *r)
{
    for (int i = 0; i < 2000; i++) {
        ERR_clear_error();
        int result = SSL_do_handshake(r->ssl);
        if (result == 1)
            return true;
        if (!raw_tls_wait(r, result))
            return false;
    }
    return false;
}

static inline bool raw_tls_write(struct raw_tls *r, struct slice octets)
{
    while (octets.len > 0) {
        size_t written = 0;
        ERR_clear_error();
        if (SSL_write_ex(r->ssl, octets.ptr, octets.len, &written))
            octets = slice_from(octets, written);
        else if (!raw_tls_wait(r, 0))
            return false;
    }
    return true;
}

// At least one octet, or 0 at an end or error.
static inline size_t raw_tls_read(struct raw_tls *r, char *out, size_t cap)
{
    for (int i = 0; i < 2000; i++) {
        size_t len = 0;
        ERR_clear_error();
        if (SSL_read_ex(r->ssl, out, cap, &len))
            return len;
        if (!raw_tls_wait(r, 0))
            return 0;
    }
    return 0;
}

// Ends the connection but keeps the context, for another.
static inline void raw_tls_detach(struct raw_tls *r)
{
    if (r->ssl)
        SSL_set_shutdown(r->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(r->ssl);
    r->ssl = NULL;
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

static inline void raw_tls_clear(struct raw_tls *r)
{
    raw_tls_detach(r);
    SSL_CTX_free(r->ctx);
    r->ctx = NULL;
}

#endif
