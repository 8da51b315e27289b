// SPDX-License-Identifier: Apache-2.0
// An explanation for people: filters in the order in which they were asked; under each the rules
// that hit, and under each rule how its value became what matched.
#include "cli/explain.h"

#include "base/buf.h"
#include "base/json_read.h"
#include "policy/snapshot.h"

enum { SHOWN_MAX = 240 };

// Octets that a terminal would not show stand as \xHH.
static void put_octets(struct buf *out, struct slice text)
{
    struct slice shown = slice_first(text, SHOWN_MAX);
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char c = (unsigned char)shown.ptr[i];
        if (c >= ' ' && c < 0x7f)
            buf_char(out, (char)c);
        else
            buf_printf(out, "\\x%02x", (unsigned)c);
    }
    if (shown.len < text.len)
        buf_printf(out, "... (%zu octets)", text.len);
}

static void put_line(struct buf *out, const char *label, struct slice text)
{
    buf_printf(out, "        %-22s ", label);
    put_octets(out, text);
    buf_char(out, '\n');
}

static void put_steps(struct buf *out, const struct rules_trace_match *m)
{
    struct slice before = m->value;
    put_line(out, "value", m->value);
    for (size_t i = 0; i < m->step_count; i++) {
        struct slice text = m->steps[i].text;
        put_line(out, m->steps[i].transform, slice_eq(text, before) ? SLICE("(no change)") : text);
        before = text;
    }
    put_line(out, m->is_undecided ? "undecided at" : "matched", m->piece);
}

static void put_exclusion(struct buf *out, const struct rules_trace_match *m)
{
    unsigned line, column;
    const struct json *why = json_get(m->exclusion, "why");
    json_place(m->exclusion->doc, m->exclusion->offset, &line, &column);
    buf_str(out, "    excluded: ");
    buf_slice(out, m->rule);
    buf_str(out, " at ");
    put_octets(out, m->target);
    buf_printf(out, ", by %s:%u", json_doc_name(m->exclusion->doc), line);
    if (why && why->type == JSON_STRING) {
        buf_str(out, ": ");
        put_octets(out, why->text);
    }
    buf_char(out, '\n');
    put_steps(out, m);
}

// What the hit's conditions matched.
static void put_matches(struct buf *out, const struct explanation *x,
                        const struct explain_decision *d, struct slice rule)
{
    for (size_t i = 0; i < d->match_count; i++) {
        const struct rules_trace_match *m = &x->matches[d->first_match + i];
        if (m->exclusion || !slice_eq(m->rule, rule))
            continue;
        if (m->condition_count > 1)
            buf_printf(out, "      condition %u of %u, ", m->condition + 1, m->condition_count);
        else
            buf_str(out, "      ");
        put_octets(out, m->target);
        buf_char(out, '\n');
        put_steps(out, m);
    }
}

static void put_hit(struct buf *out, const struct explanation *x, const struct explain_decision *d,
                    const struct filter_match *hit)
{
    buf_str(out, "    rule ");
    buf_slice(out, hit->rule);
    buf_printf(out, " hits%s, score %u, at ", hit->is_detect ? " (only watched)" : "", hit->score);
    put_octets(out, hit->target);
    if (hit->data.len) {
        buf_str(out, ": ");
        put_octets(out, hit->data);
    }
    buf_char(out, '\n');
    put_matches(out, x, d, hit->rule);
}

static const char *phase_text(enum filter_phase phase)
{
    static const char *const texts[] = {"at accept", "head", "body", "response", "response body"};
    return texts[phase];
}

static void put_verdict(struct buf *out, const struct filter_verdict *v)
{
    static const char *const kinds[] = {"passes", "denies", "answers", "allows", "waits"};
    buf_str(out, kinds[v->kind]);
    if (v->status)
        buf_printf(out, " with %u", v->status);
    if (v->kind == FILTER_PASS && v->reason)
        buf_str(out, ", would deny");
    if (v->reason)
        buf_printf(out, ", %s", v->reason);
    if (v->rule.len) {
        buf_str(out, ", ");
        put_octets(out, v->rule);
    }
    if (v->rule_name.len) {
        buf_str(out, " (");
        put_octets(out, v->rule_name);
        buf_char(out, ')');
    }
    buf_char(out, '\n');
}

static void put_decision(struct buf *out, const struct explanation *x,
                         const struct explain_decision *d)
{
    buf_str(out, "  ");
    buf_slice(out, d->filter->name);
    buf_printf(out, " (%s, %s): ", d->filter->type->name, phase_text(d->phase));
    put_verdict(out, &d->verdict);
    for (size_t i = 0; i < d->hit_count; i++)
        put_hit(out, x, d, explain_hit_of(x, d, i));
    for (size_t i = 0; i < d->match_count; i++)
        if (x->matches[d->first_match + i].exclusion)
            put_exclusion(out, &x->matches[d->first_match + i]);
    if (d->hit_count && d->phase < FILTER_AT_RESPONSE)
        buf_printf(out, "    score %u, of rules that only watch %u\n", d->score, d->detect_score);
    else if (d->hit_count)
        buf_printf(out, "    score of the response %u\n", d->response_score);
}

static void put_sum(struct buf *out, const struct explanation *x)
{
    if (x->is_denied)
        buf_printf(out, "the %s is denied\n", x->is_response ? "response" : "request");
    else if (x->last)
        buf_str(out, "the request passes: a filter allows it\n");
    else
        buf_str(out, "the request passes\n");
    if (!x->notes.would_deny_reason)
        return;
    buf_str(out, "in block mode ");
    buf_slice(out, x->notes.would_deny_filter);
    buf_printf(out, " would deny it: %s\n", x->notes.would_deny_reason);
}

void explain_write_text(const struct explanation *x, struct buf *out)
{
    if (x->refused) {
        buf_printf(out, "the parser refuses it before any filter is asked: %s\n", x->refused);
        return;
    }
    const struct http_request *r = &x->message.request;
    char client[ADDR_TEXT_MAX];
    put_octets(out, r->method);
    buf_char(out, ' ');
    put_octets(out, r->target);
    buf_str(out, " of host ");
    put_octets(out, r->host);
    buf_printf(out, " from %.*s\n", (int)addr_text(&x->message.input.client, client), client);
    if (!x->route) {
        buf_str(out, "no route takes it: 404\n");
        return;
    }
    buf_str(out, "route ");
    buf_slice(out, x->route->name);
    buf_printf(out, ", %zu filters%s\n", x->route->filters.count,
               x->route->filters.detect ? ", which only watch" : "");
    for (size_t i = 0; i < x->decision_count; i++)
        put_decision(out, x, &x->decisions[i]);
    put_sum(out, x);
}
