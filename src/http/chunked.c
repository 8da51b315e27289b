// SPDX-License-Identifier: Apache-2.0
// A state per octet position in the grammar of RFC 9112, 7.1; only chunk data is taken in bulk.
// Chunk lines are where parsers disagree (bare LF, blanks, unbounded extensions), so here no octet
// is skipped without a state that allows it.
#include "http/chunked.h"

#include "base/ascii.h"
#include "base/num.h"
#include "http/field.h"
#include "http/octet.h"

enum state {
    SIZE_START,         // first digit of a chunk size
    SIZE,               // further digits, or what ends them
    EXTENSION_NAME_GAP, // behind `;`: blanks, then a name
    EXTENSION_NAME,
    EXTENSION_NAME_END,  // blanks behind a name: only `=` or `;` may follow
    EXTENSION_VALUE_GAP, // behind `=`: blanks, then a token or a quoted string
    EXTENSION_TOKEN,
    EXTENSION_QUOTED,
    EXTENSION_ESCAPE,    // behind a backslash in a quoted string
    EXTENSION_VALUE_END, // behind the closing quote
    EXTENSION_GAP,       // blanks behind a value: only `;` may follow
    SIZE_LF,             // LF of the chunk line
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START, // first octet of a trailer line, or the CR of the empty line
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    DONE,
    BAD,
};

void http_chunked_init(struct http_chunked *c)
{
    *c = (struct http_chunked){.state = SIZE_START, .size_limit = INT64_MAX};
}

static enum http_reason go(struct http_chunked *c, enum state state)
{
    c->state = (uint8_t)state;
    return HTTP_REASON_NONE;
}

static enum http_reason read_digit(struct http_chunked *c, char octet)
{
    uint64_t digit = (uint64_t)ascii_hex(octet);
    if (c->digits >= HTTP_CHUNK_DIGITS_MAX || c->left > ((uint64_t)INT64_MAX - digit) / 16)
        return HTTP_REASON_CHUNK_SIZE;
    c->digits++;
    c->left = c->left * 16 + digit;
    return go(c, SIZE);
}

static enum http_reason count_extension(struct http_chunked *c)
{
    c->extension++;
    c->extensions++;
    return c->extension > HTTP_CHUNK_EXTENSION_MAX || c->extensions > HTTP_CHUNK_EXTENSION_TOTAL_MAX
               ? HTTP_REASON_CHUNK_EXTENSION_LIMIT
               : HTTP_REASON_NONE;
}

// chunk = chunk-size [ chunk-ext ] CRLF. The grammar allows blanks before the `;` of an extension
// as "bad whitespace"; directly behind the size they are refused, since others cut the number there
// in different ways.
static enum http_reason read_size(struct http_chunked *c, char octet)
{
    if (ascii_hex(octet) >= 0)
        return read_digit(c, octet);
    if (octet == '\n')
        return HTTP_REASON_BARE_LF;
    if (c->state == SIZE_START || (octet != ';' && octet != '\r'))
        return HTTP_REASON_CHUNK_SIZE;
    if (c->left > c->size_limit)
        return HTTP_REASON_BODY_LIMIT;
    if (octet == '\r')
        return go(c, SIZE_LF);
    c->state = EXTENSION_NAME_GAP;
    return count_extension(c);
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
static enum http_reason read_extension_name(struct http_chunked *c, char octet)
{
    bool is_name = http_octet_is(octet, HTTP_OCTET_TOKEN);
    if (c->state != EXTENSION_NAME_END && is_name)
        return go(c, EXTENSION_NAME);
    if (c->state == EXTENSION_NAME_GAP)
        return http_is_blank(octet) ? HTTP_REASON_NONE : HTTP_REASON_CHUNK_EXTENSION;
    if (octet == '=')
        return go(c, EXTENSION_VALUE_GAP);
    if (octet == ';')
        return go(c, EXTENSION_NAME_GAP);
    if (http_is_blank(octet))
        return go(c, EXTENSION_NAME_END);
    return octet == '\r' && c->state == EXTENSION_NAME ? go(c, SIZE_LF)
                                                       : HTTP_REASON_CHUNK_EXTENSION;
}

static enum http_reason read_extension_quoted(struct http_chunked *c, char octet)
{
    if (!http_octet_is(octet, HTTP_OCTET_TEXT))
        return HTTP_REASON_CHUNK_EXTENSION;
    if (c->state == EXTENSION_ESCAPE)
        return go(c, EXTENSION_QUOTED);
    if (octet == '\\')
        return go(c, EXTENSION_ESCAPE);
    return octet == '"' ? go(c, EXTENSION_VALUE_END) : HTTP_REASON_NONE;
}

static enum http_reason read_extension_value(struct http_chunked *c, char octet)
{
    bool in_token = c->state == EXTENSION_VALUE_GAP || c->state == EXTENSION_TOKEN;
    if (in_token && http_octet_is(octet, HTTP_OCTET_TOKEN))
        return go(c, EXTENSION_TOKEN);
    if (c->state == EXTENSION_VALUE_GAP) {
        if (octet == '"')
            return go(c, EXTENSION_QUOTED);
        return http_is_blank(octet) ? HTTP_REASON_NONE : HTTP_REASON_CHUNK_EXTENSION;
    }
    if (octet == ';')
        return go(c, EXTENSION_NAME_GAP);
    if (http_is_blank(octet))
        return go(c, EXTENSION_GAP);
    return octet == '\r' && c->state != EXTENSION_GAP ? go(c, SIZE_LF)
                                                      : HTTP_REASON_CHUNK_EXTENSION;
}

static enum http_reason read_extension(struct http_chunked *c, char octet)
{
    if (octet == '\n')
        return HTTP_REASON_BARE_LF;
    if (octet != '\r' && count_extension(c) != HTTP_REASON_NONE)
        return HTTP_REASON_CHUNK_EXTENSION_LIMIT;
    if (c->state == EXTENSION_QUOTED || c->state == EXTENSION_ESCAPE)
        return read_extension_quoted(c, octet);
    return c->state <= EXTENSION_NAME_END ? read_extension_name(c, octet)
                                          : read_extension_value(c, octet);
}

// All trailers are thrown away, so the others do no harm; these would change the message for a
// recipient that merges trailers into the head (RFC 9110, 6.5.1), and nobody sends them there in
// good faith.
static bool is_forbidden_trailer(struct slice name)
{
    switch (http_field_lookup(name)) {
    case HTTP_FIELD_AUTHORIZATION:
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_CONTENT_ENCODING:
    case HTTP_FIELD_CONTENT_LENGTH:
    case HTTP_FIELD_CONTENT_TYPE:
    case HTTP_FIELD_EXPECT:
    case HTTP_FIELD_HOST:
    case HTTP_FIELD_PROXY_AUTHORIZATION:
    case HTTP_FIELD_TE:
    case HTTP_FIELD_TRAILER:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_UPGRADE:
        return true;
    default:
        return false;
    }
}

static enum http_reason read_trailer_name(struct http_chunked *c, char octet)
{
    if (http_octet_is(octet, HTTP_OCTET_TOKEN)) {
        if (c->name_len < sizeof c->trailer_name)
            c->trailer_name[c->name_len] = octet;
        if (c->name_len <= sizeof c->trailer_name)
            c->name_len++;
        return go(c, TRAILER_NAME);
    }
    if (octet == '\n')
        return HTTP_REASON_BARE_LF;
    bool is_known_whole = c->name_len <= sizeof c->trailer_name;
    if (octet != ':' || c->name_len == 0 ||
        (is_known_whole && is_forbidden_trailer(slice_of(c->trailer_name, c->name_len))))
        return HTTP_REASON_TRAILER;
    return go(c, TRAILER_VALUE);
}

static enum http_reason read_trailer_value(struct http_chunked *c, char octet)
{
    if (octet == '\r')
        return go(c, TRAILER_LF);
    if (octet == '\n')
        return HTTP_REASON_BARE_LF;
    return http_octet_is(octet, HTTP_OCTET_TEXT) ? HTTP_REASON_NONE : HTTP_REASON_TRAILER;
}

// trailer-section = *( field-line CRLF ), then CRLF
static enum http_reason read_trailer(struct http_chunked *c, char octet)
{
    if (c->state == TRAILER_START && octet == '\r')
        return go(c, END_LF);
    if (++c->trailers_len > HTTP_TRAILER_BYTES_MAX)
        return HTTP_REASON_TRAILER_LIMIT;
    if (c->state == TRAILER_START) {
        if (++c->trailers > HTTP_TRAILER_COUNT_MAX)
            return HTTP_REASON_TRAILER_LIMIT;
        c->name_len = 0;
    }
    if (c->state == TRAILER_VALUE)
        return read_trailer_value(c, octet);
    if (c->state == TRAILER_LF)
        return octet == '\n' ? go(c, TRAILER_START) : HTTP_REASON_BARE_CR;
    return read_trailer_name(c, octet);
}

static enum http_reason end_size_line(struct http_chunked *c, char octet)
{
    if (octet != '\n')
        return HTTP_REASON_BARE_CR;
    c->digits = 0;
    c->extension = 0;
    return go(c, c->left > 0 ? DATA : TRAILER_START);
}

static enum http_reason read_octet(struct http_chunked *c, char octet)
{
    switch ((enum state)c->state) {
    case SIZE_START:
    case SIZE:
        return read_size(c, octet);
    case SIZE_LF:
        return end_size_line(c, octet);
    case DATA_CR:
        return octet == '\r' ? go(c, DATA_LF) : HTTP_REASON_CHUNK_END;
    case DATA_LF:
        return octet == '\n' ? go(c, SIZE_START) : HTTP_REASON_CHUNK_END;
    case TRAILER_START:
    case TRAILER_NAME:
    case TRAILER_VALUE:
    case TRAILER_LF:
        return read_trailer(c, octet);
    case END_LF:
        return octet == '\n' ? go(c, DONE) : HTTP_REASON_BARE_CR;
    default:
        return read_extension(c, octet);
    }
}

enum http_chunked_step http_chunked_read(struct http_chunked *c, struct slice in, size_t *consumed,
                                         struct slice *data)
{
    size_t at = 0;
    *data = (struct slice){0};
    while (at < in.len && c->state != DATA && c->state != DONE && c->state != BAD) {
        c->reason = read_octet(c, in.ptr[at++]);
        if (c->reason != HTTP_REASON_NONE)
            c->state = BAD;
    }
    *consumed = at;
    if (c->state == BAD)
        return HTTP_CHUNKED_BAD;
    if (c->state == DONE)
        return HTTP_CHUNKED_DONE;
    if (at == in.len)
        return HTTP_CHUNKED_MORE;
    *data = slice_from(in, at);
    if (c->left < data->len)
        data->len = (size_t)c->left;
    c->left -= data->len;
    if (c->left == 0)
        c->state = DATA_CR;
    *consumed = at + data->len;
    return HTTP_CHUNKED_DATA;
}

size_t http_chunk_head(char *out, uint64_t size)
{
    size_t len = num_write_hex(out, size);
    out[len] = '\r';
    out[len + 1] = '\n';
    return len + 2;
}
