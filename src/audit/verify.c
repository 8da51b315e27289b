// SPDX-License-Identifier: Apache-2.0
// What a finding says follows from the sequence numbers first, since a line that was taken out also
// spoils the value of the next: it is reported once, as what it is.
#include "audit/verify.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/secret.h"

struct place {
    const char *file;
    uint64_t line;
};

static void find(struct verify *v, const struct place *at, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void find(struct verify *v, const struct place *at, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    v->findings++;
    v->on_finding(v->ctx, at->file, at->line, text);
}

typedef unsigned long long ull;

static void find_missing(struct verify *v, const struct place *at, uint64_t from, uint64_t to)
{
    if (from == to)
        find(v, at, "record %llu is missing in front of this line", (ull)from);
    else
        find(v, at, "records %llu to %llu are missing in front of this line", (ull)from, (ull)to);
}

// True when the line is the one that should come here.
static bool check_sequence(struct verify *v, const struct place *at, uint64_t sequence)
{
    uint64_t wanted = v->point.sequence + 1;
    if (sequence == wanted)
        return true;
    if (sequence < wanted)
        find(v, at, "record %llu stands behind record %llu: moved or repeated", (ull)sequence,
             (ull)v->point.sequence);
    else
        find_missing(v, at, wanted, sequence - 1);
    return false;
}

static void check_value(struct verify *v, const struct place *at, const struct chain_line *parts)
{
    unsigned char value[CHAIN_VALUE_LEN];
    if (v->keys->key.len == 0)
        return;
    chain_value(v->keys->crypto, v->keys->key, v->point.value, parts->covered, value);
    if (!secret_eq(slice_of(value, sizeof(value)), slice_of(parts->value, sizeof(parts->value))))
        find(v, at, "record %llu was changed, or is of another key", (ull)parts->sequence);
}

static void check_checkpoint(struct verify *v, const struct place *at, struct slice line)
{
    struct chain_checkpoint c;
    char space[CHAIN_SIGNED_MAX];
    struct buf text;
    if (!chain_read_checkpoint(line, &c))
        return;
    v->checkpoints++;
    buf_init(&text, space, sizeof(space));
    if (c.since != v->point.since || c.through != v->point.sequence ||
        memcmp(c.digest, v->point.digest, sizeof(c.digest)) != 0)
        find(v, at, "the lines from record %llu to %llu are not those of this checkpoint",
             (ull)c.since + 1, (ull)c.through);
    else if (v->keys->public_key &&
             !v->keys->verify(v->keys->public_key,
                              chain_signed_text(&text, c.since, c.through, c.digest), c.signature))
        find(v, at, "the signature of this checkpoint is not good, or of another key");
    else
        v->covered = c.through;
}

// A link stands where a file begins; the first one seen is believed, as its value has to fit it.
static void check_link(struct verify *v, const struct place *at, struct slice line)
{
    struct chain_point link;
    if (!chain_read_link(line, &link)) {
        if (at->line == 1)
            find(v, at, "the file does not begin with a link: its beginning is missing");
        return;
    }
    if (at->line > 1)
        find(v, at, "the chain was begun anew here: the log was not as the gateway had left it");
    if (!v->has_begun) {
        v->point = link;
    } else if (link.sequence > v->point.sequence) {
        find_missing(v, at, v->point.sequence + 1, link.sequence);
        v->point = link;
    }
}

static void check_line(struct verify *v, const struct place *at, struct slice line)
{
    struct chain_line parts;
    if (!chain_split(line, &parts)) {
        find(v, at, "this line carries no chain value: it was added, or changed");
        return;
    }
    check_link(v, at, line);
    if (!v->has_begun && v->point.sequence == 0)
        v->point.sequence = parts.sequence - 1; // without a link: from here on
    v->has_begun = true;
    v->lines++;
    if (check_sequence(v, at, parts.sequence))
        check_value(v, at, &parts);
    check_checkpoint(v, at, line);
    chain_advance(v->keys->crypto, &v->point, line, &parts);
}

void verify_file(struct verify *v, const char *name, FILE *file)
{
    struct place at = {.file = name};
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;
    while ((len = getline(&text, &cap, file)) > 0) {
        at.line++;
        if (text[len - 1] == '\n')
            check_line(v, &at, slice_of(text, (size_t)len));
        else
            find(v, &at, "the file ends in the middle of a line");
    }
    free(text);
    if (ferror(file))
        find(v, &at, "the file cannot be read further than this line");
    if (at.line == 0)
        find(v, &at, "the file is empty: not even the link at its beginning is there");
}

void verify_end(struct verify *v, const char *name, enum chain_state_read read,
                const struct chain_state *state)
{
    const struct place whole = {.file = name};
    if (read == CHAIN_STATE_NONE)
        find(v, &whole, "there is no state file: nobody can tell whether the end was cut off");
    else if (read == CHAIN_STATE_BAD)
        find(v, &whole, "the state file is damaged, or of another key");
    else if (state->point.sequence > v->point.sequence)
        find(v, &whole, "the end is missing: the last record is %llu, and there were %llu",
             (ull)v->point.sequence, (ull)state->point.sequence);
    else if (state->point.sequence == v->point.sequence &&
             memcmp(state->point.value, v->point.value, CHAIN_VALUE_LEN) != 0)
        find(v, &whole, "the last record is not the one that was written last");
}

uint64_t verify_first_sequence(FILE *file)
{
    char *text = NULL;
    size_t cap = 0;
    struct chain_line parts = {0};
    ssize_t len = getline(&text, &cap, file);
    bool ok = len > 0 && chain_split(slice_of(text, (size_t)len), &parts);
    free(text);
    rewind(file);
    return ok ? parts.sequence : UINT64_MAX;
}
