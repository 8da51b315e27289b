// SPDX-License-Identifier: Apache-2.0
// How streams and connections end.
#ifndef YETT_HTTP2_CODE_H
#define YETT_HTTP2_CODE_H

#include <stdint.h>

// RFC 9113, 7; those that somebody above has to say or to know.
enum http2_code {
    HTTP2_NO_ERROR = 0,
    HTTP2_PROTOCOL_ERROR = 1,
    HTTP2_INTERNAL_ERROR = 2,
    HTTP2_REFUSED_STREAM = 7,
    HTTP2_CANCEL = 8,
    HTTP2_ENHANCE_YOUR_CALM = 11,
    HTTP2_HTTP_1_1_REQUIRED = 13,
};

// Why a session will not go on.
struct http2_fault {
    const char *word; // "http2-resets", "http2-protocol-error", ...; NULL while all is well
    const char *text;
    uint64_t count; // of that work since the connection began; 0 where nothing was counted
};

// The name of any code, "CANCEL"; constant.
const char *http2_code_name(uint32_t code);

#endif
