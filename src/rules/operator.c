// SPDX-License-Identifier: Apache-2.0
// Comparisons at run time. All are linear in the value but the regex, which has limits of its own.
#include "rules/operator.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/num.h"
#include "rules/automaton.h"

int rules_text_order(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = shorter ? memcmp(x->ptr, y->ptr, shorter) : 0;
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static bool all_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0;
}

// A value that is no number compares as neither greater nor less. One too large for 64 bits counts
// as the largest, so that more digits are no way around a limit.
static bool read_number(struct slice text, uint64_t *out)
{
    if (num_decimal(text, UINT64_MAX, out))
        return true;
    *out = UINT64_MAX;
    return all_digits(text);
}

static bool compare_number(const struct rules_operator *op, struct slice text)
{
    uint64_t value;
    if (!read_number(text, &value))
        return false;
    return op->kind == RULES_OPERATOR_GREATER_THAN ? value > op->number : value < op->number;
}

static bool find_address(const struct rules_operator *op, struct slice text)
{
    struct addr address;
    if (!addr_parse(text, &address))
        return false;
    for (size_t i = 0; i < op->prefix_count; i++) {
        if (addr_prefix_has(&op->prefixes[i], &address))
            return true;
    }
    return false;
}

static bool contains(struct slice text, struct slice wanted, struct slice *piece)
{
    size_t at = slice_find(text, wanted);
    if (at == text.len)
        return false;
    *piece = slice_of(text.ptr + at, wanted.len);
    return true;
}

static bool try_text(const struct rules_operator *op, struct slice text, struct slice *piece)
{
    switch (op->kind) {
    case RULES_OPERATOR_CONTAINS:
        return contains(text, op->texts[0], piece);
    case RULES_OPERATOR_CONTAINS_ANY:
        return rules_automaton_first(op->any, text, piece);
    case RULES_OPERATOR_EQUALS:
        return bsearch(&text, op->texts, op->text_count, sizeof text, rules_text_order) != NULL;
    case RULES_OPERATOR_BEGINS_WITH:
        *piece = slice_first(text, op->texts[0].len);
        return slice_begins(text, op->texts[0]);
    case RULES_OPERATOR_ENDS_WITH:
        if (!slice_ends(text, op->texts[0]))
            return false;
        *piece = slice_from(text, text.len - op->texts[0].len);
        return true;
    case RULES_OPERATOR_GREATER_THAN:
    case RULES_OPERATOR_LESS_THAN:
        return compare_number(op, text);
    case RULES_OPERATOR_IP_IN:
        return find_address(op, text);
    case RULES_OPERATOR_REGEX:
    case RULES_OPERATOR_COUNT:
        break;
    }
    return false;
}

enum rules_match rules_operator_try(const struct rules_operator *op, struct rules_regex_memory *m,
                                    struct slice text, struct slice *piece)
{
    enum rules_match result;
    *piece = text;
    if (op->kind == RULES_OPERATOR_REGEX)
        result = rules_regex_match(op->regex, m, text, piece);
    else
        result = try_text(op, text, piece) ? RULES_MATCH : RULES_NO_MATCH;
    if (!op->is_negated || result == RULES_UNDECIDED)
        return result;
    *piece = text;
    return result == RULES_MATCH ? RULES_NO_MATCH : RULES_MATCH;
}
