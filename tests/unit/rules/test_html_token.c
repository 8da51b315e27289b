// SPDX-License-Identifier: Apache-2.0
// Texts and what a browser finds in them.
#include "unit/rules/fixture.h"

#include "rules/html_token.h"

// Tokens as text: <tag> </tag> name=value (! declaration) (? instruction) (- comment).
static void write_tokens(struct slice text, enum html_place place, char *out, size_t room)
{
    struct html_lexer l;
    struct html_token t;
    size_t len = 0;
    out[0] = '\0';
    html_lexer_start(&l, text, place);
    while (html_lexer_next(&l, &t)) {
        static const char *const marks[][2] = {
            [HTML_TAG] = {"<", ">"},          [HTML_END_TAG] = {"</", ">"},
            [HTML_ATTRIBUTE] = {"", ""},      [HTML_COMMENT] = {"(-", ")"},
            [HTML_DECLARATION] = {"(!", ")"}, [HTML_INSTRUCTION] = {"(?", ")"}};
        struct slice said = t.kind <= HTML_ATTRIBUTE ? t.name : t.value;
        len += (size_t)snprintf(out + len, room - len, "%s%s%.*s%s", len > 0 ? " " : "",
                                marks[t.kind][0], (int)said.len, said.ptr ? said.ptr : "",
                                marks[t.kind][1]);
        if (t.kind == HTML_ATTRIBUTE && t.has_value)
            len += (size_t)snprintf(out + len, room - len, "=%.*s", (int)t.value.len,
                                    t.value.ptr ? t.value.ptr : "");
        assert_true(len < room);
    }
}

struct token_case {
    enum html_place place;
    const char *text, *tokens;
};

static const struct token_case cases[] = {
    {HTML_IN_TEXT, "", ""},
    {HTML_IN_TEXT, "plain < text <3 > &lt;", ""},
    {HTML_IN_TEXT, "a<b>c</b>d", "<b> </b>"},
    {HTML_IN_TEXT, "<a href=x title='y z' id=\"q\" on>t", "<a> href=x title=y z id=q on"},
    {HTML_IN_TEXT, "<a/b/c=d/e f>", "<a> b c=d/e f"},
    {HTML_IN_TEXT, "<a b = c d\n=\n'e'>", "<a> b=c d=e"},
    {HTML_IN_TEXT, "<a =b>", "<a> =b"},
    {HTML_IN_TEXT, "<a b=>c", "<a> b="},
    {HTML_IN_TEXT, "<a b='c>d", "<a> b=c>d"},
    {HTML_IN_TEXT, "<a b=`c d`>", "<a> b=`c d`"},
    {HTML_IN_TEXT, "<a b", "<a> b"},
    {HTML_IN_TEXT, "<a", "<a>"},
    {HTML_IN_TEXT, "<", ""},
    {HTML_IN_TEXT, "<<a>", "<a>"},
    {HTML_IN_TEXT, "</a b=c><d>", "</a> b=c <d>"},
    {HTML_IN_TEXT, "</ a>", ""},
    {HTML_IN_TEXT, "<!-- a <b> --><c>", "(- a <b> ) <c>"},
    {HTML_IN_TEXT, "<!--><a>", "<a>"},
    {HTML_IN_TEXT, "<!---><a>", "<a>"},
    {HTML_IN_TEXT, "<!-- a <b>", "(- a <b>) <b>"},
    {HTML_IN_TEXT, "<!-- <!-- <b>", "(- <!-- <b>) (- <b>) <b>"},
    {HTML_IN_TEXT, "<!DOCTYPE x><a>", "(!DOCTYPE x) <a>"},
    {HTML_IN_TEXT, "<![CDATA[<a>]]>", "<a>"},
    {HTML_IN_TEXT, "<?xml x?><a>", "(?xml x?) <a>"},
    {HTML_IN_TEXT, "<!x <a", "(!x <a) <a>"},
    {HTML_IN_VALUE, "x y=z>t<b>", "y=z <b>"},
    {HTML_IN_VALUE, "x/y=z", ""},
    {HTML_IN_SINGLE, "x y' z=1 'q><b>", "z=1 'q <b>"},
    {HTML_IN_DOUBLE, "x\" y=\"z", "y=z"},
    {HTML_IN_BACK, "x` y", "y"},
    {HTML_IN_DOUBLE, "no quote <b>", ""},
};

static void finds_what_a_browser_finds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[256];
        write_tokens(slice_str(cases[i].text), cases[i].place, out, sizeof out);
        if (strcmp(out, cases[i].tokens) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].text, out, cases[i].tokens);
    }
}

static void gets_through_anything(void **state)
{
    uint64_t seed = 13;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t len = fixture_random(&seed) % 48, last = 0;
        char *text = malloc(len + 1);
        assert_non_null(text);
        for (size_t i = 0; i < len; i++)
            text[i] = "<>/='\"`!?-[a b\n\0&;CDATA"[fixture_random(&seed) % 22];
        for (unsigned place = 0; place <= HTML_IN_BACK; place++) {
            struct html_lexer l;
            struct html_token t;
            html_lexer_start(&l, slice_of(text, len), (enum html_place)place);
            for (last = l.at; html_lexer_next(&l, &t); last = l.at)
                assert_true(l.at > last && l.at <= len && t.at < len);
            assert_int_equal(l.at, len);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_browser_finds),
        cmocka_unit_test(gets_through_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
