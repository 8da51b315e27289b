// SPDX-License-Identifier: Apache-2.0
// Cuts text into what a browser finds in it: tags with their attributes, comments, declarations.
// The text may begin in the midst of a document, or in the value of an attribute.
#ifndef YETT_RULES_HTML_TOKEN_H
#define YETT_RULES_HTML_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

// Where the text begins.
enum html_place {
    HTML_IN_TEXT,
    HTML_IN_VALUE, // of an attribute, without quotes
    HTML_IN_SINGLE,
    HTML_IN_DOUBLE,
    HTML_IN_BACK, // quoted with `, as old browsers allow
};

enum html_kind {
    HTML_TAG,         // name
    HTML_END_TAG,     // name
    HTML_ATTRIBUTE,   // of the tag before; name, value
    HTML_COMMENT,     // value
    HTML_DECLARATION, // <! ... >, value
    HTML_INSTRUCTION, // <? ... >, value
};

struct html_token {
    enum html_kind kind;
    struct slice name, value;
    bool has_value;
    size_t at; // in the text, where it begins
};

struct html_lexer {
    struct slice text;
    size_t at;
    bool is_in_tag;
    bool lacks_comment_end, lacks_end; // there is no "-->", no '>' any more: not looked for again
};

void html_lexer_start(struct html_lexer *l, struct slice text, enum html_place place);
// The next token. False at the end.
MUST_USE bool html_lexer_next(struct html_lexer *l, struct html_token *out);

#endif
