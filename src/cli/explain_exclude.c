// SPDX-License-Identifier: Apache-2.0
// What is proposed was tried: one target of one rule after the other is taken out, the dearest
// first, and the request is judged again by the whole policy, until it passes. The policy gets one
// rule file more for that, with the exclusions so far.
#include "cli/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_read.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/problems.h"
#include "cli/exclusion.h"
#include "policy/snapshot.h"

enum {
    PICKS_MAX = 64,
    POLICY_MAX = 32 * 1024 * 1024,
    EXCLUSIONS_TEXT_MAX = 256 * 1024,
};

// One rule at one target; an empty target: the rule as a whole.
struct pick {
    struct slice rule, target;
};

struct picks {
    struct arena arena;
    struct pick all[PICKS_MAX];
    size_t count;
    struct slice host, path;
};

static bool is_picked(const struct picks *p, struct slice rule, struct slice target)
{
    for (size_t i = 0; i < p->count; i++)
        if (slice_eq(p->all[i].rule, rule) &&
            (p->all[i].target.len == 0 || slice_eq(p->all[i].target, target)))
            return true;
    return false;
}

// Who refuses the request, or would if nothing only watched.
struct culprit {
    struct slice filter;
    struct slice rule; // of a deny; empty when it would have been one
    bool is_score;
    bool only_would;
};

static bool is_rules(const struct explanation *x, struct slice filter)
{
    for (size_t i = 0; i < x->decision_count; i++)
        if (slice_eq(x->decisions[i].filter->name, filter))
            return slice_eq(slice_str(x->decisions[i].filter->type->name), SLICE("rules"));
    return false;
}

static bool find_culprit(const struct explanation *x, struct culprit *out)
{
    const char *reason = x->notes.would_deny_reason;
    *out = (struct culprit){.filter = x->notes.would_deny_filter, .only_would = true};
    if (x->is_denied) {
        reason = x->is_response ? NULL : x->last->verdict.reason;
        *out = (struct culprit){.filter = x->last->filter->name, .rule = x->last->verdict.rule};
    }
    out->is_score = reason && slice_eq(slice_str(reason), SLICE("score-threshold"));
    return reason && is_rules(x, out->filter) &&
           (out->is_score || slice_eq(slice_str(reason), SLICE("rule-denied")));
}

static bool has_teeth(const struct culprit *c, const struct filter_match *m)
{
    if (m->is_detect && !c->only_would)
        return false;
    if (c->is_score)
        return m->score > 0;
    return c->only_would ? m->is_detect : slice_eq(m->rule, c->rule);
}

// The hit that did most: the rule that denied, or of those that scored the dearest.
static const struct filter_match *dearest(const struct explanation *x, const struct picks *p,
                                          const struct culprit *c)
{
    const struct filter_match *best = NULL;
    for (const struct filter_match *m = x->notes.matches; m; m = m->next) {
        if (!has_teeth(c, m) || is_picked(p, m->rule, exclusion_target(m->target)))
            continue;
        if (!best || m->score > best->score)
            best = m;
    }
    return best;
}

static bool pick(const struct explanation *x, struct picks *p, const struct culprit *c)
{
    const struct filter_match *m = p->count < PICKS_MAX ? dearest(x, p, c) : NULL;
    if (!m)
        return false;
    p->all[p->count++] =
        (struct pick){.rule = arena_copy(&p->arena, m->rule),
                      .target = arena_copy(&p->arena, exclusion_target(m->target))};
    return true;
}

// Rules that err at the same target share an exclusion.
static void write_exclusion(struct json_writer *w, const struct picks *p, size_t first)
{
    json_write_object(w);
    json_write_key(w, "rules");
    json_write_array(w);
    for (size_t i = first; i < p->count; i++)
        if (slice_eq(p->all[i].target, p->all[first].target))
            json_write_slice(w, p->all[i].rule);
    json_write_end_array(w);
    exclusion_write_place(w, p->host, p->path, p->all[first].target);
    json_write_key_str(w, "why", "say who sends this, and why it is harmless");
    json_write_end_object(w);
}

static bool is_repeated(const struct picks *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (slice_eq(p->all[i].target, p->all[at].target))
            return true;
    return false;
}

static void write_all(const struct picks *p, struct buf *out)
{
    struct json_writer w;
    json_write_init(&w, out);
    json_write_array(&w);
    for (size_t i = 0; i < p->count; i++)
        if (!is_repeated(p, i))
            write_exclusion(&w, p, i);
    json_write_end_array(&w);
}

// A file with the exclusions so far; its name into path[]. False when the system refuses.
static bool write_file(const struct picks *p, char *path)
{
    struct buf text;
    int fd = mkstemp(path);
    buf_new(&text, EXCLUSIONS_TEXT_MAX);
    buf_str(&text, "{\"rules\":[],\"exclusions\":");
    write_all(p, &text);
    buf_char(&text, '}');
    bool ok = fd >= 0 && !text.failed && write(fd, text.data, text.len) == (ssize_t)text.len;
    if (!ok)
        (void)fprintf(stderr, "yett rules explain: exclusions cannot be tried out: %s: %s\n", path,
                      log_errno(errno));
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    return ok;
}

// The policy's text with that file among the rule files of the filter.
static bool write_policy(const struct snapshot *s, struct slice filter, const char *path,
                         struct problems *problems, struct buf *out)
{
    struct json_doc *doc = json_read_text(s->path, s->text, problems);
    const struct json *files = NULL, *filters = doc ? json_get(json_root(doc), "filters") : NULL;
    for (const struct json *f = filters ? filters->first : NULL; f; f = f->next)
        if (slice_eq(f->key, filter))
            files = json_get(f, "files");
    size_t at = files ? files->offset : s->text.len;
    at += slice_index(slice_from(s->text, at), '[') + 1;
    bool found = files && at <= s->text.len;
    if (found) {
        buf_slice(out, slice_first(s->text, at));
        buf_printf(out, "\"%s\",", path);
        buf_slice(out, slice_from(s->text, at));
    }
    json_free(&doc);
    return found && !out->failed;
}

static struct snapshot *load_with(const struct picks *p, const struct snapshot *s,
                                  struct slice filter)
{
    char path[] = "/tmp/yett-exclusions-XXXXXX";
    struct problems *problems = problems_new();
    struct snapshot *changed = NULL;
    struct buf policy;
    buf_new(&policy, POLICY_MAX);
    if (problems && write_file(p, path) && write_policy(s, filter, path, problems, &policy))
        changed = policy_load_variant(s, buf_view(&policy), problems);
    if (problems && problems_count(problems))
        problems_print(problems, stderr);
    (void)unlink(path);
    buf_free(&policy);
    problems_free(&problems);
    return changed;
}

// Judges the sample with the exclusions so far and picks one more where it is still refused. True
// as long as there is more to try; *passes when it is let through.
static bool try_again(struct picks *p, const struct snapshot *s, const struct culprit *first,
                      const struct rules_sample *sample, bool *passes)
{
    struct explanation x = {0};
    struct culprit c;
    struct snapshot *changed = load_with(p, s, first->filter);
    bool judged = changed && explain_request(&x, changed, sample);
    *passes = judged && !x.is_denied && !(first->only_would && x.notes.would_deny_reason);
    bool goes_on = judged && !*passes && find_culprit(&x, &c) &&
                   slice_eq(c.filter, first->filter) && pick(&x, p, &c);
    if (changed)
        explain_clear(&x);
    snapshot_unref(&changed);
    return goes_on;
}

bool explain_exclude(const struct explanation *x, const struct snapshot *s,
                     const struct rules_sample *sample, struct buf *out)
{
    struct picks p = {.host = x->message.request.host, .path = x->message.request.path};
    struct culprit c;
    bool passes = false;
    if (!find_culprit(x, &c))
        return false;
    arena_init(&p.arena, NULL, EXCLUSIONS_TEXT_MAX);
    bool goes_on = pick(x, &p, &c);
    while (goes_on)
        goes_on = try_again(&p, s, &c, sample, &passes);
    if (passes)
        write_all(&p, out);
    arena_clear(&p.arena);
    return passes && !out->failed;
}
