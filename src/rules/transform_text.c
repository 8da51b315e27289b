// SPDX-License-Identifier: Apache-2.0
// Letters, blanks and NUL octets; and what a shell ignores.
#include "rules/transform_internal.h"

struct slice transform_lowercase(struct slice in, char *out)
{
    size_t i = 0;
    while (i < in.len && !(in.ptr[i] >= 'A' && in.ptr[i] <= 'Z'))
        i++;
    if (i == in.len)
        return in;
    ascii_lower_copy(out, in);
    return slice_of(out, in.len);
}

struct slice transform_uppercase(struct slice in, char *out)
{
    size_t i = 0;
    while (i < in.len && !(in.ptr[i] >= 'a' && in.ptr[i] <= 'z'))
        i++;
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, in.len);
    for (; i < in.len; i++) {
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] & ~0x20);
    }
    return slice_of(out, in.len);
}

// The no-break space of Latin-1 is a blank to MySQL, so it counts as one here.
static bool is_blank(char c)
{
    return transform_is_space(c) || c == '\xa0';
}

struct slice transform_compress_whitespace(struct slice in, char *out)
{
    size_t i = 0;
    while (i < in.len && (!is_blank(in.ptr[i]) ||
                          (in.ptr[i] == ' ' && !(i + 1 < in.len && is_blank(in.ptr[i + 1])))))
        i++;
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    size_t len = i;
    for (; i < in.len; i++) {
        if (!is_blank(in.ptr[i]))
            out[len++] = in.ptr[i];
        else if (len == 0 || out[len - 1] != ' ')
            out[len++] = ' ';
    }
    return slice_of(out, len);
}

static struct slice remove_if(struct slice in, char *out, bool (*is_unwanted)(char))
{
    size_t i = 0;
    while (i < in.len && !is_unwanted(in.ptr[i]))
        i++;
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    size_t len = i;
    for (; i < in.len; i++) {
        if (!is_unwanted(in.ptr[i]))
            out[len++] = in.ptr[i];
    }
    return slice_of(out, len);
}

struct slice transform_remove_whitespace(struct slice in, char *out)
{
    return remove_if(in, out, is_blank);
}

struct slice transform_trim_left(struct slice in, char *out)
{
    size_t i = 0;
    (void)out;
    while (i < in.len && transform_is_space(in.ptr[i]))
        i++;
    return slice_from(in, i);
}

struct slice transform_trim_right(struct slice in, char *out)
{
    (void)out;
    while (in.len > 0 && transform_is_space(in.ptr[in.len - 1]))
        in.len--;
    return in;
}

struct slice transform_trim(struct slice in, char *out)
{
    return transform_trim_left(transform_trim_right(in, out), out);
}

static bool is_null(char c)
{
    return c == '\0';
}

struct slice transform_remove_nulls(struct slice in, char *out)
{
    return slice_index(in, '\0') == in.len ? in : remove_if(in, out, is_null);
}

struct slice transform_replace_nulls(struct slice in, char *out)
{
    size_t i = slice_index(in, '\0');
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, in.len);
    for (; i < in.len; i++)
        out[i] = out[i] ? out[i] : ' ';
    return slice_of(out, in.len);
}

static bool is_quoting(char c)
{
    return c == '\\' || c == '"' || c == '\'' || c == '^';
}

static bool is_separating(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';';
}

// What a shell reads out of c^a't /etc/"passwd" : quoting octets go, comma and semicolon count as
// blanks, blanks are compressed and dropped before '/' and '(', letters become lower case.
struct slice transform_command_line(struct slice in, char *out)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        if (is_quoting(c)) {
            changed = true;
            continue;
        }
        char kept = is_separating(c) ? ' ' : ascii_lower(c);
        if (len > 0 && out[len - 1] == ' ') {
            bool is_joined = kept == ' ' || kept == '/' || kept == '(';
            changed |= is_joined;
            len -= is_joined;
        }
        changed |= kept != c;
        out[len++] = kept;
    }
    return changed ? slice_of(out, len) : in;
}
