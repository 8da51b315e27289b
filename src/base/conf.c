// SPDX-License-Identifier: Apache-2.0
// A policy is written by hand, so every reader here says what it found and what it wanted, at the
// place where it stands. None of them stops anything: the caller goes on to find the next mistake.
// Durations, sizes and rates: conf_units.c.
#include "base/conf.h"

#include <inttypes.h>
#include <math.h>

#include "base/buf.h"
#include "base/file.h"

enum {
    QUOTED_MAX = 64, // how much of a value a sentence quotes
    WORDS_TEXT_MAX = 512,
};

static const char *type_name(enum json_type type)
{
    switch (type) {
    case JSON_NULL:
        return "null";
    case JSON_BOOL:
        return "true or false";
    case JSON_NUMBER:
        return "a number";
    case JSON_STRING:
        return "a string";
    case JSON_ARRAY:
        return "an array";
    case JSON_OBJECT:
        return "an object";
    }
    return "something else";
}

static bool is_type(const struct json *value, enum json_type type, struct problems *p)
{
    if (value->type == type)
        return true;
    problems_add(p, value, "expected %s, found %s", type_name(type), type_name(value->type));
    return false;
}

bool conf_is_object(const struct json *value, struct problems *p)
{
    return is_type(value, JSON_OBJECT, p);
}

bool conf_is_array(const struct json *value, struct problems *p)
{
    return is_type(value, JSON_ARRAY, p);
}

bool conf_is_string(const struct json *value, struct problems *p)
{
    return is_type(value, JSON_STRING, p);
}

static bool is_among(struct slice word, const char *const *words, size_t *index)
{
    for (size_t i = 0; words[i]; i++) {
        if (slice_eq(word, slice_str(words[i]))) {
            *index = i;
            return true;
        }
    }
    return false;
}

void conf_known_keys(const struct json *object, const char *const *keys, struct problems *p)
{
    size_t index;
    JSON_EACH (member, object) {
        if (is_among(member->key, keys, &index))
            continue;
        struct slice key = slice_first(member->key, QUOTED_MAX);
        const char *nearest = conf_nearest(member->key, keys);
        if (nearest)
            problems_add(p, member, "unknown key \"%.*s\" (did you mean \"%s\"?)", (int)key.len,
                         key.ptr, nearest);
        else
            problems_add(p, member, "unknown key \"%.*s\"", (int)key.len, key.ptr);
    }
}

const struct json *conf_required(const struct json *object, const char *key, struct problems *p)
{
    const struct json *member = json_get(object, key);
    if (!member)
        problems_add(p, object, "the key \"%s\" is missing", key);
    return member;
}

bool conf_bool(const struct json *object, const char *key, struct problems *p, bool *out)
{
    const struct json *value = json_get(object, key);
    if (!value || !is_type(value, JSON_BOOL, p))
        return false;
    *out = value->boolean;
    return true;
}

bool conf_u64(const struct json *object, const char *key, uint64_t min, uint64_t max,
              struct problems *p, uint64_t *out)
{
    const struct json *value = json_get(object, key);
    if (!value || !is_type(value, JSON_NUMBER, p))
        return false;
    // Past 2^53 a double no longer tells neighbours apart.
    bool is_whole = value->number >= 0 && value->number <= 9007199254740992.0 &&
                    trunc(value->number) == value->number;
    uint64_t number = is_whole ? (uint64_t)value->number : 0;
    if (!is_whole || number < min || number > max) {
        problems_add(p, value, "must be a whole number from %" PRIu64 " to %" PRIu64, min, max);
        return false;
    }
    *out = number;
    return true;
}

bool conf_text(const struct json *object, const char *key, struct problems *p, struct slice *out)
{
    const struct json *value = json_get(object, key);
    if (!value || !is_type(value, JSON_STRING, p))
        return false;
    if (value->text.len == 0) {
        problems_add(p, value, "must not be empty");
        return false;
    }
    *out = value->text;
    return true;
}

// "a", "b" or "c"
static void put_words(struct buf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (i)
            buf_str(out, words[i + 1] ? ", " : " or ");
        buf_printf(out, "\"%s\"", words[i]);
    }
}

static void complain_choice(const struct json *value, const char *const *words, struct problems *p)
{
    char storage[WORDS_TEXT_MAX];
    struct buf list;
    struct slice found = slice_first(value->text, QUOTED_MAX);
    buf_init(&list, storage, sizeof(storage));
    put_words(&list, words);
    const char *nearest = conf_nearest(value->text, words);
    if (nearest)
        problems_add(p, value, "\"%.*s\" is not among %.*s (did you mean \"%s\"?)", (int)found.len,
                     found.ptr, (int)list.len, list.data, nearest);
    else
        problems_add(p, value, "\"%.*s\" is not among %.*s", (int)found.len, found.ptr,
                     (int)list.len, list.data);
}

bool conf_choice(const struct json *object, const char *key, const char *const *words,
                 struct problems *p, size_t *out)
{
    const struct json *value = json_get(object, key);
    if (!value || !is_type(value, JSON_STRING, p))
        return false;
    if (is_among(value->text, words, out))
        return true;
    complain_choice(value, words, p);
    return false;
}

char *conf_path(const struct json *value, struct problems *p)
{
    if (!conf_is_string(value, p))
        return NULL;
    if (value->text.len == 0 || slice_index(value->text, '\0') < value->text.len) {
        problems_add(p, value, "this is no path");
        return NULL;
    }
    char *path = file_resolve(json_doc_name(value->doc), value->text);
    if (!path)
        problems_add(p, value, "not enough memory");
    return path;
}
