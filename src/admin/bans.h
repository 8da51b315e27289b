// SPDX-License-Identifier: Apache-2.0
// Bans, for the admin listener:
//   GET /bans             those in force, a thousand at once: ?from=NEXT has those behind them
//   POST /bans            {"address": "192.0.2.1", "for": "1h", "reason": "..."} bans until then,
//                         in place of what was
//   DELETE /bans/ADDRESS  lifts one
#ifndef YETT_ADMIN_BANS_H
#define YETT_ADMIN_BANS_H

#include "base/slice.h"

struct admin_view;
struct buf;
struct http_request;

// Puts the answer, JSON, into `out`, which has room for ADMIN_REPLY_MAX. Returns the status. The
// path and its methods were looked at (admin/handlers.c).
unsigned admin_bans_answer(struct admin_view *view, const struct http_request *r, struct slice body,
                           struct buf *out);

#endif
