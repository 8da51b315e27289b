// SPDX-License-Identifier: Apache-2.0
#include "http/xml_body.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "support/unit.h"

enum { MAX = 50 };

static void put(struct buf *b, const char *kind, const struct http_params *p)
{
    for (size_t i = 0; i < p->count; i++) {
        buf_str(b, kind);
        buf_slice(b, p->items[i].name);
        buf_char(b, '=');
        buf_slice(b, p->items[i].value);
        buf_char(b, ';');
    }
}

// Elements, attributes (@), all text ("").
static const char *read(struct slice text, char *seen, size_t cap)
{
    struct arena arena;
    struct http_xml x;
    struct buf b;
    arena_init(&arena, NULL, 1 << 20);
    const char *error = http_xml_parse(text, MAX, &arena, &x);
    buf_init(&b, seen, cap - 1);
    put(&b, "", &x.elements);
    put(&b, "@", &x.attributes);
    buf_slice(&b, x.text);
    assert_false(b.failed);
    seen[b.len] = '\0';
    arena_clear(&arena);
    return error;
}

static void shows_text_and_attributes(void **state)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"<a>1</a>", "a=1;1"},
        {"<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<a><b c='d'>x</b><b/></a>\n", "a.b=x;a.b=;@c=d;x"},
        {"<a>1<b>2</b>3</a>", "a.b=2;123"},
        {"<a x=\"&lt;&#x41;&#66;&quot;\">&amp;&apos;&gt;</a>", "a=&'>;@x=<AB\";&'>"},
        {"<a><![CDATA[<script>&amp;]]></a>", "a=<script>&amp;;<script>&amp;"},
        {"<a><!-- <b>no</b> -->x</a>", "a=x;x"},
        {"<s:Envelope xmlns:s = \"urn:x\"><s:Body>1</s:Body></s:Envelope>",
         "s:Envelope.s:Body=1;@xmlns:s=urn:x;1"},
        {"\xef\xbb\xbf<a>\xc3\xa9</a>", "a=\xc3\xa9;\xc3\xa9"},
        {"", ""},
    };
    char seen[1000];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_null(read(slice_str(cases[i].text), seen, sizeof(seen)));
        assert_string_equal(seen, cases[i].seen);
    }
    (void)state;
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *error, *seen;
    } cases[] = {
        {"<a>1", "xml-syntax", "1"},
        {"<a>1</b>", "xml-syntax", "1"},
        {"<a>1</a><b/>", "xml-syntax", "a=1;1"},
        {"<a>1</a>x", "xml-syntax", "a=1;1"},
        {"text", "xml-syntax", ""},
        {"<a b=c/>", "xml-syntax", ""},
        {"<a b='1'c='2'/>", "xml-syntax", "@b=1;"},
        {"<a b='<'/>", "xml-syntax", ""},
        {"<a b/>", "xml-syntax", ""},
        {"<a", "xml-syntax", ""},
        {"<", "xml-syntax", ""},
        {"<a>&lt</a>", "xml-syntax", ""},
        {"<a>&#xd800;</a>", "xml-syntax", ""},
        {"<a>&#99999999;</a>", "xml-syntax", ""},
        {"<a>&x;</a>", "xml-entity", ""},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "xml-doctype", ""},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "xml-doctype", ""},
        {"<a><!DOCTYPE b></a>", "xml-doctype", ""},
        {"<a>\xff</a>", "xml-syntax", ""},
        {" ", "xml-syntax", ""},
    };
    char seen[1000];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *error = read(slice_str(cases[i].text), seen, sizeof(seen));
        assert_non_null(error);
        assert_string_equal(error, cases[i].error);
        assert_string_equal(seen, cases[i].seen);
    }
    (void)state;
}

static void has_limits(void **state)
{
    struct buf b;
    char seen[8000];
    buf_new(&b, 1 << 16);
    for (unsigned i = 0; i <= HTTP_XML_DEPTH_MAX; i++)
        buf_str(&b, "<a>");
    assert_string_equal(read(buf_view(&b), seen, sizeof(seen)), "xml-depth");
    buf_reset(&b);
    buf_printf(&b, "<a%01024d/>", 1);
    assert_string_equal(read(buf_view(&b), seen, sizeof(seen)), "xml-name");
    buf_reset(&b);
    buf_str(&b, "<a>");
    for (unsigned i = 0; i <= MAX; i++)
        buf_str(&b, "<b/>");
    assert_string_equal(read(buf_view(&b), seen, sizeof(seen)), "xml-members");
    buf_free(&b);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_text_and_attributes),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
