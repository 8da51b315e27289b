// SPDX-License-Identifier: Apache-2.0
// OpenSSL is given the socket itself: there is no loop whose transport it would have to fit. The
// callbacks of a client context look for a transport in each connection; this one keeps no session.
#include "tls/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket.h"
#include "tls/client_context.h"
#include "tls/transport_internal.h"

enum { WHY_MAX = 256 };

struct tls_stream {
    int fd;
    bool is_datagram;
    struct tls_transport tls; // .ssl is NULL without TLS
    char why[WHY_MAX];
};

static int connect_to(const struct tls_stream_target *t)
{
    switch (t->kind) {
    case TLS_STREAM_UNIX:
        return socket_connect_unix_datagrams(t->path);
    case TLS_STREAM_UDP:
        return socket_connect_datagrams(&t->addr);
    case TLS_STREAM_TCP:
    case TLS_STREAM_TLS:
        break;
    }
    return socket_connect(&t->addr);
}

void *tls_stream_open(const void *target)
{
    const struct tls_stream_target *t = target;
    struct tls_stream *s = calloc(1, sizeof(*s));
    if (!s) {
        errno = ENOMEM;
        return NULL;
    }
    s->is_datagram = t->kind == TLS_STREAM_UNIX || t->kind == TLS_STREAM_UDP;
    s->fd = connect_to(t);
    if (s->fd < 0) {
        int error = errno;
        free(s);
        errno = error;
        return NULL;
    }
    if (t->kind == TLS_STREAM_TLS && !tls_client_context_attach(t->context, &s->tls, s->fd)) {
        tls_stream_close(s);
        errno = ENOMEM;
        return NULL;
    }
    return s;
}

// Why TLS ended, as a sentence.
static void explain(struct tls_stream *s)
{
    long verified = SSL_get_verify_result(s->tls.ssl);
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (s->tls.why)
        snprintf(s->why, sizeof(s->why), "%s", s->tls.why);
    else if (verified != X509_V_OK)
        snprintf(s->why, sizeof(s->why), "its certificate is refused: %s",
                 X509_verify_cert_error_string(verified));
    else if (reason)
        snprintf(s->why, sizeof(s->why), "TLS: %s", reason);
    ERR_clear_error();
}

// -1 with errno for what a call of OpenSSL answered.
static ssize_t fail_tls(struct tls_stream *s, int result)
{
    int error = errno;
    switch (SSL_get_error(s->tls.ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        errno = error && error != EAGAIN ? error : ECONNRESET;
        return -1;
    default:
        explain(s);
        errno = ECONNRESET;
        return -1;
    }
}

// Tickets, alerts and the end come this way. False when it is over.
static bool listen_tls(struct tls_stream *s)
{
    char ignored[512];
    for (;;) {
        errno = 0;
        int n = SSL_read(s->tls.ssl, ignored, sizeof(ignored));
        if (n > 0)
            continue;
        (void)fail_tls(s, n);
        return errno == EAGAIN;
    }
}

static bool listen_plain(const struct tls_stream *s)
{
    char ignored[512];
    ssize_t n;
    while ((n = recv(s->fd, ignored, sizeof(ignored), MSG_DONTWAIT)) > 0)
        ;
    if (n == 0)
        errno = ECONNRESET;
    return n < 0 && (errno == EAGAIN || errno == ENOTCONN);
}

ssize_t tls_stream_send(void *stream, const char *octets, size_t len)
{
    struct tls_stream *s = stream;
    if (!s->tls.ssl) {
        if (!s->is_datagram && !listen_plain(s))
            return -1;
        return send(s->fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    size_t written = 0;
    errno = 0;
    ERR_clear_error();
    if (!SSL_is_init_finished(s->tls.ssl)) {
        int result = SSL_do_handshake(s->tls.ssl);
        if (result != 1)
            return fail_tls(s, result);
    }
    if (!listen_tls(s))
        return -1;
    errno = 0;
    int result = SSL_write_ex(s->tls.ssl, octets, len, &written);
    return result == 1 ? (ssize_t)written : fail_tls(s, result);
}

const char *tls_stream_why(const void *stream)
{
    const struct tls_stream *s = stream;
    return s->why[0] ? s->why : NULL;
}

void tls_stream_close(void *stream)
{
    struct tls_stream *s = stream;
    if (s->tls.ssl && SSL_is_init_finished(s->tls.ssl))
        (void)SSL_shutdown(s->tls.ssl); // says close_notify; nobody waits for the answer
    SSL_free(s->tls.ssl);
    ERR_clear_error();
    free(s->tls.why);
    close(s->fd);
    free(s);
}
