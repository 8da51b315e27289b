// SPDX-License-Identifier: Apache-2.0
// The text format of Prometheus (0.0.4), in pieces.
#ifndef YETT_ADMIN_METRICS_TEXT_H
#define YETT_ADMIN_METRICS_TEXT_H

#include <stdint.h>

#include "base/slice.h"

struct buf;

// The lines before the samples of a family.
void metrics_family(struct buf *out, const char *name, const char *type, const char *help);
// A family of one sample.
void metrics_single(struct buf *out, const char *name, const char *type, const char *help,
                    uint64_t value);
// name="value", escaped.
void metrics_label(struct buf *out, const char *name, struct slice value);

#endif
