// SPDX-License-Identifier: Apache-2.0
// Comparisons without regard to case touch A to Z alone; every other byte is compared as it is.
#include "base/ascii.h"

bool ascii_eq_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    }
    return true;
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
