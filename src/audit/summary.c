// SPDX-License-Identifier: Apache-2.0
// A record's fields are gathered first, since what they count for follows from its verdict.
#include "audit/summary.h"

#include <string.h>

#include "audit/fields.h"
#include "base/num.h"

enum { RULES_MAX = 64 };

enum field {
    FIELD_TIME,
    FIELD_ACTION,
    FIELD_VERDICT,
    FIELD_STATUS,
    FIELD_REASON,
    FIELD_FILTER,
    FIELD_CLIENT,
    FIELD_PATH,
    FIELD_COUNTRY,
    FIELD_ROUTE,
    FIELD_BACKEND,
    FIELD_LOST,
    FIELD_COUNT,
    FIELDS,
};

static const struct slice paths[FIELDS] = {
    [FIELD_TIME] = SLICE_INIT("@timestamp"),
    [FIELD_ACTION] = SLICE_INIT("event.action"),
    [FIELD_VERDICT] = SLICE_INIT("yett.verdict"),
    [FIELD_STATUS] = SLICE_INIT("http.response.status_code"),
    [FIELD_REASON] = SLICE_INIT("event.reason"),
    [FIELD_FILTER] = SLICE_INIT("yett.filter"),
    [FIELD_CLIENT] = SLICE_INIT("client.address"),
    [FIELD_PATH] = SLICE_INIT("url.path"),
    [FIELD_COUNTRY] = SLICE_INIT("client.geo.country_iso_code"),
    [FIELD_ROUTE] = SLICE_INIT("yett.route"),
    [FIELD_BACKEND] = SLICE_INIT("yett.backend"),
    [FIELD_LOST] = SLICE_INIT("yett.lost"),
    [FIELD_COUNT] = SLICE_INIT("yett.count"),
};

struct record {
    struct slice fields[FIELDS];
    struct slice rules[RULES_MAX];
    size_t rule_count;
};

static void take_rule(struct record *r, struct slice rule)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        if (slice_eq(r->rules[i], rule))
            return;
    }
    if (r->rule_count < RULES_MAX)
        r->rules[r->rule_count++] = rule;
}

static void take(void *ctx, struct slice path, struct slice text)
{
    struct record *r = ctx;
    for (size_t i = 0; i < FIELDS; i++) {
        if (slice_eq(path, paths[i]))
            r->fields[i] = text;
    }
    if (slice_eq(path, SLICE("yett.matches[].rule")))
        take_rule(r, text);
}

void summary_init(struct summary *s)
{
    for (size_t i = 0; i < SUMMARY_TABLES; i++)
        top_init(&s->tables[i]);
}

static void count(struct summary *s, enum summary_table table, struct slice key, uint64_t times)
{
    if (key.len)
        top_add(&s->tables[table], key, times);
}

// How many it stands for: connections that are refused again and again are told in sums.
static uint64_t times_of(const struct record *r)
{
    uint64_t times;
    return num_decimal(r->fields[FIELD_COUNT], UINT32_MAX, &times) && times > 0 ? times : 1;
}

// Times of one form are in the order of their texts.
static void note_time(struct summary *s, struct slice time)
{
    char text[sizeof(s->first)] = "";
    time = slice_first(time, sizeof(text) - 1);
    if (time.len == 0)
        return;
    memcpy(text, time.ptr, time.len);
    if (s->first[0] == '\0' || strcmp(text, s->first) < 0)
        memcpy(s->first, text, sizeof(text));
    if (strcmp(text, s->last) > 0)
        memcpy(s->last, text, sizeof(text));
}

static void count_record(struct summary *s, const struct record *r)
{
    const struct slice *f = r->fields;
    bool is_refused =
        slice_eq(f[FIELD_VERDICT], SLICE("denied")) || slice_eq(f[FIELD_VERDICT], SLICE("refused"));
    struct slice hour = slice_first(f[FIELD_TIME], sizeof("2026-11-27T07") - 1);
    uint64_t times = times_of(r);
    s->records++;
    note_time(s, f[FIELD_TIME]);
    count(s, SUMMARY_VERDICTS, f[FIELD_VERDICT], times);
    count(s, SUMMARY_STATUSES, f[FIELD_STATUS], times);
    count(s, SUMMARY_REASONS, f[FIELD_REASON], times);
    count(s, SUMMARY_FILTERS, f[FIELD_FILTER], times);
    count(s, SUMMARY_CLIENTS, f[FIELD_CLIENT], times);
    count(s, SUMMARY_PATHS, f[FIELD_PATH], times);
    count(s, SUMMARY_COUNTRIES, f[FIELD_COUNTRY], times);
    count(s, SUMMARY_ROUTES, f[FIELD_ROUTE], times);
    count(s, SUMMARY_BACKENDS, f[FIELD_BACKEND], times);
    count(s, SUMMARY_HOURS, hour, times);
    for (size_t i = 0; i < r->rule_count; i++)
        count(s, SUMMARY_RULES, r->rules[i], times);
    if (!is_refused)
        return;
    count(s, SUMMARY_REFUSED_CLIENTS, f[FIELD_CLIENT], times);
    count(s, SUMMARY_REFUSED_PATHS, f[FIELD_PATH], times);
    count(s, SUMMARY_REFUSED_HOURS, hour, times);
}

void summary_add(struct summary *s, char *line, size_t len)
{
    struct record r = {0};
    uint64_t lost;
    if (!fields_walk(line, len, take, &r) || r.fields[FIELD_ACTION].len == 0)
        s->broken++;
    else if (r.fields[FIELD_VERDICT].len)
        count_record(s, &r);
    else if (num_decimal(r.fields[FIELD_LOST], UINT64_MAX, &lost))
        s->lost += lost;
}
