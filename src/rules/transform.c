// SPDX-License-Identifier: Apache-2.0
// Transforms undo the spellings that attacks hide behind. Most values need none of them: each
// begins with the search for the first octet it would change and gives the value back untouched
// when there is none, so that nothing is copied.
#include "rules/transform.h"

#include <string.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"
#include "http/uri.h"
#include "rules/entity.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice url_decode(struct slice in, char *out)
{
    if (slice_index(in, '%') == in.len && slice_index(in, '+') == in.len)
        return in;
    return slice_of(out, http_percent_decode(in, true, out));
}

static struct slice lowercase(struct slice in, char *out)
{
    size_t i = 0;
    while (i < in.len && !(in.ptr[i] >= 'A' && in.ptr[i] <= 'Z'))
        i++;
    if (i == in.len)
        return in;
    ascii_lower_copy(out, in);
    return slice_of(out, in.len);
}

// Each run of blanks, tabs and line ends becomes one blank.
static struct slice compress_whitespace(struct slice in, char *out)
{
    size_t i = 0;
    while (i < in.len && (!is_space(in.ptr[i]) ||
                          (in.ptr[i] == ' ' && !(i + 1 < in.len && is_space(in.ptr[i + 1])))))
        i++;
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    size_t len = i;
    for (; i < in.len; i++) {
        if (!is_space(in.ptr[i]))
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

static struct slice remove_whitespace(struct slice in, char *out)
{
    return remove_if(in, out, is_space);
}

static bool is_null(char c)
{
    return c == '\0';
}

static struct slice remove_nulls(struct slice in, char *out)
{
    return slice_index(in, '\0') == in.len ? in : remove_if(in, out, is_null);
}

static struct slice html_entity_decode(struct slice in, char *out)
{
    size_t i = slice_index(in, '&');
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    size_t len = i;
    bool changed = false;
    while (i < in.len) {
        uint32_t code;
        size_t used = in.ptr[i] == '&' ? rules_entity(slice_from(in, i), &code) : 0;
        size_t written = used ? utf8_encode(code, out + len) : 0;
        if (written == 0) {
            out[len++] = in.ptr[i++];
            continue;
        }
        changed = true;
        len += written;
        i += used;
    }
    return changed ? slice_of(out, len) : in;
}

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

// Collapses slashes, drops "." segments and resolves "..", as a file system would. An absolute path
// cannot climb above its root; a relative one keeps the ".." it has no segment for, so that
// climbing stays visible.
static struct slice normalize_path(struct slice in, char *out)
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
    return len == in.len ? in : slice_of(out, len);
}

// A comment of C and SQL becomes one blank; one that does not end takes the rest with it.
static struct slice replace_comments(struct slice in, char *out)
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

static bool is_shell_noise(char c)
{
    return c == '\\' || c == '"' || c == '\'' || c == '^';
}

// What a shell reads out of c^a't /etc/"passwd" : quoting octets go, comma and semicolon count as
// blanks, blanks are compressed and dropped before '/' and '(', letters become lower case.
static struct slice command_line(struct slice in, char *out)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        if (is_shell_noise(c)) {
            changed = true;
            continue;
        }
        char kept = is_space(c) || c == ',' || c == ';' ? ' ' : ascii_lower(c);
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

static struct slice length(struct slice in, char *out)
{
    return slice_of(out, num_write_decimal(out, in.len));
}

static const char *const words[] = {
#define X(name, word, function) word,
    RULES_TRANSFORMS(X)
#undef X
        NULL,
};

const char *const *rules_transform_words(void)
{
    return words;
}

struct slice rules_transform(enum rules_transform t, struct slice in, char *out)
{
    static struct slice (*const functions[])(struct slice, char *) = {
#define X(name, word, function) function,
        RULES_TRANSFORMS(X)
#undef X
    };
    return functions[t](in, out);
}
