// SPDX-License-Identifier: Apache-2.0
// Lines are compared as octets, never as JSON: two texts that mean the same are still two texts.
// What the log says of itself is looked for behind a brace-opening name with quotes that are not
// escaped, which no value can contain.
#include "audit/chain.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/num.h"

static const struct slice mark = SLICE_INIT(",\"chain\":{\"sequence\":");
static const struct slice value_mark = SLICE_INIT(",\"value\":\"");
static const struct slice closing = SLICE_INIT("\"}}\n");

void chain_hex(const unsigned char value[CHAIN_VALUE_LEN], char out[CHAIN_HEX_LEN])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < CHAIN_VALUE_LEN; i++) {
        out[2 * i] = digits[value[i] >> 4];
        out[2 * i + 1] = digits[value[i] & 15];
    }
}

bool chain_unhex(struct slice text, unsigned char out[CHAIN_VALUE_LEN])
{
    if (text.len != CHAIN_HEX_LEN)
        return false;
    for (size_t i = 0; i < CHAIN_VALUE_LEN; i++) {
        int high = ascii_hex(text.ptr[2 * i]), low = ascii_hex(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

// The number that `text` begins with; *rest is what follows. False when it begins with none.
static bool take_number(struct slice text, uint64_t *out, struct slice *rest)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
        len++;
    *rest = slice_from(text, len);
    return len > 0 && num_decimal(slice_first(text, len), UINT64_MAX, out);
}

bool chain_split(struct slice line, struct chain_line *out)
{
    size_t tail = value_mark.len + CHAIN_HEX_LEN + closing.len;
    if (line.len < mark.len + tail || !slice_ends(line, closing))
        return false;
    struct slice value = slice_from(line, line.len - closing.len - CHAIN_HEX_LEN);
    out->covered = slice_first(line, line.len - closing.len - CHAIN_HEX_LEN);
    struct slice head = slice_first(line, line.len - tail);
    size_t digits = head.len;
    while (digits > 0 && head.ptr[digits - 1] >= '0' && head.ptr[digits - 1] <= '9')
        digits--;
    out->record = slice_first(head, digits > mark.len ? digits - mark.len : 0);
    return slice_ends(out->covered, value_mark) && slice_ends(slice_first(head, digits), mark) &&
           num_decimal(slice_from(head, digits), UINT64_MAX, &out->sequence) &&
           chain_unhex(slice_first(value, CHAIN_HEX_LEN), out->value);
}

void chain_value(const struct audit_crypto *crypto, struct slice key,
                 const unsigned char before[CHAIN_VALUE_LEN], struct slice covered,
                 unsigned char out[CHAIN_VALUE_LEN])
{
    const struct slice parts[] = {slice_of(before, CHAIN_VALUE_LEN), covered};
    crypto->mac(key, parts, 2, out);
}

void chain_seal(const struct audit_crypto *crypto, struct slice key,
                const struct chain_point *point, struct slice line, struct buf *out)
{
    unsigned char value[CHAIN_VALUE_LEN];
    char hex[CHAIN_HEX_LEN];
    size_t begin = out->len;
    buf_append(out, line.ptr, line.len - 2); // without "}\n"
    buf_slice(out, mark);
    buf_decimal(out, point->sequence + 1);
    buf_slice(out, value_mark);
    chain_value(crypto, key, point->value, slice_from(buf_view(out), begin), value);
    chain_hex(value, hex);
    buf_append(out, hex, sizeof(hex));
    buf_slice(out, closing);
}

void chain_begin_file(struct chain_point *point)
{
    memset(point->digest, 0, sizeof(point->digest));
    point->since = point->sequence;
}

void chain_advance(const struct audit_crypto *crypto, struct chain_point *point, struct slice line,
                   const struct chain_line *parts)
{
    struct chain_checkpoint ignored;
    struct chain_point link;
    if (chain_read_link(line, &link))
        *point = link;
    const struct slice both[] = {slice_of(point->digest, CHAIN_VALUE_LEN), line};
    point->sequence = parts->sequence;
    memcpy(point->value, parts->value, CHAIN_VALUE_LEN);
    if (chain_read_checkpoint(line, &ignored))
        chain_begin_file(point);
    else
        crypto->digest(both, 2, point->digest);
}

// What follows `name` in `text`, if it is there.
static bool find_behind(struct slice text, struct slice name, struct slice *out)
{
    size_t at = slice_find(text, name);
    *out = slice_from(text, at + name.len);
    return at < text.len;
}

// Whether *text begins with `word`; goes behind it.
static bool skip(struct slice *text, struct slice word)
{
    bool is_there = slice_begins(*text, word);
    *text = slice_from(*text, word.len);
    return is_there;
}

bool chain_read_checkpoint(struct slice line, struct chain_checkpoint *out)
{
    struct slice at;
    size_t len;
    size_t encoded = base64_encoded_len(CHAIN_SIGNATURE_LEN);
    if (!find_behind(line, SLICE("\"yett\":{\"checkpoint\":{\"since\":"), &at) ||
        !take_number(at, &out->since, &at) || !skip(&at, SLICE(",\"through\":")) ||
        !take_number(at, &out->through, &at) || !skip(&at, SLICE(",\"digest\":\"")) ||
        !chain_unhex(slice_first(at, CHAIN_HEX_LEN), out->digest))
        return false;
    at = slice_from(at, CHAIN_HEX_LEN);
    return skip(&at, SLICE("\",\"signature\":\"")) &&
           base64_decode(slice_first(at, encoded), out->signature, CHAIN_SIGNATURE_LEN, &len) &&
           len == CHAIN_SIGNATURE_LEN;
}

bool chain_read_link(struct slice line, struct chain_point *out)
{
    struct slice at;
    if (!find_behind(line, SLICE("\"yett\":{\"link\":{\"sequence\":"), &at) ||
        !take_number(at, &out->sequence, &at) || !skip(&at, value_mark) ||
        !chain_unhex(slice_first(at, CHAIN_HEX_LEN), out->value))
        return false;
    chain_begin_file(out);
    return true;
}

struct slice chain_signed_text(struct buf *out, uint64_t since, uint64_t through,
                               const unsigned char digest[CHAIN_VALUE_LEN])
{
    char hex[CHAIN_HEX_LEN];
    chain_hex(digest, hex);
    buf_printf(out, "yett audit checkpoint\n%llu\n%llu\n", (unsigned long long)since,
               (unsigned long long)through);
    buf_append(out, hex, sizeof(hex));
    buf_char(out, '\n');
    return buf_view(out);
}
