// SPDX-License-Identifier: Apache-2.0
// The messages that rules carry as their tests: "GET /?id=1", or several lines with fields and a
// body, or an object that also says the client's address or the response.
#ifndef YETT_RULES_SAMPLE_H
#define YETT_RULES_SAMPLE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/head.h"
#include "rules/engine.h"

struct arena;
struct json;
struct problems;

struct rules_sample {
    struct slice request, response;
    struct slice client, country;
    struct tls_facts tls;
};

// Reads a string or object. False with a problem.
bool rules_sample_read(const struct json *value, struct problems *problems,
                       struct rules_sample *out);

// A sample as the engine sees it; everything lies in the arena it was built in.
struct rules_message {
    struct http_request request;
    struct http_response response;
    bool has_body, has_response;
    struct slice body, response_body;
    struct rules_input input;
};

// Parses the texts as the gateway would parse what a client sends. Lines may end in LF alone; the
// version, Host, Content-Length and (for a body) the Content-Type of a form are filled in where
// they are missing. NULL, or the reason why there is no message.
MUST_USE const char *rules_sample_build(const struct rules_sample *sample, struct arena *arena,
                                        struct rules_message *out);

#endif
