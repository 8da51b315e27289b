// SPDX-License-Identifier: Apache-2.0
// Two limits over one key: how fast requests come (gcra.h) and how many run at once (places.h). The
// place is taken first and given back when the rate refuses, so that a refused request costs
// neither. A refusal says when to come again, and every response says how much is left
// (draft-ietf-httpapi-ratelimit-headers), so that well-behaved clients need not find out by being
// refused. Judged at accept, as a filter of a listener, it counts connections; whatever a
// connection cannot tell is then missing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/hash.h"
#include "base/num.h"
#include "filter/filter.h"
#include "filter/gcra.h"
#include "filter/key_table.h"
#include "filter/places.h"
#include "filter/rate_key.h"

enum {
    TABLE_SIZE_DEFAULT = 65536, // 1 MiB
    BURST_MAX = 1000000000,
    NS_PER_S = 1000000000,
    CONCURRENCY_RETRY_S = 1, // nobody knows when a place gets free
    TEXT_MAX = 192,
};

enum missing_key { MISSING_SHARE, MISSING_SKIP, MISSING_DENY };

struct config {
    struct rate_key key;
    bool has_rate;
    struct gcra_limit rate;
    uint64_t concurrency; // 0: no limit
    uint64_t table_size;
    bool pass_when_full;
    enum missing_key missing_key;
    unsigned status;
    char rate_text[TEXT_MAX];   // as in the policy, for the record
    char places_text[TEXT_MAX]; // the same of the concurrency
    char name[TEXT_MAX];       // of the filter, as a string of structured fields (RFC 9651, 3.3.3),
                               // without quotes
    char policy[2 * TEXT_MAX]; // member of RateLimit-Policy
};

struct state {
    struct hash_key hash;
    struct gcra_limit rate; // arrival times mean something under one limit only
    struct key_table *rates, *places;
};

static void read_rate(const struct json *object, struct problems *problems, struct config *c)
{
    uint64_t count, per_ms, burst;
    bool has_burst = conf_u64(object, "burst", 1, BURST_MAX, problems, &burst);
    const struct json *value = json_get(object, "rate");
    if (!value) {
        if (has_burst)
            problems_add(problems, json_get(object, "burst"), "means nothing without \"rate\"");
        return;
    }
    c->has_rate = conf_rate(object, "rate", problems, &count, &per_ms);
    if (!c->has_rate)
        return;
    // Without a burst an idle client may send at once what the rate allows in its own period.
    if (!has_burst)
        burst = count;
    if (!gcra_limit_init(&c->rate, count, per_ms, burst))
        problems_add(
            problems, value,
            "the rate must be at most %d a second, and the burst come back within 366 days",
            GCRA_RATE_MAX);
    (void)snprintf(c->rate_text, sizeof(c->rate_text), "%.*s",
                   (int)slice_first(value->text, TEXT_MAX - 1).len, value->text.ptr);
}

// The filter's name in the policy, where it can stand in a structured string.
static void write_name(const struct json *object, char *out)
{
    struct slice name = slice_first(object->key, TEXT_MAX - 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        out[i] = c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? '_' : c;
    }
    out[name.len] = '\0';
}

static void write_policy(struct config *c)
{
    size_t len = 0;
    if (c->has_rate) {
        int written = snprintf(c->policy, sizeof(c->policy), "\"%s\";q=%llu;w=%llu", c->name,
                               (unsigned long long)c->rate.burst,
                               (unsigned long long)((c->rate.burst_ns + NS_PER_S - 1) / NS_PER_S));
        len = written > 0 ? (size_t)written : 0;
    }
    if (c->concurrency && len < sizeof(c->policy))
        (void)snprintf(c->policy + len, sizeof(c->policy) - len,
                       "%s\"%s-at-once\";q=%llu;qu=\"concurrent-requests\"", len ? ", " : "",
                       c->name, (unsigned long long)c->concurrency);
}

static void compile_into(struct config *c, const struct json *object, struct problems *problems)
{
    static const char *const keys[] = {
        FILTER_COMMON_KEYS, "key",       "ipv6_prefix", "rate",   "burst", "concurrency",
        "table_size",       "when_full", "missing_key", "status", NULL};
    static const char *const missing_words[] = {
        [MISSING_SHARE] = "share", [MISSING_SKIP] = "skip", [MISSING_DENY] = "deny", NULL};
    conf_known_keys(object, keys, problems);
    rate_key_compile(&c->key, object, problems);
    read_rate(object, problems, c);
    if (conf_u64(object, "concurrency", 1, PLACES_MAX, problems, &c->concurrency))
        (void)snprintf(c->places_text, sizeof(c->places_text), "%llu at once",
                       (unsigned long long)c->concurrency);
    if (!json_get(object, "rate") && !json_get(object, "concurrency"))
        problems_add(problems, object, "needs \"rate\" or \"concurrency\"");
    (void)conf_u64(object, "table_size", KEY_TABLE_SLOTS_MIN, KEY_TABLE_SLOTS_MAX, problems,
                   &c->table_size);
    filter_conf_pass_or_deny(object, "when_full", problems, &c->pass_when_full);
    size_t choice;
    if (conf_choice(object, "missing_key", missing_words, problems, &choice))
        c->missing_key = (enum missing_key)choice;
    filter_conf_status(object, problems, &c->status);
    write_name(object, c->name);
    write_policy(c);
}

static void free_config(void *config)
{
    struct config *c = config;
    rate_key_clear(&c->key);
    free(c);
}

static void *compile(const struct json *object, struct problems *problems)
{
    size_t before = problems_count(problems);
    struct config *c = calloc(1, sizeof(*c));
    if (!c) {
        problems_add(problems, object, "no memory");
        return NULL;
    }
    c->table_size = TABLE_SIZE_DEFAULT;
    c->status = 429;
    compile_into(c, object, problems);
    if (problems_count(problems) == before)
        return c;
    free_config(c);
    return NULL;
}

static void free_state(void *state)
{
    struct state *s = state;
    key_table_free(&s->rates);
    key_table_free(&s->places);
    free(s);
}

static void *new_state(const void *config)
{
    const struct config *c = config;
    struct state *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    hash_key_random(&s->hash);
    s->rate = c->rate;
    if (c->has_rate)
        s->rates = key_table_new((size_t)c->table_size);
    if (c->concurrency)
        s->places = key_table_new((size_t)c->table_size);
    if ((c->has_rate && !s->rates) || (c->concurrency && !s->places)) {
        free_state(s);
        return NULL;
    }
    return s;
}

static bool state_fits(const void *config, const void *state)
{
    const struct config *c = config;
    const struct state *s = state;
    const struct key_table *any = s->rates ? s->rates : s->places;
    return c->has_rate == !!s->rates && !!c->concurrency == !!s->places &&
           c->rate.interval_ns == s->rate.interval_ns && c->rate.burst == s->rate.burst &&
           key_table_rounded((size_t)c->table_size) == key_table_slots(any);
}

static uint64_t seconds_up(uint64_t ns)
{
    return ns / NS_PER_S + (ns % NS_PER_S != 0);
}

// Sets the field, behind the members that other rate limits of the chain put there.
static bool note_member(const struct filter_facts *f, struct slice name, struct slice member)
{
    struct filter_field **list = &f->notes->response_set;
    const struct filter_field *old = filter_field_find(*list, name);
    if (old) {
        const struct slice parts[] = {old->value, SLICE(", "), member};
        member = arena_join(f->arena, parts, ARRAY_LEN(parts));
    }
    return member.ptr && filter_note_field(f, list, name, member);
}

enum { DIGITS_MAX = 20 };

static struct slice decimal(uint64_t value, char digits[DIGITS_MAX])
{
    return slice_of(digits, num_write_decimal(digits, value));
}

static bool note_limits(const struct config *c, const struct filter_facts *f,
                        const struct gcra_answer *rate, uint64_t left)
{
    char remaining[DIGITS_MAX], reset[DIGITS_MAX], places[DIGITS_MAX];
    struct slice parts[10], name = slice_str(c->name);
    size_t count = 0;
    if (!f->request)
        return true; // no response will carry it
    if (c->has_rate) {
        parts[count++] = SLICE("\"");
        parts[count++] = name;
        parts[count++] = SLICE("\";r=");
        parts[count++] = decimal(rate->remaining, remaining);
        parts[count++] = SLICE(";t=");
        parts[count++] = decimal(seconds_up(rate->reset_ns), reset);
    }
    if (c->concurrency) {
        parts[count++] = c->has_rate ? SLICE(", \"") : SLICE("\"");
        parts[count++] = name;
        parts[count++] = SLICE("-at-once\";r=");
        parts[count++] = decimal(left, places);
    }
    struct slice text = arena_join(f->arena, parts, count);
    return text.ptr && note_member(f, SLICE("RateLimit"), text) &&
           note_member(f, SLICE("RateLimit-Policy"), slice_str(c->policy));
}

static void refuse(const struct config *c, const struct filter_facts *f, const char *reason,
                   const char *rule, uint64_t retry_s, struct filter_verdict *out)
{
    filter_deny(out, c->status, reason);
    out->rule = slice_str(rule);
    if (!f->request)
        return;
    // Without memory the refusal stays right, and goes without its hint.
    const char *text = arena_printf(f->arena, "%llu", (unsigned long long)retry_s);
    bool noted = text && filter_note_field(f, &f->notes->response_set, SLICE("Retry-After"),
                                           slice_str(text));
    (void)noted;
}

static void when_full(const struct config *c, struct filter_verdict *out)
{
    if (c->pass_when_full)
        return;
    filter_deny(out, 503, "rate-table-full");
    out->is_blameless = true;
}

static void release_place(void *state, uint64_t token)
{
    struct state *s = state;
    places_give(s->places, token);
}

// Takes a place and leaves it with the exchange. False: `out` says what became of it.
static bool take_place(const struct config *c, struct state *s, uint64_t key,
                       const struct filter_facts *f, uint64_t *left, struct filter_verdict *out)
{
    struct filter_hold *hold = arena_alloc(f->arena, sizeof(*hold));
    if (!hold) {
        filter_cannot_decide(out, "out-of-memory");
        return false;
    }
    *hold = (struct filter_hold){.release = release_place, .state = s, .next = f->notes->holds};
    switch (places_take(s->places, key, c->concurrency, &hold->token, left)) {
    case PLACES_TAKEN:
        f->notes->holds = hold;
        return true;
    case PLACES_NONE_LEFT:
        refuse(c, f, "concurrency-exceeded", c->places_text, CONCURRENCY_RETRY_S, out);
        return false;
    case PLACES_FULL:
        break;
    }
    when_full(c, out);
    return c->pass_when_full;
}

static void give_back_place(struct filter_notes *notes)
{
    struct filter_hold *hold = notes->holds;
    notes->holds = hold->next;
    hold->release(hold->state, hold->token);
}

static void check(const void *config, void *state, const struct filter_facts *f,
                  struct filter_verdict *out)
{
    const struct config *c = config;
    struct state *s = state;
    bool missing;
    uint64_t key = rate_key_of(&c->key, &s->hash, f, &missing);
    if (missing && c->missing_key == MISSING_SKIP)
        return;
    if (missing && c->missing_key == MISSING_DENY) {
        filter_deny(out, 403, "rate-key-missing");
        return;
    }
    const struct filter_hold *before = f->notes->holds;
    uint64_t left = 0;
    if (c->concurrency && !take_place(c, s, key, f, &left, out))
        return;
    struct gcra_answer rate = {0};
    enum gcra_result result = GCRA_ADMITTED;
    if (c->has_rate)
        result = gcra_ask(s->rates, key, &c->rate, f->now_ms * 1000000, &rate);
    if (result == GCRA_FULL)
        when_full(c, out);
    if (result == GCRA_REFUSED)
        refuse(c, f, "rate-exceeded", c->rate_text, seconds_up(rate.retry_ns), out);
    if (out->kind != FILTER_PASS && f->notes->holds != before)
        give_back_place(f->notes);
    if (result != GCRA_FULL && !note_limits(c, f, &rate, left) && out->kind == FILTER_PASS)
        filter_cannot_decide(out, "out-of-memory");
}

static void describe(const void *config, char *out, size_t cap)
{
    const struct config *c = config;
    char size[FILTER_COUNT_TEXT_MAX];
    (void)snprintf(out, cap, "%s%s%s, up to %s keys", c->rate_text,
                   c->has_rate && c->concurrency ? ", " : "", c->places_text,
                   filter_count_text(key_table_rounded((size_t)c->table_size), size));
}

const struct filter filter_rate_limit = {
    .name = "rate_limit",
    .compile = compile,
    .free = free_config,
    .state_new = new_state,
    .state_free = free_state,
    .state_fits = state_fits,
    .check_address = check,
    .check_head = check,
    .describe = describe,
};
