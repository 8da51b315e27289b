// SPDX-License-Identifier: Apache-2.0
// What stands in brackets is looked at as a flat list, and lists and signs only up to a number: the
// price of a look must not grow with what an attacker nests.
#include "rules/sql_grammar.h"

#include "base/ascii.h"

enum {
    SIGNS_MAX = 16,  // before an operand
    TERMS_MAX = 32,  // of an expression, items of a list
    WITHIN_MAX = 64, // tokens looked at in brackets
};

// May a list of SELECT begin so? (A full look at each query inside another would cost more with
// each bracket.)
static bool begins_list(const struct sql_tokens *t, size_t at)
{
    char class = sql_at(t, at)->class, behind = sql_at(t, at + 1)->class;
    if (class == SQL_NAME)
        return behind == SQL_COMMA || behind == SQL_DOT || behind == SQL_CLAUSE ||
               (behind == SQL_CLOSE && sql_at(t, at)->call == SQL_CALL) || behind == SQL_OPERATOR ||
               sql_is_id(t, at + 1, SQL_ID_AS);
    return class != SQL_ENGLISH && class != SQL_END && class != SQL_OTHER && class != SQL_CLOSE &&
           class != SQL_CLAUSE && class != SQL_DOT && class != SQL_COMMA;
}

// CASE WHEN, or CASE x WHEN, and a condition that is no English.
static bool is_case(const struct sql_tokens *t, size_t at)
{
    size_t when = at + 1;
    while (when < at + 4 && !sql_is_id(t, when, SQL_ID_WHEN))
        when++;
    if (!sql_is_id(t, at, SQL_ID_CASE) || when == at + 4)
        return false;
    struct sql_condition c = sql_condition(t, when + 1);
    char behind = sql_at(t, c.end)->class;
    return c.end > when + 1 && (c.compares || behind == SQL_CASE || behind == SQL_END);
}

static unsigned traits_of_variable(const struct sql_token *token)
{
    return slice_begins(token->text, SLICE("@@")) ? SQL_HAS_VARIABLE : SQL_HAS_NAME;
}

// What stands in brackets, at any depth.
static unsigned traits_within(const struct sql_tokens *t, size_t open)
{
    unsigned traits = 0;
    size_t end = t->items[open].match;
    for (size_t i = open + 1; i < end && i < open + WITHIN_MAX; i++) {
        switch (t->items[i].class) {
        case SQL_NUMBER:
        case SQL_STRING:
        case SQL_VALUE:
            traits |= SQL_HAS_LITERAL;
            break;
        case SQL_VARIABLE:
            traits |= traits_of_variable(&t->items[i]);
            break;
        case SQL_CALL:
            traits |= SQL_HAS_CALL;
            break;
        case SQL_SLEEP:
        case SQL_DANGER:
            traits |= SQL_HAS_DANGER;
            break;
        case SQL_SELECT:
            // if (select(...)) is of C.
            if (t->items[i - 1].class == SQL_OPEN && begins_list(t, i + 1) &&
                (i < 2 || t->items[i - 2].id != SQL_ID_IF))
                traits |= SQL_HAS_QUERY;
            break;
        case SQL_CASE:
            traits |= is_case(t, i) ? SQL_HAS_CASE : 0u;
            break;
        case SQL_OPEN:
        case SQL_CLOSE:
        case SQL_COMMA:
        case SQL_OPERATOR:
            break;
        default:
            traits |= SQL_HAS_NAME;
        }
    }
    return traits;
}

static size_t behind_bracket(const struct sql_tokens *t, size_t open)
{
    size_t close = t->items[open].match;
    return close < t->count ? close + 1 : t->count;
}

bool sql_has_arguments(const struct sql_tokens *t, size_t at)
{
    bool needs_two = sql_is_id(t, at, SQL_ID_BENCHMARK);
    return at + 2 < t->count && sql_at(t, at + 2)->class != SQL_CLOSE &&
           (!needs_two || sql_at(t, at + 3)->class == SQL_COMMA);
}

// Name.name.name, perhaps called.
static size_t named_operand(const struct sql_tokens *t, size_t at, unsigned *traits)
{
    size_t i = at;
    bool is_package = sql_is_id(t, at, SQL_ID_PACKAGE);
    while (sql_at(t, i + 1)->class == SQL_DOT && i < at + SIGNS_MAX) {
        char next = sql_at(t, i + 2)->class;
        // sleep and its like are nobody's members.
        bool is_member = next == SQL_NAME || next == SQL_CALL || next == SQL_OTHER_CALL ||
                         next == SQL_DANGER || next == SQL_SLEEP || next == SQL_OPERATOR;
        if (!is_member)
            break;
        i += 2;
        *traits |= SQL_HAS_PATH;
    }
    const struct sql_token *last = sql_at(t, i);
    if (sql_at(t, i + 1)->class != SQL_OPEN || last->class == SQL_OPERATOR) {
        *traits |= SQL_HAS_NAME | (sql_at(t, at)->id == SQL_ID_SYSTEM ? SQL_HAS_SYSTEM : 0u);
        return i + 1;
    }
    bool has_arguments = sql_has_arguments(t, i);
    bool is_alone = i == at;
    bool is_danger = last->class == SQL_DANGER || last->class == SQL_SLEEP;
    bool is_own = is_alone || sql_is_id(t, at, SQL_ID_SYSTEM); // and no member of something else
    if (is_package || (is_danger && is_own && has_arguments))
        *traits |= SQL_HAS_DANGER;
    else if (last->class == SQL_CALL && is_alone)
        *traits |= SQL_HAS_CALL;
    else
        *traits |= SQL_HAS_OTHER_CALL;
    *traits |= traits_within(t, i + 1) & SQL_SURE;
    return behind_bracket(t, i + 1);
}

static size_t case_operand(const struct sql_tokens *t, size_t at, unsigned *traits)
{
    size_t i = at + 1;
    while (i < t->count && i < at + WITHIN_MAX && !sql_is_id(t, i, SQL_ID_END))
        i++;
    *traits |= is_case(t, at) ? SQL_HAS_CASE : SQL_HAS_NAME;
    return i < t->count ? i + 1 : t->count;
}

static bool is_sign(const struct sql_token *token)
{
    char c = token->class == SQL_OPERATOR ? token->text.ptr[0] : '\0';
    return token->class == SQL_NOT || c == '+' || c == '-' || c == '~' || token->id == SQL_ID_ALL;
}

static size_t pass_signs(const struct sql_tokens *t, size_t at)
{
    size_t i = at;
    while (i < at + SIGNS_MAX && is_sign(sql_at(t, i)))
        i++;
    return i;
}

size_t sql_operand(const struct sql_tokens *t, size_t at, unsigned *traits)
{
    size_t i = pass_signs(t, at);
    switch (sql_at(t, i)->class) {
    case SQL_STRING:
        while (sql_at(t, i + 1)->class == SQL_STRING && i < at + TERMS_MAX)
            i++; // 'a' 'b' is 'ab'
        *traits |= SQL_HAS_LITERAL;
        return i + 1;
    case SQL_NUMBER:
    case SQL_VALUE:
        *traits |= SQL_HAS_LITERAL;
        return i + 1;
    case SQL_VARIABLE:
        *traits |= traits_of_variable(sql_at(t, i));
        return i + 1;
    case SQL_NAME:
    case SQL_CALL:
    case SQL_OTHER_CALL:
    case SQL_SLEEP:
    case SQL_DANGER:
        return named_operand(t, i, traits);
    case SQL_OPEN:
        *traits |= traits_within(t, i);
        return behind_bracket(t, i);
    case SQL_CASE:
        return case_operand(t, i, traits);
    default:
        return at;
    }
}

size_t sql_expression(const struct sql_tokens *t, size_t at, unsigned *traits)
{
    size_t end = sql_operand(t, at, traits);
    for (unsigned i = 0; i < TERMS_MAX && end > at; i++) {
        char class = sql_at(t, end)->class;
        if (class != SQL_OPERATOR && class != SQL_OR_CONCAT)
            break;
        size_t next = sql_operand(t, end + 1, traits);
        if (next == end + 1)
            break;
        end = next;
    }
    return end;
}

// Behind the left side. False when nothing is compared.
static bool read_comparison(const struct sql_tokens *t, struct sql_condition *c)
{
    size_t at = c->end, end;
    while (sql_at(t, at)->class == SQL_NOT && at < c->end + SIGNS_MAX)
        at++;
    const struct sql_token *sign = sql_at(t, at++);
    if (sign->class != SQL_COMPARE)
        return false;
    while (sql_at(t, at)->class == SQL_NOT && at < c->end + SIGNS_MAX)
        at++;
    if (sign->id == SQL_ID_IN && sql_at(t, at)->class != SQL_OPEN)
        return false;
    // sounds like, similar to
    at += sql_at(t, at)->class == SQL_COMPARE && sign->id == SQL_ID_NONE;
    end = sql_expression(t, at, &c->right);
    if (end > at && sign->id == SQL_ID_BETWEEN) {
        if (sql_at(t, end)->class != SQL_LOGIC)
            return false;
        at = end + 1;
        end = sql_expression(t, at, &c->right);
    }
    if (end == at)
        return false;
    c->end = end;
    c->sign = sign->text;
    return true;
}

static struct sql_condition read_condition(const struct sql_tokens *t, size_t at)
{
    struct sql_condition c = {0};
    c.end = sql_expression(t, at, &c.left);
    c.compares = c.end > at && read_comparison(t, &c);
    return c;
}

struct sql_condition sql_condition(const struct sql_tokens *t, size_t at)
{
    size_t first = pass_signs(t, at), i = first;
    while (i < first + SIGNS_MAX && sql_at(t, i)->class == SQL_OPEN)
        i++;
    if (i > first) { // (1=1)
        struct sql_condition inner = read_condition(t, i);
        for (size_t open = i - first; open > 0 && sql_at(t, inner.end)->class == SQL_CLOSE; open--)
            inner.end++;
        if (inner.compares)
            return inner;
    }
    return read_condition(t, at);
}

bool sql_is_constant(const struct sql_condition *c)
{
    return c->compares && c->left == SQL_HAS_LITERAL && c->right == SQL_HAS_LITERAL;
}

struct list {
    size_t end, items;
    bool has_star;
    unsigned traits;
};

// The list behind SELECT.
static struct list read_list(const struct sql_tokens *t, size_t at)
{
    struct list list = {.end = at};
    while (list.items < TERMS_MAX) {
        size_t end = list.end;
        if (sql_at(t, end)->class == SQL_OPERATOR && sql_at(t, end)->text.ptr[0] == '*') {
            list.has_star = true;
            end++;
        } else {
            end = sql_expression(t, end, &list.traits);
            struct sql_condition c = {.end = end, .left = list.traits};
            if (end > list.end && read_comparison(t, &c)) { // select 1=1
                list.traits |= c.right;
                end = c.end;
            }
        }
        if (end == list.end)
            break;
        list.end = end;
        list.items++;
        bool is_renamed = sql_is_id(t, end, SQL_ID_AS) && sql_at(t, end + 1)->class != SQL_ENGLISH;
        char behind = sql_at(t, end + 1)->class;
        if (is_renamed)
            list.end += 2;
        else if (sql_at(t, end)->class == SQL_NAME && (behind == SQL_COMMA || behind == SQL_CLAUSE))
            list.end++;
        if (sql_at(t, list.end)->class != SQL_COMMA)
            break;
        list.end++;
    }
    return list;
}

// `at` is the place of FROM. Is that a table, and does it go on as a statement does?
static bool read_from(const struct sql_tokens *t, size_t at, unsigned *traits, bool *has_where)
{
    size_t end = sql_operand(t, at + 1, traits);
    if (end == at + 1)
        return false;
    end += sql_is_id(t, end, SQL_ID_AS);
    end += sql_at(t, end)->class == SQL_NAME;
    char class = sql_at(t, end)->class;
    if (sql_is_id(t, end, SQL_ID_WHERE)) {
        struct sql_condition c = sql_condition(t, end + 1);
        *has_where = c.compares || (c.left & SQL_SURE);
        return *has_where;
    }
    return sql_is_end(t, end) || class == SQL_CLOSE || class == SQL_COMMA || class == SQL_CLAUSE ||
           class == SQL_UNION || class == SQL_LOGIC || sql_is_id(t, end, SQL_ID_JOIN);
}

static enum sql_query judge_from(const struct sql_tokens *t, const struct list *list)
{
    unsigned traits = 0;
    bool has_where = false;
    if (!read_from(t, list->end, &traits, &has_where))
        return list->traits & SQL_SURE ? SQL_QUERY_SURE : SQL_QUERY_NONE;
    bool is_plain = (list->traits & ~(unsigned)SQL_HAS_NAME) == 0 && !list->has_star;
    bool is_sure = !is_plain || has_where || (traits & (SQL_SURE | SQL_HAS_SYSTEM | SQL_HAS_PATH));
    return is_sure ? SQL_QUERY_SURE : SQL_QUERY_PLAUSIBLE;
}

enum sql_query sql_query(const struct sql_tokens *t, size_t at)
{
    size_t i = at + 1;
    while (sql_at(t, i)->class == SQL_MODIFIER && i < at + SIGNS_MAX)
        i += sql_is_id(t, i, SQL_ID_TOP) && sql_at(t, i + 1)->class == SQL_NUMBER ? 2 : 1;
    struct list list = read_list(t, i);
    char class = sql_at(t, list.end)->class;
    if (list.items == 0)
        return SQL_QUERY_NONE;
    if (list.traits & (SQL_SURE | SQL_HAS_VARIABLE))
        return SQL_QUERY_SURE;
    if (sql_is_id(t, list.end, SQL_ID_FROM))
        return judge_from(t, &list);
    bool is_closed = sql_is_end(t, list.end) || class == SQL_CLOSE || class == SQL_UNION ||
                     class == SQL_LOGIC || class == SQL_CLAUSE;
    if (!is_closed || list.has_star)
        return SQL_QUERY_NONE;
    if (list.traits & SQL_HAS_CALL)
        return SQL_QUERY_SURE;
    return list.traits & SQL_HAS_LITERAL || list.items > 1 ? SQL_QUERY_PLAUSIBLE : SQL_QUERY_BARE;
}

bool sql_union(const struct sql_tokens *t, size_t at, bool has_lead)
{
    size_t i = at + 1;
    while (i < at + SIGNS_MAX && (sql_is_id(t, i, SQL_ID_ALL) || sql_at(t, i)->class == SQL_OPEN))
        i++;
    if (sql_at(t, i)->class == SQL_SELECT) {
        enum sql_query query = sql_query(t, i);
        return query >= SQL_QUERY_PLAUSIBLE || (has_lead && query == SQL_QUERY_BARE);
    }
    return has_lead && sql_is_id(t, i, SQL_ID_VALUES) && sql_at(t, i + 1)->class == SQL_OPEN;
}
