// SPDX-License-Identifier: Apache-2.0
// The key is fixed: two definitions of one process are compared, and nobody outside writes them.
#include "policy/definition.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json_read.h"

static const struct hash_key key = {.k0 = 1, .k1 = 2};

static void mix(uint64_t *hash, const void *octets, size_t len)
{
    uint64_t parts[2] = {*hash, hash_bytes(&key, octets, len)};
    *hash = hash_bytes(&key, parts, sizeof(parts));
}

static void mix_file(uint64_t *hash, const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0 || !S_ISREG(s.st_mode))
        return;
    const uint64_t state[] = {(uint64_t)s.st_dev,          (uint64_t)s.st_ino,
                              (uint64_t)s.st_size,         (uint64_t)s.st_mtim.tv_sec,
                              (uint64_t)s.st_mtim.tv_nsec, (uint64_t)s.st_ctim.tv_sec,
                              (uint64_t)s.st_ctim.tv_nsec};
    mix(hash, state, sizeof(state));
}

static void mix_pattern(uint64_t *hash, const char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            mix_file(hash, found.gl_pathv[i]);
    globfree(&found);
}

static void mix_named(uint64_t *hash, const struct json *value)
{
    struct slice text = value->text;
    if (text.len == 0 || text.len >= PATH_MAX || slice_index(text, '\0') < text.len)
        return;
    char *path = file_resolve(json_doc_name(value->doc), text);
    if (!path)
        return;
    if (strpbrk(path, "*?["))
        mix_pattern(hash, path);
    else
        mix_file(hash, path);
    free(path);
}

static void mix_value(uint64_t *hash, const struct json *value)
{
    mix(hash, &value->type, sizeof(value->type));
    mix(hash, value->key.ptr, value->key.len);
    mix(hash, value->text.ptr, value->text.len);
    mix(hash, &value->number, sizeof(value->number));
    mix(hash, &value->boolean, sizeof(value->boolean));
    mix(hash, &value->count, sizeof(value->count));
}

static void mix_all(uint64_t *hash, const struct json *value, enum definition_part parts)
{
    if (parts & DEFINITION_TEXT)
        mix_value(hash, value);
    if ((parts & DEFINITION_FILES) && value->type == JSON_STRING)
        mix_named(hash, value);
    JSON_EACH (item, value)
        mix_all(hash, item, parts);
}

uint64_t definition_of(const struct json *value, enum definition_part parts)
{
    uint64_t hash = 0;
    mix_all(&hash, value, parts);
    return hash;
}

uint64_t definition_join(uint64_t a, uint64_t b)
{
    mix(&a, &b, sizeof(b));
    return a;
}
