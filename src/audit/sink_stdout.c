// SPDX-License-Identifier: Apache-2.0
// A stream: a pipe whose reader may stop reading. The writer must not hang in it, or it could not
// be stopped nor serve the other sinks. Changing stdout to non-blocking would change it for whoever
// shares it; so it is asked first, and given no more than a pipe takes in one piece once it says
// yes. Pieces end with a line where they can, so that lines of processes that share the stream do
// not mix. After a sudden death nobody can tell how much of the last piece a stream took: it comes
// twice.
#include "audit/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/sink_chain.h"
#include "audit/sink_syslog.h"

enum { READY_WAIT_MS = 20 };

static bool begin_stream(struct sink *s, const struct sink_place *torn, uint64_t now_ns,
                         struct sink_place *at)
{
    (void)s;
    (void)torn;
    (void)now_ns;
    *at = (struct sink_place){0};
    return true;
}

static size_t piece_of(const char *text, size_t len)
{
    if (len <= PIPE_BUF)
        return len;
    const char *newline = memrchr(text, '\n', PIPE_BUF);
    return newline ? (size_t)(newline - text) + 1 : PIPE_BUF;
}

static ssize_t write_stream(struct sink *s, const char *text, size_t len)
{
    size_t written = 0;
    while (written < len) {
        struct pollfd ready = {.fd = s->fd, .events = POLLOUT};
        if (poll(&ready, 1, READY_WAIT_MS) <= 0) {
            errno = EAGAIN;
            return written ? (ssize_t)written : -1;
        }
        ssize_t n = write(s->fd, text + written, piece_of(text + written, len - written));
        if (n < 0)
            return written ? (ssize_t)written : -1;
        written += (size_t)n;
    }
    return (ssize_t)written;
}

static void end_stream(struct sink *s)
{
    (void)s;
}

static const struct sink_ops stream_ops = {
    .is_file = false,
    .begin = begin_stream,
    .write = write_stream,
    .end = end_stream,
};

void sink_be_stream(struct sink *s, int fd, bool owns_fd)
{
    s->ops = &stream_ops;
    s->fd = fd;
    s->owns_fd = owns_fd;
}

bool sink_open_stdout(struct sink *s)
{
    *s = (struct sink){.name = strdup("stdout"), .id = 1};
    sink_be_stream(s, STDOUT_FILENO, false);
    return s->name != NULL;
}

void sink_close(struct sink *s)
{
    sink_chain_free(s);
    sink_syslog_free(s);
    if (s->owns_fd && s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    free(s->name);
    s->name = NULL;
}
