// SPDX-License-Identifier: Apache-2.0
// Writes JSON into a bounded buffer, whatever the bytes: the result is always valid UTF-8 JSON on
// one line. Control octets, quotes, backslashes and U+2028/2029 are escaped as JSON has it. A byte
// that is not valid UTF-8 becomes the four characters \xHH (in JSON "\\xHH"); a backslash of the
// input that already stands before x and two hex digits becomes \x5C, so that the input can be told
// back from the text: replace every \xHH by its byte. Commas are the writer's business; the caller
// says only keys and values. Errors: look at buf.failed at the end.
#ifndef YETT_BASE_JSON_WRITE_H
#define YETT_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

struct json_writer {
    struct buf *out;
    bool needs_comma;
};

void json_write_init(struct json_writer *w, struct buf *out);
void json_write_object(struct json_writer *w); // {
void json_write_end_object(struct json_writer *w);
void json_write_array(struct json_writer *w); // [
void json_write_end_array(struct json_writer *w);
// `key` is ours: plain ASCII that needs no escape.
void json_write_key(struct json_writer *w, const char *key);
void json_write_slice(struct json_writer *w, struct slice value);
// The value, or its beginning and "..." when it is longer than `max` bytes; never cuts a UTF-8
// sequence in two.
void json_write_shortened(struct json_writer *w, struct slice value, size_t max);
void json_write_u64(struct json_writer *w, uint64_t value);
void json_write_i64(struct json_writer *w, int64_t value);
void json_write_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);
// Key and value in one call.
void json_write_key_slice(struct json_writer *w, const char *key, struct slice value);
void json_write_key_str(struct json_writer *w, const char *key, const char *value);
void json_write_key_u64(struct json_writer *w, const char *key, uint64_t value);
void json_write_key_bool(struct json_writer *w, const char *key, bool value);

#endif
