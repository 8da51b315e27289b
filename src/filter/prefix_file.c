// SPDX-License-Identifier: Apache-2.0
// A list that is half read is a hole nobody sees, so every line must be understood, and a file that
// is not a list (a database, an error page saved by a download) is refused without a flood of
// complaints.
#include "filter/prefix_file.h"

#include <string.h>

#include "base/addr.h"
#include "base/problems.h"

enum { SHOWN_MAX = 60 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice trim(struct slice s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = slice_from(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static enum prefix_word read_range(struct slice first, struct slice last, enum prefix_action action,
                                   struct prefix_list *l)
{
    struct addr a, b;
    if (!addr_parse(first, &a) || !addr_parse(last, &b))
        return PREFIX_WORD_BAD;
    if (addr_is_v4(&a) != addr_is_v4(&b) || memcmp(a.bytes, b.bytes, sizeof(a.bytes)) > 0)
        return PREFIX_WORD_BACKWARDS;
    return prefix_list_add_range(l, &a, &b, action) ? PREFIX_WORD_GOOD : PREFIX_WORD_NO_ROOM;
}

enum prefix_word prefix_word_read(struct slice word, enum prefix_action action,
                                  struct prefix_list *l)
{
    struct addr_prefix p;
    if (addr_parse_prefix(word, true, &p))
        return prefix_list_add(l, &p, action) ? PREFIX_WORD_GOOD : PREFIX_WORD_NO_ROOM;
    size_t dash = slice_index(word, '-');
    if (dash == word.len)
        return PREFIX_WORD_BAD;
    return read_range(trim(slice_first(word, dash)), trim(slice_from(word, dash + 1)), action, l);
}

static struct slice without_comment(struct slice line)
{
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    line = slice_first(line, slice_index(line, '#'));
    return trim(slice_first(line, slice_index(line, ';')));
}

static void complain(const char *name, unsigned line, struct slice word, enum prefix_word what,
                     struct problems *problems)
{
    int shown = (int)slice_first(word, SHOWN_MAX).len;
    if (what == PREFIX_WORD_BAD)
        problems_add_at(problems, name, line, 0, "\"%.*s\" is no address, prefix or range", shown,
                        word.ptr);
    else
        problems_add_at(
            problems, name, line, 0,
            "the range \"%.*s\" does not run from a lower to a higher address of one family", shown,
            word.ptr);
}

void prefix_file_read(const char *name, struct slice text, enum prefix_action action,
                      struct prefix_list *l, struct problems *problems)
{
    size_t bad = 0;
    unsigned number = 0;
    while (text.len) {
        size_t end = slice_index(text, '\n');
        struct slice word = without_comment(slice_first(text, end));
        text = slice_from(text, end + 1);
        number++;
        if (word.len == 0)
            continue;
        enum prefix_word what = prefix_word_read(word, action, l);
        if (what == PREFIX_WORD_GOOD)
            continue;
        if (what == PREFIX_WORD_NO_ROOM) {
            problems_add_at(problems, name, number, 0, "no memory for more than %zu prefixes",
                            l->count);
            return;
        }
        if (bad++ < PREFIX_FILE_COMPLAINTS)
            complain(name, number, word, what, problems);
    }
    if (bad > PREFIX_FILE_COMPLAINTS)
        problems_add_at(problems, name, 0, 0, "and %zu more lines like that",
                        bad - PREFIX_FILE_COMPLAINTS);
}
