// SPDX-License-Identifier: Apache-2.0
// An entry is three words that other threads may be changing while we read them. They check each
// other: the two words of the mark are stored xor-ed with the end, so an entry put together from
// two different ones shows marks that nobody has. No order between the three loads or stores is
// needed for that.
#include "filter/password_cache.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/secret.h"

enum { WAYS = 4 };

struct entry {
    _Atomic uint64_t marks[2];
    _Atomic uint64_t end_ms;
};

struct password_cache {
    struct hash_key keys[2];
    size_t sets; // a power of two
    struct entry *entries;
};

size_t password_cache_rounded(size_t entries)
{
    size_t rounded = PASSWORD_CACHE_MIN;
    while (rounded < entries && rounded < PASSWORD_CACHE_MAX)
        rounded *= 2;
    return rounded;
}

struct password_cache *password_cache_new(size_t entries)
{
    struct password_cache *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    size_t count = password_cache_rounded(entries);
    c->sets = count / WAYS;
    c->entries = calloc(count, sizeof(*c->entries));
    if (!c->entries) {
        password_cache_free(&c);
        return NULL;
    }
    for (size_t i = 0; i < 2; i++)
        hash_key_random(&c->keys[i]);
    return c;
}

void password_cache_free(struct password_cache **c)
{
    if (!*c)
        return;
    if ((*c)->entries)
        secret_wipe((void *)(*c)->entries, (*c)->sets * WAYS * sizeof(*(*c)->entries));
    free((*c)->entries);
    secret_wipe(*c, sizeof(**c));
    free(*c);
    *c = NULL;
}

size_t password_cache_size(const struct password_cache *c)
{
    return c->sets * WAYS;
}

static uint64_t hash_one(const struct hash_key *key, struct slice s)
{
    return hash_bytes(key, s.ptr ? s.ptr : "", s.len);
}

struct password_mark password_cache_mark(const struct password_cache *c, struct slice user,
                                         struct slice password, struct slice hash)
{
    // 128 bits of each piece, and of those together: no two ways to divide the same bytes give the
    // same mark.
    struct password_mark mark;
    uint64_t row[6];
    for (size_t i = 0; i < 2; i++) {
        row[i] = hash_one(&c->keys[i], user);
        row[2 + i] = hash_one(&c->keys[i], password);
        row[4 + i] = hash_one(&c->keys[i], hash);
    }
    for (size_t i = 0; i < 2; i++)
        mark.words[i] = hash_bytes(&c->keys[i], row, sizeof(row));
    secret_wipe(row, sizeof(row));
    return mark;
}

static struct entry *set_of(const struct password_cache *c, const struct password_mark *mark)
{
    return &c->entries[((size_t)mark->words[0] & (c->sets - 1)) * WAYS];
}

static uint64_t load(_Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

// The end of the entry when it is that mark's, else 0.
static uint64_t end_of(struct entry *e, const struct password_mark *mark)
{
    uint64_t end = load(&e->end_ms);
    bool same = (load(&e->marks[0]) ^ end) == mark->words[0] &&
                (load(&e->marks[1]) ^ end) == mark->words[1];
    return same ? end : 0;
}

bool password_cache_has(const struct password_cache *c, const struct password_mark *mark,
                        uint64_t now_ms)
{
    struct entry *set = set_of(c, mark);
    for (size_t i = 0; i < WAYS; i++) {
        if (end_of(&set[i], mark) > now_ms)
            return true;
    }
    return false;
}

void password_cache_put(struct password_cache *c, const struct password_mark *mark, uint64_t end_ms)
{
    struct entry *set = set_of(c, mark), *chosen = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (end_of(&set[i], mark)) {
            chosen = &set[i];
            break;
        }
        if (load(&set[i].end_ms) < load(&chosen->end_ms))
            chosen = &set[i];
    }
    store(&chosen->marks[0], mark->words[0] ^ end_ms);
    store(&chosen->marks[1], mark->words[1] ^ end_ms);
    store(&chosen->end_ms, end_ms);
}
