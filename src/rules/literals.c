// SPDX-License-Identifier: Apache-2.0
// The difficulty: one wrong literal is an attack that goes unseen, while a literal not found costs
// microseconds. So this reads only the part of PCRE2's syntax whose meaning is beyond doubt, and
// gives up (empty set) at everything else: verbs, recursion, conditionals, extended mode, comments,
// \Q..\E, odd braces. Case is folded everywhere, which only widens a set. Each part of a pattern is
// known either exactly (a small set of texts, of which it matches one) or by what it requires.
// Neighbouring exact parts are multiplied out; what follows or precedes an unknown part is a
// requirement of its own.
#include "rules/literals.h"

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"

enum {
    GROUPS_MAX = 40,   // nested groups that are followed
    PRODUCT_MAX = 16,  // texts of one run of exact parts
    USEFUL_LENGTH = 6, // beyond this a longer literal is no rarer
};

struct part {
    bool is_exact; // matches one of `set`, which may have an empty text; otherwise `set` is what it
                   // requires
    bool repeats;  // what follows need not stand beside the first occurrence
    struct rules_literals set;
};

struct reader {
    const char *at, *end;
    bool unsure;
};

static bool peek(const struct reader *r, char c)
{
    return r->at < r->end && *r->at == c;
}

static bool take(struct reader *r, char c)
{
    if (!peek(r, c))
        return false;
    r->at++;
    return true;
}

// Adds first + second as one text; false when it does not fit. Repeated texts are kept once.
static bool add(struct rules_literals *set, const char *first, size_t first_len, const char *second,
                size_t second_len, size_t max)
{
    char text[RULES_LITERAL_LEN];
    size_t len = first_len + second_len;
    if (len > sizeof text)
        return false;
    ascii_lower_copy(text, slice_of(first, first_len));
    ascii_lower_copy(text + first_len, slice_of(second, second_len));
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].len == len && memcmp(set->items[i].text, text, len) == 0)
            return true;
    }
    if (set->count == max)
        return false;
    memcpy(set->items[set->count].text, text, len);
    set->items[set->count++].len = (unsigned char)len;
    return true;
}

static void clear(struct part *p, bool is_exact)
{
    p->is_exact = is_exact;
    p->repeats = false;
    p->set.count = 0;
    if (is_exact)
        (void)add(&p->set, "", 0, "", 0, PRODUCT_MAX);
}

static void set_octet(struct part *p, char c)
{
    clear(p, false);
    p->is_exact = add(&p->set, &c, 1, "", 0, PRODUCT_MAX);
}

static bool has_empty(const struct rules_literals *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].len == 0)
            return true;
    }
    return false;
}

static size_t worth(const struct rules_literals *set)
{
    size_t shortest = USEFUL_LENGTH;
    if (set->count == 0 || has_empty(set))
        return 0;
    for (size_t i = 0; i < set->count; i++)
        shortest = set->items[i].len < shortest ? set->items[i].len : shortest;
    return shortest * RULES_LITERALS_MAX - set->count + 1;
}

static void keep_better(struct rules_literals *best, const struct rules_literals *other)
{
    if (worth(other) > worth(best))
        *best = *other;
}

static bool multiply(struct rules_literals *run, const struct rules_literals *by)
{
    struct rules_literals product = {0};
    for (size_t i = 0; i < run->count; i++) {
        for (size_t j = 0; j < by->count; j++) {
            if (!add(&product, run->items[i].text, run->items[i].len, by->items[j].text,
                     by->items[j].len, PRODUCT_MAX))
                return false;
        }
    }
    *run = product;
    return true;
}

// What both alternatives together require, or exactly are.
static void unite(struct part *p, const struct part *other)
{
    p->is_exact = p->is_exact && other->is_exact;
    if (!p->is_exact && (worth(&p->set) == 0 || worth(&other->set) == 0)) {
        p->set.count = 0;
        return;
    }
    for (size_t i = 0; i < other->set.count; i++) {
        if (add(&p->set, other->set.items[i].text, other->set.items[i].len, "", 0,
                RULES_LITERALS_MAX))
            continue;
        clear(p, false);
        return;
    }
}

static void read_alternatives(struct reader *r, unsigned depth, struct part *out);

static bool read_hex(struct reader *r, char *out)
{
    bool braces = take(r, '{');
    unsigned value = 0, digits = 0;
    for (; r->at < r->end && ascii_hex(*r->at) >= 0 && (braces || digits < 2); r->at++, digits++) {
        value = value * 16 + (unsigned)ascii_hex(*r->at);
        if (value > 255)
            return false;
    }
    *out = (char)value;
    return !braces || (digits > 0 && take(r, '}'));
}

// The octet of an escape that stands for one, both inside and outside classes.
static bool read_octet_escape(struct reader *r, char c, char *out)
{
    static const char letters[] = "nrtfea", octets[] = "\n\r\t\f\033\a";
    const char *known = memchr(letters, c, sizeof letters - 1);
    if (c == 'x')
        return read_hex(r, out);
    *out = known ? octets[known - letters] : c;
    return known || !(ascii_is_alpha(c) || ascii_is_digit(c));
}

static void skip_property(struct reader *r)
{
    if (!take(r, '{')) {
        r->at += r->at < r->end;
        return;
    }
    while (r->at < r->end && *r->at != '}')
        r->at++;
    r->unsure |= !take(r, '}');
}

// Behind the backslash.
static void read_escape(struct reader *r, struct part *out)
{
    clear(out, false);
    if (r->at == r->end) {
        r->unsure = true;
        return;
    }
    char c = *r->at++;
    if (ascii_is_digit(
            c)) { // back reference or octal: how many digits belong to it does not matter here
        while (r->at < r->end && ascii_is_digit(*r->at))
            r->at++;
    } else if (strchr("bBAZzG", c) && c) {
        clear(out, true);
    } else if ((c == 'p' || c == 'P')) {
        skip_property(r);
    } else if (c && strchr("dDwWsShHvVNRX", c)) {
        r->unsure |= c == 'N' && peek(r, '{');
    } else if (read_octet_escape(r, c, &c)) {
        set_octet(out, c);
    } else {
        r->unsure = true;
    }
}

struct octets {
    bool has[256];
    bool is_open; // may hold others that are not marked
};

// One element of a class; false when it is no single octet.
static bool read_class_octet(struct reader *r, struct octets *set, char *c)
{
    *c = *r->at++;
    if (*c == '[' && r->at < r->end && strchr(":.=", *r->at)) {
        // [:alpha:] and its like; anything near it that is none is too odd to judge.
        const char *close = memmem(r->at, (size_t)(r->end - r->at), ":]", 2);
        r->unsure |= *r->at != ':' || !close;
        for (const char *p = r->at + 1; close && p < close; p++)
            r->unsure |= !ascii_is_alpha(*p) && *p != '^';
        r->at = close ? close + 2 : r->end;
        set->is_open = true;
        return false;
    }
    if (*c != '\\')
        return true;
    if (r->at == r->end) {
        r->unsure = true;
        return false;
    }
    *c = *r->at++;
    if (*c && strchr("dDwWsShHvVpP", *c)) {
        if (*c == 'p' || *c == 'P')
            skip_property(r);
        set->is_open = true;
        return false;
    }
    if (*c == 'b') {
        *c = '\b';
        return true;
    }
    r->unsure |= !read_octet_escape(r, *c, c);
    return !r->unsure;
}

static void read_range(struct reader *r, struct octets *set, char from)
{
    char to = from;
    if (peek(r, '-') && r->end - r->at > 1 && r->at[1] != ']') {
        r->at++;
        if (!read_class_octet(r, set, &to)) {
            r->unsure = true; // "a-\d": a range or three things
            return;
        }
    }
    for (unsigned c = (unsigned char)from; c <= (unsigned char)to; c++)
        set->has[(unsigned char)ascii_lower((char)c)] = true;
}

// Behind the opening bracket.
static void read_class(struct reader *r, struct part *out)
{
    struct octets set = {0};
    set.is_open = take(r, '^');
    bool first = true;
    while (!r->unsure && r->at < r->end && (first || *r->at != ']')) {
        char c;
        first = false;
        if (read_class_octet(r, &set, &c))
            read_range(r, &set, c);
        else
            r->unsure |= peek(r, '-') && r->end - r->at > 1 && r->at[1] != ']';
    }
    r->unsure |= !take(r, ']');
    clear(out, false);
    bool fits = !set.is_open;
    for (unsigned c = 0; c < 256 && fits; c++)
        fits = !set.has[c] || add(&out->set, &(char){(char)c}, 1, "", 0, PRODUCT_MAX);
    out->is_exact = fits && out->set.count > 0;
    if (!fits)
        out->set.count = 0;
}

static void skip_name(struct reader *r, char close)
{
    while (r->at < r->end && (ascii_is_alpha(*r->at) || ascii_is_digit(*r->at) || *r->at == '_'))
        r->at++;
    r->unsure |= !take(r, close);
}

// Behind "(?". True when a group follows, false when it was only flags for the rest of the group
// around.
static bool read_group_kind(struct reader *r, bool *is_look_around)
{
    if (take(r, ':') || take(r, '|') || take(r, '>'))
        return true;
    if (take(r, '=') || take(r, '!')) {
        *is_look_around = true;
        return true;
    }
    if (take(r, '\'')) {
        skip_name(r, '\'');
        return true;
    }
    (void)take(r, 'P');
    if (take(r, '<')) {
        *is_look_around = take(r, '=') || take(r, '!');
        if (!*is_look_around)
            skip_name(r, '>');
        return true;
    }
    while (r->at < r->end && strchr("imsnUJ-", *r->at) && *r->at)
        r->at++;
    if (take(r, ':'))
        return true;
    r->unsure |= !take(r, ')');
    return false;
}

// Behind the opening parenthesis.
static void read_group(struct reader *r, unsigned depth, struct part *out)
{
    bool is_look_around = false;
    clear(out, true);
    if (peek(r, '*') || depth == GROUPS_MAX) {
        r->unsure = true;
        return;
    }
    if (take(r, '?') && !read_group_kind(r, &is_look_around))
        return;
    if (r->unsure)
        return;
    read_alternatives(r, depth + 1, out);
    r->unsure |= !take(r, ')');
    if (is_look_around)
        clear(out, true);
}

static void read_atom(struct reader *r, unsigned depth, struct part *out)
{
    char c = *r->at++;
    clear(out, false);
    if (c == '(') {
        read_group(r, depth, out);
    } else if (c == '[') {
        read_class(r, out);
    } else if (c == '\\') {
        read_escape(r, out);
    } else if (c == '^' || c == '$') {
        clear(out, true);
    } else if (c == '*' || c == '+' || c == '?' ||
               (c == '{' && r->at < r->end && (ascii_is_digit(*r->at) || strchr(", ", *r->at)))) {
        r->unsure = true; // a quantifier where none is expected
    } else if (c != '.') {
        set_octet(out, c);
    }
}

// {n}, {n,} or {n,m}, behind the brace. Only whether n is 0 and whether it may be more than once
// matter.
static void read_counts(struct reader *r, bool *none_is_enough, bool *once_at_most)
{
    bool some = false, only_zeros = true, comma = false;
    const char *first = r->at;
    while (r->at < r->end && ascii_is_digit(*r->at)) {
        some = true;
        only_zeros &= *r->at++ == '0';
    }
    size_t digits = (size_t)(r->at - first);
    comma = take(r, ',');
    while (comma && r->at < r->end && ascii_is_digit(*r->at))
        r->at++;
    r->unsure |= !some || !take(r, '}');
    *none_is_enough = only_zeros;
    *once_at_most = !comma && digits == 1 && *first == '1';
}

static bool at_count(const struct reader *r)
{
    return peek(r, '{') && r->end - r->at > 1 &&
           (ascii_is_digit(r->at[1]) || strchr(", ", r->at[1]));
}

static void repeat(struct part *p, bool none_is_enough, bool once_at_most)
{
    if (!none_is_enough) {
        p->repeats |= !once_at_most;
        return;
    }
    if (once_at_most && p->is_exact && !p->repeats && add(&p->set, "", 0, "", 0, PRODUCT_MAX))
        return;
    clear(p, false);
}

static void read_quantifiers(struct reader *r, struct part *p)
{
    while (!r->unsure && (peek(r, '*') || peek(r, '+') || peek(r, '?') || at_count(r))) {
        char c = *r->at++;
        bool none_is_enough = c == '*' || c == '?';
        bool once_at_most = c == '?';
        if (c == '{')
            read_counts(r, &none_is_enough, &once_at_most);
        repeat(p, none_is_enough, once_at_most);
        if (!take(r, '?'))      // lazy
            (void)take(r, '+'); // possessive
    }
}

// One alternative: parts that follow one another.
static void read_sequence(struct reader *r, unsigned depth, struct part *out)
{
    struct part run, next;
    struct rules_literals best = {0};
    bool is_whole = true; // nothing but `run` so far
    clear(&run, true);
    while (!r->unsure && r->at < r->end && *r->at != '|' && *r->at != ')') {
        read_atom(r, depth, &next);
        read_quantifiers(r, &next);
        if (next.is_exact && multiply(&run.set, &next.set) && !next.repeats)
            continue;
        is_whole = false;
        keep_better(&best, &run.set);
        keep_better(&best, &next.set);
        clear(&run, true);
        // A run that grew too large ends before this part; the part begins the next one.
        if (next.is_exact && !next.repeats)
            run.set = next.set;
    }
    keep_better(&best, &run.set);
    clear(out, false);
    out->is_exact = is_whole;
    out->set = is_whole ? run.set : best;
}

static void read_alternatives(struct reader *r, unsigned depth, struct part *out)
{
    struct part other;
    read_sequence(r, depth, out);
    while (!r->unsure && take(r, '|')) {
        read_sequence(r, depth, &other);
        unite(out, &other);
    }
}

void rules_literals_of_pattern(struct slice pattern, struct rules_literals *out)
{
    struct reader r = {.at = pattern.ptr, .end = pattern.ptr + pattern.len};
    struct part whole;
    out->count = 0;
    if (pattern.len == 0)
        return;
    read_alternatives(&r, 0, &whole);
    if (r.unsure || r.at != r.end || worth(&whole.set) == 0)
        return;
    *out = whole.set;
}

void rules_literals_of_texts(const struct slice *texts, size_t count, struct rules_literals *out)
{
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct slice start = slice_first(texts[i], RULES_LITERAL_LEN);
        if (start.len > 0 && add(out, start.ptr, start.len, "", 0, RULES_LITERALS_MAX))
            continue;
        out->count = 0;
        return;
    }
}
