// SPDX-License-Identifier: Apache-2.0
// SecRuleRemove… and SecRuleUpdate…: tags and messages are named by regex, ids by number and range.
#include "seclang/amend.h"

#include "base/ascii.h"
#include "base/num.h"
#include "seclang/parse.h"
#include "seclang/pattern.h"
#include "seclang/text.h"

// The next "1" or "1-9" of a list; false at its end.
static bool next_range(struct slice *rest, uint64_t *from, uint64_t *to, bool *is_good)
{
    size_t len = 0;
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == ',' || rest->ptr[0] == '\t'))
        *rest = slice_from(*rest, 1);
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != ',' &&
           rest->ptr[len] != '\t')
        len++;
    if (len == 0)
        return false;
    struct slice word = slice_first(*rest, len);
    size_t dash = slice_index(word, '-');
    *rest = slice_from(*rest, len);
    *is_good = num_decimal(slice_first(word, dash), INT64_MAX, from);
    *to = *from;
    if (dash < word.len)
        *is_good &= num_decimal(slice_from(word, dash + 1), INT64_MAX, to);
    return true;
}

bool seclang_ids_have(struct slice ids, uint64_t number)
{
    uint64_t from, to;
    bool is_good;
    while (next_range(&ids, &from, &to, &is_good)) {
        if (is_good && number >= from && number <= to && number != 0)
            return true;
    }
    return false;
}

static void complain_of_ids(struct seclang_set *s, const struct seclang_place *place,
                            struct slice ids)
{
    uint64_t from, to;
    bool is_good;
    struct slice rest = ids;
    while (next_range(&rest, &from, &to, &is_good)) {
        if (is_good)
            continue;
        seclang_say(s->report, SECLANG_BROKEN, place, "no id or range of ids: %.*s",
                    (int)slice_first(ids, 60).len, ids.ptr);
        return;
    }
}

void seclang_remove_by_id(struct seclang_set *s, const struct seclang_place *place,
                          struct slice ids)
{
    complain_of_ids(s, place, ids);
    for (struct seclang_rule *r = s->first; r; r = r->next) {
        if (r->links && seclang_ids_have(ids, r->number))
            r->is_dropped = true;
    }
}

void seclang_remove_by_text(struct seclang_set *s, const struct seclang_place *place,
                            const char *action, struct slice pattern)
{
    struct seclang_pattern *p = seclang_pattern_new(s, place, pattern);
    for (struct seclang_rule *r = s->first; p && r; r = r->next) {
        if (r->links && seclang_pattern_fits(p, r, action))
            r->is_dropped = true;
    }
    seclang_pattern_free(&p);
}

// A copy of the list, behind the link's own.
static bool add_variables(struct seclang_set *s, struct seclang_link *link,
                          const struct seclang_variable *added)
{
    struct seclang_variable **end = &link->variables;
    while (*end)
        end = &(*end)->next;
    for (; added; added = added->next) {
        struct seclang_variable *copy = seclang_take(s, sizeof *copy);
        if (!copy)
            return false;
        *copy = *added;
        copy->next = NULL;
        *end = copy;
        end = &copy->next;
    }
    return true;
}

// Of "ID:2" the link that many places into the chain.
static struct seclang_link *link_at(const struct seclang_rule *rule, uint64_t offset)
{
    struct seclang_link *link = rule->links;
    while (link && offset-- > 0)
        link = link->next;
    return link;
}

static uint64_t take_offset(struct slice *which)
{
    uint64_t offset = 0;
    size_t colon = slice_index(*which, ':');
    if (colon < which->len && !num_decimal(slice_from(*which, colon + 1), 64, &offset))
        offset = 0;
    *which = slice_first(*which, colon);
    return offset;
}

bool seclang_update_targets(struct seclang_set *s, const struct seclang_place *place,
                            const char *action, struct slice which, struct slice variables)
{
    struct seclang_variable *added = NULL;
    struct seclang_pattern *p = NULL;
    uint64_t offset = action ? 0 : take_offset(&which);
    bool ok = true;
    if (!seclang_parse_variables(s, place, variables, &added))
        return !s->has_no_memory;
    if (action)
        p = seclang_pattern_new(s, place, which);
    else
        complain_of_ids(s, place, which);
    for (struct seclang_rule *r = s->first; ok && r; r = r->next) {
        if (!r->links || (action ? !p || !seclang_pattern_fits(p, r, action)
                                 : !seclang_ids_have(which, r->number)))
            continue;
        struct seclang_link *link = link_at(r, offset);
        if (link && link->variables)
            ok = add_variables(s, link, added);
    }
    seclang_pattern_free(&p);
    return ok;
}

// Of these a rule may have several; an update adds to them.
static bool may_repeat(struct slice name)
{
    return ascii_eq_nocase(name, SLICE("tag")) || ascii_eq_nocase(name, SLICE("setvar")) ||
           ascii_eq_nocase(name, SLICE("ctl")) || ascii_eq_nocase(name, SLICE("t"));
}

static bool is_disruptive(struct slice name)
{
    static const char *const words[] = {"pass", "block", "deny", "drop", "allow", "redirect"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (ascii_eq_nocase(name, slice_str(words[i])))
            return true;
    }
    return false;
}

static bool is_replaced(const struct seclang_action *old, const struct seclang_action *by)
{
    return (is_disruptive(old->name) && is_disruptive(by->name)) ||
           (ascii_eq_nocase(old->name, by->name) && !may_repeat(by->name));
}

static bool amend(struct seclang_set *s, struct seclang_link *link, const struct seclang_action *by)
{
    struct seclang_action **at = &link->actions;
    struct seclang_action *copy = seclang_take(s, sizeof *copy);
    if (!copy)
        return false;
    *copy = *by;
    copy->next = NULL;
    while (*at) {
        if (is_replaced(*at, by))
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
    *at = copy;
    return true;
}

bool seclang_update_actions(struct seclang_set *s, const struct seclang_place *place,
                            struct slice id, struct slice actions)
{
    struct seclang_action *by = NULL;
    uint64_t offset = take_offset(&id);
    bool ok = true;
    if (!seclang_parse_actions(s, place, actions, &by))
        return !s->has_no_memory;
    complain_of_ids(s, place, id);
    for (struct seclang_rule *r = s->first; r; r = r->next) {
        struct seclang_link *link =
            r->links && seclang_ids_have(id, r->number) ? link_at(r, offset) : NULL;
        for (const struct seclang_action *a = by; ok && link && a; a = a->next) {
            if (!ascii_eq_nocase(a->name, SLICE("id")) && !ascii_eq_nocase(a->name, SLICE("phase")))
                ok = amend(s, link, a);
        }
    }
    return ok;
}
