// SPDX-License-Identifier: Apache-2.0
// The line is checked as a whole first, so the walk needs no doubts. A path that becomes too long
// is cut, and so fits nobody's question.
#include "audit/fields.h"

#include <string.h>

#include "base/json_scan.h"

enum { PATH_MAX_LEN = 256 };

struct walk {
    const char *text;
    char path[PATH_MAX_LEN];
    size_t len;
    fields_fn *on_field;
    void *ctx;
};

static void lengthen(struct walk *w, struct slice part)
{
    if (part.len > sizeof(w->path) - w->len)
        part.len = sizeof(w->path) - w->len;
    memcpy(w->path + w->len, part.ptr, part.len);
    w->len += part.len;
}

static size_t walk_value(struct walk *w, size_t at);

// Behind the members of the object whose first one, or brace, is at `at`.
static size_t walk_members(struct walk *w, size_t at)
{
    size_t outer = w->len, decoded;
    for (at = json_skip_blanks(w->text, at); w->text[at] != '}';) {
        if (w->text[at] == ',')
            at = json_skip_blanks(w->text, at + 1);
        size_t end = json_skip_string(w->text, at, &decoded);
        if (outer)
            lengthen(w, SLICE("."));
        lengthen(w, slice_of(w->text + at + 1, end - at - 2));
        at = json_skip_blanks(w->text, end) + 1; // behind the colon
        at = json_skip_blanks(w->text, walk_value(w, json_skip_blanks(w->text, at)));
        w->len = outer;
    }
    return at + 1;
}

static size_t walk_elements(struct walk *w, size_t at)
{
    size_t outer = w->len;
    lengthen(w, SLICE("[]"));
    for (at = json_skip_blanks(w->text, at); w->text[at] != ']';) {
        if (w->text[at] == ',')
            at = json_skip_blanks(w->text, at + 1);
        at = json_skip_blanks(w->text, walk_value(w, at));
    }
    w->len = outer;
    return at + 1;
}

// The depth is bounded by json_scan.
static size_t walk_value(struct walk *w, size_t at)
{
    size_t end, decoded;
    char first = w->text[at];
    if (first == '{')
        return walk_members(w, at + 1);
    if (first == '[')
        return walk_elements(w, at + 1);
    if (first == '"') {
        end = json_skip_string(w->text, at, &decoded);
        w->on_field(w->ctx, slice_of(w->path, w->len), slice_of(w->text + at + 1, end - at - 2));
        return end;
    }
    end = json_skip_word(w->text, at);
    w->on_field(w->ctx, slice_of(w->path, w->len), slice_of(w->text + at, end - at));
    return end;
}

bool fields_walk(char *line, size_t len, fields_fn *on_field, void *ctx)
{
    struct json_fault fault;
    struct walk w = {.text = line, .on_field = on_field, .ctx = ctx};
    if (!json_scan(line, len, &fault))
        return false;
    size_t at = json_skip_blanks(line, 0);
    if (line[at] != '{')
        return false;
    (void)walk_members(&w, at + 1);
    return true;
}
