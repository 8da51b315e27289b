// SPDX-License-Identifier: Apache-2.0
// What a person meant who mistyped a word: the known word that needs the fewest slips of the finger
// (a letter left out, put in, changed, or two swapped), if they are few for its length. A word
// begun and not finished counts as near, too.
#include <stdint.h>

#include "base/ascii.h"
#include "base/conf.h"

enum {
    WORD_MAX = 64, // longer words get no suggestion
    PREFIX_MIN = 3,
};

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static bool same_letter(char a, char b)
{
    return ascii_lower(a) == ascii_lower(b);
}

// Optimal string alignment distance, without regard to case. Three rows are enough: a swap looks
// back two.
static unsigned distance(struct slice a, struct slice b)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned change = above[j - 1] + !same_letter(a.ptr[i - 1], b.ptr[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            bool swapped = i > 1 && j > 1 && same_letter(a.ptr[i - 1], b.ptr[j - 2]) &&
                           same_letter(a.ptr[i - 2], b.ptr[j - 1]);
            if (swapped && two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[a.len % 3][b.len];
}

static bool is_beginning(struct slice word, struct slice of)
{
    return word.len >= PREFIX_MIN && ascii_begins_nocase(of, word);
}

const char *conf_nearest(struct slice word, const char *const *words)
{
    if (word.len == 0 || word.len > WORD_MAX)
        return NULL;
    unsigned limit = word.len < 3 ? 1 : (unsigned)word.len / 3; // slips that still suggest a word
    const char *best = NULL;
    unsigned best_distance = limit + 1;
    for (size_t i = 0; words[i]; i++) {
        struct slice known = slice_str(words[i]);
        if (known.len > WORD_MAX)
            continue;
        unsigned slips = distance(word, known);
        if (slips > limit && (is_beginning(word, known) || is_beginning(known, word)))
            slips = limit; // near enough, but behind anything nearer
        if (slips < best_distance) {
            best = words[i];
            best_distance = slips;
        }
    }
    return best;
}
