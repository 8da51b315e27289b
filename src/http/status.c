// SPDX-License-Identifier: Apache-2.0
// Phrases of the registered status codes. What a backend wrote there is never relayed: it carries
// no meaning (RFC 9112, 4), and is one place less for it to tell what it is.
#include "http/status.h"

#include "base/attr.h"

struct phrase {
    unsigned status;
    struct slice text;
};

#define P(code, words)                                                                             \
    {                                                                                              \
        .status = (code), .text = SLICE_INIT(words)                                                \
    }
static const struct phrase phrases[] = {
    P(100, "Continue"),
    P(101, "Switching Protocols"),
    P(102, "Processing"),
    P(103, "Early Hints"),
    P(200, "OK"),
    P(201, "Created"),
    P(202, "Accepted"),
    P(203, "Non-Authoritative Information"),
    P(204, "No Content"),
    P(205, "Reset Content"),
    P(206, "Partial Content"),
    P(207, "Multi-Status"),
    P(208, "Already Reported"),
    P(226, "IM Used"),
    P(300, "Multiple Choices"),
    P(301, "Moved Permanently"),
    P(302, "Found"),
    P(303, "See Other"),
    P(304, "Not Modified"),
    P(305, "Use Proxy"),
    P(307, "Temporary Redirect"),
    P(308, "Permanent Redirect"),
    P(400, "Bad Request"),
    P(401, "Unauthorized"),
    P(402, "Payment Required"),
    P(403, "Forbidden"),
    P(404, "Not Found"),
    P(405, "Method Not Allowed"),
    P(406, "Not Acceptable"),
    P(407, "Proxy Authentication Required"),
    P(408, "Request Timeout"),
    P(409, "Conflict"),
    P(410, "Gone"),
    P(411, "Length Required"),
    P(412, "Precondition Failed"),
    P(413, "Content Too Large"),
    P(414, "URI Too Long"),
    P(415, "Unsupported Media Type"),
    P(416, "Range Not Satisfiable"),
    P(417, "Expectation Failed"),
    P(421, "Misdirected Request"),
    P(422, "Unprocessable Content"),
    P(423, "Locked"),
    P(424, "Failed Dependency"),
    P(425, "Too Early"),
    P(426, "Upgrade Required"),
    P(428, "Precondition Required"),
    P(429, "Too Many Requests"),
    P(431, "Request Header Fields Too Large"),
    P(451, "Unavailable For Legal Reasons"),
    P(500, "Internal Server Error"),
    P(501, "Not Implemented"),
    P(502, "Bad Gateway"),
    P(503, "Service Unavailable"),
    P(504, "Gateway Timeout"),
    P(505, "HTTP Version Not Supported"),
    P(506, "Variant Also Negotiates"),
    P(507, "Insufficient Storage"),
    P(508, "Loop Detected"),
    P(511, "Network Authentication Required"),
};
#undef P

// RFC 9110, 15: an unknown status is treated as the x00 of its class.
static struct slice class_phrase(unsigned status)
{
    switch (status / 100) {
    case 1:
        return SLICE("Informational");
    case 2:
        return SLICE("Success");
    case 3:
        return SLICE("Redirection");
    case 4:
        return SLICE("Client Error");
    case 5:
        return SLICE("Server Error");
    default:
        return SLICE("Unknown");
    }
}

struct slice http_status_phrase(unsigned status)
{
    size_t low = 0;
    size_t high = ARRAY_LEN(phrases);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (phrases[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < ARRAY_LEN(phrases) && phrases[low].status == status)
        return phrases[low].text;
    return class_phrase(status);
}
