// SPDX-License-Identifier: Apache-2.0
// Counters as Prometheus reads them (text format 0.0.4).
#ifndef YETT_ADMIN_METRICS_H
#define YETT_ADMIN_METRICS_H

struct admin_view;
struct buf;

void metrics_write(struct admin_view *view, struct buf *out);

#endif
