// SPDX-License-Identifier: Apache-2.0
// Typed readers for the values of a policy: each looks at one JSON value, says what is wrong with
// it by place and path, and leaves the caller's default untouched when the member is absent or
// wrong. So a section reader is a list of lines, and goes on after an error to find the next.
#ifndef YETT_BASE_CONF_H
#define YETT_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_read.h"
#include "base/problems.h"
#include "base/slice.h"

// False (with a problem) unless `value` is of that type.
bool conf_is_object(const struct json *value, struct problems *p);
bool conf_is_array(const struct json *value, struct problems *p);
bool conf_is_string(const struct json *value, struct problems *p);
// Complains about every member of `object` that is not in the NULL-terminated list, naming the
// nearest known key. (Repeated keys were found at reading.)
void conf_known_keys(const struct json *object, const char *const *keys, struct problems *p);
// The member, or NULL with a problem that it is missing.
const struct json *conf_required(const struct json *object, const char *key, struct problems *p);
// The word of `words` (NULL-terminated, at most 256) nearest to `word`, or NULL when none is near
// enough to suggest.
const char *conf_nearest(struct slice word, const char *const *words);

// Each returns true when the member is there and well-formed, and only then writes *out. Absent is
// false without a problem.
bool conf_bool(const struct json *object, const char *key, struct problems *p, bool *out);
bool conf_u64(const struct json *object, const char *key, uint64_t min, uint64_t max,
              struct problems *p, uint64_t *out);
// A non-empty string; the text lives as long as the document.
bool conf_text(const struct json *object, const char *key, struct problems *p, struct slice *out);
// "250ms" "10s" "5m" "1h" "1d"; milliseconds.
bool conf_duration_ms(const struct json *object, const char *key, uint64_t min_ms, uint64_t max_ms,
                      struct problems *p, uint64_t *out);
// "512B" "16KiB" "1MiB" "1GiB" or a plain number of bytes.
bool conf_size(const struct json *object, const char *key, uint64_t min, uint64_t max,
               struct problems *p, uint64_t *out);
// "100/1s": events per duration; both parts at least 1.
bool conf_rate(const struct json *object, const char *key, struct problems *p, uint64_t *count,
               uint64_t *per_ms);
// "256B/1s": bytes per duration.
bool conf_byte_rate(const struct json *object, const char *key, struct problems *p, uint64_t *bytes,
                    uint64_t *per_ms);
// One of `words` (NULL-terminated); *out is its index.
bool conf_choice(const struct json *object, const char *key, const char *const *words,
                 struct problems *p, size_t *out);
// The path in a string value, resolved against the file the value stands in; on the heap. NULL with
// a problem.
MUST_USE char *conf_path(const struct json *value, struct problems *p);

#endif
