// SPDX-License-Identifier: Apache-2.0
// The header decides who the client is, so it is read strictly: version 1 with single spaces,
// canonical numbers and addresses of the family it names; version 2 with exact lengths, TLVs that
// end where the header ends, and the checksum when it is there. Refusals that need only the octets
// at hand come at once; they would come for every continuation as well. The content of TLVs other
// than the checksum is not handed on.
#include "io/proxy_protocol.h"

#include <stdint.h>
#include <string.h>

#include "base/num.h"

enum {
    V1_MAX = 107, // with CRLF: the longest header of version 1, section 2.1
    V2_FIXED = 16,
    TLV_ALPN = 0x01,
    TLV_AUTHORITY = 0x02,
    TLV_CRC32C = 0x03,
    TLV_UNIQUE_ID = 0x05,
    TLV_SSL = 0x20,
    TLV_SSL_VERSION = 0x21,
    TLV_SSL_COMMON_NAME = 0x22,
    TLV_SSL_CIPHER = 0x23,
    CLIENT_SSL = 0x01,         // of TLV_SSL: the client came over TLS,
    CLIENT_CERTIFICATE = 0x06, // with a certificate over this connection and in this session
    NOT_VERIFIED = 1,          // of TLV_SSL: it proved no certificate to us
    TLV_TEXT_MAX = 255,
    UNIQUE_ID_MAX = 128,
    COMMAND_LOCAL = 0x20,
    COMMAND_PROXY = 0x21,
    FAMILY_UNSPECIFIED = 0x00,
    FAMILY_TCP4 = 0x11,
    FAMILY_TCP6 = 0x21,
};

static const struct slice v1_start = SLICE_INIT("PROXY ");
static const struct slice v2_start = SLICE_INIT("\r\n\r\n\0\r\nQUIT\n");

static enum proxy_header_result refuse(struct proxy_header *out, const char *why)
{
    out->why = why;
    return PROXY_HEADER_BAD;
}

// Cuts the next word off at one space; the last word ends with the line.
static struct slice take_word(struct slice *line)
{
    size_t at = slice_index(*line, ' ');
    struct slice word = slice_first(*line, at);
    *line = slice_from(*line, at + 1);
    return word;
}

static bool parse_port(struct slice text, uint16_t *out)
{
    uint64_t value;
    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0') ||
        !num_decimal(text, UINT16_MAX, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

static bool parse_address(struct slice text, bool is_v6, struct addr *out)
{
    bool has_colon = slice_index(text, ':') < text.len;
    return has_colon == is_v6 && addr_parse(text, out);
}

// "TCP4" SP source SP destination SP port SP port, or "UNKNOWN" and anything.
static enum proxy_header_result parse_v1_line(struct slice line, struct proxy_header *out)
{
    if (memchr(line.ptr, '\r', line.len) || memchr(line.ptr, '\0', line.len))
        return refuse(out, "control octet in a PROXY line");
    size_t spaces = 0;
    for (size_t i = 0; i < line.len; i++)
        spaces += line.ptr[i] == ' ';
    struct slice family = take_word(&line);
    if (slice_eq(family, SLICE("UNKNOWN"))) {
        out->is_local = true;
        return PROXY_HEADER_DONE;
    }
    bool is_v6 = slice_eq(family, SLICE("TCP6"));
    if (!is_v6 && !slice_eq(family, SLICE("TCP4")))
        return refuse(out, "unknown family in a PROXY line");
    if (spaces != 4)
        return refuse(out, "wrong number of words in a PROXY line");
    if (!parse_address(take_word(&line), is_v6, &out->source) ||
        !parse_address(take_word(&line), is_v6, &out->destination))
        return refuse(out, "bad address in a PROXY line");
    if (!parse_port(take_word(&line), &out->source.port) ||
        !parse_port(line, &out->destination.port))
        return refuse(out, "bad port in a PROXY line");
    return PROXY_HEADER_DONE;
}

static enum proxy_header_result parse_v1(struct slice data, struct proxy_header *out)
{
    struct slice head = slice_first(data, V1_MAX);
    size_t end = slice_index(head, '\n');
    if (end == head.len) {
        if (head.len == V1_MAX)
            return refuse(out, "PROXY line longer than 107 octets");
        return PROXY_HEADER_MORE;
    }
    if (end < v1_start.len + 1 || head.ptr[end - 1] != '\r')
        return refuse(out, "PROXY line without CRLF");
    out->len = end + 1;
    return parse_v1_line(slice_of(head.ptr + v1_start.len, end - 1 - v1_start.len), out);
}

static unsigned read_u16(const char *at)
{
    return (unsigned)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

static uint32_t crc32c_octet(uint32_t crc, uint8_t octet)
{
    crc ^= octet;
    for (int bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    return crc;
}

// The checksum covers the whole header, its own four octets counted as zero (section 2.2.3).
static uint32_t checksum(struct slice header, size_t value_at)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < header.len; i++)
        crc = crc32c_octet(crc, i - value_at < 4 ? 0 : (uint8_t)header.ptr[i]);
    return crc ^ UINT32_MAX;
}

static bool checksum_fits(struct slice header, size_t value_at)
{
    uint32_t stated =
        (uint32_t)read_u16(header.ptr + value_at) << 16 | read_u16(header.ptr + value_at + 2);
    return checksum(header, value_at) == stated;
}

static enum proxy_header_result check_tlvs(struct slice header, size_t at, struct proxy_header *out)
{
    bool has_checksum = false;
    while (at < header.len) {
        if (header.len - at < 3)
            return refuse(out, "truncated TLV in a PROXY header");
        unsigned type = (uint8_t)header.ptr[at];
        size_t len = read_u16(header.ptr + at + 1);
        at += 3;
        if (len > header.len - at)
            return refuse(out, "TLV beyond the end of a PROXY header");
        if (type == TLV_CRC32C) {
            if (has_checksum || len != 4 || !checksum_fits(header, at))
                return refuse(out, "wrong checksum in a PROXY header");
            has_checksum = true;
        }
        at += len;
    }
    return PROXY_HEADER_DONE;
}

// Octets of the address block of a family and transport; SIZE_MAX when it is none for a stream.
static size_t address_block_len(unsigned family)
{
    switch (family) {
    case 0x00: // AF_UNSPEC
        return 0;
    case 0x11: // TCP over IPv4
        return 12;
    case 0x21: // TCP over IPv6
        return 36;
    case 0x31: // unix stream
        return 216;
    default:
        return SIZE_MAX;
    }
}

static struct addr read_address(const char *at, size_t len, const char *port_at)
{
    struct addr a = {.port = (uint16_t)read_u16(port_at)};
    if (len == 4)
        a.bytes[10] = a.bytes[11] = 0xff;
    memcpy(a.bytes + 16 - len, at, len);
    return a;
}

static void read_addresses(struct slice block, struct proxy_header *out)
{
    if (block.len == 216) {
        out->source.is_unix = out->destination.is_unix = true;
        return;
    }
    size_t len = block.len == 12 ? 4 : 16;
    const char *ports = block.ptr + 2 * len;
    out->source = read_address(block.ptr, len, ports);
    out->destination = read_address(block.ptr + len, len, ports + 2);
}

static enum proxy_header_result parse_v2(struct slice data, struct proxy_header *out)
{
    if (data.len > 12 && (uint8_t)data.ptr[12] != 0x20 && (uint8_t)data.ptr[12] != 0x21)
        return refuse(out, "unknown version or command in a PROXY header");
    if (data.len < V2_FIXED)
        return PROXY_HEADER_MORE;
    size_t len = V2_FIXED + (size_t)read_u16(data.ptr + 14);
    if (len > PROXY_HEADER_MAX)
        return refuse(out, "PROXY header longer than 4096 octets");
    bool is_local_command = (uint8_t)data.ptr[12] == 0x20;
    unsigned family = (uint8_t)data.ptr[13];
    size_t block = address_block_len(family);
    if (!is_local_command && (block == SIZE_MAX || V2_FIXED + block > len))
        return refuse(out, "bad address family or length in a PROXY header");
    if (data.len < len)
        return PROXY_HEADER_MORE;
    out->len = len;
    out->is_local = is_local_command || block == 0;
    // What follows a LOCAL command means nothing and is skipped unread (section 2.2).
    if (is_local_command)
        return PROXY_HEADER_DONE;
    if (block > 0)
        read_addresses(slice_of(data.ptr + V2_FIXED, block), out);
    return check_tlvs(slice_first(data, len), V2_FIXED + block, out);
}

// Whether `data` begins like `start`, as far as it goes.
static bool may_become(struct slice data, struct slice start)
{
    return slice_begins(start, slice_first(data, start.len));
}

enum proxy_header_result proxy_header_parse(struct slice data, struct proxy_header *out)
{
    *out = (struct proxy_header){0};
    if (may_become(data, v1_start))
        return data.len < v1_start.len ? PROXY_HEADER_MORE : parse_v1(data, out);
    if (may_become(data, v2_start))
        return data.len < v2_start.len ? PROXY_HEADER_MORE : parse_v2(data, out);
    return refuse(out, "no PROXY header");
}

// ---- writing

static void put_u16(struct buf *out, size_t value)
{
    buf_char(out, (char)(value >> 8 & 0xff));
    buf_char(out, (char)(value & 0xff));
}

static void put_tlv(struct buf *out, unsigned type, struct slice prefix, struct slice text)
{
    text = slice_first(text, TLV_TEXT_MAX);
    if (text.len == 0)
        return;
    buf_char(out, (char)type);
    put_u16(out, prefix.len + text.len);
    buf_slice(out, prefix);
    buf_slice(out, text);
}

static void put_addresses(struct buf *out, const struct proxy_facts *f)
{
    struct addr destination = f->destination;
    bool is_v4 = addr_is_v4(&f->source);
    size_t skip = is_v4 ? 12 : 0;
    if (is_v4 != addr_is_v4(&destination))
        memset(destination.bytes, 0, sizeof(destination.bytes));
    buf_append(out, f->source.bytes + skip, sizeof(f->source.bytes) - skip);
    buf_append(out, destination.bytes + skip, sizeof(destination.bytes) - skip);
    put_u16(out, f->source.port);
    put_u16(out, destination.port);
}

// Section 2.2.6: a bit field, the result of verification, then TLVs of its own.
static void put_tls(struct buf *out, const struct proxy_facts *f)
{
    const char head[] = {(char)(CLIENT_SSL | (f->is_verified ? CLIENT_CERTIFICATE : 0)), 0, 0, 0,
                         (char)(f->is_verified ? 0 : NOT_VERIFIED)};
    char storage[3 * (TLV_TEXT_MAX + 8)];
    struct buf inner;
    buf_init(&inner, storage, sizeof(storage));
    put_tlv(&inner, TLV_SSL_VERSION, SLICE("TLSv"), f->tls_version);
    put_tlv(&inner, TLV_SSL_COMMON_NAME, (struct slice){0}, f->common_name);
    put_tlv(&inner, TLV_SSL_CIPHER, (struct slice){0}, f->tls_cipher);
    buf_char(out, TLV_SSL);
    put_u16(out, sizeof(head) + inner.len);
    buf_append(out, head, sizeof(head));
    buf_slice(out, buf_view(&inner));
}

static void put_checksum(struct buf *out, size_t start)
{
    buf_char(out, TLV_CRC32C);
    put_u16(out, 4);
    size_t at = out->len;
    put_u16(out, 0);
    put_u16(out, 0);
    if (out->failed)
        return;
    // The length counts towards the checksum: it must stand before.
    size_t len = out->len - start - V2_FIXED;
    out->data[start + 14] = (char)(len >> 8);
    out->data[start + 15] = (char)(len & 0xff);
    uint32_t sum = checksum(slice_of(out->data + start, out->len - start), at - start);
    for (int i = 0; i < 4; i++)
        out->data[at + (size_t)i] = (char)(sum >> (24 - 8 * i) & 0xff);
}

static void put_facts(struct buf *out, const struct proxy_facts *f)
{
    put_tlv(out, TLV_ALPN, (struct slice){0}, f->alpn);
    put_tlv(out, TLV_AUTHORITY, (struct slice){0}, f->authority);
    put_tlv(out, TLV_UNIQUE_ID, (struct slice){0}, slice_first(f->request_id, UNIQUE_ID_MAX));
    if (f->is_tls)
        put_tls(out, f);
}

void proxy_header_write(struct buf *out, const struct proxy_facts *f)
{
    size_t start = out->len;
    buf_slice(out, v2_start);
    if (!f) {
        buf_char(out, COMMAND_LOCAL);
        buf_char(out, FAMILY_UNSPECIFIED);
        put_u16(out, 0);
        return;
    }
    buf_char(out, COMMAND_PROXY);
    buf_char(out, (char)(f->source.is_unix        ? FAMILY_UNSPECIFIED
                         : addr_is_v4(&f->source) ? FAMILY_TCP4
                                                  : FAMILY_TCP6));
    put_u16(out, 0); // the length, when it is known
    if (!f->source.is_unix)
        put_addresses(out, f);
    if (!f->addresses_alone)
        put_facts(out, f);
    put_checksum(out, start);
}
