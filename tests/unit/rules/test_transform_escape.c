// SPDX-License-Identifier: Apache-2.0
// Escapes of JavaScript, CSS and C, and references of HTML.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(HTML_ENTITY_DECODE, "&lt;a&#x3e;&#62;&#0000060&quot&Tab;", "<a>><\"\t"),
    CASE(HTML_ENTITY_DECODE, "&amp;lt;", "&lt;"),
    CASE(HTML_ENTITY_DECODE, "&LT;&Gt;&QUOT;&aMp;&nbsp;", "<>\"&\xa0"),
    CASE(HTML_ENTITY_DECODE, "&#0;&#X0;&#xe9;&#255;", "\0\0\xe9\xff"),
    CASE(HTML_ENTITY_DECODE, "&#x100;&#x1F600;", "\xc4\x80\xf0\x9f\x98\x80"),
    KEPT(HTML_ENTITY_DECODE, "a & b &unknown; &#xd800; &#; &#x; &"),
    CASE(JS_DECODE, "\\a\\b\\f\\n\\r\\t\\v", "\a\b\f\n\r\t\v"),
    CASE(JS_DECODE, "\\u0041\\u0000\\uABCD", "A\0\xcd"),
    CASE(JS_DECODE, "\\uff1c\\uFF5e\\uff00\\uff5f", "<~\0_"),
    CASE(JS_DECODE, "\\x3cs\\x3E\\x0", "<s>x0"),
    CASE(JS_DECODE, "\\u003\\uzzzz\\X41", "u003uzzzzX41"),
    CASE(JS_DECODE, "\\0\\7\\12\\101\\377\\400\\8",
         "\0\7\12A\377\40"
         "08"),
    CASE(JS_DECODE, "\\'\\\"\\\\\\?\\z", "'\"\\?z"),
    CASE(JS_DECODE, "\\a\\", "\a\\"),
    KEPT(JS_DECODE, "plain /"),
    KEPT(JS_DECODE, "\\"),
    CASE(CSS_DECODE, "\\6A avascript\\3a", "javascript:"),
    CASE(CSS_DECODE, "\\a\\1g\\41\\041\\0041\\00041\\000041z", "\n\1gAAAAAz"),
    CASE(CSS_DECODE, "\\ff1c\\0ff1c\\00FF1C\\1ff1c\\01ff1c", "<<<\x1c\x1c"),
    // What stands above the last octet counts for four digits only.
    CASE(CSS_DECODE, "\\f1c \\123", "\x1c\x23"),
    CASE(CSS_DECODE, "\\0000411\\41 \\41  ", "A1AA "),
    CASE(CSS_DECODE, "ja\\vascript\\\nx\\:\\", "javascriptx:"),
    KEPT(CSS_DECODE, "plain"),
    CASE(ESCAPE_SEQ_DECODE, "\\a\\b\\f\\n\\r\\t\\v\\?\\'\\\"\\\\", "\a\b\f\n\r\t\v?'\"\\"),
    CASE(ESCAPE_SEQ_DECODE, "\\0\\01\\101\\377\\400\\8\\9",
         "\0\1A\377\0"
         "89"),
    CASE(ESCAPE_SEQ_DECODE, "\\x41\\xff\\x4g\\x", "A\xffx4gx"),
    CASE(ESCAPE_SEQ_DECODE, "c\\at \\u0041\\", "c\at u0041\\"),
    KEPT(ESCAPE_SEQ_DECODE, "plain"),
    KEPT(ESCAPE_SEQ_DECODE, "\\"),
};

TRANSFORM_TEST(undoes_escapes, cases)
