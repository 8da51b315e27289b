// SPDX-License-Identifier: Apache-2.0
// Lines are joined before anything else is looked at: a comment that ends in a backslash goes on,
// as it does in Apache.
#include "seclang/text.h"

#include "base/arena.h"

void seclang_lines_init(struct seclang_lines *l, struct slice text)
{
    *l = (struct seclang_lines){.rest = text, .next = 1};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\n';
}

struct slice seclang_trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = slice_from(text, 1);
    return text;
}

// The next physical line; *goes_on when a backslash ends it, which is then not part of it.
static struct slice physical(struct seclang_lines *l, bool *goes_on)
{
    size_t end = slice_index(l->rest, '\n');
    struct slice line = slice_first(l->rest, end);
    l->rest = slice_from(l->rest, end + 1);
    l->next++;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    *goes_on = line.len > 0 && line.ptr[line.len - 1] == '\\';
    if (*goes_on)
        line.len--;
    return line;
}

// The logical line that begins at l->rest.
static bool join(struct seclang_lines *l, struct arena *arena, struct slice *line)
{
    struct seclang_lines ahead = *l;
    bool goes_on;
    size_t len = 0;
    *line = physical(l, &goes_on);
    if (!goes_on)
        return true;
    do {
        len += physical(&ahead, &goes_on).len;
    } while (goes_on && ahead.rest.len > 0);
    char *text = arena_alloc(arena, len + 1);
    if (!text)
        return false;
    struct slice part = *line;
    size_t at = 0;
    for (goes_on = true;; part = physical(l, &goes_on)) {
        if (part.len)
            memcpy(text + at, part.ptr, part.len);
        at += part.len;
        if (!goes_on || l->rest.len == 0)
            break;
    }
    *line = slice_of(text, at);
    return true;
}

bool seclang_lines_next(struct seclang_lines *l, struct arena *arena, struct slice *line,
                        unsigned *number)
{
    while (l->rest.len > 0) {
        *number = l->next;
        if (!join(l, arena, line))
            return false;
        *line = seclang_trim(*line);
        if (line->len > 0 && line->ptr[0] != '#')
            return true;
    }
    return false;
}

// Copies a word up to `end`, taking off the backslashes that protect.
static bool unescape(struct arena *arena, struct slice raw, char quote, struct slice *word)
{
    char *text = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    if (!text)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] == '\\' && i + 1 < raw.len &&
            (raw.ptr[i + 1] == '\\' || (quote && raw.ptr[i + 1] == quote)))
            i++;
        text[len++] = raw.ptr[i];
    }
    text[len] = '\0';
    *word = slice_of(text, len);
    return true;
}

bool seclang_take_word(struct slice *rest, struct arena *arena, struct slice *word)
{
    *rest = seclang_trim(*rest);
    if (rest->len == 0)
        return false;
    char quote = rest->ptr[0] == '"' || rest->ptr[0] == '\'' ? rest->ptr[0] : '\0';
    size_t from = quote ? 1 : 0, end = from;
    while (end < rest->len && (quote ? rest->ptr[end] != quote : !is_blank(rest->ptr[end])))
        end += rest->ptr[end] == '\\' && end + 1 < rest->len && quote &&
                       (rest->ptr[end + 1] == quote || rest->ptr[end + 1] == '\\')
                   ? 2
                   : 1;
    struct slice raw = slice_of(rest->ptr + from, end - from);
    *rest = slice_from(*rest, end + (quote ? 1 : 0));
    return unescape(arena, raw, quote, word);
}
