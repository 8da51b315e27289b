// SPDX-License-Identifier: Apache-2.0
// What plain and encrypted transports have in common: the descriptor, the octets that wait in
// either direction, and errors. The difficulty is edge-triggered bookkeeping with as few system
// calls as possible: a short recv means that the socket is empty, so no second one is made to hear
// EAGAIN; but an end that the kernel reported together with the last octets gives no second edge,
// so after a hang-up event only recv itself may say that there is nothing more.
#include "io/transport.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/num.h"

enum { PARTS_MAX = 32 }; // per system call; a message has fewer

// ---- errors

enum io_status transport_fail(struct transport *t, const char *word, const char *error)
{
    if (!t->error) {
        t->error = error;
        t->error_word = word;
    }
    t->may_read = true;
    return IO_ERROR;
}

// Ends our own receiving only: what has come already can be read, then comes the end; nothing goes
// out. It makes epoll report the descriptor once more.
static void end_receiving(struct transport *t)
{
    shutdown(t->watch.fd, SHUT_RD);
    t->may_read = true;
}

void transport_fail_write(struct transport *t, const char *word, const char *error)
{
    transport_fail(t, word, error);
    end_receiving(t);
}

struct failure {
    int number;
    const char *word, *text;
};

static struct failure describe(int number)
{
    static const struct failure known[] = {
        {ECONNREFUSED, "connect-refused", "the connection was refused"},
        {ETIMEDOUT, "connect-timeout", "the other side does not answer"},
        {EHOSTUNREACH, "unreachable", "no route to the address"},
        {ENETUNREACH, "unreachable", "no route to the network"},
        {ENETDOWN, "unreachable", "the network is down"},
        {ECONNRESET, "reset", "the connection was reset"},
        {ECONNABORTED, "reset", "the connection was aborted"},
        {EPIPE, "reset", "the other side has closed the connection"},
        {ENOMEM, "no-memory", "out of memory"},
        {ENOBUFS, "no-memory", "the system is out of buffers"},
        {EADDRNOTAVAIL, "no-local-port", "no local port is free"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i].number == number)
            return known[i];
    }
    return (struct failure){number, "io-error", "the system reported an input or output error"};
}

static enum io_status fail_with(struct transport *t, int number)
{
    struct failure f = describe(number);
    return transport_fail(t, f.word, f.text);
}

// ---- sending

static void drop_pending(struct transport *t)
{
    t->io->spilled -= transport_pending(t);
    free(t->pending);
    t->pending = NULL;
    t->pending_len = t->pending_at = 0;
}

static void fail_sending(struct transport *t, int number)
{
    struct failure f = describe(number);
    t->send_error = f.text;
    t->send_error_word = f.word;
    t->broken = true;
    end_receiving(t);
    drop_pending(t);
}

// Sum of the lengths; SIZE_MAX, which nobody can allocate, on overflow.
static size_t sum_of(const struct slice *parts, size_t count, size_t sum)
{
    for (size_t i = 0; i < count; i++) {
        if (!num_add(sum, parts[i].len, &sum))
            return SIZE_MAX;
    }
    return sum;
}

// Keeps the parts, but for their first `sent` octets, behind what waits already. Storage is exact:
// a stalled connection holds no more than it must.
static void keep(struct transport *t, const struct slice *parts, size_t count, size_t sent)
{
    size_t waiting = transport_pending(t);
    size_t len = sum_of(parts, count, waiting);
    char *grown = len < SIZE_MAX ? malloc(len - sent) : NULL;
    if (!grown) {
        fail_sending(t, ENOMEM);
        return;
    }
    if (waiting > 0)
        memcpy(grown, t->pending + t->pending_at, waiting);
    size_t at = waiting;
    for (size_t i = 0; i < count; i++) {
        struct slice left = slice_from(parts[i], sent);
        sent -= parts[i].len - left.len;
        if (left.len > 0)
            memcpy(grown + at, left.ptr, left.len);
        at += left.len;
    }
    free(t->pending);
    t->pending = grown;
    t->pending_at = 0;
    t->pending_len = at;
    t->io->spilled += at - waiting;
    t->wants_write = true;
}

// One system call; the number of octets taken. On failure the transport is broken.
static size_t send_some(struct transport *t, const struct slice *parts, size_t count, size_t total)
{
    struct iovec vectors[PARTS_MAX];
    struct msghdr message = {.msg_iov = vectors,
                             .msg_iovlen = count < PARTS_MAX ? count : PARTS_MAX};
    for (size_t i = 0; i < message.msg_iovlen; i++)
        vectors[i] =
            (struct iovec){.iov_base = (void *)(uintptr_t)parts[i].ptr, .iov_len = parts[i].len};
    ssize_t n;
    do {
        n = count == 1 ? send(t->watch.fd, parts->ptr, parts->len, MSG_NOSIGNAL)
                       : sendmsg(t->watch.fd, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        fail_sending(t, errno);
        return 0;
    }
    size_t taken = n > 0 ? (size_t)n : 0;
    t->sent += taken;
    t->may_write = taken == total;
    return taken;
}

// Sends what waits. True when nothing waits any more.
static bool flush(struct transport *t)
{
    if (transport_pending(t) > 0) {
        struct slice waiting = slice_of(t->pending + t->pending_at, transport_pending(t));
        size_t taken = send_some(t, &waiting, 1, waiting.len);
        if (t->broken)
            return true;
        t->pending_at += taken;
        t->io->spilled -= taken;
        if (taken < waiting.len)
            return false;
    }
    drop_pending(t);
    if (t->shut)
        shutdown(t->watch.fd, SHUT_WR);
    return true;
}

static void send_batch(struct transport *t, const struct slice *parts, size_t count)
{
    size_t total = sum_of(parts, count, 0);
    size_t taken = 0;
    if (total == 0 || t->broken)
        return;
    if (transport_pending(t) == 0 && t->may_write)
        taken = send_some(t, parts, count, total);
    if (taken < total && !t->broken)
        keep(t, parts, count, taken);
}

// What was held becomes the first of what is pending.
static void release_held(struct transport *t)
{
    t->pending = t->held;
    t->pending_len = t->held_len;
    t->io->spilled += t->held_len;
    t->held = NULL;
}

static void send_held(struct transport *t)
{
    if (!t->held)
        return;
    release_held(t);
    t->wants_write = !flush(t);
}

void transport_hold(struct transport *t, struct slice octets)
{
    bool may_wait = t->may_write && transport_pending(t) == 0 && !t->held && !t->broken;
    char *copy = may_wait && octets.len ? malloc(octets.len) : NULL;
    if (!copy) {
        transport_send(t, &octets, 1);
        return;
    }
    memcpy(copy, octets.ptr, octets.len);
    t->held = copy;
    t->held_len = octets.len;
}

void transport_send(struct transport *t, const struct slice *parts, size_t count)
{
    if (t->watch.fd < 0)
        return;
    if (t->held) {
        release_held(t);
        keep(t, parts, count, 0);
        t->wants_write = !flush(t);
        return;
    }
    for (size_t i = 0; i < count; i += PARTS_MAX)
        send_batch(t, parts + i, count - i < PARTS_MAX ? count - i : PARTS_MAX);
}

uint64_t transport_delivered(const struct transport *t)
{
    int waiting = 0;
    if (t->watch.fd < 0 || ioctl(t->watch.fd, SIOCOUTQ, &waiting) != 0 || waiting < 0)
        return t->sent;
    return (uint64_t)waiting < t->sent ? t->sent - (uint64_t)waiting : 0;
}

// ---- receiving

// There is nothing more to read. Of a broken connection that is no orderly end.
static enum io_status tell_end(struct transport *t)
{
    return t->broken ? transport_fail(t, t->send_error_word, t->send_error) : IO_EOF;
}

enum io_status transport_receive(struct transport *t, char *out, size_t cap, size_t *len)
{
    *len = 0;
    if (t->unread_at < t->unread_len) {
        size_t left = t->unread_len - t->unread_at;
        *len = left < cap ? left : cap;
        memcpy(out, t->unread + t->unread_at, *len);
        t->unread_at += *len;
        if (t->unread_at == t->unread_len) {
            free(t->unread);
            t->unread = NULL;
            t->unread_len = t->unread_at = 0;
        }
        return IO_OK;
    }
    if (t->ended)
        return tell_end(t);
    if (!t->may_read)
        return IO_AGAIN;
    ssize_t n;
    do {
        n = recv(t->watch.fd, out, cap, 0);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        *len = (size_t)n;
        t->received += *len;
        t->may_read = *len == cap || t->hung_up || t->broken;
        return IO_OK;
    }
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        return t->broken ? tell_end(t) : fail_with(t, errno);
    t->may_read = false;
    t->ended = n == 0;
    return t->ended ? tell_end(t) : IO_AGAIN;
}

bool transport_unread(struct transport *t, struct slice octets)
{
    size_t left = t->unread_len - t->unread_at;
    size_t len;
    if (octets.len == 0)
        return true;
    char *joined = num_add(left, octets.len, &len) ? malloc(len) : NULL;
    if (!joined)
        return false;
    memcpy(joined, octets.ptr, octets.len);
    if (left > 0)
        memcpy(joined + octets.len, t->unread + t->unread_at, left);
    free(t->unread);
    t->unread = joined;
    t->unread_at = 0;
    t->unread_len = len;
    t->may_read = true;
    return true;
}

static void drop_unread(struct transport *t)
{
    free(t->unread);
    t->unread = NULL;
    t->unread_len = t->unread_at = 0;
}

enum io_status transport_discard(struct transport *t, size_t max)
{
    drop_unread(t);
    for (size_t total = 0; total < max;) {
        if (t->ended)
            return IO_EOF;
        size_t room = max - total < IO_BULK ? max - total : IO_BULK;
        ssize_t n = recv(t->watch.fd, t->io->in, room, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            t->may_read = false;
            return IO_AGAIN;
        }
        if (n < 0)
            return fail_with(t, errno);
        t->ended = n == 0;
        t->received += (size_t)n;
        total += (size_t)n;
    }
    return IO_OK;
}

bool transport_is_stale(struct transport *t)
{
    if (t->watch.fd < 0 || t->error || t->broken || t->ended || t->hung_up || t->shut ||
        t->unread_len > 0)
        return true;
    char octet;
    ssize_t n = recv(t->watch.fd, &octet, 1, MSG_PEEK);
    return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

bool transport_was_reset(struct transport *t)
{
    char octet;
    if (t->broken) {
        transport_fail(t, t->send_error_word, t->send_error);
        return true;
    }
    if (!t->hung_up || t->watch.fd < 0)
        return false;
    ssize_t n = recv(t->watch.fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return false;
    // The kernel tells an error once: whoever reads next would see an orderly end.
    fail_with(t, errno);
    return true;
}

// ---- life

enum io_status transport_finish_connect(struct transport *t)
{
    if (t->error)
        return IO_ERROR;
    if (!t->connecting)
        return IO_OK;
    if (!t->may_write && !t->hung_up)
        return IO_AGAIN;
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(t->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    if (error != 0)
        return fail_with(t, error);
    t->connecting = false;
    return IO_OK;
}

static void wait_for_turn(struct transport *t, unsigned events)
{
    t->waiting |= events;
    loop_defer_costly(t->io->loop, &t->turn);
}

void transport_await_turn(struct transport *t)
{
    wait_for_turn(t, TRANSPORT_READABLE);
}

static void take_turn(struct loop_task *task)
{
    struct transport *t = CONTAINER_OF(task, struct transport, turn);
    unsigned events = t->waiting;
    t->waiting = 0;
    t->on_event(t, events);
}

static void take_event(struct loop_watch *watch, unsigned events)
{
    struct transport *t = CONTAINER_OF(watch, struct transport, watch);
    unsigned told = 0;
    if (events & (LOOP_READABLE | LOOP_HANGUP)) {
        t->may_read = true;
        told |= TRANSPORT_READABLE;
    }
    if (events & LOOP_HANGUP) {
        t->hung_up = true;
        told |= TRANSPORT_CLOSED;
    }
    if ((events & LOOP_WRITABLE) && !t->may_write) {
        t->may_write = true;
        if (flush(t) && (t->wants_write || t->connecting)) {
            t->wants_write = false;
            told |= TRANSPORT_WRITABLE;
        }
    }
    if (t->broken)
        told |= TRANSPORT_READABLE | TRANSPORT_CLOSED;
    if (told && t->is_shaking)
        wait_for_turn(t, told);
    else if (told)
        t->on_event(t, told);
}

bool transport_init(struct transport *t, const struct transport_ops *ops, struct io_context *io,
                    int fd, bool connecting, void (*on_event)(struct transport *, unsigned))
{
    *t = (struct transport){
        .ops = ops,
        .io = io,
        .on_event = on_event,
        .connecting = connecting,
        .may_write = !connecting,
    };
    loop_watch_init(&t->watch, take_event);
    loop_task_init(&t->turn, take_turn);
    if (loop_watch_add(io->loop, &t->watch, fd))
        return true;
    int error = errno;
    close(fd);
    errno = error;
    return false;
}

void transport_close(struct transport *t, bool reset)
{
    int fd = t->watch.fd;
    if (fd < 0)
        return;
    t->ops->release(t);
    loop_watch_remove(t->io->loop, &t->watch);
    loop_task_cancel(t->io->loop, &t->turn);
    if (reset) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    close(fd);
    drop_pending(t);
    free(t->held);
    t->held = NULL;
    drop_unread(t);
}

// ---- through the kind

enum io_status transport_handshake(struct transport *t)
{
    enum io_status status = t->error ? IO_ERROR : t->ops->handshake(t);
    if (status != IO_AGAIN)
        t->is_shaking = false;
    return status;
}

enum io_status transport_read(struct transport *t, char *out, size_t cap, size_t *len)
{
    *len = 0;
    enum io_status status = t->error ? IO_ERROR : t->ops->read(t, out, cap, len);
    t->heard_end |= status == IO_EOF;
    if (status == IO_AGAIN)
        send_held(t);
    return status;
}

void transport_write(struct transport *t, const struct slice *parts, size_t count)
{
    if (!t->error && !t->broken && !t->shut)
        t->ops->write(t, parts, count);
}

void transport_write_raw(struct transport *t, struct slice octets)
{
    if (!t->shut)
        transport_send(t, &octets, 1);
}

void transport_shutdown(struct transport *t)
{
    if (t->shut || t->watch.fd < 0)
        return;
    if (!t->error)
        t->ops->shutdown(t);
    t->shut = true;
    send_held(t);
    if (transport_pending(t) == 0 && !t->broken &&
        !t->heard_end) // if heard, the close that follows
        shutdown(t->watch.fd, SHUT_WR);
}
