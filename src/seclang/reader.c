// SPDX-License-Identifier: Apache-2.0
// Directive by directive. What configures an engine rather than a rule is said to be a setting of
// the policy, with the key to look for.
#include "seclang/reader.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "base/utf8.h"
#include "seclang/amend.h"
#include "seclang/parse.h"
#include "seclang/text.h"

enum { FILE_MAX = 16 * 1024 * 1024, WORDS_MAX = 8, INCLUDE_DEPTH_MAX = 16 };

struct line {
    struct seclang_set *set;
    struct seclang_place place;
    struct slice words[WORDS_MAX];
    size_t count;
};

struct directive {
    const char *name;
    size_t least; // words behind the name
    bool (*read)(struct line *l);
    const char *advice; // of those without `read`
};

static bool append(struct seclang_set *s, struct seclang_rule *rule)
{
    if (s->last)
        s->last->next = rule;
    else
        s->first = rule;
    s->last = rule;
    return true;
}

static unsigned phase_of(struct slice text)
{
    static const struct {
        const char *word;
        unsigned phase;
    } words[] = {{"request", 2}, {"response", 4}, {"logging", 5}};
    uint64_t number;
    if (num_decimal(text, SECLANG_PHASES - 1, &number) && number > 0)
        return (unsigned)number;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (ascii_eq_nocase(text, slice_str(words[i].word)))
            return words[i].phase;
    }
    return 0;
}

// A phase named by the rule; the second where it names none, as in ModSecurity.
static void settle_phase(struct seclang_set *s, struct seclang_rule *rule)
{
    const struct seclang_action *phase = seclang_find_action(rule->links->actions, "phase");
    rule->phase = phase ? phase_of(phase->value) : 2;
    if (rule->phase == 0) {
        seclang_say(s->report, SECLANG_BROKEN, &rule->place, "there is no phase %.*s; taken for 2",
                    (int)slice_first(phase->value, 20).len, phase->value.ptr);
        rule->phase = 2;
    }
    rule->defaults = s->defaults[rule->phase];
}

static bool begin_rule(struct seclang_set *s, struct seclang_link *link)
{
    struct seclang_rule *rule = seclang_take(s, sizeof *rule);
    if (!rule)
        return false;
    rule->place = link->place;
    rule->links = link;
    rule->paranoia = 1;
    settle_phase(s, rule);
    const struct seclang_action *id = seclang_find_action(link->actions, "id");
    rule->id = id ? id->value : (struct slice){0};
    if (!num_decimal(rule->id, INT64_MAX, &rule->number))
        rule->number = 0;
    return append(s, rule);
}

// A rule of its own, or the next link of the chain that is open.
static bool add_link(struct seclang_set *s, struct seclang_link *link)
{
    struct seclang_rule *rule = s->open;
    if (rule) {
        struct seclang_link *last = rule->links;
        while (last->next)
            last = last->next;
        last->next = link;
    } else if (!begin_rule(s, link)) {
        return false;
    }
    s->open = seclang_find_action(link->actions, "chain") ? (rule ? rule : s->last) : NULL;
    return true;
}

// A rule that cannot be read ends a chain before it: half a chain would hit too often.
static bool give_up(struct seclang_set *s)
{
    if (s->open)
        s->open->is_dropped = true;
    return !s->has_no_memory;
}

static bool read_rule(struct line *l)
{
    struct seclang_set *s = l->set;
    struct seclang_link *link = seclang_take(s, sizeof *link);
    if (!link)
        return false;
    link->place = l->place;
    if (!seclang_parse_variables(s, &l->place, l->words[1], &link->variables))
        return give_up(s);
    if (!link->variables) {
        seclang_say(s->report, SECLANG_BROKEN, &l->place, "the rule looks at nothing");
        return give_up(s);
    }
    seclang_parse_operator(l->words[2], link);
    if (l->count > 3 && !seclang_parse_actions(s, &l->place, l->words[3], &link->actions))
        return give_up(s);
    return add_link(s, link);
}

static bool read_action(struct line *l)
{
    struct seclang_link *link = seclang_take(l->set, sizeof *link);
    if (!link)
        return false;
    link->place = l->place;
    if (!seclang_parse_actions(l->set, &l->place, l->words[1], &link->actions))
        return give_up(l->set);
    return add_link(l->set, link);
}

static bool read_marker(struct line *l)
{
    struct seclang_rule *marker = seclang_take(l->set, sizeof *marker);
    if (!marker)
        return false;
    marker->place = l->place;
    marker->marker = l->words[1];
    return append(l->set, marker);
}

static bool read_defaults(struct line *l)
{
    struct seclang_action *actions = NULL;
    if (!seclang_parse_actions(l->set, &l->place, l->words[1], &actions))
        return !l->set->has_no_memory;
    const struct seclang_action *phase = seclang_find_action(actions, "phase");
    unsigned number = phase ? phase_of(phase->value) : 2;
    if (number == 0)
        seclang_say(l->set->report, SECLANG_BROKEN, &l->place, "there is no such phase");
    else
        l->set->defaults[number] = actions;
    return true;
}

static bool read_engine(struct line *l)
{
    struct slice mode = l->words[1];
    l->set->only_detects = ascii_eq_nocase(mode, SLICE("DetectionOnly"));
    if (ascii_eq_nocase(mode, SLICE("Off")))
        seclang_say(l->set->report, SECLANG_SETTING, &l->place,
                    "the rules are switched off: leave the filter out of the policy's routes");
    return true;
}

static bool is_there(const char *path)
{
    glob_t found;
    int rc = glob(path, 0, NULL, &found);
    if (rc == 0)
        globfree(&found);
    return rc == 0;
}

// Relative to the file that includes.
static bool read_include(struct line *l)
{
    struct seclang_set *s = l->set;
    bool is_optional = ascii_eq_nocase(l->words[0], SLICE("IncludeOptional"));
    if (s->reads_no_files)
        return true;
    if (s->include_depth == INCLUDE_DEPTH_MAX) {
        seclang_say(s->report, SECLANG_BROKEN, &l->place, "files include each other too deeply");
        return true;
    }
    char *path = file_resolve(l->place.file, l->words[1]);
    if (!path)
        return false;
    s->include_depth++;
    bool ok = (is_optional && !is_there(path)) || seclang_read_file(s, path);
    s->include_depth--;
    free(path);
    return ok && !s->has_no_memory;
}

static bool read_remove_by_id(struct line *l)
{
    for (size_t i = 1; i < l->count; i++)
        seclang_remove_by_id(l->set, &l->place, l->words[i]);
    return true;
}

static bool read_remove_by_tag(struct line *l)
{
    seclang_remove_by_text(l->set, &l->place, "tag", l->words[1]);
    return true;
}

static bool read_remove_by_msg(struct line *l)
{
    seclang_remove_by_text(l->set, &l->place, "msg", l->words[1]);
    return true;
}

static bool read_update_target_by_id(struct line *l)
{
    return seclang_update_targets(l->set, &l->place, NULL, l->words[1], l->words[2]);
}

static bool read_update_target_by_tag(struct line *l)
{
    return seclang_update_targets(l->set, &l->place, "tag", l->words[1], l->words[2]);
}

static bool read_update_target_by_msg(struct line *l)
{
    return seclang_update_targets(l->set, &l->place, "msg", l->words[1], l->words[2]);
}

static bool read_update_action(struct line *l)
{
    return seclang_update_actions(l->set, &l->place, l->words[1], l->words[2]);
}

static const struct directive directives[] = {
    {"SecRule", 2, read_rule, NULL},
    {"SecAction", 1, read_action, NULL},
    {"SecMarker", 1, read_marker, NULL},
    {"SecDefaultAction", 1, read_defaults, NULL},
    {"SecRuleEngine", 1, read_engine, NULL},
    {"SecRuleRemoveById", 1, read_remove_by_id, NULL},
    {"SecRuleRemoveByTag", 1, read_remove_by_tag, NULL},
    {"SecRuleRemoveByMsg", 1, read_remove_by_msg, NULL},
    {"SecRuleUpdateTargetById", 2, read_update_target_by_id, NULL},
    {"SecRuleUpdateTargetByTag", 2, read_update_target_by_tag, NULL},
    {"SecRuleUpdateTargetByMsg", 2, read_update_target_by_msg, NULL},
    {"SecRuleUpdateActionById", 2, read_update_action, NULL},
    {"Include", 1, read_include, NULL},
    {"IncludeOptional", 1, read_include, NULL},
    {"SecRequestBodyAccess", 0, NULL, "\"body_limit\" of the filter"},
    {"SecRequestBodyLimit", 0, NULL, "\"body_limit\" of the filter"},
    {"SecRequestBodyNoFilesLimit", 0, NULL, "\"body_limit\" of the filter"},
    {"SecRequestBodyInMemoryLimit", 0, NULL, "\"body_limit\" of the filter"},
    {"SecRequestBodyLimitAction", 0, NULL, "\"body_over_limit\" of the filter"},
    {"SecResponseBodyAccess", 0, NULL, "\"response_types\" of the filter"},
    {"SecResponseBodyMimeType", 0, NULL, "\"response_types\" of the filter"},
    {"SecResponseBodyLimit", 0, NULL, "\"response_body_limit\" of the filter"},
    {"SecResponseBodyLimitAction", 0, NULL, "\"response_over_limit\" of the filter"},
    {"SecPcreMatchLimit", 0, NULL, "regexes have limits of their own"},
    {"SecPcreMatchLimitRecursion", 0, NULL, "regexes have limits of their own"},
    {"SecAuditEngine", 0, NULL, "\"audit\""},
    {"SecAuditLog", 0, NULL, "\"audit\""},
    {"SecAuditLogType", 0, NULL, "\"audit\""},
    {"SecAuditLogParts", 0, NULL, "\"audit\""},
    {"SecAuditLogFormat", 0, NULL, "\"audit\""},
    {"SecAuditLogRelevantStatus", 0, NULL, "\"audit\""},
    {"SecGeoLookupDb", 0, NULL, "a geo filter before the rules"},
    {"SecArgumentsLimit", 0, NULL, "more than 1000 parameters are never let through"},
    {"SecComponentSignature", 0, NULL, ""},
    {"SecCollectionTimeout", 0, NULL, ""},
    {"SecUnicodeMapFile", 0, NULL, ""},
    {"SecStatusEngine", 0, NULL, ""},
    {"SecTmpDir", 0, NULL, ""},
    {"SecDataDir", 0, NULL, ""},
    {"SecArgumentSeparator", 0, NULL, ""},
    {"SecCookieFormat", 0, NULL, ""},
    {"SecDebugLog", 0, NULL, ""},
    {"SecDebugLogLevel", 0, NULL, ""},
};

static const struct directive *find_directive(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
        if (ascii_eq_nocase(name, slice_str(directives[i].name)))
            return &directives[i];
    }
    return NULL;
}

static bool read_line(struct line *l)
{
    struct seclang_report *report = l->set->report;
    struct slice name = slice_first(l->words[0], 60);
    const struct directive *d = find_directive(name);
    if (!d) {
        seclang_say(report, SECLANG_LOST, &l->place, "the directive %.*s is not known",
                    (int)name.len, name.ptr);
        return true;
    }
    if (l->count - 1 < d->least) {
        seclang_say(report, SECLANG_BROKEN, &l->place, "%s needs %zu words behind it", d->name,
                    d->least);
        return d->read != read_rule || give_up(l->set);
    }
    if (d->read)
        return d->read(l);
    if (d->advice[0] != '\0')
        seclang_say(report, SECLANG_SETTING, &l->place, "%s: see %s", d->name, d->advice);
    else
        seclang_say(report, SECLANG_IDLE, &l->place, "%s means nothing here", d->name);
    return true;
}

// Octets that are no text at all: as a regex would have them. Elsewhere they are odd either way.
static bool spell_out(struct seclang_set *s, const struct seclang_place *place, struct slice *line)
{
    struct buf b;
    bool is_clean = true;
    buf_new(&b, 4 * FILE_MAX);
    for (size_t i = 0; i < line->len;) {
        size_t len = line->ptr[i] ? utf8_sequence(slice_from(*line, i)) : 0;
        if (len > 0)
            buf_append(&b, line->ptr + i, len);
        else
            buf_printf(&b, "\\x%02x", (unsigned)(unsigned char)line->ptr[i]);
        is_clean &= len > 0;
        i += len ? len : 1;
    }
    if (!is_clean) {
        seclang_say(s->report, SECLANG_LOST, place, "octets that are no UTF-8 stand as \\xHH");
        *line = arena_copy(&s->arena, buf_view(&b));
    }
    bool ok = !b.failed && line->ptr;
    buf_free(&b);
    s->has_no_memory |= !ok;
    return ok;
}

bool seclang_read_text(struct seclang_set *s, const char *name, struct slice text)
{
    struct seclang_lines lines;
    struct slice rest;
    struct line l = {.set = s, .place = {.file = name}};
    seclang_lines_init(&lines, text);
    while (seclang_lines_next(&lines, &s->arena, &rest, &l.place.line)) {
        if (!spell_out(s, &l.place, &rest))
            return false;
        l.count = 0;
        while (l.count < WORDS_MAX && seclang_take_word(&rest, &s->arena, &l.words[l.count]))
            l.count++;
        if (l.count > 0 && !read_line(&l))
            return false;
    }
    if (s->open) {
        seclang_say(s->report, SECLANG_BROKEN, &s->open->place, "the chain has no end");
        s->open->is_dropped = true;
        s->open = NULL;
    }
    return lines.rest.len == 0 && !s->has_no_memory;
}

static bool read_one(struct seclang_set *s, const char *path)
{
    char why[160], *content = NULL;
    size_t len;
    const struct seclang_place place = {.file = arena_str(&s->arena, slice_str(path))};
    if (!place.file)
        return false;
    if (!file_read(path, FILE_MAX, &content, &len, why, sizeof why)) {
        seclang_say(s->report, SECLANG_BROKEN, &place, "%s", why);
        return false;
    }
    // The model points into the text.
    struct slice text = arena_copy(&s->arena, slice_of(content, len));
    free(content);
    return text.ptr && seclang_read_text(s, place.file, text);
}

bool seclang_read_file(struct seclang_set *s, const char *path)
{
    glob_t found;
    if (!strpbrk(path, "*?["))
        return read_one(s, path);
    int rc = glob(path, 0, NULL, &found);
    if (rc != 0) {
        const struct seclang_place place = {.file = arena_str(&s->arena, slice_str(path))};
        if (place.file)
            seclang_say(s->report, SECLANG_BROKEN, &place, "no file has a name like this");
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < found.gl_pathc; i++)
        ok &= read_one(s, found.gl_pathv[i]);
    globfree(&found);
    return ok;
}
