// SPDX-License-Identifier: Apache-2.0
// Why a message is refused: one table with the word the audit record uses, the status a request
// gets for it (a response with the same fault is always a bad gateway), and a sentence. Parsers
// answer with these and nothing else.
#ifndef YETT_HTTP_REASON_H
#define YETT_HTTP_REASON_H

// X(NAME, "word", status of a request, "sentence")
#define HTTP_REASONS(X)                                                                            \
    X(NONE, "none", 0, "nothing is wrong")                                                         \
    X(BARE_LF, "bare-lf", 400, "a line ends in LF without CR")                                     \
    X(BARE_CR, "bare-cr", 400, "CR without LF")                                                    \
    X(NUL, "nul-octet", 400, "NUL in the head")                                                    \
    X(CONTROL, "control-octet", 400, "a control octet in the head")                                \
    X(EMPTY_LINES, "empty-lines", 400, "too many empty lines before the request line")             \
    X(LEADING_BLANK, "leading-blank", 400, "blank before the start line or a field name")          \
    X(OBS_FOLD, "folded-field", 400, "a field is continued on the next line")                      \
    X(REQUEST_LINE, "bad-request-line", 400,                                                       \
      "the request line is not method SP target SP version")                                       \
    X(REQUEST_LINE_LIMIT, "request-line-too-long", 414,                                            \
      "the request line is longer than the limit")                                                 \
    X(METHOD, "bad-method", 400, "the method is not a token")                                      \
    X(METHOD_LIMIT, "method-too-long", 501, "the method is longer than any that is known")         \
    X(METHOD_CONNECT, "connect-refused", 405, "CONNECT is not served")                             \
    X(METHOD_TRACE, "trace-refused", 405, "TRACE is not served")                                   \
    X(METHOD_NOT_ALLOWED, "method-not-allowed", 405,                                               \
      "the method is not on the list of this policy")                                              \
    X(VERSION, "bad-version", 400, "the version is not HTTP/DIGIT.DIGIT")                          \
    X(VERSION_UNSUPPORTED, "version-unsupported", 505, "the major version is not 1")               \
    X(HTTP2_PREFACE, "http2-preface", 400, "an HTTP/2 preface on an HTTP/1.1 connection")          \
    X(TARGET, "bad-target", 400, "the target has none of the four forms")                          \
    X(TARGET_OCTET, "bad-target-octet", 400, "an octet that no target may have")                   \
    X(TARGET_PERCENT, "bad-percent-encoding", 400, "a percent sign without two hex digits")        \
    X(TARGET_SCHEME, "bad-target-scheme", 400, "the scheme of the target is not http or https")    \
    X(TARGET_AUTHORITY, "bad-target-authority", 400,                                               \
      "the authority of the target is malformed or has userinfo")                                  \
    X(TARGET_HOST_MISMATCH, "host-mismatch", 400, "the authority of the target and Host differ")   \
    X(PATH_CONTROL, "path-control-octet", 400, "an encoded control octet in the path")             \
    X(PATH_SEPARATOR, "path-encoded-separator", 400,                                               \
      "an encoded slash or a backslash in the path")                                               \
    X(PATH_DOUBLE_ENCODED, "path-double-encoded", 400,                                             \
      "a percent sign that is itself encoded, before two hex digits")                              \
    X(PATH_UTF8, "path-invalid-utf8", 400, "the decoded path is not UTF-8")                        \
    X(PATH_CLIMBS, "path-above-root", 400, "dot segments climb above the root")                    \
    X(PATH_HIDDEN_DOTS, "path-hidden-dots", 400, "dot segments behind path parameters")            \
    X(HOST_MISSING, "host-missing", 400, "no Host")                                                \
    X(HOST_REPEATED, "host-repeated", 400, "more than one Host")                                   \
    X(HOST_INVALID, "host-invalid", 400, "Host is not uri-host [: port]")                          \
    X(FIELD_NAME, "bad-field-name", 400,                                                           \
      "a field name is empty, no token, or not followed by a colon")                               \
    X(FIELD_BLANK_BEFORE_COLON, "blank-before-colon", 400,                                         \
      "blank between a field name and its colon")                                                  \
    X(FIELD_VALUE, "bad-field-value", 400, "a field value has an octet it must not have")          \
    X(FIELD_LINE_LIMIT, "field-too-long", 431, "a field line is longer than the limit")            \
    X(FIELD_SECTION_LIMIT, "fields-too-large", 431, "the field section is larger than the limit")  \
    X(FIELD_COUNT_LIMIT, "too-many-fields", 431, "more fields than the limit")                     \
    X(FIELD_REPEATED, "field-repeated", 400, "a field that may stand once stands twice")           \
    X(TRANSFER_ENCODING, "bad-transfer-encoding", 400, "Transfer-Encoding is not one chunked")     \
    X(TRANSFER_ENCODING_UNKNOWN, "transfer-encoding-unknown", 501,                                 \
      "a transfer coding other than chunked")                                                      \
    X(TRANSFER_ENCODING_HTTP10, "transfer-encoding-http10", 400, "Transfer-Encoding in HTTP/1.0")  \
    X(TRANSFER_ENCODING_WITH_LENGTH, "transfer-encoding-with-length", 400,                         \
      "Transfer-Encoding beside Content-Length")                                                   \
    X(TRANSFER_ENCODING_UNWANTED, "transfer-encoding-unwanted", 400,                               \
      "framing on a status that has no body")                                                      \
    X(CONTENT_LENGTH, "bad-content-length", 400, "Content-Length is no number")                    \
    X(CONTENT_LENGTH_REPEATED, "content-length-repeated", 400, "more than one Content-Length")     \
    X(CONNECTION_LIMIT, "connection-too-long", 400,                                                \
      "the Connection list is longer than the limit")                                              \
    X(CONNECTION_VALUE, "bad-connection", 400, "Connection is not a list of tokens")               \
    X(PSEUDO_FIELD, "bad-pseudo-field", 400,                                                       \
      "a pseudo-field is missing, unknown, repeated, empty, or behind other fields")               \
    X(FIELD_NAME_CASE, "uppercase-field-name", 400,                                                \
      "a field name of HTTP/2 has an upper case letter")                                           \
    X(CONNECTION_SPECIFIC, "connection-specific-field", 400,                                       \
      "a field that only HTTP/1.1 has, or TE other than trailers")                                 \
    X(SCHEME, "bad-scheme", 400, "the scheme is not that of the connection")                       \
    X(LENGTH_MISMATCH, "content-length-mismatch", 400,                                             \
      "the body is not as long as Content-Length says")                                            \
    X(EXPECT, "expect-unknown", 417, "an expectation other than 100-continue")                     \
    X(BODY_LIMIT, "body-too-large", 413, "the body is larger than the limit")                      \
    X(BODY_INCOMPLETE, "body-incomplete", 400, "the connection ended inside the body")             \
    X(HEAD_INCOMPLETE, "head-incomplete", 400, "the connection ended inside the head")             \
    X(CHUNK_SIZE, "bad-chunk-size", 400, "a chunk size is not 1*HEXDIG or too large")              \
    X(CHUNK_EXTENSION, "bad-chunk-extension", 400, "a chunk extension breaks the grammar")         \
    X(CHUNK_EXTENSION_LIMIT, "chunk-extension-too-long", 400, "chunk extensions beyond the limit") \
    X(CHUNK_END, "bad-chunk-end", 400, "chunk data is not followed by CRLF")                       \
    X(TRAILER, "bad-trailer", 400, "a trailer line breaks the grammar or is forbidden there")      \
    X(TRAILER_LIMIT, "trailers-too-large", 431, "trailers beyond the limit")                       \
    X(WEBSOCKET_VERSION, "websocket-version", 426, "a WebSocket version other than 13")            \
    X(WEBSOCKET_HANDSHAKE, "bad-websocket-handshake", 400,                                         \
      "no GET without body and with one WebSocket key of sixteen octets")                          \
    X(WEBSOCKET_ACCEPT, "bad-websocket-accept", 502, "an answer that does not open the WebSocket") \
    X(STATUS_LINE, "bad-status-line", 502, "the status line is not HTTP/1.x SP 3DIGIT")            \
    X(STATUS_CODE, "bad-status-code", 502, "a status outside 100..599")                            \
    X(SWITCHING_PROTOCOLS, "unasked-101", 502, "101 that nobody asked for")                        \
    X(TOO_MANY_INTERIM, "too-many-1xx", 502, "more interim responses than the limit")              \
    X(NO_MEMORY, "out-of-memory", 503, "the memory of this exchange is used up")

enum http_reason {
#define X(name, word, status, text) HTTP_REASON_##name,
    HTTP_REASONS(X)
#undef X
        HTTP_REASON_COUNT
};

// The word for audit records: "host-missing".
const char *http_reason_word(enum http_reason reason);
// The status a request refused for it gets; 0 for NONE.
unsigned http_reason_status(enum http_reason reason);
const char *http_reason_text(enum http_reason reason);

#endif
