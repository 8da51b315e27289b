// SPDX-License-Identifier: Apache-2.0
// The chain of an audit file: its keys, and the cryptography that the audit room is handed.
#ifndef YETT_POLICY_AUDIT_CHAIN_H
#define YETT_POLICY_AUDIT_CHAIN_H

#include <stdbool.h>

#include "audit/audit.h"
#include "audit/chain.h"
#include "base/attr.h"

struct json;
struct policy_reader;

extern const struct audit_crypto policy_audit_crypto;

// The member "chain" of a sink into the snapshot; leaves *out alone when it is absent. False with a
// problem.
MUST_USE bool policy_read_chain(struct policy_reader *r, const struct json *sink,
                                const struct audit_chain_options **out);
// Wipes the keys.
void policy_wipe_chains(const struct audit_options *o);

#endif
