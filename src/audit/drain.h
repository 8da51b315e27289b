// SPDX-License-Identifier: Apache-2.0
// From a ring into a sink, so that at any instant the header of the ring and the file together tell
// exactly what the file has. The order of the stores (a process that is killed has made all those
// before and none of those after):
//   1. an intent: which octets go to which offset of which file
//   2. the write itself
//   3. done: a line's beginning up to which all is in the file
//   4. the intent is disarmed when the write was complete
// A reader of the header (recover.c) who finds an armed intent compares the file with the ring from
// `done` on.
#ifndef YETT_AUDIT_DRAIN_H
#define YETT_AUDIT_DRAIN_H

#include <stddef.h>
#include <stdint.h>

struct audit_ring;
struct sink;

enum drain {
    DRAIN_IDLE,  // nothing to write, or another ring's torn line comes first
    DRAIN_DONE,  // something was written, and all that was tried
    DRAIN_STUCK, // the sink took less; errno says why
};

// One write of what ring `r` has for sink `s`, which is number `index`. A torn line is completed by
// a write of its own.
enum drain drain_ring(struct audit_ring *r, size_t index, struct sink *s, uint64_t now_ns);

#endif
