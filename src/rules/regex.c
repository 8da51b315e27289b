// SPDX-License-Identifier: Apache-2.0
// The difficulty: a backtracking matcher is fast until somebody finds the value for which it is
// not. Every match therefore runs with a budget of steps that grows with the length of the value
// only linearly. JIT code counts the same budget and has a machine stack of its own, allocated once
// per thread. What the library does not count is the run of a single repeated item ("[^x]*"), which
// on a long value may be tried from every start anew; so long values are searched start by start in
// windows, and between windows the thread's processor time is compared with a budget. Patterns work
// on octets: UTF mode is refused, also when the pattern itself asks for it, so that invalid UTF-8
// is matched like any other text and never an error.
#include "rules/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    // Steps a match may take: a fixed part that lets patterns with some ambiguity work on short
    // values, and a part per octet
    // so that one start at each position of a long value is never the reason to give up.
    MATCH_STEPS = 50000,
    MATCH_STEPS_PER_OCTET = 16,
    // Nested backtracking points and heap; only the interpreter counts these (JIT has its stack
    // instead).
    MATCH_DEPTH = 20000,
    MATCH_HEAP_KIB = 4096,
    JIT_STACK_START = 32 * 1024,
    JIT_STACK_MAX = 512 * 1024,
    NESTED_GROUPS_MAX = 100,
    WINDOW_STARTS = 4096, // starts between two looks at the clock; a value no longer than this is
                          // searched in one go
    VALUE_CPU_NS = 20 * 1000 * 1000,
};

struct rules_regex {
    pcre2_code *code;
    bool has_jit;
    bool is_windowed; // may match at more than one start, and does not ask where the search began
};

struct rules_regex_memory {
    pcre2_match_data *data;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
};

static pcre2_code *compile(struct slice pattern, struct rules_regex_flags how, int *error,
                           size_t *offset)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) {
        *error = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    (void)pcre2_set_max_pattern_length(context, RULES_PATTERN_MAX);
    (void)pcre2_set_parens_nest_limit(context, NESTED_GROUPS_MAX);
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    // `$` is the very end: with the default, "^[a-z]+$" would let a line feed through.
    uint32_t flags = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
                     PCRE2_DOLLAR_ENDONLY | PCRE2_USE_OFFSET_LIMIT;
    if (how.ignore_case)
        flags |= PCRE2_CASELESS;
    if (how.dot_all)
        flags |= PCRE2_DOTALL;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.len ? pattern.ptr : ""), pattern.len,
                                     flags, error, offset, context);
    pcre2_compile_context_free(context);
    return code;
}

struct rules_regex *rules_regex_compile(struct slice pattern, struct rules_regex_flags flags,
                                        size_t *offset, char *why)
{
    int error = 0;
    *offset = 0;
    struct rules_regex *r = calloc(1, sizeof *r);
    if (!r) {
        (void)snprintf(why, RULES_REGEX_WHY_MAX, "out of memory");
        return NULL;
    }
    r->code = compile(pattern, flags, &error, offset);
    if (!r->code) {
        if (pcre2_get_error_message(error, (PCRE2_UCHAR *)why, RULES_REGEX_WHY_MAX) < 0)
            (void)snprintf(why, RULES_REGEX_WHY_MAX, "error %d", error);
        free(r);
        return NULL;
    }
    uint32_t options = 0;
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_ALLOPTIONS, &options);
    r->is_windowed =
        !(options & PCRE2_ANCHORED) && slice_find(pattern, SLICE("\\G")) == pattern.len;
    // Without JIT (a system that forbids writable code) the interpreter does the same work under
    // the same limits.
    r->has_jit = pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE) == 0;
    return r;
}

void rules_regex_free(struct rules_regex **r)
{
    if (!*r)
        return;
    pcre2_code_free((*r)->code);
    free(*r);
    *r = NULL;
}

struct rules_regex_memory *rules_regex_memory_new(void)
{
    struct rules_regex_memory *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->data = pcre2_match_data_create(RULES_CAPTURES, NULL);
    m->limits = pcre2_match_context_create(NULL);
    m->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    if (!m->data || !m->limits) {
        rules_regex_memory_free(&m);
        return NULL;
    }
    (void)pcre2_set_depth_limit(m->limits, MATCH_DEPTH);
    (void)pcre2_set_heap_limit(m->limits, MATCH_HEAP_KIB);
    if (m->stack)
        pcre2_jit_stack_assign(m->limits, NULL, m->stack);
    return m;
}

void rules_regex_memory_free(struct rules_regex_memory **m)
{
    if (!*m)
        return;
    pcre2_match_data_free((*m)->data);
    pcre2_match_context_free((*m)->limits);
    pcre2_jit_stack_free((*m)->stack);
    free(*m);
    *m = NULL;
}

static uint32_t step_limit(size_t len)
{
    size_t most = (UINT32_MAX - MATCH_STEPS) / MATCH_STEPS_PER_OCTET;
    return (uint32_t)(MATCH_STEPS + MATCH_STEPS_PER_OCTET * (len < most ? len : most));
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// Matches that begin at `from` up to `last`.
static int search(const struct rules_regex *r, struct rules_regex_memory *m, struct slice text,
                  size_t from, size_t last)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)text.ptr;
    (void)pcre2_set_offset_limit(m->limits, last);
    if (r->has_jit)
        return pcre2_jit_match(r->code, subject, text.len, from, 0, m->data, m->limits);
    return pcre2_match(r->code, subject, text.len, from, 0, m->data, m->limits);
}

static int search_windows(const struct rules_regex *r, struct rules_regex_memory *m,
                          struct slice text)
{
    uint64_t started = cpu_ns();
    int rc = PCRE2_ERROR_NOMATCH;
    for (size_t from = 0; from <= text.len; from += WINDOW_STARTS) {
        rc = search(r, m, text, from, from + WINDOW_STARTS - 1);
        if (rc != PCRE2_ERROR_NOMATCH)
            return rc;
        if (cpu_ns() - started > VALUE_CPU_NS)
            return PCRE2_ERROR_MATCHLIMIT;
    }
    return rc;
}

static void give_captures(const struct rules_regex_memory *m, struct slice text, int rc,
                          struct slice captures[RULES_CAPTURES])
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);
    int pairs = rc == 0 ? RULES_CAPTURES : rc; // 0: there are more groups than pairs
    for (int i = 0; i < RULES_CAPTURES; i++) {
        bool took_part = i < pairs && at[2 * i] != PCRE2_UNSET;
        captures[i] = took_part ? slice_of(text.ptr + at[2 * i], at[2 * i + 1] - at[2 * i])
                                : (struct slice){0};
    }
}

enum rules_match rules_regex_match(const struct rules_regex *r, struct rules_regex_memory *m,
                                   struct slice text, struct slice *piece,
                                   struct slice captures[RULES_CAPTURES])
{
    if (text.len == 0)
        text = SLICE("");
    (void)pcre2_set_match_limit(m->limits, step_limit(text.len));
    bool in_windows = r->is_windowed && text.len > WINDOW_STARTS;
    int rc = in_windows ? search_windows(r, m, text) : search(r, m, text, 0, PCRE2_UNSET);
    if (rc == PCRE2_ERROR_NOMATCH)
        return RULES_NO_MATCH;
    if (rc < 0)
        return RULES_UNDECIDED;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);
    *piece = slice_of(text.ptr + at[0], at[1] - at[0]);
    if (captures)
        give_captures(m, text, rc, captures);
    return RULES_MATCH;
}
