// SPDX-License-Identifier: Apache-2.0
// Paths as a file system reads them.
#include "rules/transform_internal.h"

// Takes the last segment off out[0..*len), which is empty or ends in '/'. False when there is none
// to take.
static bool climb(const char *out, size_t *len, size_t floor)
{
    size_t start = *len;
    if (start <= floor)
        return false;
    start--;
    while (start > floor && out[start - 1] != '/')
        start--;
    if (slice_eq(slice_of(out + start, *len - start), SLICE("../")))
        return false;
    *len = start;
    return true;
}

// Collapses slashes, drops "." segments and resolves "..". An absolute path cannot climb above its
// root; a relative one keeps the ".." it has no segment for, so that climbing stays visible. There
// is a slash at the end only if there was one.
struct slice transform_normalize_path(struct slice in, char *out)
{
    if (slice_find(in, SLICE("./")) == in.len && slice_find(in, SLICE("//")) == in.len &&
        !slice_ends(in, SLICE(".")))
        return in;
    size_t floor = slice_begins(in, SLICE("/")) ? 1 : 0;
    size_t len = floor;
    memcpy(out, in.ptr, floor);
    for (struct slice rest = in; rest.len > 0;) {
        size_t segment = slice_index(rest, '/');
        struct slice name = slice_first(rest, segment);
        bool has_slash = segment < rest.len;
        rest = slice_from(rest, segment + 1);
        if (name.len == 0 || slice_eq(name, SLICE(".")))
            continue;
        if (slice_eq(name, SLICE("..")) && (climb(out, &len, floor) || floor == 1))
            continue;
        memcpy(out + len, name.ptr, name.len);
        len += name.len;
        if (has_slash)
            out[len++] = '/';
    }
    if (len > floor && out[len - 1] == '/' && !slice_ends(in, SLICE("/")))
        len--;
    return len == in.len ? in : slice_of(out, len);
}

struct slice transform_normalize_path_win(struct slice in, char *out)
{
    size_t i = slice_index(in, '\\');
    if (i == in.len)
        return transform_normalize_path(in, out);
    // In the upper part of the room, where the result never gets: it is no longer than the value.
    char *turned = out + in.len;
    memcpy(turned, in.ptr, in.len);
    for (; i < in.len; i++)
        turned[i] = turned[i] == '\\' ? '/' : turned[i];
    return transform_normalize_path(slice_of(turned, in.len), out);
}
