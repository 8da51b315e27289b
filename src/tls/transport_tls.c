// SPDX-License-Identifier: Apache-2.0
// TLS with as few system calls and as little memory as it can have. OpenSSL reads and writes
// through a BIO of our own that touches no socket: it takes ciphertext from the worker's scratch,
// filled by one recv, and puts ciphertext into another, emptied by one send, whatever the number of
// records. Both are empty between calls, so an idle connection has no buffers. One recv takes at
// most what leaves room for a record OpenSSL holds already: then all plaintext fits the caller's
// buffer. Where it does not (small buffers), the ciphertext left over is kept as `unread`.
#include "tls/transport_internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tls/client_auth.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

enum {
    RECORD_MAX = 17 * 1024,   // a whole record with its overhead, and a little
    SMALL_BUFFER = 32 * 1024, // up to this recv may take all a buffer could hold
    RECEIVE_MIN = 4 * 1024,   // even for tiny buffers
    ANSWERS_MAX =
        16 * 1024, // octets of answers (key updates, alerts) a peer that reads nothing may provoke
    HANDSHAKE_OCTET = 0x16, // first octet of a TLS connection: a handshake record
    ALERT_OCTET = 0x15,     // a server may begin with an alert
};

static struct tls_transport *from_base(struct transport *t)
{
    return CONTAINER_OF(t, struct tls_transport, base);
}

// ---- the BIO

static void send_out(struct tls_transport *x)
{
    if (x->out_len == 0)
        return;
    struct slice octets = slice_of(x->base.io->out, x->out_len);
    x->out_len = 0;
    transport_send(&x->base, &octets, 1);
}

static int bio_read(BIO *bio, char *out, size_t cap, size_t *len)
{
    struct tls_transport *x = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (x->in_len == 0) {
        BIO_set_retry_read(bio);
        *len = 0;
        return 0;
    }
    *len = x->in_len < cap ? x->in_len : cap;
    memcpy(out, x->in, *len);
    x->in += *len;
    x->in_len -= *len;
    return 1;
}

// Takes everything: what the kernel does not want becomes pending, and the owner is told not to
// write more.
static int bio_write(BIO *bio, const char *octets, size_t len, size_t *written)
{
    struct tls_transport *x = BIO_get_data(bio);
    struct io_context *io = x->base.io;
    BIO_clear_retry_flags(bio);
    *written = len;
    while (len > 0) {
        if (x->out_len == io->out_cap)
            send_out(x);
        size_t room = io->out_cap - x->out_len;
        size_t part = len < room ? len : room;
        memcpy(io->out + x->out_len, octets, part);
        x->out_len += part;
        octets += part;
        len -= part;
    }
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH; // OpenSSL flushes each flight; we send when the call ends
}

static BIO_METHOD *method; // constant once made

static void make_method(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "yett");
    if (made && BIO_meth_set_read_ex(made, bio_read) && BIO_meth_set_write_ex(made, bio_write) &&
        BIO_meth_set_ctrl(made, bio_control)) {
        method = made;
        return;
    }
    BIO_meth_free(made);
}

static BIO *new_bio(struct tls_transport *x)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio)
        return NULL;
    BIO_set_data(bio, x);
    BIO_set_init(bio, 1);
    return bio;
}

// Whether a call that gave nothing only lacks input. OpenSSL may say that it wants to read when it
// has failed as well, so the error queue decides; it must have been clean before the call.
static bool is_waiting(const struct tls_transport *x)
{
    return SSL_want(x->ssl) == SSL_READING && ERR_peek_error() == 0;
}

static void clean_error_queue(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

// ---- handshake

// The first octet tells TLS from everything else; a letter is most likely the method of a plain
// HTTP request.
static enum io_status check_first_octet(struct tls_transport *x)
{
    unsigned char octet = (unsigned char)x->in[0];
    x->began = true;
    if (octet == HANDSHAKE_OCTET || (x->is_client && octet == ALERT_OCTET))
        return IO_OK;
    if (!x->is_client && octet >= 'A' && octet <= 'Z')
        return transport_fail(&x->base, "plain-http", "plain HTTP on a TLS port");
    return transport_fail(&x->base, "not-tls", "the first octet is not of TLS");
}

static enum io_status receive_handshake(struct tls_transport *x)
{
    struct transport *t = &x->base;
    size_t len;
    // No more than a record: what lies behind the handshake has to be kept until the owner reads.
    enum io_status status = transport_receive(t, t->io->in, RECORD_MAX, &len);
    if (status == IO_EOF)
        return transport_fail(t, "handshake-closed", "the other side closed during the handshake");
    if (status != IO_OK)
        return status;
    x->in = t->io->in;
    x->in_len = len;
    return x->began ? IO_OK : check_first_octet(x);
}

// Ciphertext OpenSSL did not take is kept for the next read.
static bool keep_rest(struct tls_transport *x)
{
    struct slice rest = slice_of(x->in, x->in_len);
    x->in_len = 0;
    if (transport_unread(&x->base, rest))
        return true;
    transport_fail(&x->base, "no-memory", "out of memory");
    return false;
}

// Whoever has shown a certificate must not become nobody for want of memory.
static bool note_peer(struct tls_transport *x)
{
    bool failed = false;
    if (!x->is_client)
        x->peer = tls_peer_of(x->ssl, &failed);
    if (failed)
        transport_fail(&x->base, "no-memory", "out of memory");
    return !failed;
}

// In TLS 1.3 the client has everything already: what a server writes at the end are tickets (RFC
// 8446, 4.6.1), which may come with the first answer.
static void send_last_flight(struct tls_transport *x)
{
    if (x->is_client || SSL_version(x->ssl) != TLS1_3_VERSION) {
        send_out(x);
        return;
    }
    transport_hold(&x->base, slice_of(x->base.io->out, x->out_len));
    x->out_len = 0;
}

static enum io_status handshake(struct transport *t)
{
    struct tls_transport *x = from_base(t);
    enum io_status status = transport_finish_connect(t);
    if (status != IO_OK)
        return status;
    if (x->established)
        return IO_OK;
    bool speaks_first = x->is_client && SSL_in_before(x->ssl);
    for (;;) {
        if (!speaks_first && (status = receive_handshake(x)) != IO_OK)
            return status;
        speaks_first = false;
        clean_error_queue();
        int result = SSL_do_handshake(x->ssl);
        if (result == 1) {
            send_last_flight(x);
            break;
        }
        send_out(x);
        if (is_waiting(x))
            continue;
        // Whatever was wrong, the next attempt is not to fail for the sake of an old session.
        if (x->session)
            tls_session_clear(x->session);
        return tls_transport_explain(x);
    }
    x->established = true;
    if (x->is_client)
        tls_client_context_note_peer(x->ssl);
    return note_peer(x) && keep_rest(x) ? IO_OK : IO_ERROR;
}

// ---- reading

// Decrypts until the caller's buffer is full or nothing is left; a call that could not give
// anything is not made.
static enum io_status decrypt(struct tls_transport *x, char *out, size_t cap, size_t *got)
{
    if (x->closed)
        return IO_EOF;
    clean_error_queue();
    while (*got < cap && (x->in_len > 0 || SSL_pending(x->ssl) > 0)) {
        size_t len = 0;
        if (SSL_read_ex(x->ssl, out + *got, cap - *got, &len)) {
            *got += len;
            continue;
        }
        if (is_waiting(x))
            return IO_AGAIN;
        if (ERR_peek_error() == 0 && (SSL_get_shutdown(x->ssl) & SSL_RECEIVED_SHUTDOWN)) {
            x->closed = true;
            return IO_EOF;
        }
        return tls_transport_explain(x);
    }
    return IO_AGAIN;
}

// What OpenSSL wrote of its own accord. A peer that provokes answers and does not take them would
// fill our memory.
static enum io_status send_answers(struct tls_transport *x, enum io_status status)
{
    if (x->out_len == 0)
        return status;
    x->answers_len = transport_pending(&x->base) > 0 ? x->answers_len + x->out_len : 0;
    send_out(x);
    if (x->answers_len > ANSWERS_MAX)
        return transport_fail(&x->base, "tls-protocol", "too many messages that want an answer");
    return status;
}

static size_t receive_size(size_t cap)
{
    if (cap <= SMALL_BUFFER)
        return cap > RECEIVE_MIN ? cap : RECEIVE_MIN;
    return cap - RECORD_MAX < IO_BULK ? cap - RECORD_MAX : IO_BULK;
}

static enum io_status receive_records(struct tls_transport *x, size_t cap)
{
    struct transport *t = &x->base;
    size_t len;
    enum io_status status = transport_receive(t, t->io->in, receive_size(cap), &len);
    if (status == IO_EOF)
        return transport_fail(t, "truncated", "the connection ended without close_notify");
    if (status != IO_OK)
        return status;
    x->in = t->io->in;
    x->in_len = len;
    return IO_OK;
}

static enum io_status read_tls(struct transport *t, char *out, size_t cap, size_t *len)
{
    struct tls_transport *x = from_base(t);
    enum io_status status;
    if (!x->established)
        return IO_AGAIN;
    for (;;) {
        status = send_answers(x, decrypt(x, out, cap, len));
        if (*len > 0 || status != IO_AGAIN)
            break;
        status = receive_records(x, cap);
        if (status != IO_OK)
            return status;
    }
    bool is_more = x->in_len > 0 || SSL_pending(x->ssl) > 0;
    if (!keep_rest(x))
        status = IO_ERROR;
    // An end or error found behind octets is told by the next call.
    if (is_more || status != IO_AGAIN)
        t->may_read = true;
    return *len > 0 ? IO_OK : status;
}

// ---- writing

static void encrypt(struct tls_transport *x, const char *octets, size_t len)
{
    size_t written;
    if (len == 0 || x->base.error || SSL_write_ex(x->ssl, octets, len, &written))
        return;
    tls_transport_explain(x);
    transport_fail_write(&x->base, "tls-protocol", "encryption failed");
}

// Fills records: what is smaller than one is gathered, whole ones and the last part are encrypted
// where they lie.
static void write_tls(struct transport *t, const struct slice *parts, size_t count)
{
    struct tls_transport *x = from_base(t);
    char *gather = t->io->gather;
    size_t gathered = 0;
    if (!x->established)
        return;
    for (size_t i = 0; i < count; i++) {
        struct slice rest = parts[i];
        while (rest.len > 0) {
            bool is_last = i + 1 == count;
            size_t part = IO_RECORD - gathered;
            if (gathered == 0 && (is_last || rest.len >= IO_RECORD)) {
                part = is_last ? rest.len : rest.len - rest.len % IO_RECORD;
                encrypt(x, rest.ptr, part);
                rest = slice_from(rest, part);
                continue;
            }
            part = part < rest.len ? part : rest.len;
            memcpy(gather + gathered, rest.ptr, part);
            gathered += part;
            rest = slice_from(rest, part);
            if (gathered == IO_RECORD) {
                encrypt(x, gather, gathered);
                gathered = 0;
            }
        }
    }
    encrypt(x, gather, gathered);
    send_out(x);
}

static void say_end(struct transport *t)
{
    struct tls_transport *x = from_base(t);
    if (!x->established)
        return;
    if (SSL_shutdown(x->ssl) < 0)
        ERR_clear_error();
    send_out(x);
}

// ---- life

static void release(struct transport *t)
{
    struct tls_transport *x = from_base(t);
    // Without this OpenSSL takes a connection that was not closed by both sides for a broken one
    // and forgets its session (under a lock of the whole context); a truncated message is the
    // owner's affair, not the session's.
    if (x->established)
        SSL_set_shutdown(x->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(x->ssl);
    free(x->server_name);
    free(x->why);
    tls_peer_free(&x->peer);
    tls_server_context_free(&x->server);
}

static const struct transport_ops tls = {
    .handshake = handshake,
    .read = read_tls,
    .write = write_tls,
    .shutdown = say_end,
    .release = release,
};

bool tls_transport_attach(struct tls_transport *x, SSL_CTX *ctx, bool is_client)
{
    struct transport base = x->base;
    SSL *ssl = SSL_new(ctx);
    BIO *bio = ssl ? new_bio(x) : NULL;
    if (!bio) {
        SSL_free(ssl);
        ERR_clear_error();
        return false;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, x);
    if (is_client)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    *x = (struct tls_transport){.base = base, .ssl = ssl, .is_client = is_client};
    x->base.ops = &tls;
    x->base.is_tls = true;
    x->base.is_shaking = true;
    return true;
}

size_t tls_transport_size(void)
{
    return sizeof(struct tls_transport);
}

// ---- facts

struct slice tls_transport_server_name(const struct transport *t)
{
    if (!t->is_tls)
        return (struct slice){0};
    const struct tls_transport *x = (const struct tls_transport *)(const void *)t;
    return slice_str(x->is_client ? SSL_get_servername(x->ssl, TLSEXT_NAMETYPE_host_name)
                                  : x->server_name);
}

void tls_transport_glimpse(const struct transport *t, struct tls_facts *out)
{
    const struct tls_transport *x = (const struct tls_transport *)(const void *)t;
    *out = (struct tls_facts){0};
    if (!t->is_tls)
        return;
    out->server_name = tls_transport_server_name(t);
    out->ja4 = slice_str(x->ja4);
}

void tls_transport_facts(const struct transport *t, struct tls_facts *out)
{
    *out = (struct tls_facts){0};
    if (!t->is_tls)
        return;
    const struct tls_transport *x = (const struct tls_transport *)(const void *)t;
    const unsigned char *protocol;
    unsigned protocol_len;
    SSL_get0_alpn_selected(x->ssl, &protocol, &protocol_len);
    out->version = SSL_version(x->ssl) == TLS1_3_VERSION ? SLICE("1.3") : SLICE("1.2");
    out->cipher = slice_str(SSL_get_cipher_name(x->ssl));
    out->server_name = tls_transport_server_name(t);
    out->protocol = slice_of(protocol, protocol_len);
    out->resumed = SSL_session_reused(x->ssl);
    out->ja4 = slice_str(x->ja4);
    if (x->peer)
        out->client = *tls_peer_identity(x->peer);
}
