// SPDX-License-Identifier: Apache-2.0
// What the ledgers of the workers hold, added up: figures by route, filter and server, and
// histograms of how long things took.
#ifndef YETT_ADMIN_METRICS_LEDGER_H
#define YETT_ADMIN_METRICS_LEDGER_H

struct admin_view;
struct buf;

void metrics_write_ledgers(const struct admin_view *view, struct buf *out);

#endif
