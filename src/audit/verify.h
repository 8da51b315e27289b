// SPDX-License-Identifier: Apache-2.0
// Looks through chained log files (chain.h) for what was done to them. Reads a line at a time; one
// that is wrong does not hide what comes behind: the walk goes on with what the line itself says.
#ifndef YETT_AUDIT_VERIFY_H
#define YETT_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "audit/chain.h"
#include "audit/chain_state.h"

struct verify_keys {
    const struct audit_crypto *crypto;
    struct slice key;                // empty: the values cannot be checked
    const unsigned char *public_key; // CHAIN_SEED_LEN octets; NULL: signatures cannot be checked
    bool (*verify)(const unsigned char *public_key, struct slice text,
                   const unsigned char *signature);
};

struct verify {
    const struct verify_keys *keys;
    // Told of each finding; line 0: of the file as a whole.
    void (*on_finding)(void *ctx, const char *file, uint64_t line, const char *text);
    void *ctx;
    // The walk's own, and what it has found so far. Zero at the beginning.
    struct chain_point point;
    bool has_begun;
    uint64_t lines, findings, checkpoints;
    uint64_t covered; // sequence of the last checkpoint whose signature was good
};

// One file, in the order in which they were written.
void verify_file(struct verify *v, const char *name, FILE *file);
// After the last file, whose state this is.
void verify_end(struct verify *v, const char *name, enum chain_state_read read,
                const struct chain_state *state);
// Sequence number of the first line, by which files are put in order; UINT64_MAX without one. The
// file is read from its beginning again afterwards.
uint64_t verify_first_sequence(FILE *file);

#endif
