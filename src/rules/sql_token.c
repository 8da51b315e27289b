// SPDX-License-Identifier: Apache-2.0
// One dialect's comment is another's operator. Where they differ, what serves an attacker is taken:
// a backslash hides a quote, but not the first one; "--" needs no blank behind it; "#" begins a
// comment.
#include "rules/sql_token.h"

#include "base/ascii.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0' || c == '\xa0';
}

static bool is_name_start(char c)
{
    return ascii_is_alpha(c) || c == '_' || ((unsigned char)c >= 0x80 && c != '\xa0');
}

// A bit for each octet that a name goes on with: $ 0-9 A-Z _ a-z and all beyond ASCII but A0.
static bool is_name_part(char c)
{
    static const uint64_t parts[4] = {0x03ff001000000000, 0x07fffffe87fffffe, 0xfffffffeffffffff,
                                      0xffffffffffffffff};
    unsigned char octet = (unsigned char)c;
    if ((unsigned char)((octet | 0x20) - 'a') < 26) // nearly always
        return true;
    return parts[octet / 64] >> (octet % 64) & 1;
}

// A0 is a blank by itself and part of a character behind another octet of UTF-8.
static size_t name_length(struct slice s)
{
    size_t i = 0;
    while (i < s.len && (is_name_part(s.ptr[i]) ||
                         (i > 0 && s.ptr[i] == '\xa0' && (unsigned char)s.ptr[i - 1] >= 0x80)))
        i++;
    return i;
}

static struct slice rest_of(const struct sql_lexer *l)
{
    return slice_from(l->text, l->at);
}

static char peek(const struct sql_lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : '\0';
}

static void take(struct sql_lexer *l, size_t len, char class, struct sql_token *out)
{
    *out = (struct sql_token){.text = slice_first(rest_of(l), len), .class = class};
    l->at += len;
}

// Where the string ends: at the quote that is neither doubled nor behind a backslash.
static size_t string_end(struct slice s, char quote)
{
    size_t i = 0;
    while (i < s.len) {
        i += slice_index(slice_from(s, i), quote);
        size_t escapes = 0;
        while (escapes < i && s.ptr[i - 1 - escapes] == '\\')
            escapes++;
        if (escapes % 2) {
            i++;
        } else if (i + 1 < s.len && s.ptr[i + 1] == quote) {
            i += 2;
        } else {
            break;
        }
    }
    return i < s.len ? i : s.len;
}

// `l` stands at the opening quote.
static void take_string(struct sql_lexer *l, char class, struct sql_token *out)
{
    char quote = peek(l, 0);
    l->at++;
    size_t end = string_end(rest_of(l), quote);
    take(l, end, class, out);
    out->is_open = l->at == l->text.len;
    out->call = SQL_OTHER_CALL;
    l->at += !out->is_open;
}

// A string that began before the text ends at the first quote, whatever stands before it.
static void take_beginning(struct sql_lexer *l, struct sql_token *out)
{
    take(l, slice_index(l->text, l->inside), SQL_STRING, out);
    out->is_open = l->at == l->text.len;
    l->at += !out->is_open;
    l->inside = 0;
}

static size_t count_digits(struct slice s, bool is_hex)
{
    size_t i = 0;
    while (i < s.len && (is_hex ? ascii_hex(s.ptr[i]) >= 0 : ascii_is_digit(s.ptr[i])))
        i++;
    return i;
}

static bool is_glue(const struct sql_word *word)
{
    return word && (word->class == SQL_LOGIC || word->class == SQL_UNION ||
                    word->class == SQL_COMPARE || word->class == SQL_CLAUSE);
}

// 1.or is a number and a word, 20.to_i a number and its member.
static bool is_no_member(const struct sql_dictionary *words, struct slice letters)
{
    return letters.len == 0 || is_glue(sql_word_find(words, letters));
}

static size_t number_length(const struct sql_dictionary *words, struct slice s)
{
    bool is_hex = s.len > 2 && s.ptr[0] == '0' && ascii_lower(s.ptr[1]) == 'x';
    size_t digits = is_hex ? count_digits(slice_from(s, 2), true) : 0;
    if (digits > 0)
        return 2 + digits;
    size_t i = count_digits(s, false);
    if (i < s.len && s.ptr[i] == '.') {
        digits = count_digits(slice_from(s, i + 1), false);
        size_t letters = digits ? 0 : name_length(slice_from(s, i + 1));
        if (is_no_member(words, slice_first(slice_from(s, i + 1), letters)))
            i += 1 + digits;
    }
    if (i < s.len && ascii_lower(s.ptr[i]) == 'e') {
        size_t sign = i + 1 < s.len && (s.ptr[i + 1] == '+' || s.ptr[i + 1] == '-');
        digits = count_digits(slice_from(s, i + 1 + sign), false);
        i += digits ? 1 + sign + digits : 0;
    }
    return i;
}

// 1or, 1union: some servers take letters behind digits for the next word. 5th and 2b are names.
static void take_number(struct sql_lexer *l, struct sql_token *out)
{
    size_t len = number_length(l->words, rest_of(l));
    struct slice behind = slice_from(rest_of(l), len);
    size_t letters = name_length(behind);
    bool is_one = letters == 0 || is_glue(sql_word_find(l->words, slice_first(behind, letters)));
    take(l, is_one ? len : len + letters, is_one ? SQL_NUMBER : SQL_NAME, out);
    out->call = SQL_OTHER_CALL;
}

// N'text', x'41', _utf8'text'
static bool is_string_prefix(struct slice name)
{
    return (name.len == 1 && strchr("nNxXbBeEqQ", name.ptr[0])) ||
           (name.len > 1 && name.ptr[0] == '_');
}

static void take_name(struct sql_lexer *l, struct sql_token *out)
{
    struct slice name = slice_first(rest_of(l), name_length(rest_of(l)));
    if (peek(l, name.len) == '\'' && is_string_prefix(name)) {
        l->at += name.len;
        take_string(l, SQL_STRING, out);
        return;
    }
    const struct sql_word *word = sql_word_find(l->words, name);
    take(l, name.len, word ? word->class : SQL_NAME, out);
    out->call = word ? word->call : SQL_OTHER_CALL;
    out->id = word ? word->id : SQL_ID_NONE;
}

static void take_variable(struct sql_lexer *l, struct sql_token *out)
{
    size_t len = 1 + (peek(l, 1) == '@');
    char quote = peek(l, len);
    if (quote == '\'' || quote == '"' || quote == '`') {
        l->at += len;
        take_string(l, SQL_VARIABLE, out);
        return;
    }
    take(l, len + name_length(slice_from(rest_of(l), len)), SQL_VARIABLE, out);
}

// $$text$$ of PostgreSQL, $5 of SQL Server
static void take_dollar(struct sql_lexer *l, struct sql_token *out)
{
    size_t tag = 1;
    while (ascii_is_alpha(peek(l, tag)) || peek(l, tag) == '_')
        tag++;
    if (peek(l, tag) == '$') {
        struct slice mark = slice_first(rest_of(l), tag + 1);
        l->at += mark.len;
        take(l, slice_find(rest_of(l), mark), SQL_STRING, out);
        out->is_open = l->at == l->text.len;
        l->at += out->is_open ? 0 : mark.len;
    } else if (ascii_is_digit(peek(l, 1))) {
        take(l, 1 + number_length(l->words, slice_from(rest_of(l), 1)), SQL_NUMBER, out);
    } else {
        take(l, 1, SQL_OTHER, out);
    }
}

// [name], or an index, which is passed over. True when there is a token.
static bool take_square(struct sql_lexer *l, struct sql_token *out)
{
    size_t digits = count_digits(slice_from(rest_of(l), 1), false);
    if (digits > 0 && peek(l, 1 + digits) == ']') {
        l->at += 2 + digits;
        return false;
    }
    size_t name = name_length(slice_from(rest_of(l), 1));
    if (name > 0 && peek(l, 1 + name) == ']') {
        l->at++;
        take(l, name, SQL_NAME, out);
        out->call = SQL_OTHER_CALL;
        l->at++;
        return true;
    }
    take(l, 1, SQL_OTHER, out);
    return true;
}

// {fn now()} of ODBC and {x 1} of MySQL are brackets.
static void take_brace(struct sql_lexer *l, struct sql_token *out)
{
    size_t name = name_length(slice_from(rest_of(l), 1));
    take(l, 1 + name, name > 0 ? SQL_OPEN : SQL_OTHER, out);
}

static const struct {
    struct slice text;
    char class;
} operators[] = {
    // Not of SQL: what reads so is a program.
    {SLICE_INIT("==="), SQL_OTHER},    {SLICE_INIT("!=="), SQL_OTHER},
    {SLICE_INIT("=>"), SQL_OTHER},     {SLICE_INIT("<=>"), SQL_COMPARE},
    {SLICE_INIT("->>"), SQL_OPERATOR}, {SLICE_INIT("!~*"), SQL_COMPARE},
    {SLICE_INIT("||"), SQL_OR_CONCAT}, {SLICE_INIT("&&"), SQL_LOGIC},
    {SLICE_INIT("<>"), SQL_COMPARE},   {SLICE_INIT("<="), SQL_COMPARE},
    {SLICE_INIT(">="), SQL_COMPARE},   {SLICE_INIT("!="), SQL_COMPARE},
    {SLICE_INIT("=="), SQL_COMPARE},   {SLICE_INIT("^="), SQL_COMPARE},
    {SLICE_INIT("~="), SQL_COMPARE},   {SLICE_INIT(":="), SQL_COMPARE},
    {SLICE_INIT("!<"), SQL_COMPARE},   {SLICE_INIT("!>"), SQL_COMPARE},
    {SLICE_INIT("!~"), SQL_COMPARE},   {SLICE_INIT("~*"), SQL_COMPARE},
    {SLICE_INIT("@>"), SQL_COMPARE},   {SLICE_INIT("<@"), SQL_COMPARE},
    {SLICE_INIT("<<"), SQL_OPERATOR},  {SLICE_INIT(">>"), SQL_OPERATOR},
    {SLICE_INIT("->"), SQL_OPERATOR},  {SLICE_INIT("**"), SQL_OPERATOR},
};

static char class_of_sign(char c)
{
    switch (c) {
    case '=':
    case '<':
    case '>':
        return SQL_COMPARE;
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '&':
    case '|':
    case '^':
    case '~':
        return SQL_OPERATOR;
    case '!':
        return SQL_NOT;
    case '(':
        return SQL_OPEN;
    case ')':
    case '}':
        return SQL_CLOSE;
    case ',':
        return SQL_COMMA;
    case ';':
        return SQL_SEMICOLON;
    case '.':
        return SQL_DOT;
    default:
        return SQL_OTHER;
    }
}

// A bit for each sign that operators of several begin and go on with: ! & * - : < = > @ ^ | ~
static bool is_combining(char c)
{
    static const uint64_t signs[2] = {0x7400244200000000, 0x5000000040000001};
    unsigned char octet = (unsigned char)c;
    return octet < 128 && (signs[octet / 64] >> (octet % 64) & 1);
}

static void take_sign(struct sql_lexer *l, struct sql_token *out)
{
    struct slice rest = rest_of(l);
    if (rest.len > 1 && is_combining(rest.ptr[0]) && is_combining(rest.ptr[1])) {
        for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
            if (operators[i].text.ptr[0] == rest.ptr[0] && slice_begins(rest, operators[i].text)) {
                take(l, operators[i].text.len, operators[i].class, out);
                return;
            }
        }
    }
    take(l, 1, class_of_sign(rest.ptr[0]), out);
}

// "--" and "#" up to the end of the line. One with a line behind it is no more than a blank.
static bool take_line_comment(struct sql_lexer *l, size_t mark, struct sql_token *out)
{
    l->at += mark;
    size_t end = slice_index(rest_of(l), '\n');
    if (end + 1 < l->text.len - l->at) {
        l->at += end + 1;
        return false;
    }
    take(l, end, SQL_COMMENT, out);
    l->at = l->text.len;
    return true;
}

static bool take_comment(struct sql_lexer *l, struct sql_token *out)
{
    size_t hint = 2 + (ascii_lower(peek(l, 2)) == 'm');
    if (peek(l, hint) == '!') {
        l->at += hint + 1;
        l->at += count_digits(slice_first(rest_of(l), 6), false);
        l->is_in_hint = true;
        return false;
    }
    size_t end = slice_find(slice_from(rest_of(l), 2), SLICE("*/"));
    if (2 + end < rest_of(l).len) {
        l->at += 2 + end + 2;
        return false;
    }
    l->at += 2;
    take(l, rest_of(l).len, SQL_COMMENT, out);
    out->is_open = true;
    return true;
}

// ::text, and ::varchar(10)
static void pass_over_cast(struct sql_lexer *l)
{
    l->at += 2;
    l->at += name_length(rest_of(l));
}

// What begins with a sign. False when it was passed over.
static bool take_other(struct sql_lexer *l, struct sql_token *out)
{
    char c = peek(l, 0), next = peek(l, 1);
    if (c == '-' && next == '-')
        return take_line_comment(l, 2, out);
    if (c == '#')
        return take_line_comment(l, 1, out);
    if (c == '/' && next == '*')
        return take_comment(l, out);
    if (c == '*' && next == '/' && l->is_in_hint) {
        l->is_in_hint = false;
        l->at += 2;
        return false;
    }
    if (c == ':' && next == ':') {
        pass_over_cast(l);
        return false;
    }
    if (c == '[')
        return take_square(l, out);
    if (c == '\'' || c == '"')
        take_string(l, SQL_STRING, out);
    else if (c == '`')
        take_string(l, SQL_NAME, out);
    else if (c == '@' && next != '>')
        take_variable(l, out);
    else if (c == '$')
        take_dollar(l, out);
    else if (c == '{')
        take_brace(l, out);
    else if (c == '\\' && next == 'N')
        take(l, 2, SQL_VALUE, out);
    else
        take_sign(l, out);
    return true;
}

void sql_lexer_start(struct sql_lexer *l, const struct sql_dictionary *words, struct slice text,
                     char quote)
{
    *l = (struct sql_lexer){.words = words, .text = text, .inside = quote};
}

bool sql_lexer_next(struct sql_lexer *l, struct sql_token *out)
{
    if (l->inside) {
        take_beginning(l, out);
        return true;
    }
    for (;;) {
        while (l->at < l->text.len && is_blank(l->text.ptr[l->at]))
            l->at++;
        if (l->at == l->text.len)
            return false;
        char c = l->text.ptr[l->at];
        if (is_name_start(c))
            take_name(l, out);
        else if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(peek(l, 1))))
            take_number(l, out);
        else if (!take_other(l, out))
            continue;
        return true;
    }
}

// Brackets that no token here opens or closes match the end.
static void match_brackets(struct sql_tokens *t)
{
    uint16_t open[SQL_TOKENS_MAX], depth = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct sql_token *token = &t->items[i];
        token->match = (uint16_t)t->count;
        if (token->class == SQL_OPEN) {
            open[depth++] = (uint16_t)i;
        } else if (token->class == SQL_CLOSE && depth > 0) {
            token->match = open[--depth];
            t->items[token->match].match = (uint16_t)i;
        }
    }
}

void sql_tokens_fill(struct sql_tokens *t, struct sql_lexer *l, size_t max)
{
    t->words = l->words;
    t->is_last = false;
    while (t->count < max && !t->is_last) {
        struct sql_token *token = &t->items[t->count];
        if (!sql_lexer_next(l, token)) {
            t->is_last = true;
            break;
        }
        if (token->class == SQL_OPEN && token->text.ptr[0] == '(' && t->count > 0 && token[-1].call)
            token[-1].class = token[-1].call;
        t->count++;
    }
    t->items[t->count] = (struct sql_token){.class = t->is_last ? SQL_END : SQL_OTHER};
    match_brackets(t);
}

void sql_tokens_slide(struct sql_tokens *t)
{
    size_t gone = t->count - SQL_TOKENS_KEPT;
    memmove(t->items, t->items + gone, SQL_TOKENS_KEPT * sizeof *t->items);
    t->count = SQL_TOKENS_KEPT;
}

bool sql_any_word(const struct sql_dictionary *words, struct slice text,
                  bool (*is_wanted)(const struct sql_word *word))
{
    for (size_t i = 0; i < text.len;) {
        if (!is_name_part(text.ptr[i])) {
            i++;
            continue;
        }
        // Digits may stand right before a word (1union).
        i += count_digits(slice_from(text, i), false);
        size_t len = name_length(slice_from(text, i));
        const struct sql_word *word = sql_word_find(words, slice_of(text.ptr + i, len));
        if (word && is_wanted(word))
            return true;
        i += len;
    }
    return false;
}
