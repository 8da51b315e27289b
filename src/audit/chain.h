// SPDX-License-Identifier: Apache-2.0
// Tamper evidence: every line of a chained log ends in
//     ,"chain":{"sequence":N,"value":"HEX"}}
// where the value is a keyed digest over the value of the line before and all of this line in front
// of its own value. So no line can be changed, removed, moved or added without the key. Checkpoint
// lines (say.h) hold a signed digest over all lines since the checkpoint before, so that whoever
// has only the public key can tell as well, up to the last of them. This file knows the form; the
// state of a log stands beside it (chain_state.h), sink_chain.c writes, verify.c reads.
// Cryptography belongs to another room and is handed in.
#ifndef YETT_AUDIT_CHAIN_H
#define YETT_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/slice.h"

enum {
    CHAIN_VALUE_LEN = 32,
    CHAIN_HEX_LEN = 2 * CHAIN_VALUE_LEN,
    CHAIN_SUFFIX_MAX = 128, // octets that sealing adds to a line
    CHAIN_KEY_MIN = 32,
    CHAIN_KEY_MAX = 4096,
    CHAIN_SEED_LEN = 32,
    CHAIN_SIGNATURE_LEN = 64,
    CHAIN_SIGNED_MAX = 192, // octets of what is signed
};

struct audit_crypto {
    // Over all parts, one behind the other. They cannot fail.
    void (*digest)(const struct slice *parts, size_t count, unsigned char out[CHAIN_VALUE_LEN]);
    void (*mac)(struct slice key, const struct slice *parts, size_t count,
                unsigned char out[CHAIN_VALUE_LEN]);
    // False without memory.
    bool (*sign)(const unsigned char seed[CHAIN_SEED_LEN], struct slice text,
                 unsigned char out[CHAIN_SIGNATURE_LEN]);
};

// Up to where a log has got.
struct chain_point {
    uint64_t sequence;                     // of the last line; 0: there is none yet
    unsigned char value[CHAIN_VALUE_LEN];  // of the last line
    unsigned char digest[CHAIN_VALUE_LEN]; // over the lines since the checkpoint
    uint64_t since;                        // sequence of the last checkpoint, or before the file
};

// A line taken apart; slices of the line.
struct chain_line {
    struct slice covered; // what the value stands for, with the value before
    struct slice record;  // what was sealed, without the brace and newline at its end
    uint64_t sequence;
    unsigned char value[CHAIN_VALUE_LEN];
};

// Takes a whole line with its newline apart; false when it carries no chain value of that form.
MUST_USE bool chain_split(struct slice line, struct chain_line *out);
// The value that a line should have behind `before`.
void chain_value(const struct audit_crypto *crypto, struct slice key,
                 const unsigned char before[CHAIN_VALUE_LEN], struct slice covered,
                 unsigned char out[CHAIN_VALUE_LEN]);
// Appends `line` (a JSON object with its newline) sealed as the one behind `point`; `out` has room
// for it and CHAIN_SUFFIX_MAX more.
void chain_seal(const struct audit_crypto *crypto, struct slice key,
                const struct chain_point *point, struct slice line, struct buf *out);
// Goes on behind a sealed line, whoever sealed it.
void chain_advance(const struct audit_crypto *crypto, struct chain_point *point, struct slice line,
                   const struct chain_line *parts);
// The digests restart at the beginning of a file.
void chain_begin_file(struct chain_point *point);

struct chain_checkpoint {
    uint64_t since, through;
    unsigned char digest[CHAIN_VALUE_LEN];
    unsigned char signature[CHAIN_SIGNATURE_LEN];
};
// Reads what say_checkpoint wrote; false when the line is none.
MUST_USE bool chain_read_checkpoint(struct slice line, struct chain_checkpoint *out);
// Reads what say_link wrote: sequence and value of `out`, the rest as at the beginning of a file.
MUST_USE bool chain_read_link(struct slice line, struct chain_point *out);
// What a checkpoint's signature is over.
struct slice chain_signed_text(struct buf *out, uint64_t since, uint64_t through,
                               const unsigned char digest[CHAIN_VALUE_LEN]);

void chain_hex(const unsigned char value[CHAIN_VALUE_LEN], char out[CHAIN_HEX_LEN]);
MUST_USE bool chain_unhex(struct slice text, unsigned char out[CHAIN_VALUE_LEN]);

#endif
