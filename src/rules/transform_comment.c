// SPDX-License-Identifier: Apache-2.0
// Comments of C, SQL and HTML, which attackers put between the letters of a word.
#include "rules/transform_internal.h"

// A comment of C and SQL becomes one blank; one that does not end takes the rest with it.
struct slice transform_replace_comments(struct slice in, char *out)
{
    size_t i = slice_find(in, SLICE("/*"));
    if (i == in.len)
        return in;
    size_t len = 0;
    while (i < in.len) {
        memcpy(out + len, in.ptr, i);
        len += i;
        out[len++] = ' ';
        in = slice_from(in, i + 2);
        in = slice_from(in, slice_find(in, SLICE("*/")) + 2);
        i = slice_find(in, SLICE("/*"));
    }
    if (in.len > 0)
        memcpy(out + len, in.ptr, in.len);
    return slice_of(out, len + in.len);
}

// Where a mark of a comment may begin.
static size_t next_mark(struct slice in, size_t i)
{
    while (i < in.len && in.ptr[i] != '/' && in.ptr[i] != '*' && in.ptr[i] != '<' &&
           in.ptr[i] != '-' && in.ptr[i] != '#')
        i++;
    return i;
}

// Length of the comment at the start of `in`; 0 when there is none. What does not end goes to the
// end, and so do "--" and "#".
static size_t comment_length(struct slice in, bool *is_open)
{
    bool is_html = slice_begins(in, SLICE("<!--"));
    if (slice_begins(in, SLICE("--")) || slice_begins(in, SLICE("#")))
        return in.len;
    if (!is_html && !slice_begins(in, SLICE("/*")))
        return 0;
    // Either end closes either kind.
    size_t start = is_html ? 4 : 2;
    for (size_t i = start; i < in.len; i++) {
        struct slice rest = slice_from(in, i);
        if (slice_begins(rest, SLICE("*/")))
            return i + 2;
        if (slice_begins(rest, SLICE("-->")))
            return i + 3;
    }
    *is_open = true;
    return in.len;
}

struct slice transform_remove_comments(struct slice in, char *out)
{
    size_t len = 0;
    bool is_open = false;
    for (size_t i = 0; i < in.len;) {
        size_t mark = next_mark(in, i);
        memcpy(out + len, in.ptr + i, mark - i);
        len += mark - i;
        i = mark;
        size_t skipped = comment_length(slice_from(in, i), &is_open);
        if (skipped == 0 && i < in.len)
            out[len++] = in.ptr[i++];
        i += skipped;
    }
    if (is_open) // keeps what stood before apart from what may be put behind
        out[len++] = ' ';
    return len == in.len && !is_open ? in : slice_of(out, len);
}

static size_t mark_length(struct slice in)
{
    static const struct slice marks[] = {SLICE_INIT("<!--"), SLICE_INIT("-->"), SLICE_INIT("/*"),
                                         SLICE_INIT("*/"),   SLICE_INIT("--"),  SLICE_INIT("#")};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (slice_begins(in, marks[i]))
            return marks[i].len;
    }
    return 0;
}

struct slice transform_remove_comments_char(struct slice in, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len;) {
        size_t mark = next_mark(in, i);
        memcpy(out + len, in.ptr + i, mark - i);
        len += mark - i;
        i = mark;
        size_t skipped = mark_length(slice_from(in, i));
        if (skipped == 0 && i < in.len)
            out[len++] = in.ptr[i++];
        i += skipped;
    }
    return len == in.len ? in : slice_of(out, len);
}
