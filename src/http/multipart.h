// SPDX-License-Identifier: Apache-2.0
// multipart/form-data for rules (RFC 7578, RFC 2046, 5.1). Backends differ in what they make of a
// body that is not quite right: everything is read that can be, and each thing that is wrong with
// it has a name in `flaws`.
#ifndef YETT_HTTP_MULTIPART_H
#define YETT_HTTP_MULTIPART_H

#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/params.h"

// By name of the form's field, in their order. A part that has no name is called "".
struct http_multipart {
    struct http_params fields; // parts that are no files
    // Of each file: its name as given, its size in octets, its type (empty: not said).
    struct http_params files, file_sizes, file_types;
    struct http_params part_headers; // "Name: value", lines as they stand, without their end
    struct http_params flaws;        // values alone: "lf-line", "no-final-boundary", ...
    uint64_t files_length;
};

// `content_type` is the value of the field. NULL when the body could be taken apart, else a
// constant word: "multipart-boundary" (none, or no valid one), "multipart-unfinished" (no end),
// "multipart-parts" (more than `max` of anything), "out-of-memory"; what came before is in *out. An
// empty body is nothing, and no mistake.
//
// Flaws: "boundary-quoted", "data-before", "data-after", "lf-line" (a line of the framing ends in
// LF alone), "header-folding", "invalid-header", "invalid-part" (no Content-Disposition of a form,
// or no name), "invalid-quoting", "repeated-parameter", "extended-filename" (filename*),
// "part-encoding" (Content-Transfer-Encoding), "unmatched-boundary" (a line that begins like a
// boundary and is none), "no-final-boundary".
MUST_USE const char *http_multipart_parse(struct slice content_type, struct slice body, size_t max,
                                          struct arena *arena, struct http_multipart *out);

#endif
