// SPDX-License-Identifier: Apache-2.0
// Targets and authorities. Every octet is checked against the grammar before anything is cut out of
// a target, and an authority has one normalised text, which routing, certificates, policy and the
// forwarded Host all use. Not handled: percent-encoded or internationalised host names, IPvFuture,
// IPv6 zones; all of these are refused.
#include "http/uri.h"

#include "base/addr.h"
#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "http/octet.h"

enum { AUTHORITY_LEN_MAX = 255, PORT_TEXT_MAX = 6 }; // ":65535"

static enum http_reason check_octets(struct slice text, enum http_octet_class class)
{
    for (size_t i = 0; i < text.len; i++) {
        if (http_octet_is(text.ptr[i], class))
            continue;
        if (text.ptr[i] != '%')
            return HTTP_REASON_TARGET_OCTET;
        if (text.len - i < 3 || ascii_hex(text.ptr[i + 1]) < 0 || ascii_hex(text.ptr[i + 2]) < 0)
            return HTTP_REASON_TARGET_PERCENT;
        i += 2;
    }
    return HTTP_REASON_NONE;
}

// path [ "?" query ]. A fragment is never sent (RFC 9110, 4.2.5); its `#` is in no class.
static enum http_reason split_query(struct slice text, struct http_target *out)
{
    size_t mark = slice_index(text, '?');
    out->path = slice_first(text, mark);
    out->has_query = mark < text.len;
    out->query = slice_from(text, mark + 1);
    enum http_reason reason = check_octets(out->path, HTTP_OCTET_PATH);
    return reason != HTTP_REASON_NONE ? reason : check_octets(out->query, HTTP_OCTET_QUERY);
}

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
static bool is_scheme(struct slice text)
{
    if (text.len == 0 || !ascii_is_alpha(text.ptr[0]))
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.ptr[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static size_t authority_end(struct slice text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != '/' && text.ptr[at] != '?' && text.ptr[at] != '#')
        at++;
    return at;
}

// absolute-form = "http" / "https" "://" authority path-abempty [ "?" query ]
static enum http_reason parse_absolute(struct slice target, bool is_options,
                                       struct http_target *out)
{
    size_t mark = slice_find(target, SLICE("://"));
    struct slice scheme = slice_first(target, mark);
    if (mark == target.len || !is_scheme(scheme))
        return HTTP_REASON_TARGET;
    if (!ascii_eq_nocase(scheme, SLICE("http")) && !ascii_eq_nocase(scheme, SLICE("https")))
        return HTTP_REASON_TARGET_SCHEME;
    struct slice rest = slice_from(target, mark + 3);
    size_t end = authority_end(rest);
    out->form = HTTP_TARGET_ABSOLUTE;
    out->scheme = scheme;
    out->authority = slice_first(rest, end);
    if (end == 0 || slice_index(out->authority, '@') < end)
        return HTTP_REASON_TARGET_AUTHORITY;
    enum http_reason reason = split_query(slice_from(rest, end), out);
    // RFC 9112, 3.2.4: OPTIONS without path and query asks for the server as a whole.
    if (reason == HTTP_REASON_NONE && out->path.len == 0)
        out->path = is_options && !out->has_query ? SLICE("*") : SLICE("/");
    return reason;
}

enum http_reason http_target_parse(struct slice target, bool is_options, struct http_target *out)
{
    *out = (struct http_target){.form = HTTP_TARGET_ORIGIN};
    if (slice_begins(target, SLICE("/")))
        return split_query(target, out);
    if (!slice_eq(target, SLICE("*")))
        return parse_absolute(target, is_options, out);
    if (!is_options)
        return HTTP_REASON_TARGET;
    out->form = HTTP_TARGET_ASTERISK;
    out->path = target;
    return HTTP_REASON_NONE;
}

// "[" IPv6 "]" in canonical text; 0 when it is none. A mapped IPv4 address keeps its own text: as a
// dotted quad it could not stand in brackets.
static size_t normalise_ipv6(struct slice host, char *out)
{
    struct addr addr;
    struct slice inner = slice_of(host.ptr + 1, host.len - 2);
    if (slice_index(inner, ':') == inner.len || !addr_parse(inner, &addr))
        return 0;
    size_t len = inner.len;
    if (addr_is_v4(&addr))
        ascii_lower_copy(out + 1, inner);
    else
        len = addr_text(&addr, out + 1);
    out[0] = '[';
    out[len + 1] = ']';
    return len + 2;
}

// inet_aton and browsers read 127.1 or 0x7f.0.0.1 as addresses, so a last label that looks like a
// number must belong to a whole dotted quad.
static bool ends_in_number(struct slice name)
{
    size_t start = name.len;
    while (start > 0 && name.ptr[start - 1] != '.')
        start--;
    struct slice label = slice_from(name, start);
    uint64_t number;
    if (slice_begins(label, SLICE("0x")))
        return label.len == 2 || num_hex(slice_from(label, 2), UINT64_MAX, &number);
    for (size_t i = 0; i < label.len; i++)
        if (!ascii_is_digit(label.ptr[i]))
            return false;
    return true;
}

// A lower-case name without the dot of the root, or a dotted quad; 0 when it is neither.
static size_t normalise_name(struct slice host, char *out)
{
    struct addr addr;
    if (!http_octets_are(host, HTTP_OCTET_HOST))
        return 0;
    ascii_lower_copy(out, host);
    struct slice name = slice_of(out, slice_ends(host, SLICE(".")) ? host.len - 1 : host.len);
    if (name.len == 0 || name.ptr[0] == '.' || slice_ends(name, SLICE(".")) ||
        slice_find(name, SLICE("..")) < name.len)
        return 0;
    if (ends_in_number(name) && !addr_parse(name, &addr))
        return 0;
    return name.len;
}

// [ ":" *DIGIT ]; no port and the default one are 0.
static bool parse_port(struct slice text, uint16_t default_port, uint16_t *out)
{
    uint64_t port = 0;
    *out = 0;
    if (text.len == 0 || slice_eq(text, SLICE(":")))
        return true;
    if (text.ptr[0] != ':' || !num_decimal(slice_from(text, 1), UINT16_MAX, &port) || port == 0)
        return false;
    *out = port == default_port ? 0 : (uint16_t)port;
    return true;
}

enum http_reason http_authority_parse(struct slice text, uint16_t default_port, struct arena *arena,
                                      struct http_authority *out)
{
    *out = (struct http_authority){0};
    if (text.len == 0 || text.len > AUTHORITY_LEN_MAX)
        return HTTP_REASON_HOST_INVALID;
    bool is_literal = text.ptr[0] == '[';
    size_t host_len = is_literal ? slice_index(text, ']') + 1 : slice_index(text, ':');
    if (host_len == 0 || host_len > text.len)
        return HTTP_REASON_HOST_INVALID;
    struct slice host = slice_first(text, host_len);
    uint16_t port;
    if (!parse_port(slice_from(text, host_len), default_port, &port))
        return HTTP_REASON_HOST_INVALID;
    char *copy = arena_alloc(arena, host_len + ADDR_TEXT_MAX + 2 + PORT_TEXT_MAX);
    if (copy == NULL)
        return HTTP_REASON_NO_MEMORY;
    size_t len = is_literal ? normalise_ipv6(host, copy) : normalise_name(host, copy);
    if (len == 0)
        return HTTP_REASON_HOST_INVALID;
    out->host = slice_of(copy, len);
    out->port = port;
    if (port != 0) {
        copy[len] = ':';
        len += 1 + num_write_decimal(copy + len + 1, port);
    }
    out->text = slice_of(copy, len);
    return HTTP_REASON_NONE;
}

size_t http_percent_decode(struct slice text, bool plus, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' && text.len - i >= 3 && ascii_hex(text.ptr[i + 1]) >= 0 &&
            ascii_hex(text.ptr[i + 2]) >= 0) {
            c = (char)(ascii_hex(text.ptr[i + 1]) * 16 + ascii_hex(text.ptr[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[len++] = c;
    }
    return len;
}
