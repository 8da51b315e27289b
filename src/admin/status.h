// SPDX-License-Identifier: Apache-2.0
// GET /status: what the gateway is and does, as JSON, for people and the page (admin/page.html).
#ifndef YETT_ADMIN_STATUS_H
#define YETT_ADMIN_STATUS_H

struct admin_view;
struct buf;

void status_write(struct admin_view *view, struct buf *out);

#endif
