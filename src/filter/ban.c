// SPDX-License-Identifier: Apache-2.0
// Counts of all filters lie in one table; the key has the filter's name in it.
#include "filter/ban.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/conf.h"
#include "base/hash.h"
#include "filter/ban_table.h"
#include "filter/filter.h"
#include "filter/key_table.h"

enum { TAG_MAX = 128, TAG_SHOWN = 64, SECOND = 1000 };

static void read_after(struct filter_ban *b, const struct json *object, struct problems *problems)
{
    const struct json *value = conf_required(object, "after", problems);
    if (!value || !conf_rate(object, "after", problems, &b->after.max, &b->after.window_ms))
        return;
    if (b->after.max > FAILURES_MAX || b->after.window_ms > BAN_MS_MAX)
        problems_add(problems, value, "at most %d refusals, within at most 366 days", FAILURES_MAX);
}

static void read_times(struct filter_ban *b, const struct json *object, struct problems *problems)
{
    if (conf_required(object, "for", problems))
        (void)conf_duration_ms(object, "for", SECOND, BAN_MS_MAX, problems, &b->for_ms);
    b->max_ms = b->for_ms;
    if (conf_duration_ms(object, "max", SECOND, BAN_MS_MAX, problems, &b->max_ms) &&
        b->max_ms < b->for_ms)
        problems_add(problems, json_get(object, "max"), "is shorter than \"for\"");
}

static void read_tag(struct filter_ban *b, const struct json *item, const struct filter *type,
                     const void *config, struct problems *problems)
{
    if (!conf_is_string(item, problems))
        return;
    if (item->text.len == 0 || item->text.len > TAG_MAX) {
        problems_add(problems, item, "a tag has 1 to %d octets", TAG_MAX);
        return;
    }
    char *copy = malloc(item->text.len);
    if (!copy) {
        problems_add(problems, item, "no memory");
        return;
    }
    memcpy(copy, item->text.ptr, item->text.len);
    b->tags[b->tag_count++] = slice_of(copy, item->text.len);
    if (!type->knows_tag(config, item->text))
        problems_warn(problems, item, "no rule has the tag \"%.*s\"",
                      (int)slice_first(item->text, TAG_SHOWN).len, item->text.ptr);
}

static void read_tags(struct filter_ban *b, const struct json *object, const struct filter *type,
                      const void *config, struct problems *problems)
{
    const struct json *list = json_get(object, "tags");
    if (!list || !conf_is_array(list, problems))
        return;
    if (!type->knows_tag) {
        problems_add(problems, list, "only rules have tags: this belongs to a filter of that type");
        return;
    }
    if (list->count == 0 || list->count > FILTER_BAN_TAGS_MAX) {
        problems_add(problems, list, "1 to %d tags are expected", FILTER_BAN_TAGS_MAX);
        return;
    }
    JSON_EACH (item, list)
        read_tag(b, item, type, config, problems);
}

struct filter_ban *filter_ban_compile(const struct json *object, const struct filter *type,
                                      const void *config, struct problems *problems)
{
    static const char *const keys[] = {"after", "for", "max", "tags", "dry_run", NULL};
    const struct json *ban = json_get(object, "ban");
    size_t before = problems_count(problems);
    if (!ban || !conf_is_object(ban, problems))
        return NULL;
    struct filter_ban *b = calloc(1, sizeof(*b));
    if (!b) {
        problems_add(problems, ban, "no memory");
        return NULL;
    }
    conf_known_keys(ban, keys, problems);
    read_after(b, ban, problems);
    read_times(b, ban, problems);
    read_tags(b, ban, type, config, problems);
    (void)conf_bool(ban, "dry_run", problems, &b->is_dry_run);
    if (problems_count(problems) != before)
        filter_ban_free(&b);
    return b;
}

void filter_ban_free(struct filter_ban **ban)
{
    struct filter_ban *b = *ban;
    *ban = NULL;
    for (size_t i = 0; b && i < b->tag_count; i++)
        free((void *)(uintptr_t)b->tags[i].ptr);
    free(b);
}

static bool has_tag(const struct filter_ban *b, const struct filter_match *m)
{
    for (size_t i = 0; i < m->tag_count; i++)
        for (size_t k = 0; k < b->tag_count; k++)
            if (slice_eq(m->tags[i], b->tags[k]))
                return true;
    return false;
}

bool filter_ban_is_due(const struct filter_ban *b, const struct filter_verdict *v,
                       const struct filter_notes *notes)
{
    bool is_refusal = v->kind == FILTER_DENY || v->kind == FILTER_RESPOND;
    if (!is_refusal || v->undecided || v->is_blameless)
        return false;
    if (b->tag_count == 0)
        return true;
    for (const struct filter_match *m = notes->matches; m; m = m->next)
        if (!m->is_detect && has_tag(b, m))
            return true;
    return false;
}

bool filter_ban_count(const struct filter_ban *b, struct key_table *counts,
                      const struct hash_key *hash, struct slice filter,
                      const struct addr_prefix *who, uint64_t now_ms)
{
    struct {
        uint8_t bytes[sizeof(who->bytes)];
        uint64_t bits, filter;
    } key = {.bits = who->bits,
             .filter = hash_bytes(hash, filter.ptr ? filter.ptr : "", filter.len)};
    if (b->after.max == 1)
        return true;
    memcpy(key.bytes, who->bytes, sizeof(key.bytes));
    return failure_reaches(counts, key_table_key(hash, &key, sizeof(key)), &b->after, now_ms);
}
