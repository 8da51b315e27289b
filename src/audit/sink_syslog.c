// SPDX-License-Identifier: Apache-2.0
// The writer's thread serves other sinks too, so nothing here waits. A message that is under way is
// kept whole until all of it was taken; to the drain such a line counts as begun, so that no other
// ring's line comes in between.
#include "audit/sink_syslog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/record.h"
#include "audit/select.h"
#include "audit/sink.h"
#include "base/buf.h"
#include "base/clock.h"

enum {
    HEADER_MAX = 256,
    HOST_MAX = 64,
    APP_MAX = 48,
    DATAGRAM_MIN = 480, // every receiver takes that much (RFC 5424, 6.1)
    SEVERITY_WARNING = 4,
    SEVERITY_INFO = 6,
};

#define WAIT_FIRST_NS 500000000u
#define WAIT_MAX_NS   30000000000u
#define STALL_NS      10000000000u // connecting, or a message that does not move

struct sink_syslog {
    struct audit_syslog_options options;
    void *channel;       // NULL: closed
    uint64_t open_at_ns; // not before
    uint64_t wait_ns;    // how long the next time
    uint64_t moved_ns;   // when the channel last took something, or was opened
    uint64_t now_ns;     // of this round
    size_t len, sent;    // of the message under way; len 0: none
    bool is_claimed;     // the drain was told that its line has begun
    char host[HOST_MAX], app[APP_MAX + 1];
    char message[HEADER_MAX + AUDIT_RECORD_MAX];
};

static void close_channel(struct sink_syslog *y)
{
    if (y->channel)
        y->options.channel->close(y->channel);
    y->channel = NULL;
    y->sent = 0; // what was sent in part begins again
}

static void fail(struct sink *s, const char *why)
{
    struct sink_syslog *y = s->syslog;
    log_repeated(&s->trouble, LOG_LEVEL_ERROR, "%s: %s; the next try is in %llu ms", s->name, why,
                 (unsigned long long)(y->wait_ns / 1000000));
    close_channel(y);
    y->open_at_ns = y->now_ns + y->wait_ns;
    y->wait_ns = y->wait_ns * 2 < WAIT_MAX_NS ? y->wait_ns * 2 : WAIT_MAX_NS;
}

static bool begin_syslog(struct sink *s, const struct sink_place *torn, uint64_t now_ns,
                         struct sink_place *at)
{
    struct sink_syslog *y = s->syslog;
    (void)torn;
    *at = (struct sink_place){0};
    y->now_ns = now_ns;
    errno = EAGAIN;
    if (y->channel)
        return true;
    if (now_ns < y->open_at_ns)
        return false;
    y->moved_ns = now_ns;
    y->channel = y->options.channel->open(y->options.target);
    if (y->channel)
        return true;
    fail(s, log_errno(errno));
    errno = EAGAIN;
    return false;
}

static unsigned severity_of(struct slice line)
{
    unsigned well = 1u << AUDIT_VERDICT_PASSED;
    return select_takes(well, line) ? SEVERITY_INFO : SEVERITY_WARNING;
}

// The line's message, with its length in front where they are counted.
static void compose(struct sink_syslog *y, struct slice line)
{
    char head[HEADER_MAX], time[CLOCK_TEXT_LEN];
    struct buf text, out;
    struct slice record = slice_first(line, line.len - 1);
    clock_text(clock_wall_ns(), time);
    buf_init(&text, head, sizeof(head));
    buf_printf(&text, "<%u>1 %.*s %s %s %ld audit - ", y->options.facility * 8 + severity_of(line),
               (int)sizeof(time), time, y->host, y->app, (long)getpid());
    buf_init(&out, y->message, sizeof(y->message));
    if (!y->options.is_datagram)
        buf_printf(&out, "%zu ", text.len + record.len);
    buf_slice(&out, buf_view(&text));
    buf_slice(&out, record);
    y->len = out.len;
    y->sent = 0;
}

// The channel took nothing. Only what does not end is a failure.
static void note_wait(struct sink *s)
{
    if (s->syslog->now_ns > s->syslog->moved_ns + STALL_NS)
        fail(s, "nothing was taken for ten seconds");
    errno = EAGAIN;
}

// True when all of the message was taken.
static bool send_message(struct sink *s)
{
    struct sink_syslog *y = s->syslog;
    while (y->channel && y->sent < y->len) {
        ssize_t n = y->options.channel->send(y->channel, y->message + y->sent, y->len - y->sent);
        if (n < 0 && errno == EMSGSIZE && y->options.is_datagram && y->len > DATAGRAM_MIN) {
            y->len = y->len / 2 > DATAGRAM_MIN ? y->len / 2 : DATAGRAM_MIN;
            log_repeated(&s->trouble, LOG_LEVEL_WARNING,
                         "%s: a message is longer than a datagram "
                         "may be here, and was cut",
                         s->name);
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            note_wait(s);
            return false;
        }
        if (n < 0) {
            const char *why = y->options.channel->why(y->channel);
            fail(s, why ? why : log_errno(errno));
            errno = EAGAIN;
            return false;
        }
        y->sent += (size_t)n;
        y->moved_ns = y->now_ns;
    }
    return y->channel != NULL;
}

// `text` is whole lines, or what is left of the one that has begun.
static ssize_t write_syslog(struct sink *s, const char *text, size_t len)
{
    struct sink_syslog *y = s->syslog;
    size_t done = 0;
    while (done < len) {
        struct slice rest = slice_of(text + done, len - done);
        struct slice line = slice_first(rest, slice_index(rest, '\n') + 1);
        if (!y->is_claimed)
            compose(y, line);
        if (!send_message(s)) {
            if (!y->is_claimed) { // TLS may have taken some of it already
                y->is_claimed = true;
                done++;
            }
            break;
        }
        y->is_claimed = false;
        y->wait_ns = WAIT_FIRST_NS;
        done += line.len;
    }
    return done ? (ssize_t)done : -1;
}

static void end_syslog(struct sink *s)
{
    (void)s;
}

static const struct sink_ops syslog_ops = {
    .is_file = false,
    .begin = begin_syslog,
    .write = write_syslog,
    .end = end_syslog,
};

// A name that a header may hold (RFC 5424, 6.2.4), or "-".
static void name_host(char out[HOST_MAX])
{
    if (gethostname(out, HOST_MAX) != 0)
        out[0] = '\0';
    out[HOST_MAX - 1] = '\0';
    for (const char *c = out; *c; c++) {
        if (*c <= ' ' || *c > '~')
            out[0] = '\0';
    }
    if (out[0] == '\0')
        memcpy(out, "-", 2);
}

bool sink_open_syslog(struct sink *s, const char *name, const struct audit_syslog_options *o)
{
    *s = (struct sink){.ops = &syslog_ops, .fd = -1, .name = strdup(name)};
    s->syslog = calloc(1, sizeof(*s->syslog));
    if (!s->name || !s->syslog) {
        sink_close(s);
        return false;
    }
    s->id = sink_id_of(name);
    s->syslog->options = *o;
    s->syslog->wait_ns = WAIT_FIRST_NS;
    snprintf(s->syslog->app, sizeof(s->syslog->app), "%s", o->app_name);
    name_host(s->syslog->host);
    return true;
}

void sink_syslog_free(struct sink *s)
{
    if (s->syslog)
        close_channel(s->syslog);
    free(s->syslog);
    s->syslog = NULL;
}
