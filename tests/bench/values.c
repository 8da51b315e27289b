// SPDX-License-Identifier: Apache-2.0
// What looking at values costs, in nanoseconds of processor time per octet: each transform, and the
// two detectors, over a file cut into values of some lengths. Without the prefilter, which spares
// most values all of it.
//
//     gcc -std=c17 -O2 -D_GNU_SOURCE -Isrc tests/bench/values.c build/release/src/libyett_rules.a
//         build/release/src/libyett_http.a build/release/src/libyett_base.a -o build/bench-values
//     build/bench-values FILE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "rules/sql_injection.h"
#include "rules/transform.h"
#include "rules/xss.h"

enum { FILE_MAX = 16 * 1024 * 1024, VALUE_MAX = 4096 };

static const size_t lengths[] = {40, 200, VALUE_MAX};

struct bench {
    char *text;
    size_t len;
    char *room;
    const struct sql_dictionary *words;
    size_t seen; // so that no compiler leaves work out
};

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// `t` past the transforms: a detector.
static void look_at(struct bench *b, unsigned t, struct slice value)
{
    struct slice piece;
    struct sql_fingerprint fingerprint;
    if (t < RULES_TRANSFORM_COUNT)
        b->seen += rules_transform((enum rules_transform)t, value, b->room).len;
    else if (t == RULES_TRANSFORM_COUNT)
        b->seen += sql_injection(b->words, value, &piece, &fingerprint);
    else
        b->seen += xss_find(value, &piece);
}

static void measure(struct bench *b, unsigned t, const char *name)
{
    printf("%-22s", name);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        double begin = now_ns();
        size_t at = 0;
        for (; at + lengths[i] <= b->len; at += lengths[i])
            look_at(b, t, slice_of(b->text + at, lengths[i]));
        printf("%10.2f", at ? (now_ns() - begin) / (double)at : 0.0);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    struct bench b = {.text = malloc(FILE_MAX), .room = malloc(rules_transform_room(VALUE_MAX))};
    struct arena arena;
    FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (!f || !b.text || !b.room) {
        (void)fprintf(stderr, "usage: bench-values FILE\n");
        return 2;
    }
    b.len = fread(b.text, 1, FILE_MAX, f);
    (void)fclose(f);
    arena_init(&arena, NULL, 64 * 1024);
    b.words = sql_dictionary_new(&arena);
    if (!b.words)
        return 1;
    printf("%-22s%10zu%10zu%10zu octets each\n", "ns/octet", lengths[0], lengths[1], lengths[2]);
    for (unsigned t = 0; t < RULES_TRANSFORM_COUNT; t++)
        measure(&b, t, rules_transform_words()[t]);
    measure(&b, RULES_TRANSFORM_COUNT, "sql_injection");
    measure(&b, RULES_TRANSFORM_COUNT + 1, "xss");
    arena_clear(&arena);
    free(b.room);
    free(b.text);
    return b.seen > 0 ? 0 : 1;
}
