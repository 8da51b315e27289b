// SPDX-License-Identifier: Apache-2.0
// A macro is a variable written with a dot: it is turned into one and goes the way of variables.
#include "seclang/macro.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "seclang/parse.h"
#include "seclang/settle.h"
#include "seclang/target.h"
#include "seclang/var.h"

enum { TEXT_MAX = 256 * 1024 };

static bool convert_into(struct seclang_set *s, const struct seclang_macro_place *at,
                         struct slice text, unsigned depth, struct buf *out);

// Do all variables of the link have one name? Then the name of a value alone tells which it is.
static bool looks_at_one(const struct seclang_link *link)
{
    const struct seclang_variable *first = NULL;
    for (const struct seclang_variable *v = link->variables; v; v = v->next) {
        if (v->is_taken_out)
            continue;
        if (first && !ascii_eq_nocase(first->name, v->name))
            return false;
        first = v;
    }
    return first && ascii_begins_nocase(first->name, SLICE("ARGS"));
}

// What needs no variable. True when `out` has it.
static bool put_special(struct seclang_set *s, const struct seclang_macro_place *at,
                        struct slice word, unsigned depth, struct buf *out)
{
    if (ascii_eq_nocase(word, SLICE("rule.id"))) {
        buf_str(out, "%{rule.id}");
        return true;
    }
    if (ascii_eq_nocase(word, SLICE("rule.msg"))) {
        const struct seclang_action *msg = seclang_rule_action(at->rule, "msg");
        return !msg || (depth == 0 && convert_into(s, at, msg->value, depth + 1, out));
    }
    if (ascii_eq_nocase(word, SLICE("MATCHED_VAR_NAME")) && at->is_name && looks_at_one(at->link)) {
        buf_str(out, "%{matched.key}");
        return true;
    }
    return false;
}

static bool is_one_value(const struct seclang_target *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct rules_target *p = &t->parsed[i];
        enum rules_collection_kind kind = rules_collection_facts(p->collection)->kind;
        if (p->is_count || (kind != RULES_SINGLE && p->pick == RULES_PICK_ALL))
            return false;
    }
    return true;
}

static bool put_macro(struct seclang_set *s, const struct seclang_macro_place *at,
                      struct slice word, unsigned depth, struct buf *out)
{
    char why[SECLANG_WHY_MAX] = "is more than one value";
    struct seclang_target target;
    if (put_special(s, at, word, depth, out))
        return true;
    size_t dot = slice_index(word, '.');
    struct seclang_variable v = {.name = slice_first(word, dot),
                                 .selector = slice_from(word, dot + 1),
                                 .has_selector = dot < word.len};
    if (seclang_target_find(s, &v, &target, why) && is_one_value(&target)) {
        buf_str(out, "%{");
        buf_slice(out, target.text);
        buf_char(out, '}');
    } else {
        seclang_say(s->report, SECLANG_LOST, &at->link->place, "%%{%.*s} becomes empty: %s",
                    (int)slice_first(word, 60).len, word.ptr, why);
    }
    return !s->has_no_memory;
}

static bool convert_into(struct seclang_set *s, const struct seclang_macro_place *at,
                         struct slice text, unsigned depth, struct buf *out)
{
    while (text.len > 0) {
        size_t start = slice_find(text, SLICE("%{"));
        buf_slice(out, slice_first(text, start));
        text = slice_from(text, start);
        if (text.len == 0)
            break;
        size_t end = slice_index(text, '}');
        if (end == text.len) {
            buf_str(out, "%%{");
            text = slice_from(text, 2);
            continue;
        }
        if (!put_macro(s, at, slice_of(text.ptr + 2, end - 2), depth, out))
            return false;
        text = slice_from(text, end + 1);
    }
    return true;
}

size_t seclang_count_macros(struct slice text)
{
    size_t count = 0;
    for (;;) {
        size_t at = slice_find(text, SLICE("%{"));
        if (at == text.len)
            return count;
        count++;
        text = slice_from(text, at + 2);
    }
}

static bool keep(struct seclang_set *s, struct buf *b, struct slice *out)
{
    *out = b->failed ? (struct slice){0} : arena_copy(&s->arena, buf_view(b));
    bool ok = !b->failed && (out->ptr || b->len == 0);
    s->has_no_memory |= !ok;
    buf_free(b);
    return ok;
}

bool seclang_macro_convert(struct seclang_set *s, const struct seclang_macro_place *at,
                           struct slice text, struct slice *out)
{
    struct buf b;
    *out = text;
    if (!seclang_has_macro(text))
        return true;
    buf_new(&b, TEXT_MAX);
    b.failed |= !convert_into(s, at, text, 0, &b);
    return keep(s, &b, out);
}

static struct slice first_value(const struct seclang_set *s, struct slice name)
{
    const struct seclang_var *v = s->vars;
    while (v && !ascii_eq_nocase(v->name, name))
        v = v->next;
    return v ? v->value : (struct slice){0};
}

bool seclang_macro_fold_pattern(struct seclang_set *s, struct slice pattern, struct slice *out)
{
    struct buf b;
    *out = pattern;
    if (slice_find(pattern, SLICE("%{vars.")) == pattern.len)
        return true;
    buf_new(&b, TEXT_MAX);
    while (pattern.len > 0) {
        size_t start = slice_find(pattern, SLICE("%{vars."));
        buf_slice(&b, slice_first(pattern, start));
        pattern = slice_from(pattern, start);
        if (pattern.len == 0)
            break;
        size_t end = slice_index(pattern, '}');
        buf_slice(&b, first_value(s, slice_from(slice_first(pattern, end), strlen("%{vars."))));
        pattern = slice_from(pattern, end + 1);
    }
    return keep(s, &b, out);
}

static bool is_constant(const struct seclang_set *s, struct slice name)
{
    return seclang_is_level(name) || !seclang_var_is_set(s, name);
}

bool seclang_macro_convert_pattern(struct seclang_set *s, struct slice text, struct slice *out,
                                   char *why)
{
    struct buf b;
    *out = text;
    if (!seclang_has_macro(text))
        return true;
    buf_new(&b, TEXT_MAX);
    while (text.len > 0) {
        size_t start = slice_find(text, SLICE("%{"));
        buf_slice(&b, slice_first(text, start));
        text = slice_from(text, start);
        size_t end = slice_index(text, '}');
        struct slice word = slice_of(text.ptr + 2, end < text.len && end > 2 ? end - 2 : 0);
        if (text.len == 0)
            break;
        if (end == text.len || !ascii_begins_nocase(word, SLICE("tx."))) {
            buf_str(&b, "%{");
            text = slice_from(text, 2);
            continue;
        }
        if (!is_constant(s, slice_from(word, 3))) {
            (void)snprintf(why, SECLANG_WHY_MAX, "%%{%.*s} in a regex is set by rules",
                           (int)slice_first(word, 60).len, word.ptr);
            buf_free(&b);
            return false;
        }
        buf_printf(&b, "%%{vars.%.*s}", (int)word.len - 3, word.ptr + 3);
        text = slice_from(text, end + 1);
    }
    return keep(s, &b, out);
}
