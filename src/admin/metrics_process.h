// SPDX-License-Identifier: Apache-2.0
// What the system knows of this process, under the names that client libraries of Prometheus use.
#ifndef YETT_ADMIN_METRICS_PROCESS_H
#define YETT_ADMIN_METRICS_PROCESS_H

struct buf;

// Figures that the system does not tell are left out.
void metrics_write_process(struct buf *out);

#endif
