// SPDX-License-Identifier: Apache-2.0
// SecLang lets one look at things that are not there yet, name a thing twice, and take out what was
// never in; the engine calls that mistakes. So targets are collected and sifted first.
#include "seclang/condition.h"

#include <stdio.h>

#include "base/ascii.h"
#include "rules/program.h"
#include "rules/transform.h"
#include "seclang/match.h"
#include "seclang/target.h"

enum { TARGETS_MAX = 256 };

struct item {
    struct rules_target target;
    struct slice text;
    bool is_taken_out;
};

struct items {
    struct item list[2 * TARGETS_MAX];
    size_t count;
};

static bool is_same(const struct rules_target *a, const struct rules_target *b)
{
    return a->collection == b->collection && a->pick == b->pick && a->is_count == b->is_count &&
           (a->pick == RULES_PICK_ALL ||
            (rules_collection_ignores_case(a->collection) ? ascii_eq_nocase(a->name, b->name)
                                                          : slice_eq(a->name, b->name)));
}

static bool has(const struct items *items, const struct rules_target *t, bool is_taken_out)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->list[i].is_taken_out == is_taken_out && is_same(&items->list[i].target, t))
            return true;
    }
    return false;
}

// One half of "args.…" in its own words.
static struct slice half_text(struct seclang_set *s, const struct seclang_target *t, size_t half)
{
    size_t dot = slice_find(t->text, SLICE("args."));
    if (t->count == 1)
        return t->text;
    const char *text =
        arena_printf(&s->arena, "%.*s%s%.*s", (int)dot, t->text.ptr, half == 0 ? "query" : "body",
                     (int)(t->text.len - dot - 4), t->text.ptr + dot + 4);
    s->has_no_memory |= !text;
    return slice_str(text);
}

static bool add(struct items *items, struct slice text, const struct rules_target *target,
                bool is_taken_out)
{
    if (items->count == ARRAY_LEN(items->list))
        return false;
    items->list[items->count++] =
        (struct item){.target = *target, .text = text, .is_taken_out = is_taken_out};
    return true;
}

// Both halves under one text, where neither is there yet; the text goes with the first.
static bool add_target(struct seclang_set *s, struct items *items, const struct seclang_target *t,
                       bool is_taken_out)
{
    bool is_whole = t->count == 2 && !has(items, &t->parsed[0], is_taken_out) &&
                    !has(items, &t->parsed[1], is_taken_out);
    for (size_t i = 0; i < t->count; i++) {
        if (!is_whole && has(items, &t->parsed[i], is_taken_out))
            continue;
        struct slice text = is_whole ? (i == 0 ? t->text : (struct slice){0}) : half_text(s, t, i);
        if (!add(items, text, &t->parsed[i], is_taken_out))
            return false;
    }
    return true;
}

// "!ARGS" without a name: all of it goes.
static void remove_collections(struct items *items, const struct seclang_target *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < items->count; i++) {
        bool goes = false;
        for (size_t j = 0; j < t->count; j++)
            goes |= items->list[i].target.collection == t->parsed[j].collection;
        if (!goes)
            items->list[kept++] = items->list[i];
    }
    items->count = kept;
}

static enum rules_phase phase_of(const struct seclang_rule *rule)
{
    return (enum rules_phase)(rule->phase - 1);
}

static bool is_at_hand(const struct seclang_target *t, const struct seclang_rule *rule)
{
    for (size_t i = 0; i < t->count; i++) {
        if (rules_collection_facts(t->parsed[i].collection)->phase <= phase_of(rule))
            return true;
    }
    return false;
}

static void leave_out(struct seclang_set *s, const struct seclang_rule *rule,
                      const struct seclang_link *link, const char *why)
{
    seclang_say(s->report, SECLANG_LOST, &link->place, "rule %.*s does not look at a variable: %s",
                (int)slice_first(rule->id, 60).len, rule->id.ptr ? rule->id.ptr : "", why);
}

static bool collect(struct seclang_set *s, const struct seclang_rule *rule,
                    const struct seclang_link *link, struct items *items)
{
    char why[SECLANG_WHY_MAX];
    struct seclang_target t;
    for (const struct seclang_variable *v = link->variables; v; v = v->next) {
        if (v->is_taken_out)
            continue;
        if (!seclang_target_find(s, v, &t, why)) {
            leave_out(s, rule, link, why);
        } else if (!is_at_hand(&t, rule)) {
            (void)snprintf(why, sizeof why, "%.*s is not known in phase %u",
                           (int)slice_first(v->name, 60).len, v->name.ptr, rule->phase);
            leave_out(s, rule, link, why);
        } else if (!add_target(s, items, &t, false)) {
            return false;
        }
    }
    return true;
}

static bool is_looked_at(const struct items *items, const struct seclang_target *t)
{
    for (size_t i = 0; i < items->count; i++) {
        for (size_t j = 0; j < t->count; j++) {
            if (!items->list[i].is_taken_out &&
                items->list[i].target.collection == t->parsed[j].collection)
                return true;
        }
    }
    return false;
}

static bool collect_exclusions(struct seclang_set *s, const struct seclang_rule *rule,
                               const struct seclang_link *link, struct items *items)
{
    char why[SECLANG_WHY_MAX];
    struct seclang_target t;
    for (const struct seclang_variable *v = link->variables; v; v = v->next) {
        if (!v->is_taken_out)
            continue;
        if (!seclang_target_find(s, v, &t, why))
            leave_out(s, rule, link, why);
        else if (!v->has_selector || t.parsed[0].pick == RULES_PICK_ALL)
            remove_collections(items, &t);
        else if (is_looked_at(items, &t) && !add_target(s, items, &t, true))
            return false;
    }
    return true;
}

static bool write_targets(const struct items *items, struct seclang_out *out)
{
    bool any = false;
    seclang_out_key(out, "targets");
    seclang_out_open(out, '[');
    for (size_t i = 0; i < items->count; i++) {
        char text[2048];
        const struct item *item = &items->list[i];
        any |= !item->is_taken_out;
        if (item->text.len == 0)
            continue;
        (void)snprintf(text, sizeof text, "%s%.*s", item->is_taken_out ? "!" : "",
                       (int)item->text.len, item->text.ptr);
        seclang_out_str(out, text);
    }
    seclang_out_close(out, ']');
    return any;
}

struct name_pair {
    const char *seclang, *engine;
};

static const struct name_pair transforms[] = {
    {"base64Decode", "base64_decode"},
    {"base64DecodeExt", "base64_decode_ext"},
    {"base64Encode", "base64_encode"},
    {"cmdLine", "command_line"},
    {"compressWhitespace", "compress_whitespace"},
    {"cssDecode", "css_decode"},
    {"escapeSeqDecode", "escape_seq_decode"},
    {"hexDecode", "hex_decode"},
    {"hexEncode", "hex_encode"},
    {"htmlEntityDecode", "html_entity_decode"},
    {"jsDecode", "js_decode"},
    {"length", "length"},
    {"lowercase", "lowercase"},
    {"md5", "md5"},
    {"normalisePath", "normalize_path"},
    {"normalizePath", "normalize_path"},
    {"normalisePathWin", "normalize_path_win"},
    {"normalizePathWin", "normalize_path_win"},
    {"removeComments", "remove_comments"},
    {"removeCommentsChar", "remove_comments_char"},
    {"removeNulls", "remove_nulls"},
    {"removeWhitespace", "remove_whitespace"},
    {"replaceComments", "replace_comments"},
    {"replaceNulls", "replace_nulls"},
    {"sha1", "sha1"},
    {"sqlHexDecode", "sql_hex_decode"},
    {"trim", "trim"},
    {"trimLeft", "trim_left"},
    {"trimRight", "trim_right"},
    {"uppercase", "uppercase"},
    {"urlDecode", "url_decode"},
    {"urlDecodeUni", "url_decode_uni"},
    {"utf8toUnicode", "utf8_to_unicode"},
};

static const char *find_transform(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(transforms); i++) {
        if (ascii_eq_nocase(name, slice_str(transforms[i].seclang)))
            return transforms[i].engine;
    }
    return NULL;
}

struct pipeline {
    const char *steps[RULES_DEPTH_MAX];
    size_t count;
};

static bool add_steps(const struct seclang_action *a, struct pipeline *p, char *why)
{
    for (; a; a = a->next) {
        if (!ascii_eq_nocase(a->name, SLICE("t")))
            continue;
        if (ascii_eq_nocase(a->value, SLICE("none"))) {
            p->count = 0;
            continue;
        }
        const char *step = find_transform(a->value);
        if (!step) {
            (void)snprintf(why, SECLANG_WHY_MAX, "t:%.*s has nothing like it here",
                           (int)slice_first(a->value, 40).len, a->value.ptr);
            return false;
        }
        if (p->count == RULES_DEPTH_MAX) {
            (void)snprintf(why, SECLANG_WHY_MAX, "there are more than %d transformations",
                           RULES_DEPTH_MAX);
            return false;
        }
        p->steps[p->count++] = step;
    }
    return true;
}

static bool only_looks_at_processor(const struct seclang_link *link)
{
    for (const struct seclang_variable *v = link->variables; v; v = v->next) {
        if (!seclang_is_variable(v, "REQBODY_PROCESSOR") || v->is_count)
            return false;
    }
    return link->variables != NULL;
}

static bool write_transforms(const struct seclang_rule *rule, const struct seclang_link *link,
                             struct seclang_out *out, char *why)
{
    struct pipeline p = {0};
    // SecLang names processors in capitals.
    if (!add_steps(rule->defaults, &p, why) || !add_steps(link->actions, &p, why))
        return false;
    bool is_processor = only_looks_at_processor(link);
    if (p.count == 0 && !is_processor)
        return true;
    seclang_out_key(out, "transforms");
    seclang_out_open(out, '[');
    if (is_processor)
        seclang_out_str(out, "uppercase");
    for (size_t i = 0; i < p.count; i++)
        seclang_out_str(out, p.steps[i]);
    seclang_out_close(out, ']');
    return true;
}

static void write_flag(struct seclang_link *link, const char *action, const char *key,
                       struct seclang_out *out)
{
    if (!seclang_find_action(link->actions, action))
        return;
    seclang_out_key(out, key);
    seclang_out_true(out);
}

bool seclang_condition_is_guard(const struct seclang_link *link)
{
    return link->is_negated && only_looks_at_processor(link);
}

bool seclang_condition_write(struct seclang_set *s, const struct seclang_rule *rule,
                             const struct seclang_link *link, struct seclang_out *out, char *why)
{
    static const struct seclang_variable country = {
        .name = SLICE_INIT("GEO"), .selector = SLICE_INIT("COUNTRY_CODE"), .has_selector = true};
    struct items items = {.count = 0};
    struct seclang_link read = *link;
    // The gateway has looked the client's address up before any rule speaks.
    if (ascii_eq_nocase(link->operator_name, SLICE("geoLookup"))) {
        struct seclang_variable looked_up = country;
        read.variables = &looked_up;
        if (!collect(s, rule, &read, &items))
            return false;
    } else if (!collect(s, rule, link, &items) || !collect_exclusions(s, rule, link, &items)) {
        (void)snprintf(why, SECLANG_WHY_MAX, "there are more than %d variables", TARGETS_MAX);
        return false;
    }
    if (!write_targets(&items, out)) {
        (void)snprintf(why, SECLANG_WHY_MAX, "nothing is left to look at");
        return false;
    }
    if (!write_transforms(rule, link, out, why))
        return false;
    write_flag(&read, "multiMatch", "multi_match", out);
    seclang_out_key(out, "match");
    if (!seclang_match_write(s, rule, link, out, why))
        return false;
    write_flag(&read, "capture", "capture", out);
    return true;
}
