// SPDX-License-Identifier: Apache-2.0
// A connected socket with or without TLS behind one record of functions: nobody above io/ and tls/
// knows which it is.
//
// Reading: the owner is told TRANSPORT_READABLE once per edge and then reads until AGAIN, or stops
// and reads later (`may_read` stays true while there may be more): not reading is how backpressure
// starts.
// Writing: transport_write takes everything it is given, sends what the kernel accepts in one call
// and keeps the rest (encrypted, on the heap, counted). While transport_pending is not 0 the owner
// must not write more (beyond a closing word) and waits for TRANSPORT_WRITABLE, which comes once
// when the rest has gone. So what a stalled connection holds is bounded by one write.
// Errors stick: after IO_ERROR every call answers IO_ERROR, `error` says why in a few words,
// `error_word` in one. A socket that takes nothing more (`broken`) can still be read to its end,
// where the error shows: an answer may have come before the reset.
#ifndef YETT_IO_TRANSPORT_H
#define YETT_IO_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"
#include "io/io_context.h"
#include "io/loop.h"

enum io_status {
    IO_OK,
    IO_AGAIN, // nothing to do before the next event
    IO_EOF,   // orderly end: FIN, with TLS behind a close_notify
    IO_ERROR, // reset, TLS alert, FIN without close_notify; see transport.error
};

enum transport_event {
    // Something can be read, an end or an error included; or the handshake can go on.
    TRANSPORT_READABLE = 1,
    // What was pending has gone; or the handshake can go on.
    TRANSPORT_WRITABLE = 2,
    // With READABLE: the other side has closed or reset (for owners that do not read now).
    TRANSPORT_CLOSED = 4,
};

struct transport;

struct transport_ops {
    enum io_status (*handshake)(struct transport *t);
    enum io_status (*read)(struct transport *t, char *out, size_t cap, size_t *len);
    void (*write)(struct transport *t, const struct slice *parts, size_t count);
    void (*shutdown)(struct transport *t); // says the orderly end to the other side (close_notify)
    void (*release)(struct transport *t);  // frees what the kind holds
};

struct transport {
    const struct transport_ops *ops;
    struct io_context *io;
    struct loop_watch watch;
    struct loop_task turn; // events of a handshake wait for it
    unsigned waiting;      // these events
    // Set by the owner; may free the transport.
    void (*on_event)(struct transport *t, unsigned events);
    char *pending; // octets the kernel has not taken yet
    size_t pending_len, pending_at;
    char *held; // octets that go out with the next ones
    size_t held_len;
    // Octets received but not consumed: pushed back, or left when the owner's buffer was full.
    char *unread;
    size_t unread_len, unread_at;
    uint64_t received, sent; // octets on the wire
    const char *error;       // text that lives as long as the transport, NULL while all is well
    const char *error_word;  // constant word for records: "reset", "truncated"
    const char *send_error, *send_error_word; // why it is broken
    bool connecting;
    bool is_shaking;  // its events cost a step of a handshake each
    bool may_read;    // the socket may have more
    bool may_write;   // the socket took everything so far
    bool wants_write; // tell WRITABLE when pending has gone
    bool is_tls;
    bool ended;     // FIN seen
    bool broken;    // the socket takes nothing more; what was to be sent is gone, and reading ends
    bool hung_up;   // the kernel has reported an end: it lies behind what is still to be read
    bool shut;      // we said the end
    bool heard_end; // the other side said its orderly end, and the owner has read it
};

// Takes over a connected (or, `connecting`, just connected) non-blocking descriptor and registers
// it. False with errno (the descriptor is then closed). For plain connections this is all; tls/
// wraps it.
MUST_USE bool transport_init_plain(struct transport *t, struct io_context *io, int fd,
                                   bool connecting, void (*on_event)(struct transport *, unsigned));

// Completes the connection and, with TLS, the handshake. Call at the start and at each event until
// OK or ERROR. After OK look at `may_read`: octets that came behind the handshake give no event.
MUST_USE enum io_status transport_handshake(struct transport *t);
// Has the owner called with READABLE when it is this transport's turn to shake hands, instead of
// now.
void transport_await_turn(struct transport *t);
// Reads up to `cap` octets of plaintext; OK with *len > 0. Reads as much as fits in one go (up to
// IO_BULK).
MUST_USE enum io_status transport_read(struct transport *t, char *out, size_t cap, size_t *len);
// Sends the parts in order; small ones share a record. Errors show at the next read or as an event.
void transport_write(struct transport *t, const struct slice *parts, size_t count);
// Sends octets past TLS: for the plain 400 to a client that speaks plain HTTP on a TLS port.
void transport_write_raw(struct transport *t, struct slice octets);
static inline size_t transport_pending(const struct transport *t)
{
    return t->pending_len - t->pending_at;
}
// Are octets of ours on their way, after which the other side has said its end? If not, nothing is
// left to be done but to close.
static inline bool transport_is_over(const struct transport *t)
{
    return t->heard_end && transport_pending(t) == 0;
}
// Octets on the wire that the other side has: what it reads moves this on at once, while the kernel
// asks for more only when much of its buffer is free.
uint64_t transport_delivered(const struct transport *t);
// Octets that came too early for their reader (behind a PROXY header) are given back and read
// again, below TLS. False without memory.
MUST_USE bool transport_unread(struct transport *t, struct slice octets);
// Says the end: close_notify and FIN behind what is pending. Reading goes on.
void transport_shutdown(struct transport *t);
// Reads and throws away what comes, raw, up to `max` octets: for a lingering close. EOF or ERROR
// when the other side is done, AGAIN otherwise, OK when `max` was reached.
MUST_USE enum io_status transport_discard(struct transport *t, size_t max);
// Has the other side reset the connection? A FIN alone is no reset. Octets that are still there are
// left alone.
MUST_USE bool transport_was_reset(struct transport *t);
// An idle connection that must not speak: true when it is closed or has octets (one recv with
// MSG_PEEK unless already known).
MUST_USE bool transport_is_stale(struct transport *t);
// Closes the descriptor and frees buffers; the struct is the owner's. `reset`: the other side sees
// RST (an incomplete message must not look complete).
void transport_close(struct transport *t, bool reset);

// Parts shared by the kinds (tls/ uses them):
// One recv into `out`; updates may_read, received, ended, and takes `unread` first.
MUST_USE enum io_status transport_receive(struct transport *t, char *out, size_t cap, size_t *len);
// As transport_init_plain, for any kind.
MUST_USE bool transport_init(struct transport *t, const struct transport_ops *ops,
                             struct io_context *io, int fd, bool connecting,
                             void (*on_event)(struct transport *, unsigned));
// One system call for all parts; the rest becomes pending. Works after an error of TLS too, for
// alerts and the like.
void transport_send(struct transport *t, const struct slice *parts, size_t count);
// Octets that nobody waits for: they go out with the next ones, or when the owner has read all that
// is there, in one segment and one system call less.
void transport_hold(struct transport *t, struct slice octets);
// Awaits the end of connect(2): OK, AGAIN or ERROR ("connect-refused", "connect-timeout",
// "unreachable", ...).
MUST_USE enum io_status transport_finish_connect(struct transport *t);
// Sets error and word unless set already (the first error wins); always returns IO_ERROR.
enum io_status transport_fail(struct transport *t, const char *word, const char *error);
// The same while writing, when the owner does not look: an event (READABLE, CLOSED) is sure to
// follow.
void transport_fail_write(struct transport *t, const char *word, const char *error);

#endif
