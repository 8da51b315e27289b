// SPDX-License-Identifier: Apache-2.0
// Texts with comments through the JSON reader: either problems and no document, or a tree whose
// links, places and paths agree. What json_scan takes and the library does not would be a document
// that fails without a syntax error.
#include <string.h>

#include "base/check.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_value(const struct json *value, const char *begin, size_t size)
{
    char path[64];
    unsigned line, column;
    size_t count = 0;
    json_path(value, path, sizeof(path));
    json_place(value->doc, value->offset, &line, &column);
    CHECK(path[0] == '$' && line > 0 && column > 0 && value->offset < size);
    bool is_member = value->parent && value->parent->type == JSON_OBJECT;
    char first = begin[value->offset];
    CHECK(is_member || value->type == JSON_STRING ? first == '"'
                                                  : strchr("{[-0123456789tfn", first) != NULL);
    CHECK(utf8_is_valid(value->text) && utf8_is_valid(value->key));
    if (value->type == JSON_STRING)
        CHECK(value->text.ptr[value->text.len] == '\0');
    JSON_EACH (child, value) {
        CHECK(child->parent == value && child->index == count && child->offset > value->offset);
        check_value(child, begin, size);
        count++;
    }
    CHECK(count == value->count);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct problems *problems = problems_new();
    CHECK(problems);
    struct json_doc *doc = json_read_text("fuzz", slice_of(data, size), problems);
    CHECK(doc || problems_count(problems) == 1);
    CHECK(doc || !strstr(problems_text(problems, 0), "the JSON library cannot"));
    if (doc)
        check_value(json_root(doc), (const char *)data, size);
    json_free(&doc);
    problems_free(&problems);
    return 0;
}
