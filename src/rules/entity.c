// SPDX-License-Identifier: Apache-2.0
// Numeric references, and the named ones that hide something: brackets, quotes, separators, blanks.
// Names for letters and signs that no attack is built of are left alone. Browsers take numeric
// references without a semicolon and with any number of leading zeros; so does this.
#include "rules/entity.h"

#include "base/ascii.h"
#include "base/attr.h"

struct name {
    struct slice text;
    uint32_t code;
};

// The oldest names work without a semicolon; in any case, because other decoders than those of
// browsers are less strict.
static const struct name oldest[] = {
    {SLICE_INIT("lt"), '<'},   {SLICE_INIT("gt"), '>'},    {SLICE_INIT("amp"), '&'},
    {SLICE_INIT("quot"), '"'}, {SLICE_INIT("nbsp"), 0xa0},
};

static const struct name names[] = {
    {SLICE_INIT("apos"), '\''},  {SLICE_INIT("Tab"), '\t'},   {SLICE_INIT("NewLine"), '\n'},
    {SLICE_INIT("colon"), ':'},  {SLICE_INIT("semi"), ';'},   {SLICE_INIT("comma"), ','},
    {SLICE_INIT("period"), '.'}, {SLICE_INIT("sol"), '/'},    {SLICE_INIT("bsol"), '\\'},
    {SLICE_INIT("lpar"), '('},   {SLICE_INIT("rpar"), ')'},   {SLICE_INIT("lsqb"), '['},
    {SLICE_INIT("lbrack"), '['}, {SLICE_INIT("rsqb"), ']'},   {SLICE_INIT("rbrack"), ']'},
    {SLICE_INIT("lcub"), '{'},   {SLICE_INIT("lbrace"), '{'}, {SLICE_INIT("rcub"), '}'},
    {SLICE_INIT("rbrace"), '}'}, {SLICE_INIT("equals"), '='}, {SLICE_INIT("grave"), '`'},
    {SLICE_INIT("excl"), '!'},   {SLICE_INIT("num"), '#'},    {SLICE_INIT("dollar"), '$'},
    {SLICE_INIT("percnt"), '%'}, {SLICE_INIT("plus"), '+'},   {SLICE_INIT("quest"), '?'},
    {SLICE_INIT("commat"), '@'}, {SLICE_INIT("lowbar"), '_'}, {SLICE_INIT("Hat"), '^'},
    {SLICE_INIT("vert"), '|'},   {SLICE_INIT("ast"), '*'},
};

// Behind "&#". A value past Unicode counts as the largest one, which no encoder accepts, so that
// the text stays.
static size_t read_number(struct slice s, uint32_t *code)
{
    unsigned base = s.len > 0 && ascii_lower(s.ptr[0]) == 'x' ? 16 : 10;
    size_t i = base == 16 ? 1 : 0, first = i;
    uint32_t value = 0;
    for (; i < s.len; i++) {
        int digit = ascii_hex(s.ptr[i]);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        value = value > 0x10ffff ? value : value * base + (uint32_t)digit;
    }
    *code = value;
    if (i == first)
        return 0;
    return i < s.len && s.ptr[i] == ';' ? i + 1 : i;
}

static size_t read_name(struct slice s, uint32_t *code)
{
    for (size_t i = 0; i < ARRAY_LEN(oldest); i++) {
        size_t len = oldest[i].text.len;
        if (!ascii_begins_nocase(s, oldest[i].text))
            continue;
        *code = oldest[i].code;
        return len < s.len && s.ptr[len] == ';' ? len + 1 : len;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t len = names[i].text.len;
        if (!slice_begins(s, names[i].text) || s.len == len || s.ptr[len] != ';')
            continue;
        *code = names[i].code;
        return len + 1;
    }
    return 0;
}

size_t rules_entity(struct slice s, uint32_t *code)
{
    struct slice rest = slice_from(s, 1);
    if (rest.len > 0 && rest.ptr[0] == '#') {
        size_t used = read_number(slice_from(rest, 1), code);
        return used ? used + 2 : 0;
    }
    size_t used = read_name(rest, code);
    return used ? used + 1 : 0;
}
