// SPDX-License-Identifier: Apache-2.0
// Values that several sections have: names that refer to each other, lists of words, paths. What
// goes into the snapshot is copied, because the JSON document is gone once loading ends.
#include "policy/policy_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/conf.h"
#include "http/octet.h"
#include "http/uri.h"

enum {
    QUOTED_MAX = 64,
    METHOD_MAX = 32, // longer ones are refused by the parser, whatever the policy
};

static void complain_memory(struct policy_reader *r)
{
    problems_add(r->problems, r->root, "not enough memory");
}

void *policy_new(struct policy_reader *r, size_t count, size_t size)
{
    void *memory = arena_zalloc(&r->s->arena, count, size);
    if (!memory)
        complain_memory(r);
    return memory;
}

struct slice policy_copy(struct policy_reader *r, struct slice text)
{
    struct slice copy = arena_copy(&r->s->arena, text);
    if (!copy.ptr)
        complain_memory(r);
    return copy;
}

char *policy_str(struct policy_reader *r, struct slice text)
{
    char *copy = arena_str(&r->s->arena, text);
    if (!copy)
        complain_memory(r);
    return copy;
}

char *policy_unix_path(struct policy_reader *r, const struct json *at, struct slice path)
{
    const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    if (path.len >= 2 && path.ptr[0] == '/' && path.len <= max &&
        slice_index(path, '\0') == path.len)
        return policy_str(r, path);
    problems_add(r->problems, at,
                 "behind unix: or unix:// stands the whole path of a socket, of at most %zu octets",
                 max);
    return NULL;
}

char *policy_path(struct policy_reader *r, const struct json *value)
{
    char *path = conf_path(value, r->problems);
    if (!path)
        return NULL;
    char *copy = policy_str(r, slice_str(path));
    free(path);
    return copy;
}

bool policy_folder_exists(struct policy_reader *r, const struct json *at, const char *path)
{
    struct stat info;
    if (r->reach == POLICY_REACH_NONE || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return true;
    problems_add(r->problems, at, "there is no folder \"%s\"", path);
    return false;
}

const struct json *policy_object(struct policy_reader *r, const struct json *parent,
                                 const char *key)
{
    const struct json *value = json_get(parent, key);
    return value && conf_is_object(value, r->problems) ? value : NULL;
}

const struct json *policy_array(struct policy_reader *r, const struct json *parent, const char *key)
{
    const struct json *value = json_get(parent, key);
    return value && conf_is_array(value, r->problems) ? value : NULL;
}

static bool is_name_octet(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("._-/*:", c));
}

bool policy_check_name(struct policy_reader *r, const struct json *at, struct slice name)
{
    bool good = name.len > 0 && name.len <= POLICY_NAME_MAX;
    for (size_t i = 0; good && i < name.len; i++)
        good = is_name_octet(name.ptr[i]);
    if (!good)
        problems_add(r->problems, at,
                     "a name has 1 to %d letters, digits and . _ - / * :", POLICY_NAME_MAX);
    return good;
}

bool policy_names_of(struct policy_reader *r, const struct json *object, struct policy_names *out)
{
    size_t count = object ? object->count : 0;
    out->items = policy_new(r, count + 1, sizeof(*out->items));
    out->used = policy_new(r, count + 1, sizeof(*out->used));
    if (!out->items || !out->used)
        return false;
    if (!object)
        return true;
    JSON_EACH (member, object) {
        (void)policy_check_name(r, member, member->key);
        out->items[out->count] = policy_str(r, member->key);
        if (!out->items[out->count])
            return false;
        out->count++;
    }
    return true;
}

size_t policy_names_find(struct policy_reader *r, const struct policy_names *names,
                         const struct json *value, const char *kind)
{
    if (!conf_is_string(value, r->problems))
        return SIZE_MAX;
    for (size_t i = 0; i < names->count; i++) {
        if (slice_eq(value->text, slice_str(names->items[i]))) {
            names->used[i] = true;
            return i;
        }
    }
    struct slice found = slice_first(value->text, QUOTED_MAX);
    const char *nearest = names->count ? conf_nearest(value->text, names->items) : NULL;
    if (nearest)
        problems_add(r->problems, value, "no %s is called \"%.*s\" (did you mean \"%s\"?)", kind,
                     (int)found.len, found.ptr, nearest);
    else
        problems_add(r->problems, value, "no %s is called \"%.*s\"", kind, (int)found.len,
                     found.ptr);
    return SIZE_MAX;
}

void policy_names_warn_unused(struct policy_reader *r, const struct policy_names *names,
                              const char *section, const char *kind)
{
    const struct json *object = json_get(r->root, section);
    for (size_t i = 0; i < names->count; i++) {
        if (!names->used[i])
            problems_warn(r->problems, json_get(object, names->items[i]), "this %s is used nowhere",
                          kind);
    }
}

static bool stands_before(const struct slice *items, size_t count, struct slice word)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(items[i], word))
            return true;
    }
    return false;
}

void policy_words(struct policy_reader *r, const struct json *parent, const char *key,
                  policy_word_fn *read, const struct slice **out, size_t *count)
{
    const struct json *array = policy_array(r, parent, key);
    if (!array)
        return;
    struct slice *items = policy_new(r, array->count + 1, sizeof(*items));
    size_t good = 0;
    if (!items)
        return;
    JSON_EACH (item, array) {
        struct slice word;
        if (!conf_is_string(item, r->problems) || !read(r, item, &word))
            continue;
        if (stands_before(items, good, word))
            problems_add(r->problems, item, "this stands in the list twice");
        else
            items[good++] = word;
    }
    *out = items;
    *count = good;
}

bool policy_word_method(struct policy_reader *r, const struct json *item, struct slice *out)
{
    struct slice method = item->text;
    if (method.len == 0 || method.len > METHOD_MAX || !http_octets_are(method, HTTP_OCTET_TOKEN)) {
        problems_add(r->problems, item, "this is no method");
        return false;
    }
    if (slice_eq(method, SLICE("CONNECT")) || slice_eq(method, SLICE("TRACE")) ||
        slice_eq(method, SLICE("TRACK"))) {
        problems_add(r->problems, item, "%.*s is never served", (int)method.len, method.ptr);
        return false;
    }
    *out = policy_copy(r, method);
    return out->ptr != NULL;
}

bool policy_word_text(struct policy_reader *r, const struct json *item, struct slice *out)
{
    if (item->text.len == 0) {
        problems_add(r->problems, item, "must not be empty");
        return false;
    }
    *out = policy_copy(r, item->text);
    return out->ptr != NULL;
}

bool policy_authority(struct policy_reader *r, const struct json *at, struct slice text,
                      bool host_only, struct slice *out)
{
    struct http_authority authority;
    enum http_reason reason = http_authority_parse(text, 0, &r->s->arena, &authority);
    if (reason != HTTP_REASON_NONE) {
        struct slice found = slice_first(text, QUOTED_MAX);
        problems_add(r->problems, at, "\"%.*s\" is not the name or address of a host",
                     (int)found.len, found.ptr);
        return false;
    }
    if (host_only && !slice_eq(authority.host, authority.text)) {
        problems_add(r->problems, at, "a host stands here without a port");
        return false;
    }
    *out = authority.text;
    return true;
}

bool policy_bind(struct policy_reader *r, const struct json *value, const char *example,
                 struct addr *out)
{
    if (!conf_is_string(value, r->problems))
        return false;
    if (addr_parse_with_port(value->text, false, out))
        return true;
    struct slice found = slice_first(value->text, QUOTED_MAX);
    problems_add(r->problems, value, "\"%.*s\" is no address with a port, like \"%s\"",
                 (int)found.len, found.ptr, example);
    return false;
}

void policy_chain(struct policy_reader *r, const struct json *parent, bool at_accept,
                  struct filter_chain *out)
{
    const struct json *array = policy_array(r, parent, "filters");
    if (!array)
        return;
    const struct filter_instance **items = policy_new(r, array->count + 1, sizeof(*items));
    if (!items)
        return;
    JSON_EACH (item, array) {
        size_t index = policy_names_find(r, &r->filters, item, "filter");
        if (index == SIZE_MAX)
            continue;
        const struct filter *type = r->filter_types[index];
        if (at_accept && type && !type->check_address)
            problems_add(r->problems, item,
                         "a filter of type \"%s\" cannot judge by the address alone", type->name);
        for (size_t i = 0; i < out->count; i++) {
            if (items[i] == &r->s->filters[index])
                problems_add(r->problems, item, "this stands in the list twice");
        }
        items[out->count++] = &r->s->filters[index];
    }
    out->items = items;
}

void policy_prefixes(struct policy_reader *r, const struct json *parent, const char *key,
                     const struct addr_prefix **out, size_t *count)
{
    const struct json *array = policy_array(r, parent, key);
    struct addr_prefix *prefixes =
        array ? policy_new(r, array->count + 1, sizeof(*prefixes)) : NULL;
    size_t found = 0;
    if (!prefixes)
        return;
    JSON_EACH (entry, array) {
        if (!conf_is_string(entry, r->problems))
            continue;
        if (addr_parse_prefix(entry->text, false, &prefixes[found]))
            found++;
        else
            problems_add(r->problems, entry,
                         "\"%.*s\" is no address or prefix without host bits, like \"10.0.0.0/8\"",
                         (int)slice_first(entry->text, QUOTED_MAX).len, entry->text.ptr);
    }
    *out = prefixes;
    *count = found;
}
