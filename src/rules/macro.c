// SPDX-License-Identifier: Apache-2.0
// A macro is cut into parts once: text, then the first value of a target. Text that is constant
// after all becomes one piece without parts.
#include "rules/macro.h"

#include <string.h>

#include "base/arena.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/program.h"
#include "rules/run.h"
#include "rules/state.h"
#include "rules/vars.h"

enum { PARTS_MAX = 32, FOLDED_MAX = 64 * 1024, WHY_MAX = 256 };

// Text under way: what is known grows in `room`, parts are closed by targets.
struct draft {
    struct rules_loader *l;
    const struct json *at;
    char *room;
    size_t len, part_from;
    struct rules_macro_part parts[PARTS_MAX];
    size_t part_count;
};

static char *room_of(struct rules_loader *l)
{
    if (!l->macro_room)
        l->macro_room = rules_loader_take(l, FOLDED_MAX, 1);
    return l->macro_room;
}

static bool put(struct draft *d, struct slice text)
{
    if (text.len > FOLDED_MAX - d->len) {
        rules_loader_problem(d->l, d->at, "the text is longer than %d octets", FOLDED_MAX);
        return false;
    }
    if (text.len)
        memcpy(d->room + d->len, text.ptr, text.len);
    d->len += text.len;
    return true;
}

// The variable that "vars.NAME" names, or RULES_VAR_NONE.
static uint32_t named_var(struct rules_loader *l, struct slice word)
{
    if (!slice_begins(word, SLICE("vars.")) || slice_eq(word, SLICE("vars.names")))
        return RULES_VAR_NONE;
    return rules_vars_slot(l, slice_from(word, strlen("vars.")));
}

static bool close_part(struct draft *d, const uint32_t *selectors, size_t count)
{
    if (d->part_count == PARTS_MAX) {
        rules_loader_problem(d->l, d->at, "a text has at most %d macros", PARTS_MAX);
        return false;
    }
    d->parts[d->part_count++] =
        (struct rules_macro_part){.text = slice_of(d->room + d->part_from, d->len - d->part_from),
                                  .selectors = selectors,
                                  .selector_count = count};
    d->part_from = d->len;
    return true;
}

static bool put_target(struct draft *d, struct slice word)
{
    char why[WHY_MAX];
    struct rules_target targets[RULES_TARGETS_OF_WORD];
    size_t count = rules_target_parse(word, targets, why, sizeof why);
    if (count == 0) {
        rules_loader_problem(d->l, d->at, "%%{...}: %s", why);
        return false;
    }
    if (targets[0].is_count || targets[0].is_taken_out) {
        rules_loader_problem(d->l, d->at, "%%{...} stands for a value: no \"!\" and no \"count:\"");
        return false;
    }
    uint32_t *selectors = rules_loader_take(d->l, count, sizeof *selectors);
    for (size_t i = 0; selectors && i < count; i++) {
        if (!rules_loader_selector(d->l, d->at, &targets[i], &selectors[i]))
            return false;
    }
    return selectors && close_part(d, selectors, count);
}

static bool put_macro(struct draft *d, struct slice word)
{
    struct slice value;
    uint32_t slot = named_var(d->l, word);
    if (slot != RULES_VAR_NONE && rules_vars_is_constant(d->l, slot, &value))
        return put(d, value);
    return put_target(d, word);
}

static bool cut(struct draft *d, struct slice text)
{
    while (text.len > 0) {
        size_t at = slice_find(text, SLICE("%{"));
        bool is_quoted = at > 0 && at < text.len && text.ptr[at - 1] == '%';
        if (!put(d, slice_first(text, is_quoted ? at - 1 : at)))
            return false;
        text = slice_from(text, at);
        if (text.len == 0)
            break;
        size_t end = slice_index(text, '}');
        if (is_quoted) {
            if (!put(d, slice_first(text, 2)))
                return false;
            text = slice_from(text, 2);
            continue;
        }
        if (end == text.len) {
            rules_loader_problem(d->l, d->at, "a \"%%{\" has no end; write \"%%%%{\" for itself");
            return false;
        }
        if (!put_macro(d, slice_of(text.ptr + 2, end - 2)))
            return false;
        text = slice_from(text, end + 1);
    }
    return true;
}

// What lies in the loader's room moves to the program's memory.
static char *settle(struct draft *d)
{
    char *text = rules_loader_take(d->l, d->len + 1, 1);
    if (text)
        memcpy(text, d->room, d->len);
    for (size_t i = 0; text && i < d->part_count; i++)
        d->parts[i].text.ptr = text + (d->parts[i].text.ptr - d->room);
    return text;
}

bool rules_macro_load(struct rules_loader *l, const struct json *at, struct slice text,
                      struct rules_macro *out)
{
    *out = (struct rules_macro){.text = text};
    if (slice_find(text, SLICE("%{")) == text.len)
        return true;
    struct draft d = {.l = l, .at = at, .room = room_of(l)};
    if (!d.room || !cut(&d, text))
        return false;
    char *kept = settle(&d);
    if (!kept)
        return false;
    *out = (struct rules_macro){.text = slice_of(kept, d.len)};
    if (d.part_count == 0)
        return true;
    struct rules_macro_part *parts = rules_loader_take(l, d.part_count + 1, sizeof *parts);
    if (!parts)
        return false;
    memcpy(parts, d.parts, d.part_count * sizeof *parts);
    out->part_count = d.part_count;
    if (d.len > d.part_from)
        parts[out->part_count++].text = slice_of(kept + d.part_from, d.len - d.part_from);
    out->parts = parts;
    return true;
}

bool rules_macro_fold(struct rules_loader *l, const struct json *at, struct slice text,
                      struct slice *out)
{
    *out = text;
    if (slice_find(text, SLICE("%{vars.")) == text.len)
        return true;
    struct draft d = {.l = l, .at = at, .room = room_of(l)};
    while (d.room && text.len > 0) {
        size_t start = slice_find(text, SLICE("%{vars."));
        if (!put(&d, slice_first(text, start)))
            return false;
        text = slice_from(text, start);
        if (text.len == 0)
            break;
        struct slice value;
        size_t end = slice_index(text, '}');
        uint32_t slot = named_var(l, slice_of(text.ptr + 2, end - 2));
        if (slot == RULES_VAR_NONE || !rules_vars_is_constant(l, slot, &value)) {
            rules_loader_problem(l, at, "only variables that no rule sets can stand in a regex");
            return false;
        }
        if (!put(&d, value))
            return false;
        text = slice_from(text, end + 1);
    }
    char *kept = d.room ? settle(&d) : NULL;
    *out = slice_of(kept, d.len);
    return kept != NULL;
}

struct slice rules_macro_text(struct rules_run *run, const struct rules_macro *m)
{
    if (m->part_count == 0)
        return m->text;
    struct slice pieces[2 * (PARTS_MAX + 1)];
    size_t count = 0, len = 0;
    for (size_t i = 0; i < m->part_count; i++) {
        pieces[count++] = m->parts[i].text;
        if (m->parts[i].selector_count > 0)
            pieces[count++] =
                rules_first_value(run, m->parts[i].selectors, m->parts[i].selector_count);
    }
    for (size_t i = 0; i < count; i++)
        len += pieces[i].len;
    size_t room = len < RULES_VAR_VALUE_MAX ? len : RULES_VAR_VALUE_MAX;
    char *text = arena_alloc(&run->decoded, room + 1);
    size_t at = 0;
    for (size_t i = 0; text && i < count; i++) {
        struct slice piece = slice_first(pieces[i], room - at);
        if (piece.len)
            memcpy(text + at, piece.ptr, piece.len);
        at += piece.len;
    }
    if (!text)
        run->undecided = "out-of-memory";
    return text ? slice_of(text, at) : (struct slice){0};
}
