// SPDX-License-Identifier: Apache-2.0
// XML bodies for rules: what elements and attributes hold. No document type is read: entities of
// its own, and what lies elsewhere, do not exist here (a body that wants them is an error).
#ifndef YETT_HTTP_XML_BODY_H
#define YETT_HTTP_XML_BODY_H

#include "base/attr.h"
#include "base/slice.h"
#include "http/params.h"

enum {
    HTTP_XML_DEPTH_MAX = 64,
    HTTP_XML_NAME_MAX = 1024, // octets of a path of elements
};

struct http_xml {
    struct slice text;             // all of it, in one piece
    struct http_params attributes; // by their names
    struct http_params elements;   // those with text of their own, by path: "order.item.name"
};

// NULL when all could be read, else a constant word: "xml-syntax", "xml-doctype" (one that declares
// something), "xml-entity" (one that nobody declared), "xml-depth", "xml-name", "xml-members",
// "out-of-memory"; what came before is in *out. An empty text is nothing, and no mistake.
MUST_USE const char *http_xml_parse(struct slice text, size_t max, struct arena *arena,
                                    struct http_xml *out);

#endif
