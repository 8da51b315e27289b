// SPDX-License-Identifier: Apache-2.0
// What a shell drops while it reads a line, so that w'h'o$@am\i and cat${IFS}/etc/passwd become the
// words that it runs. Unlike command_line, what separates commands stays: ; & | and line ends.
#include "rules/transform_internal.h"

enum { NAME_MAX_LEN = 32 }; // longer names in ${...} are no disguise

static bool is_name_octet(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

static size_t name_length(struct slice in)
{
    size_t len = 0;
    while (len < in.len && len < NAME_MAX_LEN && is_name_octet(in.ptr[len]))
        len++;
    return len;
}

// ${IFS}, also with a cut as in ${IFS%??}, is a blank; ${NAME} of another variable is taken for
// one that is empty. What does something to it, as ${PATH:0:1}, stays.
static size_t braced_length(struct slice in, bool *is_blank)
{
    struct slice inner = slice_from(in, 2);
    size_t len = name_length(inner);
    *is_blank = ascii_eq_nocase(slice_first(inner, len), SLICE("ifs"));
    while (*is_blank && len < inner.len && len < NAME_MAX_LEN && inner.ptr[len] != '}')
        len++;
    if (len == 0 && inner.len > 0 && (inner.ptr[0] == '@' || inner.ptr[0] == '*'))
        len = 1;
    return len > 0 && len < inner.len && inner.ptr[len] == '}' ? len + 3 : 0;
}

// Length of an expansion at the start of `in` that comes to nothing or to a blank; 0: none.
static size_t expansion_length(struct slice in, bool *is_blank)
{
    if (in.len < 2 || in.ptr[0] != '$')
        return 0;
    char next = in.ptr[1];
    if (next == '{')
        return braced_length(in, is_blank);
    if (next == '@' || next == '*' || ascii_is_digit(next))
        return 2;
    if (next == '\'' || next == '"')
        return 1;
    if (slice_begins(in, SLICE("$()")))
        return 3;
    struct slice name = slice_first(slice_from(in, 1), name_length(slice_from(in, 1)));
    *is_blank = ascii_eq_nocase(name, SLICE("ifs"));
    return *is_blank || name.len == 1 ? name.len + 1 : 0;
}

static size_t dropped_length(struct slice in, bool *is_blank)
{
    char c = in.ptr[0];
    if (c == '\\')
        return in.len > 1 && in.ptr[1] == '\n' ? 2 : 1;
    if (c == '\'' || c == '"' || c == '^')
        return 1;
    if (c == '`')
        return in.len > 1 && in.ptr[1] == '`' ? 2 : 0;
    return expansion_length(in, is_blank);
}

struct slice transform_shell_unquote(struct slice in, char *out)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < in.len;) {
        bool is_blank = in.ptr[i] == ' ' || in.ptr[i] == '\t';
        size_t dropped = is_blank ? 1 : dropped_length(slice_from(in, i), &is_blank);
        if (dropped == 0) {
            out[len] = ascii_lower(in.ptr[i++]);
            changed |= out[len] != in.ptr[i - 1];
            len++;
            continue;
        }
        changed |= dropped > 1 || in.ptr[i] != ' ' || (len > 0 && out[len - 1] == ' ');
        i += dropped;
        if (is_blank && (len == 0 || out[len - 1] != ' '))
            out[len++] = ' ';
    }
    return changed ? slice_of(out, len) : in;
}
