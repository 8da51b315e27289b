// SPDX-License-Identifier: Apache-2.0
// What the admin listener answers: one line of a table for each path. Handlers know nothing of
// connections.
#ifndef YETT_ADMIN_HANDLERS_H
#define YETT_ADMIN_HANDLERS_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/page.h"
#include "base/slice.h"

struct admin_view;
struct buf;
struct http_request;

enum { ADMIN_REPLY_MAX = 2 * 1024 * 1024 }; // a thousand certificates, hundreds of names

struct admin_call {
    struct admin_view *view;
    const struct http_request *request;
    struct slice body;
    struct slice token; // what the caller must know; empty: nothing
    bool is_remote;     // came over TCP, where a browser may have been led here
};

struct admin_reply {
    unsigned status;
    const char *type;           // of the content
    const char *allow;          // value of Allow; NULL without
    const char *content_policy; // of Content-Security-Policy; NULL without
    char content_policy_text[PAGE_POLICY_MAX];
    const char *challenge; // of WWW-Authenticate; NULL without
    struct buf *out;       // the content, with room for ADMIN_REPLY_MAX
    uint64_t reload;       // not 0: the answer is the outcome of this reload (admin/reload_order.h)
};

// Fills in the reply, whatever is asked.
void admin_handle(const struct admin_call *call, struct admin_reply *reply);
void admin_reply_text(struct admin_reply *reply, unsigned status, const char *text);

#endif
