// SPDX-License-Identifier: Apache-2.0
// What a dead process left in its ring: is it sound, and how much of it reached the files.
#ifndef YETT_AUDIT_RECOVER_H
#define YETT_AUDIT_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct audit_ring;
struct ring_slot;
struct ring_progress;
struct sink;

enum ring_state {
    RING_SOUND,
    RING_UNBORN,  // its maker died before anything could be put
    RING_CORRUPT, // not to be trusted in any part
};

// Judges the header (size, positions, slots) of the file of r->fd and fills r->size and
// r->header_bytes. Nothing is mapped yet.
MUST_USE enum ring_state recover_judge(struct audit_ring *r);
// Whether the mapped ring holds lines of records and nothing else, and progress stands between
// lines.
MUST_USE bool recover_has_lines(const struct audit_ring *r);
// A descriptor of file `ino` on `dev` for reading and writing: the log of `s`, or a neighbour of it
// (it was renamed). -1 when there is none.
int recover_find_file(const struct sink *s, uint64_t dev, uint64_t ino);
// Sets the progress of a sink from its slot, comparing with the file what the last write intended.
void recover_settle(struct audit_ring *r, struct ring_progress *p, struct sink *s);

#endif
