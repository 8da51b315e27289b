// SPDX-License-Identifier: Apache-2.0
// The file beside a chained log, PATH.chain: how far the log had got when it was last written. It
// is what shows that the end of a log was cut off. It has one length whatever it says and is
// written over in one call, so that the death of the process finds the old or the new state, and a
// full disk does not matter. It carries a keyed digest of its own. Written and read under the log's
// lock.
#ifndef YETT_AUDIT_CHAIN_STATE_H
#define YETT_AUDIT_CHAIN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/chain.h"

#define CHAIN_STATE_SUFFIX ".chain"

struct chain_state {
    struct chain_point point;
    uint64_t dev, ino, end; // of the log file, and its length
};

enum chain_state_read {
    CHAIN_STATE_READ,
    CHAIN_STATE_NONE, // there is no such file
    CHAIN_STATE_BAD,  // cannot be read, is no state, or not of this key
};

// The key may be empty: then the state's own digest is not looked at.
enum chain_state_read chain_state_read(const char *path, const struct audit_crypto *crypto,
                                       struct slice key, struct chain_state *out);
// Creates the file (0600) when it is not there. False with errno.
MUST_USE bool chain_state_write(const char *path, const struct audit_crypto *crypto,
                                struct slice key, const struct chain_state *state);

#endif
