// SPDX-License-Identifier: Apache-2.0
// What filters share: writing into the notes, the plain refusals, and the JSON values several of
// them have. Field lists are persistent (no node changes once linked): a route that only watches
// takes back what a refusal wanted to set by putting back three pointers.
#include "filter/filter.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/conf.h"
#include "base/num.h"

bool filter_note_match(const struct filter_facts *f, const struct filter_match *match)
{
    struct filter_notes *notes = f->notes;
    if (notes->match_count >= FILTER_MATCHES_MAX) {
        notes->match_count++;
        return true;
    }
    struct filter_match *copy = arena_alloc(f->arena, sizeof(*copy));
    if (!copy)
        return false;
    *copy = *match;
    copy->next = NULL;
    if (!notes->matches_tail)
        notes->matches_tail = &notes->matches;
    *notes->matches_tail = copy;
    notes->matches_tail = &copy->next;
    notes->match_count++;
    return true;
}

static struct filter_field **append_field(const struct filter_facts *f, struct filter_field **tail,
                                          struct slice name, struct slice value)
{
    struct filter_field *node = arena_alloc(f->arena, sizeof(*node));
    if (!node)
        return NULL;
    *node = (struct filter_field){.name = name, .value = value};
    *tail = node;
    return &node->next;
}

bool filter_note_field(const struct filter_facts *f, struct filter_field **list, struct slice name,
                       struct slice value)
{
    struct filter_field *fresh = NULL, **tail = &fresh;
    for (const struct filter_field *old = *list; old && tail; old = old->next) {
        if (!ascii_eq_nocase(old->name, name))
            tail = append_field(f, tail, old->name, old->value);
    }
    if (tail)
        tail = append_field(f, tail, name, value);
    if (!tail)
        return false;
    *list = fresh;
    return true;
}

void **filter_memo(const struct filter_facts *f, const void *config)
{
    struct filter_memo *memo = f->notes->memos;
    while (memo && memo->config != config)
        memo = memo->next;
    if (!memo) {
        memo = arena_zalloc(f->arena, 1, sizeof(*memo));
        if (!memo)
            return NULL;
        memo->config = config;
        memo->next = f->notes->memos;
        f->notes->memos = memo;
    }
    return &memo->memory;
}

const struct filter_field *filter_field_find(const struct filter_field *list, struct slice name)
{
    while (list && !ascii_eq_nocase(list->name, name))
        list = list->next;
    return list;
}

void filter_deny(struct filter_verdict *out, unsigned status, const char *reason)
{
    out->kind = FILTER_DENY;
    out->status = status;
    out->reason = reason;
}

void filter_cannot_decide(struct filter_verdict *out, const char *reason)
{
    filter_deny(out, 503, reason);
    out->undecided = true;
}

void filter_conf_status(const struct json *object, struct problems *problems, unsigned *out)
{
    uint64_t status;
    if (conf_u64(object, "status", 400, 599, problems, &status))
        *out = (unsigned)status;
}

void filter_conf_pass_or_deny(const struct json *object, const char *key, struct problems *problems,
                              bool *pass)
{
    static const char *const words[] = {"pass", "deny", NULL};
    size_t choice;
    if (conf_choice(object, key, words, problems, &choice))
        *pass = choice == 0;
}

const char *filter_count_text(uint64_t value, char *out)
{
    char digits[20];
    size_t len = num_write_decimal(digits, value);
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}
