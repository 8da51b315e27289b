// SPDX-License-Identifier: Apache-2.0
// The order that makes a kill harmless: lines, then state. A state that is behind is made good by
// reading on; it is never ahead. Checkpoints are written when their time has come (the writer's
// thread looks), and before a file is left.
#include "audit/sink_chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/chain.h"
#include "audit/chain_read.h"
#include "audit/chain_state.h"
#include "audit/record.h"
#include "audit/recover.h"
#include "audit/say.h"
#include "audit/sink.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/secret.h"

enum {
    OUT_BYTES = 4 * AUDIT_RECORD_MAX,
    CHECKPOINT_LINES = 1024,
    SIGNATURE_TEXT = 88, // base64 of CHAIN_SIGNATURE_LEN octets
};

#define CHECKPOINT_NS 10000000000u // no line waits longer for one

struct sink_chain {
    const struct audit_crypto *crypto;
    unsigned char key[CHAIN_KEY_MAX], seed[CHAIN_SEED_LEN];
    size_t key_len;
    bool signs, is_known, is_dirty;
    struct chain_state state; // of the end of the file, as far as is known
    uint64_t uncovered;       // lines since the last checkpoint
    char *state_path;
    char out[OUT_BYTES];
    struct log_repeat trouble;
};

static struct slice key_of(const struct sink_chain *c)
{
    return slice_of(c->key, c->key_len);
}

static void note_place(struct sink *s)
{
    struct chain_state *state = &s->chain->state;
    state->dev = s->dev;
    state->ino = s->ino;
    state->end = s->end;
    s->chain->is_dirty = true;
}

static void go_on(struct sink_chain *c, struct chain_point *point, struct slice line)
{
    struct chain_line parts;
    if (chain_split(line, &parts))
        chain_advance(c->crypto, point, line, &parts);
}

// A line of the chain's own; all of it or nothing.
static bool write_own(struct sink *s, struct slice line)
{
    struct sink_chain *c = s->chain;
    struct buf out;
    buf_init(&out, c->out, sizeof(c->out));
    chain_seal(c->crypto, key_of(c), &c->state.point, line, &out);
    uint64_t begin = s->end;
    ssize_t n = sink_file_ops.write(s, out.data, out.len);
    if (n == (ssize_t)out.len) {
        go_on(c, &c->state.point, buf_view(&out));
        note_place(s);
        return true;
    }
    int error = n < 0 ? errno : ENOSPC;
    if (n > 0)
        (void)sink_file_ops.cut(s, begin);
    errno = error;
    return false;
}

static bool write_link(struct sink *s)
{
    struct sink_chain *c = s->chain;
    char text[SAY_MAX], hex[CHAIN_HEX_LEN];
    struct buf line;
    buf_init(&line, text, sizeof(text));
    chain_hex(c->state.point.value, hex);
    if (!write_own(s, say_link(&line, c->state.point.sequence, slice_of(hex, sizeof(hex)))))
        return false;
    c->uncovered = 0;
    return true;
}

static bool write_checkpoint(struct sink *s)
{
    struct sink_chain *c = s->chain;
    const struct chain_point *p = &c->state.point;
    char text[SAY_MAX], signed_space[CHAIN_SIGNED_MAX], hex[CHAIN_HEX_LEN], base64[SIGNATURE_TEXT];
    unsigned char signature[CHAIN_SIGNATURE_LEN];
    struct buf line, to_sign;
    buf_init(&line, text, sizeof(text));
    buf_init(&to_sign, signed_space, sizeof(signed_space));
    if (!c->crypto->sign(c->seed, chain_signed_text(&to_sign, p->since, p->sequence, p->digest),
                         signature)) {
        errno = ENOMEM;
        return false;
    }
    base64_encode(slice_of(signature, sizeof(signature)), base64);
    chain_hex(p->digest, hex);
    if (!write_own(s, say_checkpoint(&line, p->since, p->sequence, slice_of(hex, sizeof(hex)),
                                     slice_of(base64, sizeof(base64)))))
        return false;
    c->uncovered = 0;
    s->due_ns = 0;
    return true;
}

static void save_state(struct sink *s)
{
    struct sink_chain *c = s->chain;
    if (!c->is_dirty)
        return;
    c->is_dirty = false;
    if (!chain_state_write(c->state_path, c->crypto, key_of(c), &c->state))
        log_repeated(&c->trouble, LOG_LEVEL_ERROR, "cannot write %s: %s", c->state_path,
                     log_errno(errno));
}

// The state on disk, unless we know better: another gateway may have gone on.
static void load_state(struct sink_chain *c)
{
    struct chain_state found;
    enum chain_state_read result = chain_state_read(c->state_path, c->crypto, key_of(c), &found);
    if (result == CHAIN_STATE_BAD)
        log_error("%s is not the state of a chain with this key; how far the log had got is "
                  "taken from the log",
                  c->state_path);
    if (result == CHAIN_STATE_READ &&
        (!c->is_known || found.point.sequence >= c->state.point.sequence))
        c->state = found;
    c->is_known = true;
}

static bool read_on(const struct sink_chain *c, int fd, uint64_t from, uint64_t to,
                    struct chain_point *point)
{
    return chain_read_on(fd, from, to, c->crypto, key_of(c), point);
}

// What the file of the state has beyond it, when that file is no longer the log.
static void catch_up_elsewhere(struct sink *s)
{
    struct chain_state *state = &s->chain->state;
    struct chain_point point = state->point;
    struct stat st;
    int fd = state->ino ? recover_find_file(s, state->dev, state->ino) : -1;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > state->end &&
        read_on(s->chain, fd, state->end, (uint64_t)st.st_size, &point))
        state->point = point;
    close(fd);
}

// With the lock held: the state becomes that of the end of the file.
static bool catch_up(struct sink *s, uint64_t size)
{
    struct sink_chain *c = s->chain;
    load_state(c);
    bool is_same = c->state.dev == s->dev && c->state.ino == s->ino;
    struct chain_point point = is_same ? c->state.point : (struct chain_point){0};
    if (!is_same)
        catch_up_elsewhere(s);
    bool goes_on = is_same ? c->state.end <= size : size > 0;
    goes_on = goes_on && read_on(c, s->fd, is_same ? c->state.end : 0, size, &point) &&
              point.sequence >= c->state.point.sequence;
    if (goes_on) {
        c->state.point = point;
        note_place(s);
        return true;
    }
    if (size > 0)
        log_error("audit log %s does not end where its chain had got; a link goes behind it, and "
                  "`yett audit verify` tells more",
                  s->name);
    return write_link(s);
}

static void end_chain(struct sink *s)
{
    save_state(s);
    sink_file_ops.end(s);
}

static bool begin_chain(struct sink *s, const struct sink_place *torn, uint64_t now_ns,
                        struct sink_place *at)
{
    const struct chain_state *state = &s->chain->state;
    (void)torn;
    if (!sink_file_ops.begin(s, NULL, now_ns, at))
        return false;
    bool is_ours = s->chain->is_known && state->dev == at->dev && state->ino == at->ino &&
                   state->end == at->offset;
    if (!is_ours && !catch_up(s, at->offset)) {
        int error = errno;
        end_chain(s);
        errno = error;
        return false;
    }
    at->offset = s->end;
    return true;
}

// Seals lines of `text` into c->out; returns how many octets of it.
static size_t seal(struct sink_chain *c, struct slice text, struct buf *out)
{
    struct chain_point point = c->state.point;
    size_t at = 0;
    buf_init(out, c->out, sizeof(c->out));
    while (at < text.len) {
        struct slice rest = slice_from(text, at);
        struct slice line = slice_first(rest, slice_index(rest, '\n') + 1);
        size_t begin = out->len;
        if (line.len + CHAIN_SUFFIX_MAX > out->cap - out->len)
            break;
        chain_seal(c->crypto, key_of(c), &point, line, out);
        struct chain_line parts;
        if (chain_split(slice_from(buf_view(out), begin), &parts)) {
            point.sequence = parts.sequence;
            memcpy(point.value, parts.value, sizeof(point.value));
        }
        at += line.len;
    }
    return at;
}

// Goes on behind the lines that the file took; returns how many octets of `text` they are.
static size_t take_lines(struct sink_chain *c, struct slice sealed, struct slice text)
{
    size_t taken = 0;
    while (sealed.len) {
        struct slice line = slice_first(sealed, slice_index(sealed, '\n') + 1);
        go_on(c, &c->state.point, line);
        sealed = slice_from(sealed, line.len);
        taken += slice_index(slice_from(text, taken), '\n') + 1;
        c->uncovered++;
    }
    return taken;
}

static void set_due(struct sink *s)
{
    if (!s->chain->signs)
        return;
    if (s->chain->uncovered >= CHECKPOINT_LINES)
        s->due_ns = 1;
    else if (s->due_ns == 0)
        s->due_ns = clock_mono_ns() + CHECKPOINT_NS;
}

static ssize_t write_chain(struct sink *s, const char *text, size_t len)
{
    struct sink_chain *c = s->chain;
    size_t done = 0;
    while (done < len) {
        struct buf out;
        struct slice rest = slice_of(text + done, len - done);
        (void)seal(c, rest, &out);
        ssize_t n = sink_file_ops.write(s, out.data, out.len);
        if (n <= 0)
            break;
        const char *last = memrchr(out.data, '\n', (size_t)n);
        size_t whole = last ? (size_t)(last - out.data) + 1 : 0;
        done += take_lines(c, slice_of(out.data, whole), rest);
        if (whole == out.len)
            continue;
        if (whole < (size_t)n) // what fails here is cut off at the next beginning
            (void)sink_file_ops.cut(s, s->end - ((size_t)n - whole));
        errno = ENOSPC;
        break;
    }
    if (done) {
        note_place(s);
        set_due(s);
    }
    return done ? (ssize_t)done : -1;
}

static void rest_chain(struct sink *s, uint64_t now_ns)
{
    struct sink_place at;
    if (!begin_chain(s, NULL, now_ns, &at))
        return;
    if (s->chain->uncovered && !write_checkpoint(s))
        s->due_ns = now_ns + CHECKPOINT_NS;
    else if (s->chain->uncovered == 0)
        s->due_ns = 0;
    end_chain(s);
}

// The file is about to be left: its last lines get their checkpoint, if nobody else is at it.
static void leave_chain(struct sink *s)
{
    struct sink_chain *c = s->chain;
    struct stat st;
    if (!c->signs || c->uncovered == 0 || flock(s->fd, LOCK_EX | LOCK_NB) != 0)
        return;
    if (fstat(s->fd, &st) == 0 && c->state.ino == s->ino && c->state.end == (uint64_t)st.st_size) {
        s->end = c->state.end;
        if (write_checkpoint(s))
            save_state(s);
    }
    flock(s->fd, LOCK_UN);
}

static const struct sink_ops chain_ops = {
    .is_file = true,
    .begin = begin_chain,
    .write = write_chain,
    .end = end_chain,
    .leave = leave_chain,
    .rest = rest_chain,
};

bool sink_chain_attach(struct sink *s, const struct audit_crypto *crypto,
                       const struct audit_chain_options *o, char *why, size_t why_cap)
{
    if (!s->ops->is_file) {
        snprintf(why, why_cap, "audit log %s is no regular file, which a chain needs", s->name);
        return false;
    }
    struct sink_chain *c = calloc(1, sizeof(*c));
    if (!c || asprintf(&c->state_path, "%s" CHAIN_STATE_SUFFIX, s->name) < 0) {
        free(c);
        snprintf(why, why_cap, "not enough memory for the chain of %s", s->name);
        return false;
    }
    c->crypto = crypto;
    c->key_len = o->key.len < sizeof(c->key) ? o->key.len : sizeof(c->key);
    memcpy(c->key, o->key.ptr, c->key_len);
    c->signs = o->seed != NULL;
    if (c->signs)
        memcpy(c->seed, o->seed, sizeof(c->seed));
    s->chain = c;
    s->ops = &chain_ops;
    return true;
}

void sink_chain_free(struct sink *s)
{
    if (!s->chain)
        return;
    free(s->chain->state_path);
    secret_wipe(s->chain, sizeof(*s->chain));
    free(s->chain);
    s->chain = NULL;
}
