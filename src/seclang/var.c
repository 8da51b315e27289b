// SPDX-License-Identifier: Apache-2.0
// Names are compared without regard to case, as SecLang does.
#include "seclang/var.h"

#include "base/ascii.h"
#include "seclang/text.h"

bool seclang_has_macro(struct slice text)
{
    return slice_find(text, SLICE("%{")) < text.len;
}

bool seclang_setvar_parse(struct slice text, struct seclang_setvar *out)
{
    *out = (struct seclang_setvar){.change = SECLANG_CHANGE_TO, .value = SLICE_INIT("1")};
    text = seclang_trim(text);
    if (text.len > 0 && text.ptr[0] == '!') {
        out->change = SECLANG_CHANGE_UNSET;
        text = slice_from(text, 1);
    }
    size_t equals = slice_index(text, '='), dot = slice_index(text, '.');
    if (dot > equals || dot == text.len)
        return false;
    out->collection = slice_first(text, dot);
    out->name = seclang_trim(slice_of(text.ptr + dot + 1, equals - dot - 1));
    if (equals < text.len && out->change != SECLANG_CHANGE_UNSET) {
        out->value = slice_from(text, equals + 1);
        bool has_sign =
            out->value.len > 0 && (out->value.ptr[0] == '+' || out->value.ptr[0] == '-');
        out->is_minus = has_sign && out->value.ptr[0] == '-';
        out->change = has_sign ? SECLANG_CHANGE_ADD : SECLANG_CHANGE_TO;
        out->value = slice_from(out->value, has_sign ? 1 : 0);
    }
    return out->name.len > 0;
}

// "a_%{x}" may become any name that begins with "a_".
static bool may_be(struct slice written, struct slice name)
{
    size_t macro = slice_find(written, SLICE("%{"));
    return macro < written.len ? ascii_begins_nocase(name, slice_first(written, macro))
                               : ascii_eq_nocase(written, name);
}

static bool link_sets(const struct seclang_link *link, struct slice name)
{
    for (const struct seclang_action *a = link->actions; a; a = a->next) {
        struct seclang_setvar set;
        if (!a->is_done && ascii_eq_nocase(a->name, SLICE("setvar")) &&
            seclang_setvar_parse(a->value, &set) && ascii_eq_nocase(set.collection, SLICE("tx")) &&
            may_be(set.name, name))
            return true;
    }
    return false;
}

bool seclang_var_is_set(const struct seclang_set *s, struct slice name)
{
    for (const struct seclang_rule *r = s->first; r; r = r->next) {
        for (const struct seclang_link *l = r->is_dropped ? NULL : r->links; l; l = l->next) {
            if (link_sets(l, name))
                return true;
        }
    }
    return false;
}
