// SPDX-License-Identifier: Apache-2.0
// A file sink whose lines are chained (chain.h). It writes whole lines only: what a full disk tears
// is taken back. The state beside the file is brought up to date before the lock is let go; when
// the file has more than that (sudden death, another gateway), its lines are read and checked. A
// file that does not go on where the chain was gets a link line there, which shows to whoever
// verifies. New files begin with a link to the one before.
#ifndef YETT_AUDIT_SINK_CHAIN_H
#define YETT_AUDIT_SINK_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/attr.h"
#include "base/slice.h"

struct sink;

// Makes an opened file sink a chained one; copies key and seed. False with a sentence.
MUST_USE bool sink_chain_attach(struct sink *s, const struct audit_crypto *crypto,
                                const struct audit_chain_options *o, char *why, size_t why_cap);
// Wipes and frees; for sinks without a chain nothing.
void sink_chain_free(struct sink *s);

#endif
