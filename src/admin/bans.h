// SPDX-License-Identifier: Apache-2.0
// Bans, for the admin listener:
//   GET /bans             those in force, a thousand at once: ?from=NEXT has those behind them
//   POST /bans            {"address": "192.0.2.1", "for": "1h", "reason": "..."} bans until then,
//   in
//                         place of what was
//   DELETE /bans/ADDRESS  lifts one
// Browsers say with such requests which page they come from; those are refused, so that no page
// can have them sent.
#ifndef YETT_ADMIN_BANS_H
#define YETT_ADMIN_BANS_H

#include <stdbool.h>

#include "base/slice.h"

struct admin_view;
struct buf;
struct http_request;

enum { ADMIN_BANS_MAX = 2 * 1024 * 1024 }; // octets of an answer

bool admin_bans_is_asked(const struct http_request *r);
// Puts the answer, JSON, into `out`, which has room for ADMIN_BANS_MAX. Returns the status.
unsigned admin_bans_answer(struct admin_view *view, const struct http_request *r, struct slice body,
                           struct buf *out);

#endif
