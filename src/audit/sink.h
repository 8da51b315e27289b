// SPDX-License-Identifier: Apache-2.0
// Where lines go. A write to a sink stands between begin and end; in between nobody else of our
// kind writes to it. A file can be asked afterwards how much it took: a place says which file and
// where. A stream (stdout, a pipe, a terminal) cannot.
#ifndef YETT_AUDIT_SINK_H
#define YETT_AUDIT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/log.h"

struct audit_ring;
struct sink;
struct sink_chain;
struct sink_syslog;

struct sink_place {
    uint64_t dev, ino, offset; // all zero: of a stream
};

struct sink_ops {
    bool is_file;
    // Makes ready for a write and says where its first octet will stand. `torn` is where the last
    // write left the sink in the middle of a line, NULL if it did not: if the answer is another
    // place, that line has to be written once more. False with errno: not now.
    bool (*begin)(struct sink *s, const struct sink_place *torn, uint64_t now_ns,
                  struct sink_place *at);
    // As write(2).
    ssize_t (*write)(struct sink *s, const char *text, size_t len);
    void (*end)(struct sink *s);
    // Takes back what a torn line left behind `offset`; NULL where that cannot be.
    bool (*cut)(struct sink *s, uint64_t offset);
    // The file is about to be exchanged for another; NULL where nothing is to be done then.
    void (*leave)(struct sink *s);
    // `due_ns` has come, or the end; NULL where it never is.
    void (*rest)(struct sink *s, uint64_t now_ns);
};

struct sink {
    const struct sink_ops *ops;
    char *name;        // path, or "stdout"
    unsigned verdicts; // as in struct audit_sink_options
    uint64_t id;       // from the name, the same in the next process; never 0
    int fd;
    bool owns_fd;

    // of files
    bool wants_reopen;     // when no line is torn
    uint64_t next_look_ns; // when to see whether the path still names this file
    uint64_t dev, ino, end;
    bool ends_clean; // with a newline, or empty, as long as the file is `end` long

    struct sink_chain *chain; // of sink_chain.c; NULL: lines are written as they are
    uint64_t due_ns;          // when it wants to be called by `rest`; 0: never

    struct sink_syslog *syslog; // of sink_syslog.c; NULL elsewhere

    // of drain.c
    struct audit_ring *torn_by; // whose line is written in part: nobody else may write before it
    struct sink_place torn_at;
    uint64_t retry_ns; // after trouble: not before
    uint64_t slow_ns;  // since when it takes nothing without an error; 0: it does
    struct log_repeat trouble;
};

extern const struct sink_ops sink_file_ops;
// sink_file.c: opens or creates `path`; what is no regular file becomes a stream. False with a
// sentence.
MUST_USE bool sink_open_file(struct sink *s, const char *path, char *why, size_t why_cap);
// An identity for a sink of that name; never 0 or 1.
uint64_t sink_id_of(const char *name);
// sink_stdout.c
MUST_USE bool sink_open_stdout(struct sink *s);
// Makes a stream of an open descriptor.
void sink_be_stream(struct sink *s, int fd, bool owns_fd);
void sink_close(struct sink *s);

#endif
