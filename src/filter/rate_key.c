// SPDX-License-Identifier: Apache-2.0
// Values of any length and number become one number without a copy: each part is hashed under the
// state's secret key, then the row of hashes is. What cannot be found (no such header, no user)
// hashes as nothing and is told apart from an empty value. A part that is sent several times counts
// with all its values, in order, so that none of them can be hidden behind another.
#include "filter/rate_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "base/hash.h"
#include "filter/filter.h"
#include "filter/key_table.h"
#include "http/head.h"
#include "http/params.h"

enum {
    IPV6_BITS_DEFAULT = 64, // what one customer usually gets: a household or a rented server
    COOKIES_MAX = 100,
};

static const char *const words[] = {
    [RATE_PART_CLIENT_ADDRESS] = "client.address",
    [RATE_PART_CLIENT_COUNTRY] = "client.country",
    [RATE_PART_USER] = "user",
    [RATE_PART_METHOD] = "method",
    [RATE_PART_HOST] = "host",
    [RATE_PART_PATH] = "path",
    [RATE_PART_TLS_JA4] = "tls.ja4",
    [RATE_PART_TLS_CLIENT] = "tls.client.fingerprint",
    [RATE_PART_HEADER] = "header.",
    [RATE_PART_COOKIE] = "cookie.",
};

// For suggestions.
static const char *const shown[] = {
    "client.address", "client.country",         "user",        "method",      "host", "path",
    "tls.ja4",        "tls.client.fingerprint", "header.NAME", "cookie.NAME", NULL};

static bool has_name(enum rate_part_kind kind)
{
    return kind == RATE_PART_HEADER || kind == RATE_PART_COOKIE;
}

static bool read_kind(struct slice text, struct rate_part *part)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct slice word = slice_str(words[i]);
        bool named = has_name((enum rate_part_kind)i);
        if (named ? !slice_begins(text, word) : !slice_eq(text, word))
            continue;
        *part = (struct rate_part){.kind = (enum rate_part_kind)i};
        if (named)
            part->name = slice_from(text, word.len);
        return true;
    }
    return false;
}

static void read_part(struct rate_key *k, const struct json *value, struct problems *problems)
{
    struct rate_part part;
    if (!conf_is_string(value, problems))
        return;
    if (!read_kind(value->text, &part)) {
        const char *nearest = conf_nearest(value->text, shown);
        problems_add(problems, value, "nothing can be counted by this; try \"%s\"",
                     nearest ? nearest : shown[0]);
        return;
    }
    if (has_name(part.kind) && !http_field_name_is_valid(part.name)) {
        problems_add(
            problems, value,
            "a name must follow the dot, as in \"header.x-api-key\" or \"cookie.session\"");
        return;
    }
    if (part.name.len) {
        char *copy = strndup(part.name.ptr, part.name.len);
        if (!copy) {
            problems_add(problems, value, "no memory");
            return;
        }
        part.name.ptr = copy;
    }
    k->parts[k->count++] = part;
}

void rate_key_compile(struct rate_key *k, const struct json *object, struct problems *problems)
{
    *k = (struct rate_key){.ipv6_bits = IPV6_BITS_DEFAULT};
    uint64_t bits;
    if (conf_u64(object, "ipv6_prefix", 1, 128, problems, &bits))
        k->ipv6_bits = (unsigned)bits;
    const struct json *list = conf_required(object, "key", problems);
    if (!list || !conf_is_array(list, problems))
        return;
    if (list->count == 0 || list->count > RATE_KEY_PARTS_MAX) {
        problems_add(problems, list, "must have 1 to %d parts", RATE_KEY_PARTS_MAX);
        return;
    }
    JSON_EACH (value, list)
        read_part(k, value, problems);
}

void rate_key_clear(struct rate_key *k)
{
    for (size_t i = 0; i < k->count; i++)
        free((char *)(uintptr_t)k->parts[i].name.ptr);
    k->count = 0;
}

struct addr_prefix rate_key_client(const struct addr *client, unsigned ipv6_bits)
{
    return addr_prefix_of(client, addr_is_v4(client) ? 128 : ipv6_bits);
}

static uint64_t hash_slice(const struct hash_key *hash, struct slice s)
{
    return hash_bytes(hash, s.ptr ? s.ptr : "", s.len);
}

// Joins a further value to those before.
static uint64_t hash_more(const struct hash_key *hash, uint64_t before, struct slice s)
{
    const uint64_t both[2] = {before, hash_slice(hash, s)};
    return hash_bytes(hash, both, sizeof(both));
}

static bool hash_header(const struct http_fields *fields, struct slice name,
                        const struct hash_key *hash, uint64_t *out)
{
    bool found = false;
    for (size_t i = 0; i < fields->count; i++) {
        if (!ascii_eq_nocase(fields->items[i].name, name))
            continue;
        *out = hash_more(hash, *out, fields->items[i].value);
        found = true;
    }
    return found;
}

static bool hash_cookie(const struct filter_facts *f, struct slice name,
                        const struct hash_key *hash, uint64_t *out)
{
    const struct http_fields *fields = &f->request->fields;
    struct http_params cookies = {0};
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->items[i].id == HTTP_FIELD_COOKIE)
            http_cookies_parse(fields->items[i].value, COOKIES_MAX, f->arena, &cookies);
    }
    bool found = false;
    for (size_t i = 0; i < cookies.count; i++) {
        if (!slice_eq(cookies.items[i].name, name))
            continue;
        *out = hash_more(hash, *out, cookies.items[i].value);
        found = true;
    }
    return found;
}

static bool hash_text(const struct hash_key *hash, struct slice text, uint64_t *out)
{
    *out = hash_slice(hash, text);
    return text.len > 0;
}

static bool hash_client(const struct rate_key *k, const struct hash_key *hash,
                        const struct addr *client, uint64_t *out)
{
    struct addr_prefix p = rate_key_client(client, k->ipv6_bits);
    uint8_t bytes[sizeof(p.bytes) + 1];
    memcpy(bytes, p.bytes, sizeof(p.bytes));
    bytes[sizeof(p.bytes)] = client->is_unix; // all peers of unix sockets are one client
    *out = hash_bytes(hash, bytes, sizeof(bytes));
    return true;
}

static bool hash_part(const struct rate_key *k, const struct rate_part *part,
                      const struct hash_key *hash, const struct filter_facts *f, uint64_t *out)
{
    switch (part->kind) {
    case RATE_PART_CLIENT_ADDRESS:
        return hash_client(k, hash, &f->client, out);
    case RATE_PART_CLIENT_COUNTRY:
        return hash_text(hash, f->notes->country, out);
    case RATE_PART_USER:
        return hash_text(hash, f->notes->user, out);
    case RATE_PART_METHOD:
        return f->request && hash_text(hash, f->request->method, out);
    case RATE_PART_HOST:
        return f->request && hash_text(hash, f->request->host, out);
    case RATE_PART_PATH:
        return f->request && hash_text(hash, f->request->path, out);
    case RATE_PART_TLS_JA4:
        return f->tls && hash_text(hash, f->tls->ja4, out);
    case RATE_PART_TLS_CLIENT:
        return f->tls && hash_text(hash, f->tls->client.fingerprint, out);
    case RATE_PART_HEADER:
        return f->request && hash_header(&f->request->fields, part->name, hash, out);
    case RATE_PART_COOKIE:
        return f->request && hash_cookie(f, part->name, hash, out);
    }
    return false;
}

uint64_t rate_key_of(const struct rate_key *k, const struct hash_key *hash,
                     const struct filter_facts *f, bool *missing)
{
    // A found part is 1 and its hash, a missing one 0 and 0.
    uint64_t row[2 * RATE_KEY_PARTS_MAX] = {0};
    *missing = false;
    for (size_t i = 0; i < k->count; i++) {
        uint64_t value = 0;
        if (hash_part(k, &k->parts[i], hash, f, &value)) {
            row[2 * i] = 1;
            row[2 * i + 1] = value;
        } else {
            *missing = true;
        }
    }
    return key_table_key(hash, row, 2 * k->count * sizeof(row[0]));
}
