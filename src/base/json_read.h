// SPDX-License-Identifier: Apache-2.0
// JSON files that people write: policies and rule files. The library (cJSON) parses; this adds what
// a person needs when something is wrong: where each value stands. Comments // and /* */ are
// allowed. A document is immutable once read. Repeated keys are problems, not the last one winning.
#ifndef YETT_BASE_JSON_READ_H
#define YETT_BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct problems;
struct json_doc;

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool boolean;
    double number;
    struct slice text;         // string, decoded; NUL-terminated behind len; may hold NUL inside
    struct slice key;          // name in the object it is a member of; empty otherwise
    size_t index;              // position in the array or object it is in
    const struct json *parent; // NULL for the root
    const struct json *first;  // first element or member
    const struct json *next;   // next one beside it
    size_t count;              // elements or members
    size_t offset;             // byte offset of the value in the file (for members: of the key)
    const struct json_doc *doc;
};

enum { JSON_FILE_MAX = 16 * 1024 * 1024, JSON_DEPTH_MAX = 64 };

// Reads and parses file `path`. NULL when that failed; the problem is in `problems`.
MUST_USE struct json_doc *json_read_file(const char *path, struct problems *problems);
// The same from memory; `name` is what problems call it.
MUST_USE struct json_doc *json_read_text(const char *name, struct slice text,
                                         struct problems *problems);
void json_free(struct json_doc **doc);
const struct json *json_root(const struct json_doc *doc);
// The name given at reading.
const char *json_doc_name(const struct json_doc *doc);
// The text as it was read, with comments blanked: it reads as the same document, places included.
struct slice json_doc_text(const struct json_doc *doc);
// Line and column (from 1, columns in bytes) of an offset.
void json_place(const struct json_doc *doc, size_t offset, unsigned *line, unsigned *column);
// JSON path of a value: $.routes[1].filters[0]; NUL-terminated into out, cut when too long.
void json_path(const struct json *value, char *out, size_t cap);
// The member `key` of an object, or NULL (also when `object` is NULL or no object).
const struct json *json_get(const struct json *object, const char *key);

#define JSON_EACH(item, container)                                                                 \
    for (const struct json *item = (container)->first; item; item = item->next)

#endif
