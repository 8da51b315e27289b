// SPDX-License-Identifier: Apache-2.0
// Sets of two: a value that comes often keeps its place against one that came once.
#include "rules/memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
    TEXT_MAX = 232, // an entry has 256 octets
    SETS = 1024,    // a power of two
    WAYS = 2,
};

struct entry {
    uint64_t program; // 0: empty
    uint32_t where;
    uint16_t name_len, value_len;
    char text[TEXT_MAX]; // name, then value
};

struct rules_memo {
    struct hash_key key;
    uint32_t turn; // which of a set goes next
    struct entry entries[SETS * WAYS];
};

struct rules_memo *rules_memo_new(void)
{
    struct rules_memo *m = calloc(1, sizeof(*m));
    if (m)
        hash_key_random(&m->key);
    return m;
}

void rules_memo_free(struct rules_memo **m)
{
    free(*m);
    *m = NULL;
}

static bool is_same(const struct entry *e, const struct rules_memo_key *key)
{
    return e->program == key->program && e->where == key->where && e->name_len == key->name.len &&
           e->value_len == key->value.len && memcmp(e->text, key->name.ptr, key->name.len) == 0 &&
           memcmp(e->text + key->name.len, key->value.ptr, key->value.len) == 0;
}

bool rules_memo_knows(const struct rules_memo *m, const struct rules_memo_key *key, size_t *place)
{
    char text[TEXT_MAX + sizeof(key->where)];
    *place = SIZE_MAX;
    // Empty ones are compared with "", never with NULL.
    if (key->name.len > TEXT_MAX || key->value.len > TEXT_MAX - key->name.len || !key->value.ptr ||
        !key->name.ptr)
        return false;
    size_t len = key->name.len + key->value.len;
    memcpy(text, key->name.ptr, key->name.len);
    memcpy(text + key->name.len, key->value.ptr, key->value.len);
    memcpy(text + len, &key->where, sizeof(key->where));
    uint64_t hash = hash_bytes(&m->key, text, len + sizeof(key->where));
    size_t set = (size_t)(hash & (SETS - 1)) * WAYS;
    for (size_t i = 0; i < WAYS; i++)
        if (is_same(&m->entries[set + i], key))
            return true;
    *place = set;
    return false;
}

void rules_memo_add(struct rules_memo *m, const struct rules_memo_key *key, size_t place)
{
    struct entry *e = &m->entries[place + m->turn++ % WAYS];
    e->program = key->program;
    e->where = key->where;
    e->name_len = (uint16_t)key->name.len;
    e->value_len = (uint16_t)key->value.len;
    memcpy(e->text, key->name.ptr, key->name.len);
    memcpy(e->text + key->name.len, key->value.ptr, key->value.len);
}
