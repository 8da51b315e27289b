// SPDX-License-Identifier: Apache-2.0
// The trie of the literals is completed breadth first into a table where every state has a
// successor for every class, so that scanning is one load per octet. Octets that occur in no
// literal share class 0 and lead back to the root. A row costs 4 bytes per class: some thousand
// literals take a few megabytes.
#include "rules/automaton.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"

static const uint32_t none = UINT32_MAX;
static const uint32_t ends = UINT32_C(1) << 31;

struct rules_automaton {
    uint16_t class_of[256];
    size_t class_count;
    size_t stride; // cells of a row: one for each class, and the state's `ending`
    uint32_t
        *next; // rows of states, the root first; while it is built, a cell has the number of
               // the next state, later the offset of its row, with `ends` set where a literal ends
    uint32_t *literal; // of a state: the literal that ends here, or `none`
    uint32_t *suffix;  // of a state: the longest proper suffix that is a state
    uint32_t *ending; // of a state: itself or the nearest suffix where a literal ends; 0 when there
                      // is none
    const struct slice *literals;
    size_t literal_count;
};

static void assign_classes(struct rules_automaton *a, bool fold)
{
    bool used[256] = {false};
    for (size_t i = 0; i < a->literal_count; i++) {
        for (size_t j = 0; j < a->literals[i].len; j++) {
            char c = a->literals[i].ptr[j];
            used[(unsigned char)(fold ? ascii_lower(c) : c)] = true;
        }
    }
    a->class_count = 1;
    for (unsigned c = 0; c < 256; c++) {
        if (used[c])
            a->class_of[c] = (uint16_t)a->class_count++;
    }
    for (unsigned c = 'A'; fold && c <= 'Z'; c++)
        a->class_of[c] = a->class_of[c | 0x20];
}

static uint32_t *successor(const struct rules_automaton *a, size_t state, size_t class)
{
    return &a->next[state * a->stride + class];
}

static bool allocate(struct rules_automaton *a, struct arena *arena, size_t *states)
{
    size_t cells;
    *states = 1;
    for (size_t i = 0; i < a->literal_count; i++) {
        if (!num_add(*states, a->literals[i].len, states))
            return false;
    }
    a->stride = a->class_count + 1;
    if (!num_mul(*states, a->stride, &cells) || cells >= ends)
        return false;
    a->next = arena_zalloc(arena, cells, sizeof *a->next);
    a->literal = arena_zalloc(arena, *states, sizeof *a->literal);
    a->suffix = arena_zalloc(arena, *states, sizeof *a->suffix);
    a->ending = arena_zalloc(arena, *states, sizeof *a->ending);
    return a->next && a->literal && a->suffix && a->ending;
}

static void grow_trie(struct rules_automaton *a, size_t states)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < states; i++)
        a->literal[i] = none;
    for (size_t i = 0; i < a->literal_count; i++) {
        size_t at = 0;
        for (size_t j = 0; j < a->literals[i].len; j++) {
            uint32_t *slot = successor(a, at, a->class_of[(unsigned char)a->literals[i].ptr[j]]);
            if (*slot == 0)
                *slot = ++newest;
            at = *slot;
        }
        a->literal[at] = (uint32_t)i;
    }
}

// Breadth first, so that the suffix of a state is complete before the state is: where a state has
// no child of its own, it goes where its suffix goes.
static void complete(struct rules_automaton *a, uint32_t *queue)
{
    size_t head = 0, tail = 0;
    for (size_t c = 0; c < a->class_count; c++) {
        if (*successor(a, 0, c))
            queue[tail++] = *successor(a, 0, c);
    }
    while (head < tail) {
        uint32_t state = queue[head++];
        uint32_t back = a->suffix[state];
        a->ending[state] = a->literal[state] != none ? state : a->ending[back];
        for (size_t c = 0; c < a->class_count; c++) {
            uint32_t *slot = successor(a, state, c);
            uint32_t of_suffix = *successor(a, back, c);
            if (*slot == 0) {
                *slot = of_suffix;
                continue;
            }
            a->suffix[*slot] = of_suffix;
            queue[tail++] = *slot;
        }
    }
}

// From numbers to offsets: a step then is one load, and a second one only where a literal ends.
static void lay_out(struct rules_automaton *a, size_t states)
{
    for (size_t state = 0; state < states; state++) {
        for (size_t c = 0; c < a->class_count; c++) {
            uint32_t *cell = successor(a, state, c);
            *cell = (uint32_t)(*cell * a->stride) | (a->ending[*cell] ? ends : 0);
        }
        *successor(a, state, a->class_count) = a->ending[state];
    }
}

struct rules_automaton *rules_automaton_build(struct arena *arena, const struct slice *literals,
                                              size_t count, bool fold)
{
    struct rules_automaton *a = arena_zalloc(arena, 1, sizeof *a);
    size_t states;
    if (!a)
        return NULL;
    a->literals = literals;
    a->literal_count = count;
    assign_classes(a, fold);
    if (!allocate(a, arena, &states))
        return NULL;
    uint32_t *queue = arena_zalloc(arena, states, sizeof *queue);
    if (!queue)
        return NULL;
    grow_trie(a, states);
    complete(a, queue);
    lay_out(a, states);
    return a;
}

size_t rules_automaton_scan(const struct rules_automaton *a, struct slice text, uint64_t *seen,
                            uint32_t *found)
{
    const uint32_t *row = a->next;
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t cell = row[a->class_of[(unsigned char)text.ptr[i]]];
        row = a->next + (cell & ~ends);
        if (!(cell & ends))
            continue;
        for (uint32_t end = row[a->class_count]; end; end = a->ending[a->suffix[end]]) {
            uint32_t literal = a->literal[end];
            uint64_t bit = UINT64_C(1) << (literal % 64);
            if (seen[literal / 64] & bit)
                continue;
            seen[literal / 64] |= bit;
            found[count++] = literal;
        }
    }
    return count;
}

bool rules_automaton_first(const struct rules_automaton *a, struct slice text, struct slice *piece)
{
    const uint32_t *row = a->next;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t cell = row[a->class_of[(unsigned char)text.ptr[i]]];
        row = a->next + (cell & ~ends);
        if (!(cell & ends))
            continue;
        size_t len = a->literals[a->literal[row[a->class_count]]].len;
        *piece = slice_of(text.ptr + i + 1 - len, len);
        return true;
    }
    return false;
}
