// SPDX-License-Identifier: Apache-2.0
// Values to judge, one on each line of a file in data/; \n, \t, \xHH and \\ stand for octets.
#ifndef YETT_TESTS_UNIT_RULES_SAMPLES_H
#define YETT_TESTS_UNIT_RULES_SAMPLES_H

#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/slice.h"
#include "rules/literals.h"

enum { SAMPLES_LINE_MAX = 8192 };

static inline size_t samples_unescape(char *text, size_t len)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\\' || i + 1 == len) {
            text[out++] = text[i];
        } else if (text[i + 1] == 'x' && len - i > 3) {
            text[out++] = (char)(ascii_hex(text[i + 2]) * 16 + ascii_hex(text[i + 3]));
            i += 3;
        } else {
            char c = text[++i];
            text[out++] = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c);
        }
    }
    return out;
}

// Calls `judge` for each value, which lies in a block of its exact size, and returns how many there
// were. `judge` says false of a value that came out wrong.
static inline size_t samples_each(const char *file, bool (*judge)(struct slice value))
{
    char path[512], line[SAMPLES_LINE_MAX];
    size_t count = 0, failed = 0;
    (void)snprintf(path, sizeof path, "%s/tests/unit/rules/data/%s", YETT_SOURCE_DIR, file);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        size_t len = strcspn(line, "\n");
        assert_true(line[len] == '\n');
        char shown[SAMPLES_LINE_MAX];
        memcpy(shown, line, len);
        size_t size = samples_unescape(line, len);
        char *value = malloc(size + 1);
        assert_non_null(value);
        memcpy(value, line, size);
        if (!judge(slice_of(value, size))) {
            failed++;
            print_error("%s: %.*s\n", file, (int)len, shown);
        }
        free(value);
        count++;
    }
    (void)fclose(f);
    assert_int_equal(failed, 0);
    return count;
}

// Is one of the literals in the value? An empty set is in every value.
static inline bool samples_has_any(const struct rules_literals *literals, struct slice value)
{
    for (size_t i = 0; i < literals->count; i++) {
        struct slice literal = slice_of(literals->items[i].text, literals->items[i].len);
        for (size_t at = 0; at + literal.len <= value.len; at++) {
            if (ascii_begins_nocase(slice_from(value, at), literal))
                return true;
        }
    }
    return literals->count == 0;
}

#endif
