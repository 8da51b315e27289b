// SPDX-License-Identifier: Apache-2.0
// The library tells values but not where they stand, drops what follows a NUL in a string, and lets
// the last of two equal keys win. So after json_scan has accepted the text and cJSON has parsed it,
// its tree and the text are walked side by side into a tree of our own that has places, true
// lengths and an order; cJSON's tree is then gone.
#include "base/json_read.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/json_scan.h"
#include "base/problems.h"

enum {
    // A tree takes less than a hundred times its text: the shortest value, with its comma, has two
    // bytes.
    TREE_BYTES_MAX = 128,
    QUOTED_MAX = 64, // how much of a key a sentence quotes
};

struct json_doc {
    struct arena arena;
    char *name;
    char *text; // comments blanked
    size_t len;
    size_t *lines; // offset of each line's first byte
    size_t line_count;
    const struct json *root;
};

struct builder {
    struct json_doc *doc;
    struct problems *problems;
    size_t at; // place in the text
};

static enum json_type type_of(const cJSON *item)
{
    if (cJSON_IsObject(item))
        return JSON_OBJECT;
    if (cJSON_IsArray(item))
        return JSON_ARRAY;
    if (cJSON_IsString(item))
        return JSON_STRING;
    if (cJSON_IsNumber(item))
        return JSON_NUMBER;
    return cJSON_IsBool(item) ? JSON_BOOL : JSON_NULL;
}

static void skip_blanks(struct builder *b)
{
    b->at = json_skip_blanks(b->doc->text, b->at);
}

// Takes the string at the cursor, which cJSON decoded into `decoded`. cJSON keeps no length but
// writes all bytes.
static bool take_string(struct builder *b, const char *decoded, struct slice *out)
{
    size_t len;
    b->at = json_skip_string(b->doc->text, b->at, &len);
    *out = slice_of(arena_str(&b->doc->arena, slice_of(decoded, len)), len);
    return out->ptr != NULL;
}

static struct json *build(struct builder *b, const cJSON *item, const struct json *parent,
                          size_t index);

static int compare_keys(const void *left, const void *right)
{
    const struct json *a = *(const struct json *const *)left;
    const struct json *b = *(const struct json *const *)right;
    size_t shorter = a->key.len < b->key.len ? a->key.len : b->key.len;
    int order = memcmp(a->key.ptr, b->key.ptr, shorter);
    if (order == 0 && a->key.len != b->key.len)
        order = a->key.len < b->key.len ? -1 : 1;
    if (order == 0)
        order = a->index < b->index ? -1 : 1;
    return order;
}

static void complain_repeated(struct builder *b, const struct json *first, const struct json *again)
{
    unsigned line, column;
    struct slice key = slice_first(again->key, QUOTED_MAX);
    json_place(b->doc, first->offset, &line, &column);
    problems_add(b->problems, again,
                 "the key \"%.*s\" is repeated; it already stands in line %u, column %u",
                 (int)key.len, key.ptr, line, column);
}

// Sorted neighbours rather than each against each: a hostile file must not cost the square of its
// size.
static bool check_repeated(struct builder *b, const struct json *object)
{
    if (object->count < 2)
        return true;
    const struct json **members = malloc(object->count * sizeof(const struct json *));
    if (!members)
        return false;
    JSON_EACH (member, object)
        members[member->index] = member;
    qsort(members, object->count, sizeof(members[0]), compare_keys);
    for (size_t i = 1; i < object->count; i++) {
        if (slice_eq(members[i - 1]->key, members[i]->key))
            complain_repeated(b, members[i - 1], members[i]);
    }
    free(members);
    return true;
}

// Takes the key and the colon of a member.
static bool take_key(struct builder *b, const cJSON *item, struct slice *key)
{
    if (!take_string(b, item->string, key))
        return false;
    skip_blanks(b);
    b->at++; // the colon
    return true;
}

// Takes all elements or members, the cursor being behind the opening bracket.
static bool build_children(struct builder *b, const cJSON *container, struct json *into)
{
    const struct json **link = &into->first;
    for (const cJSON *item = container->child; item; item = item->next) {
        struct json *child = build(b, item, into, into->count);
        if (!child)
            return false;
        *link = child;
        link = &child->next;
        into->count++;
        skip_blanks(b);
        if (item->next)
            b->at++; // the comma
    }
    skip_blanks(b);
    b->at++; // the closing bracket
    return into->type == JSON_ARRAY || check_repeated(b, into);
}

// The value at the cursor, which cJSON has as `item`; NULL without memory.
static struct json *build(struct builder *b, const cJSON *item, const struct json *parent,
                          size_t index)
{
    struct json *value = arena_zalloc(&b->doc->arena, 1, sizeof(struct json));
    if (!value)
        return NULL;
    skip_blanks(b);
    value->type = type_of(item);
    value->index = index;
    value->parent = parent;
    value->offset = b->at;
    value->doc = b->doc;
    if (parent && parent->type == JSON_OBJECT && !take_key(b, item, &value->key))
        return NULL;
    skip_blanks(b);
    bool ok = true;
    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY) {
        b->at++;
        ok = build_children(b, item, value);
    } else if (value->type == JSON_STRING) {
        ok = take_string(b, item->valuestring, &value->text);
    } else {
        b->at = json_skip_word(b->doc->text, b->at);
        value->boolean = cJSON_IsTrue(item);
        value->number = value->type == JSON_NUMBER ? item->valuedouble : 0;
        if (!isfinite(value->number))
            problems_add(b->problems, value, "this number is too large");
    }
    return ok ? value : NULL;
}

static void complain(const struct json_doc *doc, struct problems *problems,
                     const struct json_fault *fault)
{
    unsigned line, column;
    json_place(doc, fault->offset, &line, &column);
    problems_add_at(problems, doc->name, line, column, "%s", fault->sentence);
}

static bool parse(struct json_doc *doc, struct problems *problems)
{
    struct json_fault fault;
    if (!json_scan(doc->text, doc->len, &fault)) {
        complain(doc, problems, &fault);
        return false;
    }
    const char *end = doc->text;
    cJSON *tree = cJSON_ParseWithLengthOpts(doc->text, doc->len + 1, &end, true);
    if (!tree) {
        // Both agree on what JSON is (the fuzz target json_read compares them), so this is a lack
        // of memory.
        fault =
            (struct json_fault){.offset = (size_t)(end - doc->text),
                                .sentence = "the JSON library cannot read this; is memory short?"};
        complain(doc, problems, &fault);
        return false;
    }
    struct builder b = {.doc = doc, .problems = problems};
    doc->root = build(&b, tree, NULL, 0);
    cJSON_Delete(tree);
    if (!doc->root)
        problems_add_at(problems, doc->name, 0, 0, "not enough memory to read this file");
    return doc->root != NULL;
}

// Places are asked for once per problem, and a hostile file can have as many problems as bytes: so
// the lines are found once.
static bool find_lines(struct json_doc *doc)
{
    size_t count = 1;
    for (size_t i = 0; i < doc->len; i++)
        count += doc->text[i] == '\n';
    doc->lines = malloc(count * sizeof(doc->lines[0]));
    if (!doc->lines)
        return false;
    doc->lines[doc->line_count++] = 0;
    for (size_t i = 0; i < doc->len; i++) {
        if (doc->text[i] == '\n')
            doc->lines[doc->line_count++] = i + 1;
    }
    return true;
}

// Takes over `text`, a heap block with a NUL behind its `len` bytes.
static struct json_doc *read_taken(const char *name, char *text, size_t len,
                                   struct problems *problems)
{
    struct json_doc *doc = calloc(1, sizeof(*doc));
    if (!doc) {
        free(text);
        problems_add_at(problems, name, 0, 0, "not enough memory to read this file");
        return NULL;
    }
    arena_init(&doc->arena, NULL, (len + 1024) * TREE_BYTES_MAX);
    doc->text = text;
    doc->len = len;
    doc->name = strdup(name);
    bool ready = doc->name && find_lines(doc);
    if (!ready)
        problems_add_at(problems, name, 0, 0, "not enough memory to read this file");
    if (!ready || !parse(doc, problems))
        json_free(&doc);
    return doc;
}

struct json_doc *json_read_file(const char *path, struct problems *problems)
{
    char *text;
    size_t len;
    char why[128];
    if (!file_read(path, JSON_FILE_MAX, &text, &len, why, sizeof(why))) {
        problems_add_at(problems, path, 0, 0, "cannot be read: %s", why);
        return NULL;
    }
    return read_taken(path, text, len, problems);
}

struct json_doc *json_read_text(const char *name, struct slice text, struct problems *problems)
{
    if (text.len > JSON_FILE_MAX) {
        problems_add_at(problems, name, 0, 0, "larger than %d bytes", JSON_FILE_MAX);
        return NULL;
    }
    char *copy = malloc(text.len + 1);
    if (!copy) {
        problems_add_at(problems, name, 0, 0, "not enough memory to read this file");
        return NULL;
    }
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return read_taken(name, copy, text.len, problems);
}

void json_free(struct json_doc **doc)
{
    if (!*doc)
        return;
    arena_clear(&(*doc)->arena);
    free((*doc)->name);
    free((*doc)->text);
    free((*doc)->lines);
    free(*doc);
    *doc = NULL;
}

const struct json *json_root(const struct json_doc *doc)
{
    return doc->root;
}

const char *json_doc_name(const struct json_doc *doc)
{
    return doc->name;
}

struct slice json_doc_text(const struct json_doc *doc)
{
    return slice_of(doc->text, doc->len);
}

void json_place(const struct json_doc *doc, size_t offset, unsigned *line, unsigned *column)
{
    size_t low = 0, high = doc->line_count; // the line is in [low, high)
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (doc->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    *line = (unsigned)low + 1;
    *column = (unsigned)(offset - doc->lines[low]) + 1;
}

// Whether a key can stand behind a dot in a path without being mistaken.
static bool is_plain_key(struct slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '_' && c != '-')
            return false;
    }
    return key.len > 0;
}

static void put_step(struct buf *out, const struct json *value)
{
    if (value->parent->type == JSON_ARRAY) {
        buf_printf(out, "[%zu]", value->index);
    } else if (is_plain_key(value->key)) {
        buf_char(out, '.');
        buf_slice(out, value->key);
    } else {
        buf_str(out, "[\"");
        buf_slice(out, slice_first(value->key, QUOTED_MAX));
        buf_str(out, "\"]");
    }
}

void json_path(const struct json *value, char *out, size_t cap)
{
    const struct json *steps[JSON_DEPTH_MAX];
    size_t depth = 0;
    for (; value->parent; value = value->parent)
        steps[depth++] = value;
    struct buf path;
    buf_init(&path, out, cap - 1);
    buf_char(&path, '$');
    while (depth)
        put_step(&path, steps[--depth]);
    out[path.len] = '\0';
    ascii_hide_controls(out, path.len);
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    struct slice name = slice_str(key);
    JSON_EACH (member, object) {
        if (slice_eq(member->key, name))
            return member;
    }
    return NULL;
}
