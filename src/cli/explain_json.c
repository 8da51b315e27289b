// SPDX-License-Identifier: Apache-2.0
// An explanation for programs: one JSON object.
#include "base/json_read.h"
#include "base/json_write.h"
#include "cli/explain.h"
#include "policy/snapshot.h"

static void write_steps(struct json_writer *w, const struct rules_trace_match *m)
{
    json_write_key(w, "steps");
    json_write_array(w);
    for (size_t i = 0; i < m->step_count; i++) {
        json_write_object(w);
        json_write_key_str(w, "transform", m->steps[i].transform);
        json_write_key_slice(w, "text", m->steps[i].text);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

static void write_match(struct json_writer *w, const struct rules_trace_match *m)
{
    const struct json *why = m->exclusion ? json_get(m->exclusion, "why") : NULL;
    json_write_object(w);
    json_write_key_slice(w, "rule", m->rule);
    json_write_key_u64(w, "condition", m->condition);
    json_write_key_slice(w, "target", m->target);
    json_write_key_slice(w, "value", m->value);
    write_steps(w, m);
    json_write_key_slice(w, "matched", m->piece);
    json_write_key_bool(w, "undecided", m->is_undecided);
    if (m->exclusion) {
        unsigned line, column;
        json_place(m->exclusion->doc, m->exclusion->offset, &line, &column);
        json_write_key(w, "excluded_by");
        json_write_object(w);
        json_write_key_str(w, "file", json_doc_name(m->exclusion->doc));
        json_write_key_u64(w, "line", line);
        if (why && why->type == JSON_STRING)
            json_write_key_slice(w, "why", why->text);
        json_write_end_object(w);
    }
    json_write_end_object(w);
}

static void write_hit(struct json_writer *w, const struct filter_match *hit)
{
    json_write_object(w);
    json_write_key_slice(w, "rule", hit->rule);
    json_write_key_slice(w, "target", hit->target);
    json_write_key_slice(w, "value", hit->value);
    json_write_key_u64(w, "score", hit->score);
    json_write_key_str(w, "mode", hit->is_detect ? "detect" : "block");
    json_write_end_object(w);
}

static void write_decision(struct json_writer *w, const struct explanation *x,
                           const struct explain_decision *d)
{
    static const char *const phases[] = {"address", "head", "body", "response", "response_body"};
    static const char *const kinds[] = {"pass", "deny", "respond", "allow", "wait"};
    json_write_object(w);
    json_write_key_slice(w, "filter", d->filter->name);
    json_write_key_str(w, "type", d->filter->type->name);
    json_write_key_str(w, "phase", phases[d->phase]);
    json_write_key_str(w, "verdict", kinds[d->verdict.kind]);
    if (d->verdict.status)
        json_write_key_u64(w, "status", d->verdict.status);
    if (d->verdict.reason)
        json_write_key_str(w, "reason", d->verdict.reason);
    if (d->verdict.rule.len)
        json_write_key_slice(w, "rule", d->verdict.rule);
    json_write_key_u64(w, "score", d->phase < FILTER_AT_RESPONSE ? d->score : d->response_score);
    json_write_key(w, "hits");
    json_write_array(w);
    for (size_t i = 0; i < d->hit_count; i++)
        write_hit(w, explain_hit_of(x, d, i));
    json_write_end_array(w);
    json_write_key(w, "matches");
    json_write_array(w);
    for (size_t i = 0; i < d->match_count; i++)
        write_match(w, &x->matches[d->first_match + i]);
    json_write_end_array(w);
    json_write_end_object(w);
}

static const char *verdict_word(const struct explanation *x)
{
    if (x->refused)
        return "refused";
    if (!x->route)
        return "no-route";
    return x->is_denied ? "denied" : "passed";
}

void explain_write_json(const struct explanation *x, struct slice exclusions, struct buf *out)
{
    struct json_writer w;
    json_write_init(&w, out);
    json_write_object(&w);
    json_write_key_str(&w, "verdict", verdict_word(x));
    if (x->refused)
        json_write_key_str(&w, "reason", x->refused);
    if (x->route)
        json_write_key_slice(&w, "route", x->route->name);
    json_write_key(&w, "decisions");
    json_write_array(&w);
    for (size_t i = 0; i < x->decision_count; i++)
        write_decision(&w, x, &x->decisions[i]);
    json_write_end_array(&w);
    if (exclusions.len) {
        json_write_key(&w, "exclusions");
        buf_slice(out, exclusions);
    }
    json_write_end_object(&w);
    buf_char(out, '\n');
}
