// SPDX-License-Identifier: Apache-2.0
// A line at a time, which is all the memory it takes, however much there is.
#include "audit/chain_read.h"

#include <string.h>
#include <unistd.h>

#include "audit/record.h"
#include "base/secret.h"

enum { LINE_MAX_LEN = AUDIT_RECORD_MAX + CHAIN_SUFFIX_MAX };

// The whole line at `at`, which ends before `to`; empty when there is none.
static struct slice read_line(int fd, uint64_t at, uint64_t to, char space[LINE_MAX_LEN])
{
    size_t want = to - at < LINE_MAX_LEN ? (size_t)(to - at) : LINE_MAX_LEN;
    ssize_t n = pread(fd, space, want, (off_t)at);
    const char *end = n > 0 ? memchr(space, '\n', (size_t)n) : NULL;
    return end ? slice_of(space, (size_t)(end - space) + 1) : (struct slice){0};
}

static bool fits(const struct audit_crypto *crypto, struct slice key,
                 const struct chain_point *point, const struct chain_line *parts)
{
    unsigned char value[CHAIN_VALUE_LEN];
    chain_value(crypto, key, point->value, parts->covered, value);
    return parts->sequence == point->sequence + 1 &&
           secret_eq(slice_of(value, sizeof(value)), slice_of(parts->value, sizeof(value)));
}

bool chain_read_on(int fd, uint64_t from, uint64_t to, const struct audit_crypto *crypto,
                   struct slice key, struct chain_point *point)
{
    char space[LINE_MAX_LEN];
    bool is_first = from == 0 && point->sequence == 0;
    while (from < to) {
        struct slice line = read_line(fd, from, to, space);
        struct chain_line parts;
        if (line.len == 0 || !chain_split(line, &parts) ||
            (is_first && !chain_read_link(line, point)) || !fits(crypto, key, point, &parts))
            return false;
        chain_advance(crypto, point, line, &parts);
        is_first = false;
        from += line.len;
    }
    return true;
}

// Whether `line` is `record` (with brace and newline) sealed.
static bool is_sealed(struct slice line, struct slice record)
{
    struct chain_line parts;
    return record.len > 2 && chain_split(line, &parts) &&
           slice_eq(parts.record, slice_first(record, record.len - 2));
}

size_t chain_compare(int fd, uint64_t offset, struct slice text, uint64_t *file_len)
{
    char space[LINE_MAX_LEN];
    size_t at = 0;
    *file_len = 0;
    while (at < text.len) {
        struct slice rest = slice_from(text, at);
        size_t len = slice_index(rest, '\n') + 1;
        struct slice line = read_line(fd, offset + *file_len, UINT64_MAX, space);
        if (len > rest.len || !is_sealed(line, slice_first(rest, len)))
            return at;
        at += len;
        *file_len += line.len;
    }
    return at;
}
