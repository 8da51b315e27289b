// SPDX-License-Identifier: Apache-2.0
// Deny and allow by address. Both lists go into one table, so that the longer prefix wins wherever
// it stands: an allowed /24 inside a denied /8, a denied host inside that. "Allow" here means that
// this filter lets pass; the chain goes on.
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/file.h"
#include "filter/filter.h"
#include "filter/prefix_file.h"
#include "filter/prefix_table.h"

enum {
    WHY_MAX = 160,
    SHOWN_MAX = 60,
};

struct config {
    struct prefix_table *table;
    size_t prefixes, files;
    bool pass_by_default;
    unsigned status;
};

static bool looks_like_address(struct slice text)
{
    static const char octets[] = "0123456789abcdefABCDEF.:/-";
    bool separates = false;
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr(octets, text.ptr[i], sizeof(octets) - 1))
            return false;
        separates = separates || text.ptr[i] == '.' || text.ptr[i] == ':';
    }
    return separates;
}

static void read_file(const struct json *value, enum prefix_action action, struct prefix_list *l,
                      struct config *c, struct problems *problems)
{
    char *path = conf_path(value, problems);
    if (!path)
        return;
    char *text, why[WHY_MAX];
    size_t len;
    if (file_read(path, PREFIX_FILE_MAX, &text, &len, why, sizeof(why))) {
        prefix_file_read(path, slice_of(text, len), action, l, problems);
        free(text);
        c->files++;
    } else {
        problems_add(problems, value, "the list %s can't be read: %s", path, why);
    }
    free(path);
}

static void read_entry(const struct json *value, enum prefix_action action, struct prefix_list *l,
                       struct config *c, struct problems *problems)
{
    if (!conf_is_string(value, problems))
        return;
    int shown = (int)slice_first(value->text, SHOWN_MAX).len;
    struct addr_prefix p;
    // Host bits in a policy are a slip of the hand; published files are full of them.
    if (addr_parse_prefix(value->text, true, &p) && !addr_parse_prefix(value->text, false, &p)) {
        char meant[ADDR_TEXT_MAX + 4];
        (void)addr_prefix_text(&p, meant);
        problems_add(problems, value,
                     "\"%.*s\" has bits set behind its length (did you mean \"%s\"?)", shown,
                     value->text.ptr, meant);
        return;
    }
    switch (prefix_word_read(value->text, action, l)) {
    case PREFIX_WORD_GOOD:
        return;
    case PREFIX_WORD_BAD:
        break;
    case PREFIX_WORD_BACKWARDS:
        problems_add(problems, value,
                     "the range does not run from a lower to a higher address of one family");
        return;
    case PREFIX_WORD_NO_ROOM:
        problems_add(problems, value, "no memory for more than %zu prefixes", l->count);
        return;
    }
    if (looks_like_address(value->text))
        problems_add(problems, value, "\"%.*s\" is no address, prefix or range", shown,
                     value->text.ptr);
    else
        read_file(value, action, l, c, problems);
}

static void read_list(const struct json *object, const char *key, enum prefix_action action,
                      struct prefix_list *l, struct config *c, struct problems *problems)
{
    const struct json *list = json_get(object, key);
    if (!list || !conf_is_array(list, problems))
        return;
    JSON_EACH (value, list)
        read_entry(value, action, l, c, problems);
}

static void free_config(void *config)
{
    struct config *c = config;
    prefix_table_free(&c->table);
    free(c);
}

static void compile_into(struct config *c, const struct json *object, struct problems *problems)
{
    static const char *const keys[] = {FILTER_COMMON_KEYS, "deny",   "allow",
                                       "default",          "status", NULL};
    struct prefix_list list = {0};
    conf_known_keys(object, keys, problems);
    read_list(object, "deny", PREFIX_DENY, &list, c, problems);
    read_list(object, "allow", PREFIX_ALLOW, &list, c, problems);
    filter_conf_pass_or_deny(object, "default", problems, &c->pass_by_default);
    filter_conf_status(object, problems, &c->status);
    if (!json_get(object, "deny") && !json_get(object, "allow"))
        problems_add(problems, object, "needs \"deny\" or \"allow\"");
    c->table = prefix_table_new(&list);
    if (!c->table)
        problems_add(problems, object, "no memory for %zu prefixes", list.count);
    c->prefixes = list.count;
    prefix_list_clear(&list);
}

static void *compile(const struct json *object, struct problems *problems)
{
    size_t before = problems_count(problems);
    struct config *c = calloc(1, sizeof(*c));
    if (!c) {
        problems_add(problems, object, "no memory");
        return NULL;
    }
    c->pass_by_default = true;
    c->status = 403;
    compile_into(c, object, problems);
    if (problems_count(problems) == before)
        return c;
    free_config(c);
    return NULL;
}

static void check(const void *config, void *state, const struct filter_facts *f,
                  struct filter_verdict *out)
{
    (void)state;
    const struct config *c = config;
    struct addr_prefix found;
    enum prefix_action action = prefix_table_find(c->table, &f->client, &found);
    if (action == PREFIX_ALLOW || (action == PREFIX_NONE && c->pass_by_default))
        return;
    filter_deny(out, c->status, "ip-denied");
    if (action == PREFIX_NONE) {
        out->rule = SLICE("default");
        return;
    }
    char text[ADDR_TEXT_MAX + 4];
    size_t len = addr_prefix_text(&found, text);
    // Without memory the refusal goes without the prefix.
    out->rule = arena_copy(f->arena, slice_of(text, len));
}

static void describe(const void *config, char *out, size_t cap)
{
    const struct config *c = config;
    char count[FILTER_COUNT_TEXT_MAX];
    (void)snprintf(out, cap, "%s prefixes, %zu files, %zu KiB",
                   filter_count_text(c->prefixes, count), c->files,
                   (prefix_table_bytes(c->table) + 1023) / 1024);
}

const struct filter filter_ip_list = {
    .name = "ip_list",
    .compile = compile,
    .free = free_config,
    .check_address = check,
    .check_head = check,
    .describe = describe,
};
