// SPDX-License-Identifier: Apache-2.0
// Lists stand in the output itself, so that it is one file that can be moved.
#include "seclang/phrases.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/file.h"
#include "rules/operator.h"
#include "seclang/target.h"
#include "seclang/text.h"

enum { LIST_FILE_MAX = 4 * 1024 * 1024 };

// Octets of "41 42" up to the closing bar; false when it is no such thing.
static bool read_hex(struct slice text, char *out, size_t *len, size_t *used)
{
    size_t i = 0;
    *len = 0;
    while (i < text.len && text.ptr[i] != '|') {
        if (text.ptr[i] == ' ') {
            i++;
            continue;
        }
        if (i + 1 >= text.len || ascii_hex(text.ptr[i]) < 0 || ascii_hex(text.ptr[i + 1]) < 0)
            return false;
        out[(*len)++] = (char)(ascii_hex(text.ptr[i]) * 16 + ascii_hex(text.ptr[i + 1]));
        i += 2;
    }
    *used = i + 1;
    return i<text.len && * len> 0;
}

// Takes the next word of *rest: up to a blank, or the whole line; |41 42| stands for octets.
static bool take_phrase(struct slice *rest, bool is_line, char *out, size_t *len)
{
    *len = 0;
    *rest = seclang_trim(*rest);
    while (rest->len > 0 && (is_line || (rest->ptr[0] != ' ' && rest->ptr[0] != '\t'))) {
        size_t octets, used;
        if (rest->ptr[0] == '|' && read_hex(slice_from(*rest, 1), out + *len, &octets, &used)) {
            *len += octets;
            *rest = slice_from(*rest, used + 1);
            continue;
        }
        out[(*len)++] = rest->ptr[0];
        *rest = slice_from(*rest, 1);
    }
    return *len > 0;
}

static bool write_words(struct seclang_set *s, struct slice text, bool by_line,
                        struct seclang_out *out, char *why)
{
    char *room = seclang_take(s, text.len + 1);
    size_t count = 0, len;
    if (!room) {
        (void)snprintf(why, SECLANG_WHY_MAX, "out of memory");
        return false;
    }
    seclang_out_open(out, '[');
    while (text.len > 0) {
        struct slice line = by_line ? slice_first(text, slice_index(text, '\n')) : text;
        text = by_line ? slice_from(text, line.len + 1) : text;
        struct slice *rest = by_line ? &line : &text;
        if (!take_phrase(rest, by_line, room, &len))
            continue;
        if (!seclang_out_text(out, slice_of(room, len))) {
            (void)snprintf(why, SECLANG_WHY_MAX, "has a word that is no UTF-8");
            return false;
        }
        if (++count > RULES_LIST_MAX) {
            (void)snprintf(why, SECLANG_WHY_MAX, "has more than %d words", RULES_LIST_MAX);
            return false;
        }
    }
    seclang_out_close(out, ']');
    if (count == 0)
        (void)snprintf(why, SECLANG_WHY_MAX, "has no words");
    return count > 0;
}

bool seclang_phrases_write(struct seclang_set *s, struct slice words, struct seclang_out *out,
                           char *why)
{
    return write_words(s, words, false, out, why);
}

static bool read_file(struct seclang_set *s, const struct seclang_place *place, struct slice name,
                      struct slice *out, char *why)
{
    char reason[160], *content = NULL;
    size_t len;
    char *path = s->reads_no_files ? NULL : file_resolve(place->file, name);
    if (!path) {
        (void)snprintf(why, SECLANG_WHY_MAX, "names a file, and none are read");
        return false;
    }
    bool ok = file_read(path, LIST_FILE_MAX, &content, &len, reason, sizeof reason);
    if (ok)
        *out = arena_copy(&s->arena, slice_of(content, len));
    else
        (void)snprintf(why, SECLANG_WHY_MAX, "%.160s: %.80s", path, reason);
    free(content);
    free(path);
    return ok && out->ptr;
}

static void put_lines(struct buf *b, struct slice text)
{
    while (text.len > 0) {
        size_t end = slice_index(text, '\n');
        struct slice line = seclang_trim(slice_first(text, end));
        text = slice_from(text, end + 1);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        buf_slice(b, line);
        buf_char(b, '\n');
    }
}

bool seclang_phrases_read(struct seclang_set *s, const struct seclang_place *place,
                          struct slice names, struct slice *lines, char *why)
{
    struct buf b;
    struct slice name, text;
    bool ok = true;
    buf_new(&b, 2 * LIST_FILE_MAX);
    while (ok && seclang_take_word(&names, &s->arena, &name)) {
        ok = read_file(s, place, name, &text, why);
        if (ok)
            put_lines(&b, text);
    }
    if (ok && b.failed)
        (void)snprintf(why, SECLANG_WHY_MAX, "the lists are too long");
    *lines = ok && !b.failed ? arena_copy(&s->arena, buf_view(&b)) : (struct slice){0};
    ok = ok && !b.failed && (lines->ptr || b.len == 0);
    buf_free(&b);
    return ok;
}

bool seclang_phrases_write_files(struct seclang_set *s, const struct seclang_place *place,
                                 struct slice names, struct seclang_out *out, char *why)
{
    struct slice lines;
    return seclang_phrases_read(s, place, names, &lines, why) &&
           write_words(s, lines, true, out, why);
}
