// SPDX-License-Identifier: Apache-2.0
// The name decides about certificate, route and policy, so an odd one is refused instead of
// interpreted. Lookup is a binary search in one sorted array in which a wildcard stands as it is
// written: a name that is not there is looked for once more with "*" in place of its first label.
#include "tls/sni.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/ascii.h"

enum { LABEL_MAX = 63, TYPE_HOST_NAME = 0 };

struct tls_name {
    char *text;
    size_t len;
    size_t certificate;
    size_t order; // of addition
};

static bool is_name_octet(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

bool tls_name_is_valid(struct slice name, bool pattern)
{
    struct addr literal;
    if (pattern && slice_begins(name, SLICE("*.")))
        name = slice_from(name, 2);
    if (name.len == 0 || name.len > TLS_NAME_MAX || addr_parse(name, &literal))
        return false;
    size_t label = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
            continue;
        }
        label++;
        if (label > LABEL_MAX || !is_name_octet(name.ptr[i]))
            return false;
    }
    return label > 0;
}

static size_t read_u16(struct slice s)
{
    return (size_t)(unsigned char)s.ptr[0] << 8 | (unsigned char)s.ptr[1];
}

// ServerNameList: u16 length, then of each name u8 type, u16 length, octets. A second name of any
// type is refused.
bool tls_sni_parse(struct slice extension, char *out, size_t *len)
{
    if (extension.len < 5 || read_u16(extension) != extension.len - 2)
        return false;
    struct slice entry = slice_from(extension, 2);
    if (entry.ptr[0] != TYPE_HOST_NAME || read_u16(slice_from(entry, 1)) != entry.len - 3)
        return false;
    struct slice name = slice_from(entry, 3);
    if (!tls_name_is_valid(name, false))
        return false;
    ascii_lower_copy(out, name);
    out[name.len] = '\0';
    *len = name.len;
    return true;
}

static bool grow(struct tls_names *n)
{
    if (n->count < n->cap)
        return true;
    size_t cap = n->cap ? n->cap * 2 : 16;
    struct tls_name *names = reallocarray(n->names, cap, sizeof(*names));
    if (!names)
        return false;
    n->names = names;
    n->cap = cap;
    return true;
}

bool tls_names_add(struct tls_names *n, struct slice name, size_t certificate)
{
    char *text = malloc(name.len + 1);
    if (!text || !grow(n)) {
        free(text);
        return false;
    }
    ascii_lower_copy(text, name);
    text[name.len] = '\0';
    n->names[n->count] = (struct tls_name){text, name.len, certificate, n->count};
    n->count++;
    return true;
}

static int compare_text(struct slice a, struct slice b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_names(const void *left, const void *right)
{
    const struct tls_name *a = left, *b = right;
    int order = compare_text(slice_of(a->text, a->len), slice_of(b->text, b->len));
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

void tls_names_sort(struct tls_names *n)
{
    size_t kept = 0;
    if (n->count > 0)
        qsort(n->names, n->count, sizeof(n->names[0]), compare_names);
    for (size_t i = 0; i < n->count; i++) {
        if (kept > 0 && strcmp(n->names[kept - 1].text, n->names[i].text) == 0)
            free(n->names[i].text);
        else
            n->names[kept++] = n->names[i];
    }
    n->count = kept;
}

static int compare_key(const void *key, const void *element)
{
    const struct tls_name *name = element;
    return compare_text(*(const struct slice *)key, slice_of(name->text, name->len));
}

static const struct tls_name *search(const struct tls_names *n, struct slice name)
{
    return n->count ? bsearch(&name, n->names, n->count, sizeof(n->names[0]), compare_key) : NULL;
}

bool tls_names_find(const struct tls_names *n, struct slice name, size_t *certificate)
{
    char wildcard[TLS_NAME_MAX + 1];
    const struct tls_name *found = search(n, name);
    struct slice suffix = slice_from(name, slice_index(name, '.'));
    if (!found && suffix.len > 0 && suffix.len < sizeof(wildcard)) {
        wildcard[0] = '*';
        memcpy(wildcard + 1, suffix.ptr, suffix.len);
        found = search(n, slice_of(wildcard, suffix.len + 1));
    }
    if (!found)
        return false;
    *certificate = found->certificate;
    return true;
}

void tls_names_clear(struct tls_names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->names[i].text);
    free(n->names);
    *n = (struct tls_names){0};
}
