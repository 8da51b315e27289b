// SPDX-License-Identifier: Apache-2.0
// Comparisons at run time. All are linear in the value but the regex, which has limits of its own.
#include "rules/operator.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"
#include "rules/automaton.h"
#include "rules/xss.h"

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
        if (!ascii_is_digit(text.ptr[i]))
            return false;
    }
    return text.len > 0;
}

bool rules_number_read(struct slice text, int64_t *out)
{
    uint64_t value;
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    struct slice digits = slice_from(text, is_negative ? 1 : 0);
    if (!num_decimal(digits, INT64_MAX, &value)) {
        if (!all_digits(digits))
            return false;
        value = INT64_MAX;
    }
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

// What is no number compares as nothing.
static bool compare_number(const struct rules_operator *op, struct slice text,
                           struct slice argument)
{
    int64_t value, other = op->number;
    if (op->lacks_number || !rules_number_read(text, &value) ||
        (op->argument.part_count > 0 && !rules_number_read(argument, &other)))
        return false;
    switch (op->kind) {
    case RULES_OPERATOR_NUMBER_IS:
        return value == other;
    case RULES_OPERATOR_GREATER_THAN:
        return value > other;
    case RULES_OPERATOR_LESS_THAN:
        return value < other;
    case RULES_OPERATOR_AT_LEAST:
        return value >= other;
    default:
        return value <= other;
    }
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

static size_t find_nocase(struct slice text, struct slice wanted)
{
    for (size_t i = 0; i + wanted.len <= text.len; i++) {
        if (ascii_begins_nocase(slice_from(text, i), wanted))
            return i;
    }
    return text.len;
}

static bool contains(const struct rules_operator *op, struct slice text, struct slice wanted,
                     struct slice *piece)
{
    if (wanted.len == 0) {
        *piece = slice_first(text, 0);
        return true;
    }
    size_t at = op->ignores_case ? find_nocase(text, wanted) : slice_find(text, wanted);
    if (at == text.len)
        return false;
    *piece = slice_of(text.ptr + at, wanted.len);
    return true;
}

static bool begins(const struct rules_operator *op, struct slice text, struct slice wanted,
                   struct slice *piece)
{
    *piece = slice_first(text, wanted.len);
    return op->ignores_case ? ascii_begins_nocase(text, wanted) : slice_begins(text, wanted);
}

static bool ends(const struct rules_operator *op, struct slice text, struct slice wanted,
                 struct slice *piece)
{
    if (op->ignores_case ? !ascii_ends_nocase(text, wanted) : !slice_ends(text, wanted))
        return false;
    *piece = slice_from(text, text.len - wanted.len);
    return true;
}

static bool equals(const struct rules_operator *op, struct slice text, struct slice argument)
{
    if (op->argument.part_count > 0)
        return op->ignores_case ? ascii_eq_nocase(text, argument) : slice_eq(text, argument);
    if (!op->texts)
        return false;
    if (!op->ignores_case)
        return bsearch(&text, op->texts, op->text_count, sizeof text, rules_text_order) != NULL;
    for (size_t i = 0; i < op->text_count; i++) {
        if (ascii_eq_nocase(op->texts[i], text))
            return true;
    }
    return false;
}

static bool has_octet_outside(const bool *allowed, struct slice text, struct slice *piece)
{
    for (size_t i = 0; i < text.len; i++) {
        if (allowed[(unsigned char)text.ptr[i]])
            continue;
        *piece = slice_of(text.ptr + i, 1);
        return true;
    }
    return false;
}

static bool has_broken_escape(struct slice text, struct slice *piece)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%' || (text.len - i > 2 && ascii_hex(text.ptr[i + 1]) >= 0 &&
                                   ascii_hex(text.ptr[i + 2]) >= 0))
            continue;
        *piece = slice_first(slice_from(text, i), 3);
        return true;
    }
    return false;
}

static bool has_broken_utf8(struct slice text, struct slice *piece)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_sequence(slice_from(text, i));
        if (len == 0) {
            *piece = slice_first(slice_from(text, i), 4);
            return true;
        }
        i += len;
    }
    return false;
}

static bool try_text(const struct rules_operator *op, struct rules_operator_memory *m,
                     struct slice text, struct slice argument, struct slice *piece)
{
    struct slice wanted = op->argument.part_count > 0 ? argument
                          : op->texts                 ? op->texts[0]
                                                      : (struct slice){0};
    switch (op->kind) {
    case RULES_OPERATOR_CONTAINS:
        return contains(op, text, wanted, piece);
    case RULES_OPERATOR_CONTAINS_ANY:
        return rules_automaton_first(op->any, text, piece);
    case RULES_OPERATOR_EQUALS:
        return equals(op, text, argument);
    case RULES_OPERATOR_WITHIN:
        return contains(op, wanted, text, &(struct slice){0});
    case RULES_OPERATOR_BEGINS_WITH:
        return begins(op, text, wanted, piece);
    case RULES_OPERATOR_ENDS_WITH:
        return ends(op, text, wanted, piece);
    case RULES_OPERATOR_NUMBER_IS:
    case RULES_OPERATOR_GREATER_THAN:
    case RULES_OPERATOR_LESS_THAN:
    case RULES_OPERATOR_AT_LEAST:
    case RULES_OPERATOR_AT_MOST:
        return compare_number(op, text, argument);
    case RULES_OPERATOR_IP_IN:
        return find_address(op, text);
    case RULES_OPERATOR_BYTES_OUTSIDE:
        return has_octet_outside(op->allowed, text, piece);
    case RULES_OPERATOR_INVALID_URL_ENCODING:
        return has_broken_escape(text, piece);
    case RULES_OPERATOR_INVALID_UTF8:
        return has_broken_utf8(text, piece);
    case RULES_OPERATOR_SQL_INJECTION:
        return sql_injection(op->sql, text, piece, &m->fingerprint);
    case RULES_OPERATOR_XSS:
        return xss_find(text, piece);
    case RULES_OPERATOR_ALWAYS:
        return true;
    case RULES_OPERATOR_REGEX:
    case RULES_OPERATOR_COUNT:
        break;
    }
    return false;
}

static void capture_piece(struct slice piece, struct slice captures[RULES_CAPTURES])
{
    memset(captures, 0, RULES_CAPTURES * sizeof *captures);
    captures[0] = piece.ptr ? piece : SLICE("");
}

enum rules_match rules_operator_try(const struct rules_operator *op,
                                    struct rules_operator_memory *m, struct slice text,
                                    struct slice argument, struct slice *piece,
                                    struct slice captures[RULES_CAPTURES])
{
    enum rules_match result;
    *piece = text;
    if (op->kind == RULES_OPERATOR_REGEX) {
        result = rules_regex_match(op->regex, m->regex, text, piece, captures);
    } else {
        bool is_sql = op->kind == RULES_OPERATOR_SQL_INJECTION;
        result = try_text(op, m, text, argument, piece) ? RULES_MATCH : RULES_NO_MATCH;
        if (captures && result == RULES_MATCH)
            capture_piece(is_sql ? slice_of(m->fingerprint.text, m->fingerprint.len) : *piece,
                          captures);
    }
    if (!op->is_negated || result == RULES_UNDECIDED)
        return result;
    *piece = text;
    if (captures)
        capture_piece(text, captures);
    return result == RULES_MATCH ? RULES_NO_MATCH : RULES_MATCH;
}
