// SPDX-License-Identifier: Apache-2.0
// ctl names rules by tag and message with a regex; here both are resolved to what they mean now.
#include "seclang/effects.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/num.h"
#include "seclang/macro.h"
#include "seclang/parse.h"
#include "seclang/pattern.h"
#include "seclang/settle.h"
#include "seclang/target.h"
#include "seclang/text.h"
#include "seclang/var.h"

enum { LIST_MAX = 256, CHANGES_MAX = 256 };

static bool is_action(const struct seclang_action *a, const char *name)
{
    return ascii_eq_nocase(a->name, slice_str(name));
}

static void write_value(struct seclang_out *out, const struct seclang_setvar *set,
                        struct slice value)
{
    uint64_t number;
    if (!set->is_minus && !num_decimal(value, INT32_MAX, &number)) {
        if (!seclang_out_text(out, value))
            seclang_out_pattern(out, value);
        return;
    }
    if (num_decimal(value, INT32_MAX, &number)) {
        seclang_out_number(out, set->is_minus ? -(long long)number : (long long)number);
        return;
    }
    char text[1024];
    (void)snprintf(text, sizeof text, "-%.*s", (int)value.len, value.ptr ? value.ptr : "");
    seclang_out_str(out, text);
}

static bool write_change(struct seclang_set *s, const struct seclang_macro_place *at,
                         const struct seclang_setvar *set, struct seclang_out *out)
{
    static const char *const keys[] = {"to", "add", "unset"};
    struct seclang_macro_place in_name = *at;
    struct slice name, value;
    in_name.is_name = true;
    if (!seclang_macro_convert(s, &in_name, set->name, &name) ||
        !seclang_macro_convert(s, at, set->value, &value))
        return false;
    if (name.len == 0 ||
        seclang_count_macros(name) + seclang_count_macros(value) > SECLANG_MACROS_MAX) {
        seclang_say(s->report, SECLANG_LOST, &at->link->place, "setvar:%.*s is left out: %s",
                    (int)slice_first(set->name, 60).len, set->name.ptr,
                    name.len == 0 ? "its name comes out empty" : "it has too many macros");
        return true;
    }
    seclang_out_open(out, '{');
    seclang_out_key(out, "var");
    seclang_out_pattern(out, name);
    seclang_out_key(out, keys[set->change]);
    if (set->change == SECLANG_CHANGE_UNSET)
        seclang_out_true(out);
    else
        write_value(out, set, value);
    seclang_out_close(out, '}');
    return true;
}

// Can the change be expressed? Notes why not.
static bool is_expressible(struct seclang_set *s, const struct seclang_link *link,
                           const struct seclang_action *a, struct seclang_setvar *set)
{
    if (!seclang_setvar_parse(a->value, set)) {
        seclang_say(s->report, SECLANG_BROKEN, &link->place, "setvar:%.*s cannot be read",
                    (int)slice_first(a->value, 60).len, a->value.ptr);
        return false;
    }
    if (!ascii_eq_nocase(set->collection, SLICE("tx"))) {
        seclang_say(s->report, SECLANG_LOST, &link->place,
                    "setvar:%.*s is left out: nothing is kept from request to request",
                    (int)slice_first(a->value, 60).len, a->value.ptr);
        return false;
    }
    if (seclang_is_level(set->name))
        seclang_say(s->report, SECLANG_LOST, &link->place,
                    "setvar:%.*s changes no level: the policy says which rules are in force",
                    (int)slice_first(a->value, 60).len, a->value.ptr);
    return true;
}

static bool write_link_changes(struct seclang_set *s, const struct seclang_rule *rule,
                               const struct seclang_link *link, struct seclang_out *out,
                               size_t *count)
{
    const struct seclang_macro_place at = {.rule = rule, .link = link};
    for (const struct seclang_action *a = link->actions; a; a = a->next) {
        struct seclang_setvar set;
        if (a->is_done || !is_action(a, "setvar") || !is_expressible(s, link, a, &set) ||
            ++*count > CHANGES_MAX)
            continue;
        if (!write_change(s, &at, &set, out))
            return false;
    }
    return true;
}

bool seclang_write_changes(struct seclang_set *s, const struct seclang_rule *rule,
                           const struct seclang_link *link,
                           bool (*is_wanted)(const struct seclang_link *link),
                           struct seclang_out *out, bool *any)
{
    const struct seclang_out before = *out;
    size_t mark = out->buf->len, count = 0;
    seclang_out_key(out, "set");
    seclang_out_open(out, '[');
    for (; link; link = is_wanted ? link->next : NULL) {
        if ((!is_wanted || is_wanted(link)) && !write_link_changes(s, rule, link, out, &count))
            return false;
    }
    bool has_written = out->needs_comma;
    seclang_out_close(out, ']');
    *any |= has_written;
    if (has_written)
        return true;
    out->buf->len = mark;
    *out = before;
    return true;
}

// The tags of all rules that a pattern matches, each once.
static void write_tags(struct seclang_set *s, const struct seclang_place *place,
                       struct slice pattern, struct seclang_out *out)
{
    struct slice seen[LIST_MAX];
    size_t count = 0;
    struct seclang_pattern *p = seclang_pattern_new(s, place, pattern);
    for (const struct seclang_rule *r = s->first; p && r; r = r->next) {
        for (const struct seclang_action *a = r->links ? r->links->actions : NULL; a; a = a->next) {
            size_t i = 0;
            if (!is_action(a, "tag") || r->is_dropped)
                continue;
            while (i < count && !slice_eq(seen[i], a->value))
                i++;
            if (i == count && count < LIST_MAX && seclang_pattern_matches(p, a->value)) {
                seen[count++] = a->value;
                seclang_out_pattern(out, a->value);
            }
        }
    }
    seclang_pattern_free(&p);
}

static void write_ids_by_msg(struct seclang_set *s, const struct seclang_place *place,
                             struct slice pattern, struct seclang_out *out)
{
    struct seclang_pattern *p = seclang_pattern_new(s, place, pattern);
    size_t count = 0;
    for (const struct seclang_rule *r = s->first; p && r && count < LIST_MAX; r = r->next) {
        if (r->links && !r->is_dropped && r->id.len > 0 && seclang_pattern_fits(p, r, "msg")) {
            seclang_out_pattern(out, r->id);
            count++;
        }
    }
    seclang_pattern_free(&p);
}

struct removal {
    const char *ctl, *key;
    void (*write)(struct seclang_set *s, const struct seclang_place *place, struct slice which,
                  struct seclang_out *out);
    bool has_target;
};

static void write_ids(struct seclang_set *s, const struct seclang_place *place, struct slice ids,
                      struct seclang_out *out)
{
    struct slice word;
    (void)place;
    while (seclang_take_word(&ids, &s->arena, &word))
        seclang_out_pattern(out, word);
}

static const struct removal removals[] = {
    {"ruleRemoveById", "rules", write_ids, false},
    {"ruleRemoveByTag", "tags", write_tags, false},
    {"ruleRemoveByMsg", "rules", write_ids_by_msg, false},
    {"ruleRemoveTargetById", "rules", write_ids, true},
    {"ruleRemoveTargetByTag", "tags", write_tags, true},
    {"ruleRemoveTargetByMsg", "rules", write_ids_by_msg, true},
};

static bool write_removed_targets(struct seclang_set *s, const struct seclang_link *link,
                                  struct slice text, struct seclang_out *out)
{
    char why[SECLANG_WHY_MAX] = "no variable is named";
    struct seclang_variable *v = NULL;
    struct seclang_target target;
    size_t count = 0;
    seclang_out_key(out, "targets");
    seclang_out_open(out, '[');
    if (!seclang_parse_variables(s, &link->place, text, &v))
        return false;
    for (; v; v = v->next) {
        v->is_taken_out = false;
        if (!v->is_count && seclang_target_find(s, v, &target, why)) {
            seclang_out_pattern(out, target.text);
            count++;
        }
    }
    seclang_out_close(out, ']');
    if (count == 0)
        seclang_say(s->report, SECLANG_LOST, &link->place, "ctl takes nothing out: %s", why);
    return count > 0;
}

// One exclusion, or nothing with a note.
static void write_removal(struct seclang_set *s, const struct seclang_link *link,
                          const struct removal *r, struct slice value, struct seclang_out *out,
                          bool *any)
{
    size_t semicolon = r->has_target ? slice_index(value, ';') : value.len, mark = out->buf->len;
    const struct seclang_out before = *out;
    seclang_out_open(out, '{');
    seclang_out_key(out, r->key);
    seclang_out_open(out, '[');
    r->write(s, &link->place, seclang_trim(slice_first(value, semicolon)), out);
    bool ok = out->needs_comma; // something was named
    seclang_out_close(out, ']');
    if (!ok)
        seclang_say(s->report, SECLANG_LOST, &link->place, "ctl:%s=%.*s means no rule there is",
                    r->ctl, (int)slice_first(value, 60).len, value.ptr);
    ok = ok &&
         (!r->has_target || write_removed_targets(s, link, slice_from(value, semicolon + 1), out));
    seclang_out_close(out, '}');
    *any |= ok;
    if (ok)
        return;
    out->buf->len = mark;
    *out = before;
}

static bool is_off(struct slice value)
{
    return ascii_eq_nocase(value, SLICE("Off"));
}

// What has no key of its own. Whole engines can only be switched off.
static void note_ctl(struct seclang_set *s, const struct seclang_link *link, struct slice name,
                     struct slice value)
{
    bool is_idle = ascii_begins_nocase(name, SLICE("audit")) ||
                   ascii_begins_nocase(name, SLICE("debugLog")) ||
                   (ascii_eq_nocase(name, SLICE("ruleEngine")) && !is_off(value)
                        ? ascii_eq_nocase(value, SLICE("On"))
                        : ascii_eq_nocase(name, SLICE("forceRequestBodyVariable")));
    seclang_say(s->report, is_idle ? SECLANG_IDLE : SECLANG_LOST, &link->place, "ctl:%.*s=%.*s %s",
                (int)slice_first(name, 60).len, name.ptr, (int)slice_first(value, 60).len,
                value.ptr, is_idle ? "means nothing here" : "has nothing like it here");
}

static void write_ctl(struct seclang_set *s, const struct seclang_link *link, struct slice text,
                      struct seclang_out *out, bool *any, struct slice *processor)
{
    size_t equals = slice_index(text, '=');
    struct slice name = seclang_trim(slice_first(text, equals));
    struct slice value = seclang_trim(slice_from(text, equals + 1));
    for (size_t i = 0; i < ARRAY_LEN(removals); i++) {
        if (ascii_eq_nocase(name, slice_str(removals[i].ctl))) {
            write_removal(s, link, &removals[i], value, out, any);
            return;
        }
    }
    if (ascii_eq_nocase(name, SLICE("ruleEngine")) && is_off(value)) {
        seclang_out_open(out, '{');
        seclang_out_key(out, "rules");
        seclang_out_open(out, '[');
        seclang_out_str(out, "*");
        seclang_out_close(out, ']');
        seclang_out_close(out, '}');
        *any = true;
    } else if (ascii_eq_nocase(name, SLICE("requestBodyProcessor"))) {
        *processor = value;
    } else {
        note_ctl(s, link, name, value);
    }
}

static void write_processor(struct seclang_set *s, const struct seclang_rule *rule,
                            struct slice processor, struct seclang_out *out, bool *any)
{
    static const char *const words[] = {"urlencoded", "multipart", "json", "xml"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!ascii_eq_nocase(processor, slice_str(words[i])))
            continue;
        seclang_out_key(out, "decode_body");
        seclang_out_str(out, words[i]);
        *any = true;
        return;
    }
    if (processor.len > 0)
        seclang_say(s->report, SECLANG_LOST, &rule->place, "nothing reads bodies as %.*s",
                    (int)slice_first(processor, 60).len, processor.ptr);
}

static bool allows(const struct seclang_rule *rule)
{
    const struct seclang_action *a =
        rule->links ? seclang_find_action(rule->links->actions, "allow") : NULL;
    return a && a->value.len == 0;
}

// An "allow" concerns the rules alone, never the filters behind them: the rules are off.
static void write_all_off(struct seclang_out *out, bool *any)
{
    seclang_out_open(out, '{');
    seclang_out_key(out, "rules");
    seclang_out_open(out, '[');
    seclang_out_str(out, "*");
    seclang_out_close(out, ']');
    seclang_out_close(out, '}');
    *any = true;
}

bool seclang_write_effects(struct seclang_set *s, const struct seclang_rule *rule,
                           struct seclang_out *out, bool *any)
{
    size_t mark = out->buf->len;
    const struct seclang_out before = *out;
    bool any_exclusion = false;
    struct slice processor = {0};
    const struct seclang_action *skip = NULL;
    seclang_out_key(out, "exclude");
    seclang_out_open(out, '[');
    for (const struct seclang_link *l = rule->links; l; l = l->next) {
        for (const struct seclang_action *a = l->actions; a; a = a->next) {
            if (is_action(a, "ctl"))
                write_ctl(s, l, a->value, out, &any_exclusion, &processor);
            skip = is_action(a, "skipAfter") ? a : skip;
        }
    }
    if (allows(rule))
        write_all_off(out, &any_exclusion);
    seclang_out_close(out, ']');
    if (!any_exclusion) {
        out->buf->len = mark;
        *out = before;
    }
    seclang_out_line(out);
    write_processor(s, rule, processor, out, any);
    if (skip && skip->value.len > 0) {
        seclang_out_key(out, "skip_to");
        seclang_out_pattern(out, skip->value);
    }
    *any |= any_exclusion || skip;
    return !s->has_no_memory && !out->buf->failed;
}

void seclang_note_actions(struct seclang_set *s, const struct seclang_rule *rule)
{
    static const char *const known[] = {
        "id",      "phase", "msg",   "logdata",    "severity",  "tag",      "t",         "setvar",
        "ctl",     "chain", "pass",  "block",      "deny",      "drop",     "allow",     "status",
        "capture", "log",   "nolog", "multiMatch", "skipAfter", "auditlog", "noauditlog"};
    static const char *const idle[] = {"ver", "rev", "maturity", "accuracy", "logdata", "xmlns"};
    for (const struct seclang_link *l = rule->links; l; l = l->next) {
        for (const struct seclang_action *a = l->actions; a; a = a->next) {
            bool is_known = false, is_idle = false;
            for (size_t i = 0; i < ARRAY_LEN(known); i++)
                is_known |= is_action(a, known[i]);
            for (size_t i = 0; i < ARRAY_LEN(idle); i++)
                is_idle |= is_action(a, idle[i]);
            if (!is_known)
                seclang_say(s->report, is_idle ? SECLANG_IDLE : SECLANG_LOST, &l->place,
                            "rule %.*s: the action %.*s%s%.*s %s",
                            (int)slice_first(rule->id, 60).len, rule->id.ptr ? rule->id.ptr : "",
                            (int)slice_first(a->name, 40).len, a->name.ptr, a->value.len ? ":" : "",
                            (int)slice_first(a->value, 60).len, a->value.ptr ? a->value.ptr : "",
                            is_idle ? "is not kept" : "has nothing like it here");
        }
    }
}
