// SPDX-License-Identifier: Apache-2.0
// Any octets as a value for xss: in a block of its exact size, with what is said about a hit
// checked. The tokenizer gets to the end from each place, with every token behind the one before.
#include <stdlib.h>

#include "base/check.h"
#include "rules/html_token.h"
#include "rules/xss.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void walk(struct slice value, enum html_place place)
{
    struct html_lexer l;
    struct html_token t;
    html_lexer_start(&l, value, place);
    for (size_t last = l.at; html_lexer_next(&l, &t); last = l.at)
        CHECK(l.at > last && l.at <= value.len);
    CHECK(l.at == value.len);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice value = slice_of(data, size), piece = {0};
    for (unsigned place = 0; place <= HTML_IN_BACK; place++)
        walk(value, (enum html_place)place);
    if (!xss_find(value, &piece))
        return 0;
    CHECK(piece.len > 0 && piece.ptr >= value.ptr);
    CHECK(piece.ptr + piece.len <= value.ptr + value.len);
    // Else the rule would not have been asked (xss_needs).
    CHECK(memchr(data, '<', size) || memchr(data, '=', size) || memchr(data, ':', size) ||
          memchr(data, '&', size));
    return 0;
}
