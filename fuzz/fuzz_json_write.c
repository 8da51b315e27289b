// SPDX-License-Identifier: Apache-2.0
// Whatever bytes are written as a value, the result is strict JSON whose text tells them back by
// the \xHH rule.
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/check.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/problems.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

// Replaces every \xHH in `text` by its byte, in place; returns the length left.
static size_t restore_bytes(char *text, size_t len)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++, out++) {
        bool is_mark = len - i >= 4 && text[i] == '\\' && text[i + 1] == 'x' &&
                       ascii_hex(text[i + 2]) >= 0 && ascii_hex(text[i + 3]) >= 0;
        text[out] =
            is_mark ? (char)(ascii_hex(text[i + 2]) << 4 | ascii_hex(text[i + 3])) : text[i];
        i += is_mark ? 3 : 0;
    }
    return out;
}

// Reads the one string in `json` back into a heap block.
static char *read_back(struct slice json, size_t *len)
{
    struct problems *problems = problems_new();
    CHECK(problems);
    struct json_doc *doc = json_read_text("fuzz", json, problems);
    CHECK(doc && problems_count(problems) == 0 && json_root(doc)->type == JSON_STRING);
    struct slice text = json_root(doc)->text;
    char *copy = malloc(text.len + 1);
    CHECK(copy);
    memcpy(copy, text.ptr, text.len);
    *len = text.len;
    json_free(&doc);
    problems_free(&problems);
    return copy;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct buf out;
    struct json_writer writer;
    buf_new(&out, size * 6 + 8);
    json_write_init(&writer, &out);
    json_write_slice(&writer, slice_of(data, size));
    CHECK(!out.failed);
    size_t len;
    char *text = read_back(buf_view(&out), &len);
    len = restore_bytes(text, len);
    CHECK(slice_eq(slice_of(text, len), slice_of(data, size)));
    free(text);

    // Shortened at any place it is still JSON.
    buf_reset(&out);
    json_write_init(&writer, &out);
    json_write_shortened(&writer, slice_of(data, size), size ? data[0] : 0);
    free(read_back(buf_view(&out), &len));
    buf_free(&out);
    return 0;
}
