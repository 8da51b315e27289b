// SPDX-License-Identifier: Apache-2.0
// Two ways of looking, over one list of tokens. The strict one reads from the start of the value,
// where the statement was left: all must be SQL up to the point where it does harm, and prose ends
// soon. The loose one goes on behind that, for what nothing but SQL has: a query in brackets, a
// statement behind a semicolon, UNION SELECT.
#include "rules/sql_injection.h"

#include "base/ascii.h"
#include "rules/sql_grammar.h"

enum { FIRST_TOKENS = 8 }; // to begin with

// What the value begins with.
enum lead { LEAD_NONE, LEAD_NAME, LEAD_NUMBER, LEAD_QUOTE };

static bool has(struct slice value, char octet)
{
    return slice_index(value, octet) < value.len;
}

struct reader {
    const struct sql_tokens *t;
    enum lead lead;
    size_t at;
    size_t closed; // brackets that the value did not open
    bool is_hit;
    bool is_foreign; // ended at a token that cannot stand there, whatever follows
};

// Text that fits between two quotes of a statement: a word at most.
static bool is_tight(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_alpha(s.ptr[i]) && !ascii_is_digit(s.ptr[i]) && s.ptr[i] != '_' &&
            s.ptr[i] != '%')
            return false;
    }
    return s.len <= 32;
}

// Does the value end in a string that the quote of the statement is to close?
static bool ends_tightly(const struct reader *r, size_t at)
{
    const struct sql_token *last = sql_at(r->t, at);
    return at + 1 == r->t->count && last->class == SQL_STRING && last->is_open &&
           is_tight(last->text) && (last->text.len > 0 || is_tight(r->t->items[0].text));
}

static bool ends_without_blank(const struct reader *r, size_t at)
{
    const struct sql_token *last = sql_at(r->t, at);
    return at + 1 == r->t->count && last->is_open && slice_index(last->text, ' ') == last->text.len;
}

static bool is_word(const struct sql_token *token)
{
    return ascii_is_alpha(token->text.ptr[0]);
}

static bool is_comment(const struct reader *r, size_t at)
{
    return sql_at(r->t, at)->class == SQL_COMMENT;
}

// ' or 1 -- and 'or'x: true whatever it stands for.
static bool is_bare_truth(const struct reader *r, size_t start, const struct sql_condition *c)
{
    if (c->compares || c->end == start)
        return false;
    if (is_comment(r, c->end))
        return r->lead == LEAD_QUOTE || (r->lead == LEAD_NUMBER && c->left == SQL_HAS_LITERAL);
    if (r->lead != LEAD_QUOTE)
        return false;
    return (c->left == SQL_HAS_LITERAL && ends_tightly(r, c->end - 1)) ||
           (sql_at(r->t, c->end)->class == SQL_LOGIC && ends_tightly(r, c->end + 1));
}

// Does a statement go on so behind the condition? Prose that compares numbers does not, and "==" is
// of programs.
static bool is_left_off(const struct sql_tokens *t, const struct sql_condition *c)
{
    char class = sql_at(t, c->end)->class, next = sql_at(t, c->end + 1)->class;
    if (slice_eq(c->sign, SLICE("==")))
        return false;
    if (class == SQL_SEMICOLON)
        return next == SQL_END || next == SQL_COMMENT || next == SQL_VERB || next == SQL_SELECT;
    return class == SQL_END || class == SQL_COMMENT || class == SQL_CLOSE || class == SQL_LOGIC ||
           class == SQL_CLAUSE || class == SQL_UNION || class == SQL_OR_CONCAT ||
           class == SQL_STRING;
}

// The condition behind AND, OR, XOR, &&.
static bool is_injected(const struct reader *r, size_t start, const struct sql_condition *c)
{
    unsigned traits = c->left | c->right;
    if ((traits & SQL_SURE) || is_bare_truth(r, start, c))
        return true;
    if (sql_is_constant(c))
        return r->lead == LEAD_QUOTE || is_left_off(r->t, c);
    if (r->lead < LEAD_NUMBER || !c->compares)
        return false;
    bool is_plain = (traits & (SQL_HAS_OTHER_CALL | SQL_HAS_PATH)) == 0 &&
                    (r->lead == LEAD_QUOTE || c->right == SQL_HAS_LITERAL);
    return (traits & (SQL_HAS_CALL | SQL_HAS_VARIABLE)) ||
           (is_plain && (traits & SQL_HAS_LITERAL)) || is_comment(r, c->end);
}

static void read_logic(struct reader *r)
{
    size_t start = r->at + 1;
    struct sql_condition c = sql_condition(r->t, start);
    if (is_injected(r, start, &c))
        r->is_hit = true;
    else
        r->at = c.end > start ? c.end : r->t->count + 1;
}

// What comes behind an operand inside of a statement that was a string's.
static bool may_follow(char class)
{
    return class == SQL_END || class == SQL_COMMENT || class == SQL_OPERATOR ||
           class == SQL_OR_CONCAT || class == SQL_COMPARE || class == SQL_LOGIC ||
           class == SQL_STRING || class == SQL_CLOSE;
}

// 'x'='x', 1-sleep(5), '||(select 1)||'
static void read_operator(struct reader *r)
{
    const struct sql_token *sign = sql_at(r->t, r->at);
    unsigned traits = 0;
    size_t start = r->at + 1;
    if (sign->class == SQL_OR_CONCAT) {
        struct sql_condition c = sql_condition(r->t, start);
        if (sql_is_constant(&c) &&
            (r->lead == LEAD_QUOTE || (r->lead == LEAD_NUMBER && is_left_off(r->t, &c)))) {
            r->is_hit = true;
            return;
        }
    }
    while (sql_at(r->t, start)->class == SQL_COMPARE && start < r->at + 4) // not like, is not
        start++;
    size_t end = sql_operand(r->t, start, &traits);
    bool is_probe = r->lead == LEAD_QUOTE && r->at == 1 && end == 3 &&
                    is_tight(r->t->items[0].text) &&
                    (ends_tightly(r, 2) || (is_word(sign) && ends_without_blank(r, 2)));
    r->is_hit = is_probe || (traits & SQL_SURE) ||
                (r->lead == LEAD_QUOTE && (traits & (SQL_HAS_CALL | SQL_HAS_VARIABLE)) &&
                 may_follow(sql_at(r->t, end)->class));
    r->at = end > start ? end : r->t->count + 1;
}

static bool is_limit(const struct reader *r, size_t at)
{
    unsigned traits = 0;
    size_t end = sql_operand(r->t, at + 1, &traits);
    if (end == at + 1 || sql_at(r->t, at + 1)->class != SQL_NUMBER)
        return false;
    return is_comment(r, end) || sql_at(r->t, end)->class == SQL_UNION ||
           sql_at(r->t, end)->class == SQL_CLAUSE || sql_at(r->t, end)->class == SQL_COMMA;
}

// order by 5
static bool is_order(const struct reader *r, size_t at)
{
    unsigned traits = 0;
    if (!sql_is_id(r->t, at + 1, SQL_ID_BY))
        return false;
    size_t end = sql_expression(r->t, at + 2, &traits);
    if (traits & SQL_SURE)
        return true;
    if (end == at + 2)
        return false;
    end += sql_is_id(r->t, end, SQL_ID_DIRECTION);
    char class = sql_at(r->t, end)->class;
    bool goes_on = class == SQL_COMMA || class == SQL_CLAUSE || class == SQL_UNION;
    bool is_place = sql_at(r->t, at + 2)->class != SQL_STRING &&
                    (traits == SQL_HAS_LITERAL || r->lead == LEAD_QUOTE);
    return is_comment(r, end) || (is_place && (class == SQL_END || goes_on)) ||
           (goes_on && (traits & SQL_HAS_CALL));
}

static bool ends_in_comment(const struct sql_tokens *t)
{
    return t->count > 0 && t->items[t->count - 1].class == SQL_COMMENT;
}

static void read_clause(struct reader *r)
{
    size_t at = r->at;
    struct sql_condition c = {0};
    r->at = r->t->count + 1;
    bool is_first = at == 0; // the value continues a statement by itself
    if (!is_first && r->lead < LEAD_NUMBER && r->closed == 0)
        return;
    switch (sql_at(r->t, at)->id) {
    case SQL_ID_ORDER:
    case SQL_ID_GROUP:
        r->is_hit = is_order(r, at) && (!is_first || ends_in_comment(r->t));
        break;
    case SQL_ID_HAVING:
    case SQL_ID_WHERE:
        c = sql_condition(r->t, at + 1);
        r->is_hit = sql_is_constant(&c) || ((c.left | c.right) & SQL_SURE) ||
                    (c.compares && is_comment(r, c.end));
        break;
    case SQL_ID_LIMIT:
    case SQL_ID_OFFSET:
        r->is_hit = !is_first && is_limit(r, at);
        break;
    default:
        break;
    }
}

// admin'-- : what follows the comment's mark must not be a sentence, nor a program.
static bool is_cut_off(const struct reader *r, size_t at)
{
    const struct sql_token *comment = sql_at(r->t, at);
    struct slice body = comment->text;
    while (body.len > 0 && (body.ptr[0] == ' ' || ascii_is_control(body.ptr[0])))
        body = slice_from(body, 1);
    bool is_dash = slice_eq(body, SLICE("-")) || slice_eq(body, SLICE("+"));
    char mark = comment->text.ptr[-1];
    if (r->lead == LEAD_QUOTE && mark == '#' && has(r->t->items[0].text, ' '))
        return false;
    if (r->lead == LEAD_QUOTE)
        return body.len == 0 || is_dash || (mark == '-' && body.len <= 12 && is_tight(body));
    bool is_closed = r->closed > 0 && sql_at(r->t, at - 1)->class == SQL_CLOSE;
    return (r->lead == LEAD_NUMBER || is_closed) && (is_dash || (is_closed && body.len == 0));
}

static void read_semicolon(struct reader *r)
{
    size_t next = r->at + 1;
    r->is_hit = (r->lead == LEAD_QUOTE && is_comment(r, next) && is_cut_off(r, next)) ||
                sql_statement(r->t, next) ||
                (sql_at(r->t, next)->class == SQL_SELECT && r->lead >= LEAD_NUMBER &&
                 sql_query(r->t, next) >= SQL_QUERY_PLAUSIBLE) ||
                (sql_is_id(r->t, next, SQL_ID_SHUTDOWN) && sql_is_end(r->t, next + 1));
    r->at = r->t->count + 1;
}

static void read_comma(struct reader *r)
{
    unsigned traits = 0;
    size_t start = r->at + 1, end = sql_expression(r->t, start, &traits);
    r->is_hit = traits & SQL_SURE;
    r->at = end > start ? end : r->t->count + 1;
}

// One step. Past the end: what is here is no SQL.
static void read_on(struct reader *r)
{
    const struct sql_token *token = sql_at(r->t, r->at);
    size_t out = r->t->count + 1;
    switch (token->class) {
    case SQL_CLOSE:
        r->closed += token->text.ptr[0] == ')';
        r->at++;
        break;
    case SQL_STRING:
        r->at = r->lead == LEAD_QUOTE ? r->at + 1 : out;
        break;
    case SQL_OPERATOR:
    case SQL_OR_CONCAT:
    case SQL_COMPARE:
        read_operator(r);
        break;
    case SQL_NOT: // not like
        r->at = sql_at(r->t, r->at + 1)->class == SQL_COMPARE ? r->at + 1 : out;
        break;
    case SQL_LOGIC:
        read_logic(r);
        break;
    case SQL_COMMA:
        read_comma(r);
        break;
    case SQL_UNION:
        r->is_hit = sql_union(r->t, r->at, r->lead >= LEAD_NUMBER || r->closed > 0);
        r->at = out;
        break;
    case SQL_SEMICOLON:
        read_semicolon(r);
        break;
    case SQL_CLAUSE:
        read_clause(r);
        break;
    case SQL_COMMENT:
        r->is_hit = is_cut_off(r, r->at);
        r->at = out;
        break;
    case SQL_SLEEP: // behind the quote, with a plus that has become a blank
    case SQL_DANGER:
        r->is_hit = r->lead == LEAD_QUOTE && sql_at(r->t, r->at + 2)->class == SQL_NUMBER;
        r->at = out;
        break;
    case SQL_VERB:
        r->is_hit = r->at == 0 && sql_statement(r->t, 0);
        r->at = out;
        break;
    default:
        r->is_foreign = r->at < r->t->count;
        r->at = out;
    }
}

static void begin(struct reader *r, bool is_in_string)
{
    unsigned traits = 0;
    if (is_in_string) {
        r->lead = LEAD_QUOTE;
        r->at = 1;
        return;
    }
    r->at = sql_operand(r->t, 0, &traits);
    bool is_bracket = sql_at(r->t, 0)->class == SQL_OPEN;
    r->is_hit = traits & (SQL_HAS_DANGER | SQL_HAS_QUERY | (is_bracket ? SQL_HAS_CASE : 0));
    if (r->at > 0)
        r->lead = traits == SQL_HAS_LITERAL && sql_at(r->t, 0)->class != SQL_STRING ? LEAD_NUMBER
                                                                                    : LEAD_NAME;
}

// The strict way. *at is where it ended.
static bool reads_as_sql(const struct sql_tokens *t, bool is_in_string, size_t *at,
                         bool *is_foreign)
{
    struct reader r = {.t = t};
    begin(&r, is_in_string);
    *at = 0;
    while (!r.is_hit && r.at < t->count) {
        *at = r.at;
        read_on(&r);
    }
    *is_foreign = r.is_foreign;
    return r.is_hit;
}

// A bracket or sign before a query, which makes it a part of something.
static bool is_inner(const struct sql_tokens *t, size_t at)
{
    size_t i = at;
    while (i > 0 && t->items[i - 1].class == SQL_OPEN && at - i < 8)
        i--;
    if (i == at)
        return false;
    char before = i > 0 ? t->items[i - 1].class : SQL_END;
    if (i > 0 && t->items[i - 1].id == SQL_ID_IF) // of C as well, where select() is a call
        return false;
    return before == SQL_OPERATOR || before == SQL_OR_CONCAT || before == SQL_COMPARE ||
           before == SQL_LOGIC || before == SQL_COMMA || before == SQL_CALL ||
           before == SQL_DANGER || before == SQL_CLAUSE;
}

static bool is_bound(const struct sql_token *before)
{
    return before->class == SQL_NAME || before->class == SQL_DOT ||
           slice_eq(before->text, SLICE("->"));
}

static bool is_telling_call(const struct sql_tokens *t, size_t at)
{
    const struct sql_token *argument = sql_at(t, at + 2);
    if (t->items[at].class == SQL_DANGER) // which nobody defines, and no object has
        return sql_has_arguments(t, at) && (at == 0 || !is_bound(&t->items[at - 1]));
    if (t->items[at].id == SQL_ID_CONCAT)
        return argument->class == SQL_NUMBER && argument->text.len > 2 &&
               ascii_lower(argument->text.ptr[1]) == 'x';
    // chr(113)||chr(120)
    char sign = sql_at(t, at + 4)->class;
    return t->items[at].id == SQL_ID_CHAR && argument->class == SQL_NUMBER &&
           (sign == SQL_OR_CONCAT || sign == SQL_OPERATOR) && sql_is_id(t, at + 5, SQL_ID_CHAR) &&
           sql_at(t, at + 7)->class == SQL_NUMBER;
}

static bool is_loose_constant(const struct sql_tokens *t, size_t at)
{
    struct sql_condition c = sql_condition(t, at + 1);
    char before = at > 0 ? t->items[at - 1].class : SQL_END;
    return is_word(&t->items[at]) && sql_is_constant(&c) && is_left_off(t, &c) &&
           slice_eq(c.sign, SLICE("=")) &&
           (before == SQL_NUMBER || before == SQL_STRING || before == SQL_CLOSE);
}

// Those that need no semicolon before them.
static bool is_telling_verb(unsigned char id)
{
    return id == SQL_ID_EXEC || id == SQL_ID_WAITFOR || id == SQL_ID_DECLARE;
}

// The loose way, at one place.
static bool tells(const struct sql_tokens *t, size_t at)
{
    const struct sql_token *token = &t->items[at];
    switch (token->class) {
    case SQL_UNION:
        return sql_union(t, at, false);
    case SQL_SELECT:
        return sql_query(t, at) >= (is_inner(t, at) ? SQL_QUERY_PLAUSIBLE : SQL_QUERY_SURE) &&
               (at == 0 || t->items[at - 1].class == SQL_OPEN ||
                t->items[at - 1].class == SQL_SEMICOLON);
    case SQL_SEMICOLON:
        return sql_statement(t, at + 1);
    case SQL_VERB:
        return is_telling_verb(token->id) && sql_statement(t, at);
    case SQL_DANGER:
    case SQL_CALL:
        return is_telling_call(t, at);
    case SQL_NAME:
        return token->id == SQL_ID_PACKAGE && sql_at(t, at + 1)->class == SQL_DOT &&
               sql_at(t, at + 3)->class == SQL_OPEN;
    case SQL_CLAUSE:
        return (token->id == SQL_ID_INTO && sql_is_id(t, at + 1, SQL_ID_OUTFILE) &&
                (sql_at(t, at + 2)->class == SQL_STRING ||
                 sql_at(t, at + 2)->class == SQL_NUMBER)) ||
               (token->id == SQL_ID_PROCEDURE && sql_is_id(t, at + 1, SQL_ID_ANALYSE) &&
                sql_at(t, at + 2)->class == SQL_OPEN) ||
               (token->id == SQL_ID_FROM && sql_is_id(t, at + 1, SQL_ID_SYSTEM));
    case SQL_LOGIC:
        return is_loose_constant(t, at);
    default:
        return false;
    }
}

static void take_down(const struct sql_tokens *t, size_t at, struct slice *piece,
                      struct sql_fingerprint *f)
{
    size_t from = at > 0 ? at - 1 : 0;
    for (f->len = 0; f->len < SQL_FINGERPRINT_MAX && from + f->len < t->count; f->len++)
        f->text[f->len] = t->items[from + f->len].class;
    const struct sql_token *last = &t->items[from + f->len - 1];
    *piece = slice_of(t->items[from].text.ptr,
                      (size_t)(last->text.ptr + last->text.len - t->items[from].text.ptr));
}

// Has the word a part in what tells() looks for? Words that need a sign besides are asked for only
// where there is that sign.
static bool is_telling_word(const struct sql_word *word)
{
    return word->class == SQL_UNION || word->class == SQL_SELECT || is_telling_verb(word->id) ||
           word->call == SQL_DANGER || word->id == SQL_ID_CONCAT || word->id == SQL_ID_CHAR ||
           word->id == SQL_ID_PACKAGE || word->id == SQL_ID_OUTFILE || word->id == SQL_ID_ANALYSE ||
           word->id == SQL_ID_SYSTEM;
}

static bool is_telling_word_or_logic(const struct sql_word *word)
{
    return word->class == SQL_LOGIC || is_telling_word(word);
}

static bool is_telling_word_or_verb(const struct sql_word *word)
{
    return word->class == SQL_VERB || is_telling_word_or_logic(word);
}

static bool reads_loosely(struct sql_tokens *t, struct sql_lexer *lexer, size_t *at)
{
    sql_tokens_fill(t, lexer, SQL_TOKENS_MAX);
    for (size_t i = 0;; i = SQL_TOKENS_KEPT / 2) {
        size_t end = t->is_last ? t->count : t->count - SQL_TOKENS_KEPT / 2;
        for (; i < end; i++) {
            if (!tells(t, i))
                continue;
            *at = i;
            return true;
        }
        if (t->is_last)
            return false;
        sql_tokens_slide(t);
        sql_tokens_fill(t, lexer, SQL_TOKENS_MAX);
    }
}

// What has been found out about a value so far.
struct view {
    const struct sql_dictionary *words;
    struct slice value;
    bool has_telling_word, knows_words;
};

static bool has_telling_word(struct view *v)
{
    if (!v->knows_words)
        v->has_telling_word = sql_any_word(v->words, v->value,
                                           has(v->value, ';')   ? is_telling_word_or_verb
                                           : has(v->value, '=') ? is_telling_word_or_logic
                                                                : is_telling_word);
    v->knows_words = true;
    return v->has_telling_word;
}

// As it reads inside a string, or (`quote` 0) outside.
static bool try_place(struct view *v, char quote, struct slice *piece, struct sql_fingerprint *f)
{
    struct sql_tokens t; // 3 KiB, not worth clearing
    struct sql_lexer lexer;
    size_t at;
    bool is_hit, is_foreign;
    t.count = 0;
    sql_lexer_start(&lexer, v->words, v->value, quote);
    // What is no SQL shows soon; what may be is read again with more of it at hand.
    size_t max = FIRST_TOKENS;
    for (;; max = SQL_TOKENS_MAX) {
        sql_tokens_fill(&t, &lexer, max);
        is_hit = reads_as_sql(&t, quote != 0, &at, &is_foreign);
        if (is_foreign || t.is_last || max == SQL_TOKENS_MAX)
            break;
    }
    if (!is_hit && has_telling_word(v))
        is_hit = reads_loosely(&t, &lexer, &at);
    if (is_hit)
        take_down(&t, at, piece, f);
    return is_hit;
}

bool sql_injection(const struct sql_dictionary *words, struct slice value, struct slice *piece,
                   struct sql_fingerprint *fingerprint)
{
    struct view v = {.words = words, .value = value};
    return try_place(&v, '\0', piece, fingerprint) ||
           (has(value, '\'') && try_place(&v, '\'', piece, fingerprint)) ||
           (has(value, '"') && try_place(&v, '"', piece, fingerprint));
}

void sql_injection_needs(struct rules_literals *out)
{
    // Of the words those without which there is neither quote nor bracket nor comparing sign. A
    // dollar may begin a string, too.
    static const struct slice needs[] = {
        SLICE_INIT("'"),        SLICE_INIT("\""),      SLICE_INIT("("),     SLICE_INIT(";"),
        SLICE_INIT("="),        SLICE_INIT("<"),       SLICE_INIT(">"),     SLICE_INIT("~"),
        SLICE_INIT("@"),        SLICE_INIT("#"),       SLICE_INIT("--"),    SLICE_INIT("/*"),
        SLICE_INIT("case"),     SLICE_INIT("select"),  SLICE_INIT("like"),  SLICE_INIT("regexp"),
        SLICE_INIT("glob"),     SLICE_INIT("similar"), SLICE_INIT("is"),    SLICE_INIT("between"),
        SLICE_INIT("order"),    SLICE_INIT("group"),   SLICE_INIT("limit"), SLICE_INIT("offset"),
        SLICE_INIT("drop"),     SLICE_INIT("create"),  SLICE_INIT("alter"), SLICE_INIT("delete"),
        SLICE_INIT("truncate"), SLICE_INIT("exec"),    SLICE_INIT("into"),  SLICE_INIT("from"),
        SLICE_INIT("$"),
    };
    rules_literals_of_texts(needs, ARRAY_LEN(needs), out);
}
