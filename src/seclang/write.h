// SPDX-License-Identifier: Apache-2.0
// Writes a set as a rule file.
#ifndef YETT_SECLANG_WRITE_H
#define YETT_SECLANG_WRITE_H

#include "base/attr.h"
#include "base/buf.h"
#include "seclang/model.h"

struct seclang_written {
    size_t rules;    // of the output
    size_t left_out; // rules that could not be expressed; each is a note
};

// The set has been read and settled. False when the buffer is full, or without memory.
MUST_USE bool seclang_write(struct seclang_set *s, struct buf *out, struct seclang_written *w);

#endif
