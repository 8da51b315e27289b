// SPDX-License-Identifier: Apache-2.0
// Any octets as a value for sql_injection: in a block of its exact size, with what is said about a
// hit checked, and nothing missed by looking for the needed literals first.
#include <stdlib.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/check.h"
#include "rules/sql_injection.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool has_any(const struct rules_literals *literals, struct slice value)
{
    for (size_t i = 0; i < literals->count; i++) {
        struct slice literal = slice_of(literals->items[i].text, literals->items[i].len);
        for (size_t at = 0; at + literal.len <= value.len; at++) {
            if (ascii_begins_nocase(slice_from(value, at), literal))
                return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct sql_dictionary *words;
    static struct arena arena;
    static struct rules_literals needs;
    struct slice value = slice_of(data, size), piece = {0};
    struct sql_fingerprint f = {.len = 0};
    if (!words) {
        arena_init(&arena, NULL, 64 * 1024);
        words = sql_dictionary_new(&arena);
        CHECK(words);
        sql_injection_needs(&needs);
    }
    if (!sql_injection(words, value, &piece, &f))
        return 0;
    CHECK(piece.ptr >= value.ptr && piece.ptr + piece.len <= value.ptr + value.len);
    CHECK(f.len > 0 && f.len <= SQL_FINGERPRINT_MAX);
    CHECK(has_any(&needs, value));
    return 0;
}
