// SPDX-License-Identifier: Apache-2.0
// Rule by rule. A rule that turns out not to be expressible is taken back and noted.
#include "seclang/write.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/num.h"
#include "seclang/condition.h"
#include "seclang/effects.h"
#include "seclang/macro.h"
#include "seclang/out.h"
#include "seclang/target.h"

// What a rule may have at most, in the engine.
enum { TAGS_MAX = 64, LINKS_MAX = 16 };

struct writer {
    struct seclang_set *set;
    struct seclang_out out;
    struct seclang_written *written;
    char why[SECLANG_WHY_MAX];
    bool is_idle; // the rule does nothing
};

static bool write_text(struct writer *w, const struct seclang_rule *rule, const char *action,
                       const char *key)
{
    const struct seclang_macro_place at = {.rule = rule, .link = rule->links};
    const struct seclang_action *a = NULL;
    struct slice text;
    for (const struct seclang_link *l = rule->links; l && !a; l = l->next)
        a = seclang_find_action(l->actions, action);
    if (!a || a->value.len == 0)
        return true;
    if (!seclang_macro_convert(w->set, &at, a->value, &text))
        return false;
    if (text.len == 0)
        return true;
    if (seclang_count_macros(text) > SECLANG_MACROS_MAX) {
        seclang_say(w->set->report, SECLANG_LOST, &rule->place,
                    "%s is left out: more than %d macros", action, SECLANG_MACROS_MAX);
        return true;
    }
    seclang_out_line(&w->out);
    seclang_out_key(&w->out, key);
    seclang_out_pattern(&w->out, text);
    return true;
}

static void write_severity(struct writer *w, const struct seclang_rule *rule)
{
    static const char *const words[] = {"emergency", "alert",  "critical", "error",
                                        "warning",   "notice", "info",     "debug"};
    const struct seclang_action *a = NULL;
    uint64_t number;
    for (const struct seclang_link *l = rule->links; l && !a; l = l->next)
        a = seclang_find_action(l->actions, "severity");
    if (!a)
        return;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!ascii_eq_nocase(a->value, slice_str(words[i])) &&
            !(num_decimal(a->value, 7, &number) && number == i))
            continue;
        seclang_out_key(&w->out, "severity");
        seclang_out_str(&w->out, words[i]);
        return;
    }
    seclang_say(w->set->report, SECLANG_LOST, &rule->place, "there is no severity %.*s",
                (int)slice_first(a->value, 20).len, a->value.ptr);
}

static void write_tags(struct writer *w, const struct seclang_rule *rule)
{
    bool is_open = false;
    size_t count = 0;
    for (const struct seclang_link *l = rule->links; l; l = l->next) {
        for (const struct seclang_action *a = l->actions; a; a = a->next) {
            if (!ascii_eq_nocase(a->name, SLICE("tag")) || a->value.len == 0 || ++count > TAGS_MAX)
                continue;
            if (!is_open) {
                seclang_out_line(&w->out);
                seclang_out_key(&w->out, "tags");
                seclang_out_open(&w->out, '[');
                is_open = true;
            }
            seclang_out_pattern(&w->out, a->value);
        }
    }
    if (is_open)
        seclang_out_close(&w->out, ']');
}

static void write_facts(struct writer *w, const struct seclang_rule *rule)
{
    static const char *const phases[] = {"request", "request_body", "response", "response_body",
                                         "logging"};
    seclang_out_line(&w->out);
    seclang_out_key(&w->out, "phase");
    seclang_out_str(&w->out, phases[rule->phase - 1]);
    if (rule->paranoia > 1) {
        seclang_out_key(&w->out, "paranoia");
        seclang_out_number(&w->out, rule->paranoia);
    }
    write_severity(w, rule);
    write_tags(w, rule);
}

static bool is_disruptive(const struct seclang_action *a)
{
    static const char *const words[] = {"pass",  "block",    "deny", "drop",
                                        "allow", "redirect", "proxy"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (ascii_eq_nocase(a->name, slice_str(words[i])))
            return true;
    }
    return false;
}

static const struct seclang_action *disruptive(const struct seclang_action *list)
{
    while (list && !is_disruptive(list))
        list = list->next;
    return list;
}

static bool is_logged(const struct seclang_rule *rule)
{
    const struct seclang_action *lists[] = {rule->links->actions, rule->defaults};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (const struct seclang_action *a = lists[i]; a; a = a->next) {
            if (ascii_eq_nocase(a->name, SLICE("nolog")))
                return false;
            if (ascii_eq_nocase(a->name, SLICE("log")))
                return true;
        }
    }
    return true;
}

// "block" means what the defaults of the phase say; without any, that is to let pass.
static void write_action(struct writer *w, const struct seclang_rule *rule, bool has_effects)
{
    const struct seclang_action *a = disruptive(rule->links->actions);
    if (!a || ascii_eq_nocase(a->name, SLICE("block")))
        a = disruptive(rule->defaults);
    bool denies = a && !ascii_eq_nocase(a->name, SLICE("pass")) &&
                  !ascii_eq_nocase(a->name, SLICE("allow")) &&
                  !ascii_eq_nocase(a->name, SLICE("block"));
    const struct seclang_action *status = seclang_rule_action(rule, "status");
    uint64_t number;
    seclang_out_line(&w->out);
    seclang_out_key(&w->out, "action");
    seclang_out_str(&w->out, denies ? "deny" : is_logged(rule) ? "log" : "pass");
    w->is_idle = !denies && !is_logged(rule) && !has_effects;
    if (a && ascii_eq_nocase(a->name, SLICE("allow")) && a->value.len > 0)
        seclang_say(w->set->report, SECLANG_LOST, &rule->place,
                    "allow:%.*s has nothing like it here", (int)slice_first(a->value, 20).len,
                    a->value.ptr);
    if (denies && !ascii_eq_nocase(a->name, SLICE("deny")))
        seclang_say(w->set->report, SECLANG_LOST, &rule->place,
                    "rule %.*s refuses with a status: %.*s has nothing like it here",
                    (int)slice_first(rule->id, 60).len, rule->id.ptr ? rule->id.ptr : "",
                    (int)a->name.len, a->name.ptr);
    if (denies && status && num_decimal(status->value, 599, &number) && number >= 400 &&
        number != 403) {
        seclang_out_key(&w->out, "status");
        seclang_out_number(&w->out, (long long)number);
    }
}

static bool write_guards(struct writer *w, const struct seclang_rule *rule)
{
    bool is_open = false;
    for (const struct seclang_link *l = rule->links; l; l = l->next) {
        struct seclang_link positive = *l;
        positive.is_negated = false;
        if (!l->variables || !seclang_condition_is_guard(l))
            continue;
        if (is_open) {
            (void)snprintf(w->why, sizeof w->why, "it asks twice how the body is not read");
            return false;
        }
        is_open = true;
        seclang_out_line(&w->out);
        seclang_out_key(&w->out, "unless");
        seclang_out_open(&w->out, '{');
        if (!seclang_condition_write(w->set, rule, &positive, &w->out, w->why))
            return false;
        seclang_out_close(&w->out, '}');
    }
    return true;
}

static size_t count_conditions(const struct seclang_rule *rule)
{
    size_t count = 0;
    for (const struct seclang_link *l = rule->links; l; l = l->next)
        count += l->variables && !seclang_condition_is_guard(l);
    return count;
}

static bool write_chain(struct writer *w, const struct seclang_rule *rule, bool *has_effects)
{
    seclang_out_line(&w->out);
    seclang_out_key(&w->out, "all_of");
    seclang_out_open_lines(&w->out, '[');
    for (const struct seclang_link *l = rule->links; l; l = l->next) {
        if (!l->variables || seclang_condition_is_guard(l))
            continue;
        seclang_out_line(&w->out);
        seclang_out_open(&w->out, '{');
        if (!seclang_condition_write(w->set, rule, l, &w->out, w->why) ||
            !seclang_write_changes(w->set, rule, l, NULL, &w->out, has_effects))
            return false;
        seclang_out_close(&w->out, '}');
    }
    seclang_out_close_lines(&w->out, ']');
    return true;
}

static bool is_any(const struct seclang_link *link)
{
    (void)link;
    return true;
}

static bool is_no_condition(const struct seclang_link *link)
{
    return !link->variables || seclang_condition_is_guard(link);
}

// Changes of a lone condition, and of links that became guards or had no condition, stand in the
// rule.
static bool write_conditions(struct writer *w, const struct seclang_rule *rule, bool *has_effects)
{
    size_t conditions = count_conditions(rule);
    if (conditions > LINKS_MAX) {
        (void)snprintf(w->why, sizeof w->why, "the chain is longer than %d", LINKS_MAX);
        return false;
    }
    if (!write_guards(w, rule))
        return false;
    if (conditions > 1 && !write_chain(w, rule, has_effects))
        return false;
    for (const struct seclang_link *l = conditions == 1 ? rule->links : NULL; l; l = l->next) {
        if (is_no_condition(l))
            continue;
        seclang_out_line(&w->out);
        if (!seclang_condition_write(w->set, rule, l, &w->out, w->why))
            return false;
    }
    seclang_out_line(&w->out);
    return seclang_write_changes(w->set, rule, rule->links,
                                 conditions > 1 ? is_no_condition : is_any, &w->out, has_effects);
}

static bool write_rule_text(struct writer *w, const struct seclang_rule *rule, const char *id)
{
    bool has_effects = false;
    seclang_out_line(&w->out);
    seclang_out_open_lines(&w->out, '{');
    seclang_out_key(&w->out, "id");
    seclang_out_str(&w->out, id);
    if (!write_text(w, rule, "msg", "description") || !write_text(w, rule, "logdata", "logdata"))
        return false;
    write_facts(w, rule);
    if (!write_conditions(w, rule, &has_effects))
        return false;
    seclang_out_line(&w->out);
    if (!seclang_write_effects(w->set, rule, &w->out, &has_effects))
        return false;
    write_action(w, rule, has_effects);
    seclang_out_close_lines(&w->out, '}');
    return true;
}

// Ids of rule files are lower case letters, digits and the like.
static const char *write_id(struct writer *w, const struct seclang_rule *rule)
{
    if (rule->id.len == 0)
        return arena_printf(&w->set->arena, "line-%u.%zu", rule->place.line, ++w->set->generated);
    char *id = arena_str(&w->set->arena, slice_first(rule->id, 100));
    for (size_t i = 0; id && id[i]; i++) {
        char c = ascii_lower(id[i]);
        bool ok = (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '.' || c == '_' || c == '-';
        id[i] = ok ? c : '-';
    }
    return id;
}

static bool is_taken(const struct writer *w, const char *id)
{
    const struct seclang_id *i = w->set->ids;
    while (i && !slice_eq(i->text, slice_str(id)))
        i = i->next;
    return i != NULL;
}

// The id, made different from all before it.
static const char *choose_id(struct writer *w, const struct seclang_rule *rule)
{
    const char *id = write_id(w, rule);
    struct seclang_id *known = seclang_take(w->set, sizeof *known);
    if (id && is_taken(w, id))
        seclang_say(w->set->report, SECLANG_BROKEN, &rule->place,
                    "the id %s is taken by a rule before", id);
    while (id && is_taken(w, id))
        id = arena_printf(&w->set->arena, "%.60s.%zu", id, ++w->set->generated);
    if (!id || !known)
        return NULL;
    *known = (struct seclang_id){.next = w->set->ids, .text = slice_str(id)};
    w->set->ids = known;
    return id;
}

static bool write_rule(struct writer *w, const struct seclang_rule *rule)
{
    size_t mark = w->out.buf->len;
    struct seclang_out before = w->out;
    const char *id = choose_id(w, rule);
    (void)snprintf(w->why, sizeof w->why, "out of memory");
    bool ok = id && write_rule_text(w, rule, id);
    if (w->set->has_no_memory || w->out.buf->failed || !id)
        return false;
    seclang_note_actions(w->set, rule);
    if (ok && !w->is_idle) {
        w->written->rules++;
        return true;
    }
    w->out = before;
    w->out.buf->len = mark;
    if (!ok) {
        w->written->left_out++;
        seclang_say(w->set->report, SECLANG_LOST, &rule->place, "rule %s is left out: %s", id,
                    w->why);
    } else {
        seclang_say(w->set->report, SECLANG_IDLE, &rule->place, "rule %s would do nothing here",
                    id);
    }
    return true;
}

static void write_marker(struct writer *w, struct slice name)
{
    seclang_out_line(&w->out);
    seclang_out_open(&w->out, '{');
    seclang_out_key(&w->out, "marker");
    seclang_out_pattern(&w->out, name);
    seclang_out_close(&w->out, '}');
}

static bool skips_to(const struct seclang_rule *rule, struct slice marker)
{
    for (const struct seclang_link *l = rule->is_dropped ? NULL : rule->links; l; l = l->next) {
        for (const struct seclang_action *a = l->actions; a; a = a->next) {
            if (ascii_eq_nocase(a->name, SLICE("skipAfter")) && slice_eq(a->value, marker))
                return true;
        }
    }
    return false;
}

// Does a rule before it, back to the marker of that name before, lead to it?
static bool is_used(const struct seclang_set *s, const struct seclang_rule *marker)
{
    bool used = false;
    for (const struct seclang_rule *r = s->first; r != marker; r = r->next)
        used |= !r->marker.ptr && skips_to(r, marker->marker);
    return used;
}

static bool has_marker_behind(const struct seclang_rule *rule, struct slice marker)
{
    for (; rule; rule = rule->next) {
        if (rule->marker.ptr && slice_eq(rule->marker, marker))
            return true;
    }
    return false;
}

// A marker that is missing leads to the end.
static void write_missing_markers(struct writer *w)
{
    for (const struct seclang_rule *r = w->set->first; r; r = r->next) {
        for (const struct seclang_link *l = r->is_dropped ? NULL : r->links; l; l = l->next) {
            const struct seclang_action *a = seclang_find_action(l->actions, "skipAfter");
            if (!a || a->value.len == 0 || has_marker_behind(r, a->value))
                continue;
            seclang_say(w->set->report, SECLANG_IDLE, &l->place,
                        "there is no marker %.*s behind: the rule skips all that follow",
                        (int)slice_first(a->value, 60).len, a->value.ptr);
            write_marker(w, a->value);
        }
    }
}

static void write_vars(struct writer *w)
{
    uint64_t number;
    if (!w->set->vars)
        return;
    seclang_out_line(&w->out);
    seclang_out_key(&w->out, "vars");
    seclang_out_open_lines(&w->out, '{');
    for (const struct seclang_var *v = w->set->vars; v; v = v->next) {
        seclang_out_line(&w->out);
        seclang_out_pattern(&w->out, v->name);
        buf_str(w->out.buf, ": ");
        w->out.needs_comma = false;
        if (num_decimal(v->value, INT32_MAX, &number) &&
            (v->value.len == 1 || v->value.ptr[0] != '0'))
            seclang_out_number(&w->out, (long long)number);
        else
            seclang_out_pattern(&w->out, v->value);
    }
    seclang_out_close_lines(&w->out, '}');
}

// ARGS of SecLang has no elements of XML; "args" has.
static void write_exclusions(struct writer *w)
{
    static const char text[] =
        "{\"rules\": [\"*\"], \"targets\": [\"body.*\", \"body.names\"], "
        "\"when\": {\"targets\": [\"body_type\"], \"match\": {\"equals\": \"xml\"}}, "
        "\"why\": \"rules of ModSecurity see XML as xml.text and xml.attributes only\"}";
    seclang_out_line(&w->out);
    seclang_out_key(&w->out, "exclusions");
    seclang_out_open_lines(&w->out, '[');
    seclang_out_line(&w->out);
    seclang_out_raw(&w->out, text);
    seclang_out_close_lines(&w->out, ']');
}

bool seclang_write(struct seclang_set *s, struct buf *out, struct seclang_written *written)
{
    struct writer w = {.set = s, .out = {.buf = out}, .written = written};
    *written = (struct seclang_written){0};
    seclang_out_open_lines(&w.out, '{');
    if (s->only_detects) {
        seclang_out_line(&w.out);
        seclang_out_key(&w.out, "mode");
        seclang_out_str(&w.out, "detect");
    }
    write_vars(&w);
    seclang_out_line(&w.out);
    seclang_out_key(&w.out, "rules");
    seclang_out_open_lines(&w.out, '[');
    for (const struct seclang_rule *r = s->first; r; r = r->next) {
        if (r->marker.ptr) {
            if (r->marker.len > 0 && is_used(s, r))
                write_marker(&w, r->marker);
        } else if (!r->is_dropped && !write_rule(&w, r)) {
            return false;
        }
    }
    write_missing_markers(&w);
    seclang_out_close_lines(&w.out, ']');
    if (written->rules > 0)
        write_exclusions(&w);
    seclang_out_close_lines(&w.out, '}');
    buf_char(out, '\n');
    return !out->failed && !s->has_no_memory;
}
