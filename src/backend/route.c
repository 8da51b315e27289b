// SPDX-License-Identifier: Apache-2.0
// A policy may have thousands of routes, and every request asks. So nothing is searched in order:
// hosts are found in a hash table (the host itself, then each `*.suffix` of it, then `*`), and
// within a host the prefix is looked up for each length that occurs there, the longest first. The
// hash is keyed, because host and path come from outside; the work is bounded by the labels of the
// host and the distinct prefix lengths of the policy, not by the length of a path.
#include "backend/route.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "http/head.h"

// One route under one host and prefix; the first in the policy comes first.
struct candidate {
    size_t route;
    const struct slice *methods;
    size_t method_count;
    struct candidate *next;
};

// All routes of one host with the same prefix.
struct prefix {
    size_t host;       // index into hosts
    struct slice path; // without the slash at its end: "" for everything
    struct candidate *first, *last;
};

struct host {
    struct slice name; // as the policy has it
    size_t *lengths;   // of its prefixes, each once, the longest first
    size_t length_count;
};

// Open addressing; a slot is an index + 1, 0 is free. At most half full.
struct slots {
    uint32_t *at;
    size_t mask;
};

struct route_table {
    struct hash_key key;
    struct host *hosts;
    size_t host_count;
    struct prefix *prefixes;
    size_t prefix_count;
    struct slots by_host, by_prefix;
};

static const struct slice any_host = SLICE_INIT("*");

static struct slice without_slash(struct slice path)
{
    return path.len && path.ptr[path.len - 1] == '/' ? slice_first(path, path.len - 1) : path;
}

static size_t hash_prefix(const struct route_table *t, size_t host, struct slice path)
{
    return (size_t)(hash_bytes(&t->key, path.ptr, path.len) + host * UINT64_C(0x9e3779b97f4a7c15));
}

static const uint32_t *host_slot(const struct route_table *t, struct slice name)
{
    size_t i = (size_t)hash_bytes(&t->key, name.ptr, name.len) & t->by_host.mask;
    while (t->by_host.at[i] && !slice_eq(t->hosts[t->by_host.at[i] - 1].name, name))
        i = (i + 1) & t->by_host.mask;
    return &t->by_host.at[i];
}

static const uint32_t *prefix_slot(const struct route_table *t, size_t host, struct slice path)
{
    size_t i = hash_prefix(t, host, path) & t->by_prefix.mask;
    while (t->by_prefix.at[i]) {
        const struct prefix *p = &t->prefixes[t->by_prefix.at[i] - 1];
        if (p->host == host && slice_eq(p->path, path))
            break;
        i = (i + 1) & t->by_prefix.mask;
    }
    return &t->by_prefix.at[i];
}

static bool make_slots(struct slots *s, size_t count, struct arena *arena)
{
    size_t size = 4;
    while (size < 2 * count)
        size *= 2;
    s->at = arena_zalloc(arena, size, sizeof(*s->at));
    s->mask = size - 1;
    return s->at != NULL;
}

static size_t add_host(struct route_table *t, struct slice name)
{
    uint32_t *slot = (uint32_t *)host_slot(t, name);
    if (!*slot) {
        t->hosts[t->host_count] = (struct host){.name = name};
        *slot = (uint32_t)++t->host_count;
    }
    return *slot - 1;
}

static struct prefix *add_prefix(struct route_table *t, size_t host, struct slice path)
{
    uint32_t *slot = (uint32_t *)prefix_slot(t, host, path);
    if (!*slot) {
        t->prefixes[t->prefix_count] = (struct prefix){.host = host, .path = path};
        *slot = (uint32_t)++t->prefix_count;
    }
    return &t->prefixes[*slot - 1];
}

static bool add_match(struct route_table *t, const struct route_match *match, size_t route,
                      struct arena *arena)
{
    for (size_t h = 0; h < match->host_count; h++) {
        struct prefix *prefix =
            add_prefix(t, add_host(t, match->hosts[h]), without_slash(match->path));
        struct candidate *c = arena_zalloc(arena, 1, sizeof(*c));
        if (!c)
            return false;
        *c = (struct candidate){
            .route = route, .methods = match->methods, .method_count = match->method_count};
        if (prefix->last)
            prefix->last->next = c;
        else
            prefix->first = c;
        prefix->last = c;
    }
    return true;
}

// Puts `len` into its place among the lengths of the host, once.
static void insert_length(struct host *host, size_t len)
{
    size_t at = 0;
    while (at < host->length_count && host->lengths[at] > len)
        at++;
    if (at < host->length_count && host->lengths[at] == len)
        return;
    memmove(host->lengths + at + 1, host->lengths + at,
            (host->length_count - at) * sizeof(*host->lengths));
    host->lengths[at] = len;
    host->length_count++;
}

static bool collect_lengths(struct route_table *t, struct arena *arena)
{
    size_t *counts = arena_zalloc(arena, t->host_count + 1, sizeof(*counts));
    if (!counts)
        return false;
    for (size_t i = 0; i < t->prefix_count; i++)
        counts[t->prefixes[i].host]++;
    for (size_t i = 0; i < t->host_count; i++) {
        t->hosts[i].lengths = arena_zalloc(arena, counts[i], sizeof(*t->hosts[i].lengths));
        if (!t->hosts[i].lengths)
            return false;
    }
    for (size_t i = 0; i < t->prefix_count; i++)
        insert_length(&t->hosts[t->prefixes[i].host], t->prefixes[i].path.len);
    return true;
}

struct route_table *route_table_new(const struct route_match *matches, size_t count,
                                    struct arena *arena)
{
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++)
        pairs += matches[i].host_count;
    struct route_table *t = pairs < UINT32_MAX ? arena_zalloc(arena, 1, sizeof(*t)) : NULL;
    if (!t)
        return NULL;
    hash_key_random(&t->key);
    t->hosts = arena_zalloc(arena, pairs, sizeof(*t->hosts));
    t->prefixes = arena_zalloc(arena, pairs, sizeof(*t->prefixes));
    if (!t->hosts || !t->prefixes || !make_slots(&t->by_host, pairs, arena) ||
        !make_slots(&t->by_prefix, pairs, arena))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!add_match(t, &matches[i], i, arena))
            return NULL;
    }
    return collect_lengths(t, arena) ? t : NULL;
}

static bool has_method(const struct candidate *c, struct slice method)
{
    for (size_t i = 0; i < c->method_count; i++) {
        if (slice_eq(c->methods[i], method))
            return true;
    }
    return c->method_count == 0;
}

// A prefix ends where a segment does.
static bool ends_segment(struct slice path, size_t len)
{
    return len == 0 || len == path.len || (len < path.len && path.ptr[len] == '/');
}

static size_t find_path(const struct route_table *t, struct slice host_name,
                        const struct http_request *request)
{
    uint32_t slot = *host_slot(t, host_name);
    if (!slot)
        return SIZE_MAX;
    const struct host *host = &t->hosts[slot - 1];
    struct slice path = request->path_plain.len ? request->path_plain : request->path;
    for (size_t i = 0; i < host->length_count; i++) {
        size_t len = host->lengths[i];
        if (!ends_segment(path, len))
            continue;
        uint32_t found = *prefix_slot(t, slot - 1, slice_first(path, len));
        for (const struct candidate *c = found ? t->prefixes[found - 1].first : NULL; c;
             c = c->next) {
            if (has_method(c, request->method))
                return c->route;
        }
    }
    return SIZE_MAX;
}

enum { HOST_MAX = 256 }; // longer ones no parser lets through

// The `*.suffix` names that cover the host, the longest first.
static size_t find_suffix(const struct route_table *t, const struct http_request *request)
{
    char name[HOST_MAX];
    struct slice host = request->host;
    if (host.len >= sizeof(name))
        return SIZE_MAX;
    for (size_t dot = slice_index(host, '.'); dot < host.len;
         dot += 1 + slice_index(slice_from(host, dot + 1), '.')) {
        struct slice suffix = slice_from(host, dot);
        name[0] = '*';
        memcpy(name + 1, suffix.ptr, suffix.len);
        size_t route = find_path(t, slice_of(name, 1 + suffix.len), request);
        if (route != SIZE_MAX)
            return route;
    }
    return SIZE_MAX;
}

size_t route_table_find(const struct route_table *t, const struct http_request *request)
{
    size_t route = find_path(t, request->host, request);
    if (route == SIZE_MAX)
        route = find_suffix(t, request);
    if (route == SIZE_MAX)
        route = find_path(t, any_host, request);
    return route;
}

// Prefix and path may be encoded differently, but have the same segments: no `/` hides behind a
// percent sign in a canonical path. So segments are counted, not octets.
struct slice route_strip_prefix(struct slice prefix, struct slice path)
{
    prefix = without_slash(prefix);
    for (size_t i = 0; i < prefix.len; i++) {
        if (prefix.ptr[i] == '/')
            path = slice_from(path, 1 + slice_index(slice_from(path, 1), '/'));
    }
    return path.len ? path : SLICE("/");
}
