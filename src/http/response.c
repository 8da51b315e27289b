// SPDX-License-Identifier: Apache-2.0
// From a scanned response head to its facts, as strict as with requests: it is sent on to somebody
// who trusts us.
#include "http/head.h"

#include "base/ascii.h"
#include "http/head_internal.h"

enum { PREFIX_LEN = 7, STATUS_LINE_MIN = 12 }; // "HTTP/1." and "HTTP/1.1 200"

// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112, 4). The SP before an
// absent phrase is often forgotten, and nothing depends on it. The scan has seen to the prefix and
// to controls.
static enum http_reason parse_status_line(struct slice line, struct http_response *out)
{
    if (line.len < STATUS_LINE_MIN || !ascii_is_digit(line.ptr[PREFIX_LEN]) || line.ptr[8] != ' ')
        return HTTP_REASON_STATUS_LINE;
    for (size_t i = 9; i < STATUS_LINE_MIN; i++) {
        if (!ascii_is_digit(line.ptr[i]))
            return HTTP_REASON_STATUS_LINE;
        out->status = out->status * 10 + (unsigned)(line.ptr[i] - '0');
    }
    if (line.len > STATUS_LINE_MIN && line.ptr[STATUS_LINE_MIN] != ' ')
        return HTTP_REASON_STATUS_LINE;
    out->version = line.ptr[PREFIX_LEN] == '0' ? HTTP_VERSION_10 : HTTP_VERSION_11;
    out->reason_phrase = slice_from(line, STATUS_LINE_MIN + 1);
    return out->status >= 100 && out->status <= 599 ? HTTP_REASON_NONE : HTTP_REASON_STATUS_CODE;
}

enum http_reason http_response_parse(const struct http_head_scan *s, const char *data,
                                     bool request_was_head, struct arena *arena,
                                     struct http_response *out)
{
    *out = (struct http_response){.version = HTTP_VERSION_11};
    struct http_connection connection;
    enum http_reason reason = parse_status_line(http_head_start_line(s, data), out);
    if (reason == HTTP_REASON_NONE)
        reason = http_head_parse_fields(s, data, arena, &out->fields);
    if (reason == HTTP_REASON_NONE)
        reason = http_framing_of_response(&out->fields, out->version == HTTP_VERSION_10 ? 0 : 1,
                                          out->status, request_was_head, &out->framing);
    if (reason == HTTP_REASON_NONE)
        reason = http_head_parse_connection(&out->fields, &connection);
    if (reason == HTTP_REASON_NONE)
        out->keep_alive = out->framing.kind != HTTP_BODY_CLOSE &&
                          http_head_keeps_alive(&connection, out->version);
    return reason;
}
