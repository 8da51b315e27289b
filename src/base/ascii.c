// SPDX-License-Identifier: Apache-2.0
// Comparisons without regard to case touch A to Z alone; every other byte is compared as it is.
#include "base/ascii.h"

static bool is_same_word(const char *a, const char *b)
{
    return ascii_lower_word(ascii_load_word(a)) == ascii_lower_word(ascii_load_word(b));
}

bool ascii_eq_nocase(struct slice a, struct slice b)
{
    const size_t step = sizeof(uint64_t);
    size_t at = 0;
    if (a.len != b.len)
        return false;
    for (; a.len - at >= step; at += step) {
        if (!is_same_word(a.ptr + at, b.ptr + at))
            return false;
    }
    if (at > 0) // the last word overlaps the one before
        return at == a.len || is_same_word(a.ptr + a.len - step, b.ptr + a.len - step);
    while (at < a.len && ascii_lower(a.ptr[at]) == ascii_lower(b.ptr[at]))
        at++;
    return at == a.len;
}

bool ascii_begins_nocase(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && ascii_eq_nocase(slice_first(s, prefix.len), prefix);
}

bool ascii_ends_nocase(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len && ascii_eq_nocase(slice_from(s, s.len - suffix.len), suffix);
}

void ascii_lower_copy(char *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        out[i] = ascii_lower(s.ptr[i]);
}

void ascii_hide_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (ascii_is_control(text[i]))
            text[i] = '?';
    }
}
