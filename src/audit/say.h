// SPDX-License-Identifier: Apache-2.0
// Lines in which the log speaks of itself. Each is one JSON object with its newline and begins as a
// record does; none has a verdict.
#ifndef YETT_AUDIT_SAY_H
#define YETT_AUDIT_SAY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum { SAY_MAX = 768 }; // octets of one

// So many records were lost because a ring was full.
struct slice say_loss(struct buf *out, uint64_t lost);
// The file goes on where another one ended: behind record `sequence`, whose chain value was `value`
// (hex). Sequence 0: the chain begins here.
struct slice say_link(struct buf *out, uint64_t sequence, struct slice value);
// The lines behind `since` up to and with `through` have this digest (hex), signed (base64).
struct slice say_checkpoint(struct buf *out, uint64_t since, uint64_t through, struct slice digest,
                            struct slice signature);

#endif
