// SPDX-License-Identifier: Apache-2.0
// From workers to sinks. Each worker puts finished lines into a ring of its own (single producer,
// single consumer, no lock, no system call); one writer thread drains the rings into the sinks in
// batches of whole lines. A ring is mapped from a file in the spool folder: once a line is in the
// ring it survives the death of the process, and the next start writes what had not reached the
// sink, neither losing nor doubling a line, and mends a torn last line. Ring files carry the
// process id and are locked while in use, so that an old and a new process may overlap. Each sink
// has its own progress: one that fails is tried again by itself every 100 ms, from the very octet,
// and the others get no line twice; what it lacks stays in the ring, which may fill up because of
// it. Only Yett may append to a log file. The process should ignore SIGPIPE and SIGXFSZ, as
// elsewhere. Full ring (slow disk, disk full): as the policy says, the worker waits (the response's
// end is held back), or the record is dropped and counted, and the count is told in the log itself
// when there is room again.
#ifndef YETT_AUDIT_AUDIT_H
#define YETT_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/slice.h"

struct audit;
struct audit_ring;

enum audit_sink_type { AUDIT_SINK_FILE, AUDIT_SINK_STDOUT, AUDIT_SINK_SYSLOG };

struct audit_crypto;

struct audit_chain_options {   // see chain.h
    struct slice key;          // CHAIN_KEY_MIN to CHAIN_KEY_MAX octets; copied
    const unsigned char *seed; // CHAIN_SEED_LEN octets that sign checkpoints; NULL: there are none
};

// A connection, as the syslog sink needs it; how it is made is another room's business. Nothing
// blocks.
struct audit_channel_ops {
    // Begins to connect. NULL with errno.
    void *(*open)(const void *target);
    // Octets taken. -1: with EAGAIN none for now (also while connecting), else the channel is over,
    // for the reason in errno and perhaps in `why`.
    ssize_t (*send)(void *channel, const char *octets, size_t len);
    const char *(*why)(const void *channel); // a sentence; NULL: errno says all
    void (*close)(void *channel);
};

struct audit_syslog_options {
    const struct audit_channel_ops *channel;
    const void *target;   // of channel->open; must live on
    bool is_datagram;     // a message each; else octets are counted (RFC 6587, 3.4.1; RFC 5425)
    unsigned facility;    // 0 to 23
    const char *app_name; // at most 48 octets that can be printed; copied
};

struct audit_sink_options {
    enum audit_sink_type type;
    const char *path;  // of a file; of a syslog sink its name
    unsigned verdicts; // 1u << enum audit_verdict of the records it takes; 0: all
    const struct audit_chain_options *chain; // of a file; NULL: none
    const struct audit_syslog_options *syslog;
};

enum audit_when_full {
    AUDIT_WHEN_FULL_WAIT, // the producer waits
    AUDIT_WHEN_FULL_SHED, // nothing new is begun while a ring is nearly full (audit_ring_sheds);
                          // what has begun waits
    AUDIT_WHEN_FULL_DROP, // the record is lost and counted
};

struct audit_options {
    const struct audit_sink_options *sinks;
    size_t sink_count; // 0: records go nowhere; at most 8
    enum audit_when_full when_full;
    const struct audit_crypto *crypto; // must live on; NULL when no sink has a chain
    const char *spool; // folder of the ring files: on tmpfs they cost no disk traffic, but do not
                       // survive a reboot
    size_t ring_bytes; // of one ring; at least 4 * AUDIT_RECORD_MAX, rounded up to a power of two
    unsigned workers;
};

// Opens the sinks (files are created 0640, appended to, a torn last line is ended), recovers rings
// left by a dead process, makes new rings and starts the writer. NULL with a sentence in
// why[why_cap].
MUST_USE struct audit *audit_start(const struct audit_options *o, char *why, size_t why_cap);
// Writes out everything that is in the rings, closes sinks, removes the ring files. `wait_ms`
// bounds the wait for a sink that fails; what is left stays in the ring file.
void audit_stop(struct audit **a, uint64_t wait_ms);
// Opens file sinks anew (after rotation); returns at once, the writer does it before its next
// batch. Callable from any thread. Without it the writer finds within a second of traffic that a
// path names another file.
void audit_reopen(struct audit *a);

// The ring of worker `index`; only that worker may put. NULL without sinks: nobody wants records.
struct audit_ring *audit_ring_of(struct audit *a, unsigned index);
enum audit_put {
    AUDIT_PUT_DONE,
    AUDIT_PUT_FULL, // never when dropping is the policy: `on_space` will be called once there is
                    // room
};
// Copies `line` (with its newline, at most AUDIT_RECORD_MAX) into the ring.
MUST_USE enum audit_put audit_put(struct audit_ring *ring, struct slice line);
// Counts a line that found the ring full and could not be kept elsewhere either; the log is told.
// For the worker that puts.
void audit_put_lost(struct audit_ring *ring);
// Whether the policy is to shed and less than a quarter of the ring is free: then no request may
// begin that would need a record. For the worker that puts.
MUST_USE bool audit_ring_sheds(struct audit_ring *ring);
// Called on the writer's thread after a FULL, once, when there is room for a record again. To be
// set before the first put.
void audit_ring_on_space(struct audit_ring *ring, void (*on_space)(void *ctx), void *ctx);

struct audit_counters {
    uint64_t records, bytes, dropped, write_errors;
};
void audit_counters(const struct audit *a, struct audit_counters *out);

#endif
