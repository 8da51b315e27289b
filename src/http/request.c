// SPDX-License-Identifier: Apache-2.0
// From a scanned request head to its facts. All steps run even after one has failed, so that the
// record of a refused request says as much as possible; the first reason is the verdict. Methods
// that must not pass are refused after the framing, when the end of their body is known.
#include "http/head.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "http/head_internal.h"
#include "http/octet.h"
#include "http/uri.h"

enum { METHOD_LEN_MAX = 32 };

void http_reason_keep_first(enum http_reason *reason, enum http_reason next)
{
    if (*reason == HTTP_REASON_NONE)
        *reason = next;
}

// Cuts at the first two SP; what is not there stays empty.
static void split_line(struct slice line, struct http_request *out, struct slice *version)
{
    size_t space = slice_index(line, ' ');
    out->method = slice_first(line, space);
    line = slice_from(line, space + 1);
    space = slice_index(line, ' ');
    out->target = slice_first(line, space);
    *version = slice_from(line, space + 1);
}

static enum http_method method_id(struct slice method)
{
    static const struct {
        struct slice name;
        enum http_method id;
    } methods[] = {
        {SLICE_INIT("GET"), HTTP_METHOD_GET},         {SLICE_INIT("HEAD"), HTTP_METHOD_HEAD},
        {SLICE_INIT("POST"), HTTP_METHOD_POST},       {SLICE_INIT("PUT"), HTTP_METHOD_PUT},
        {SLICE_INIT("DELETE"), HTTP_METHOD_DELETE},   {SLICE_INIT("PATCH"), HTTP_METHOD_PATCH},
        {SLICE_INIT("OPTIONS"), HTTP_METHOD_OPTIONS},
    };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (slice_eq(method, methods[i].name))
            return methods[i].id;
    return HTTP_METHOD_OTHER;
}

enum http_reason http_request_take_method(struct http_request *out)
{
    if (!http_field_name_is_valid(out->method)) // a token, like a field name
        return HTTP_REASON_METHOD;
    if (out->method.len > METHOD_LEN_MAX)
        return HTTP_REASON_METHOD_LIMIT;
    out->method_id = method_id(out->method);
    return HTTP_REASON_NONE;
}

bool http_method_is_idempotent(enum http_method method)
{
    return method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD ||
           method == HTTP_METHOD_OPTIONS || method == HTTP_METHOD_PUT ||
           method == HTTP_METHOD_DELETE;
}

bool http_request_is_grpc(const struct http_request *r)
{
    static const struct slice type = SLICE_INIT("application/grpc");
    const struct http_field *f = http_fields_find(&r->fields, HTTP_FIELD_CONTENT_TYPE);
    return r->version == HTTP_VERSION_2 && r->method_id == HTTP_METHOD_POST && f &&
           ascii_begins_nocase(f->value, type) &&
           (f->value.len == type.len || strchr("+;", f->value.ptr[type.len]));
}

// HTTP-version = "HTTP/" DIGIT "." DIGIT (RFC 9112, 2.3). A minor version above 1 is spoken to
// as 1.1.
static enum http_reason parse_version(struct slice text, struct http_request *out)
{
    if (text.len != 8 || !slice_begins(text, SLICE("HTTP/")) || text.ptr[6] != '.' ||
        !ascii_is_digit(text.ptr[5]) || !ascii_is_digit(text.ptr[7]))
        return HTTP_REASON_VERSION;
    if (text.ptr[5] != '1')
        return HTTP_REASON_VERSION_UNSUPPORTED;
    out->version = text.ptr[7] == '0' ? HTTP_VERSION_10 : HTTP_VERSION_11;
    return HTTP_REASON_NONE;
}

// request-line = method SP request-target SP HTTP-version (RFC 9112, 3)
static enum http_reason parse_line(struct slice line, struct http_request *out)
{
    struct slice version;
    split_line(line, out, &version);
    enum http_reason reason = http_request_take_method(out);
    if (reason != HTTP_REASON_NONE)
        return reason;
    if (out->target.len == 0 || slice_index(version, ' ') < version.len)
        return HTTP_REASON_REQUEST_LINE;
    if (slice_eq(line, SLICE("PRI * HTTP/2.0")))
        return HTTP_REASON_HTTP2_PREFACE;
    return parse_version(version, out);
}

// Fields on which a decision rests, and of which a backend might read another one than we do.
enum http_reason http_request_refuse_repeated(const struct http_fields *f)
{
    bool has_host = false;
    bool has_authorization = false;
    bool has_content_type = false;
    bool has_expect = false;
    for (size_t i = 0; i < f->count; i++) {
        bool *has = NULL;
        if (f->items[i].id == HTTP_FIELD_HOST)
            has = &has_host;
        else if (f->items[i].id == HTTP_FIELD_AUTHORIZATION)
            has = &has_authorization;
        else if (f->items[i].id == HTTP_FIELD_CONTENT_TYPE)
            has = &has_content_type;
        else if (f->items[i].id == HTTP_FIELD_EXPECT)
            has = &has_expect;
        if (has != NULL && *has)
            return has == &has_host ? HTTP_REASON_HOST_REPEATED : HTTP_REASON_FIELD_REPEATED;
        if (has != NULL)
            *has = true;
    }
    return HTTP_REASON_NONE;
}

static enum http_reason take_connection(struct http_request *out)
{
    struct http_connection connection;
    enum http_reason reason = http_head_parse_connection(&out->fields, &connection);
    out->keep_alive =
        reason == HTTP_REASON_NONE && http_head_keeps_alive(&connection, out->version);
    const struct http_field *upgrade = http_fields_find(&out->fields, HTTP_FIELD_UPGRADE);
    // RFC 9110, 7.8: it counts only when Connection names it, and never in HTTP/1.0.
    if (upgrade != NULL && connection.has_upgrade && out->version == HTTP_VERSION_11)
        out->upgrade = upgrade->value;
    return reason;
}

void http_request_take_te(struct http_request *out)
{
    for (size_t i = 0; i < out->fields.count; i++) {
        struct slice member;
        struct slice rest = out->fields.items[i].value;
        while (out->fields.items[i].id == HTTP_FIELD_TE && http_list_next(&rest, &member))
            if (ascii_eq_nocase(member, SLICE("trailers")))
                out->te_trailers = true;
    }
}

// RFC 9110, 10.1.1. HTTP/1.0 has no interim responses: there an expectation is ignored, and must
// not become one on the way to the backend, whom we speak to in HTTP/1.1.
enum http_reason http_request_take_expect(struct http_request *out)
{
    const struct http_field *expect = http_fields_find(&out->fields, HTTP_FIELD_EXPECT);
    if (expect == NULL)
        return HTTP_REASON_NONE;
    if (out->version == HTTP_VERSION_10) {
        http_fields_drop_ids(&out->fields, HTTP_FIELD_BIT(EXPECT));
        return HTTP_REASON_NONE;
    }
    out->expects_continue = ascii_eq_nocase(expect->value, SLICE("100-continue"));
    return out->expects_continue ? HTTP_REASON_NONE : HTTP_REASON_EXPECT;
}

enum http_reason http_request_refuse_tunnel_and_trace(const struct http_request *r)
{
    if (ascii_eq_nocase(r->method, SLICE("CONNECT")))
        return HTTP_REASON_METHOD_CONNECT;
    if (ascii_eq_nocase(r->method, SLICE("TRACE")) || ascii_eq_nocase(r->method, SLICE("TRACK")))
        return HTTP_REASON_METHOD_TRACE;
    return HTTP_REASON_NONE;
}

void http_request_set_authority(struct http_request *out, const struct http_authority *authority)
{
    out->authority = authority->text;
    out->host = authority->host;
    out->port = authority->port;
}

// With the absolute form its authority stands for Host (RFC 9112, 3.2.2); a Host that says
// something else is no accident, and somebody behind us would believe it.
static enum http_reason take_authority(const struct http_request_options *options,
                                       const struct http_target *target, struct arena *arena,
                                       struct http_request *out)
{
    const struct http_field *field = http_fields_find(&out->fields, HTTP_FIELD_HOST);
    uint16_t default_port = options->is_tls ? 443 : 80;
    struct http_authority host = {0};
    struct http_authority authority = {0};
    if (field == NULL && out->version != HTTP_VERSION_10)
        return HTTP_REASON_HOST_MISSING;
    bool is_absolute = target->form == HTTP_TARGET_ABSOLUTE;
    if (field == NULL && !is_absolute && options->default_host.len == 0)
        return HTTP_REASON_HOST_MISSING;
    enum http_reason reason = HTTP_REASON_NONE;
    if (field != NULL || !is_absolute)
        reason = http_authority_parse(field != NULL ? field->value : options->default_host,
                                      default_port, arena, &host);
    if (reason == HTTP_REASON_NONE && is_absolute) {
        reason = http_authority_parse(target->authority, default_port, arena, &authority);
        if (reason == HTTP_REASON_HOST_INVALID)
            reason = HTTP_REASON_TARGET_AUTHORITY;
        if (reason == HTTP_REASON_NONE && field != NULL && !slice_eq(authority.text, host.text))
            reason = HTTP_REASON_TARGET_HOST_MISMATCH;
        host = authority;
    }
    http_request_set_authority(out, &host);
    return reason;
}

enum http_reason http_request_take_target(struct arena *arena, struct http_request *out,
                                          struct http_target *target)
{
    enum http_reason reason =
        http_target_parse(out->target, out->method_id == HTTP_METHOD_OPTIONS, target);
    out->path_raw = target->path;
    out->query = target->query;
    out->has_query = target->has_query;
    out->is_asterisk = slice_eq(target->path, SLICE("*"));
    if (reason != HTTP_REASON_NONE)
        return reason;
    if (out->is_asterisk) {
        out->path = out->path_raw;
        out->path_wire = out->path_raw;
        return HTTP_REASON_NONE;
    }
    reason = http_path_canonical(out->path_raw, arena, &out->path, &out->path_wire);
    return reason != HTTP_REASON_NONE
               ? reason
               : http_path_without_params(out->path, arena, &out->path_plain);
}

enum http_reason http_request_parse(const struct http_head_scan *s, const char *data,
                                    const struct http_request_options *options, struct arena *arena,
                                    struct http_request *out)
{
    *out = (struct http_request){.version = HTTP_VERSION_11};
    struct http_target target = {0};
    enum http_reason reason = parse_line(http_head_start_line(s, data), out);
    http_reason_keep_first(&reason, http_head_parse_fields(s, data, arena, &out->fields));
    http_reason_keep_first(&reason, http_framing_of_request(&out->fields,
                                                            out->version == HTTP_VERSION_10 ? 0 : 1,
                                                            &out->framing));
    http_reason_keep_first(&reason, http_request_refuse_repeated(&out->fields));
    http_reason_keep_first(&reason, take_connection(out));
    http_request_take_te(out);
    http_reason_keep_first(&reason, http_request_take_expect(out));
    http_reason_keep_first(&reason, http_request_refuse_tunnel_and_trace(out));
    http_reason_keep_first(&reason, http_request_take_target(arena, out, &target));
    http_reason_keep_first(&reason, take_authority(options, &target, arena, out));
    return reason;
}

void http_request_glimpse(const struct http_head_scan *s, const char *data, size_t len,
                          struct http_request *out)
{
    struct slice version;
    struct slice line = slice_from(slice_of(data, len), s->start);
    line = slice_first(line, slice_index(line, '\n'));
    line = slice_first(line, slice_index(line, '\r'));
    *out = (struct http_request){.version = HTTP_VERSION_11};
    split_line(line, out, &version);
}
