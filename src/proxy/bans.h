// SPDX-License-Identifier: Apache-2.0
// Bans in force, shared by all workers: the table, the counts of refusals that lead to bans, and
// their clock. Whom a trusted proxy speaks for may be banned; the trusted proxy itself and peers of
// unix sockets never are. Of policies only what stands in "bans" is looked at.
#ifndef YETT_PROXY_BANS_H
#define YETT_PROXY_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/record.h"
#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"
#include "filter/ban_state.h"
#include "filter/ban_table.h"
#include "policy/snapshot.h"

struct bans;
struct buf;
struct filter_verdict;

// NULL without memory.
MUST_USE struct bans *bans_new(const struct policy_bans *p);
void bans_free(struct bans **b);
// Another policy is in force, with a table of the same definition.
void bans_adopt(struct bans *b, const struct policy_bans *p);
// `changed(ctx)` is called behind each change, on whatever thread made it; it must not block.
// Before the first thread runs.
void bans_on_change(struct bans *b, void (*changed)(void *ctx), void *ctx);

// Is the client of a connection or request on that listener banned at `mono_ms`, as loops have it?
// No lock, no allocation. *out is what the record says of it.
MUST_USE bool bans_has(struct bans *b, const struct policy_bans *p, const struct policy_listener *l,
                       const struct addr *client, uint64_t mono_ms, struct audit_ban *out);
// A filter has refused a client: counts it, if it counts, and bans when that was the last straw.
// *out is what the record says of it.
void bans_count(struct bans *b, const struct policy_bans *p, const struct policy_listener *l,
                const struct addr *client, const struct filter_verdict *v, struct audit_ban *out);

// ---- by hand and by file

// Milliseconds since 1970 on the clock of the table.
uint64_t bans_now_ms(const struct bans *b);
// Whom a ban of that address concerns.
struct addr_prefix bans_client(const struct policy_bans *p, const struct addr *client);
enum bans_put { BANS_PUT, BANS_NEVER };
// Bans until then, in place of what was there; unless the policy says that it is never banned.
enum bans_put bans_put(struct bans *b, const struct policy_bans *p, const struct ban_order *order,
                       struct ban *out);
// False when no ban was in force.
bool bans_lift(struct bans *b, const struct addr_prefix *who);
struct ban_table *bans_table(struct bans *b);
// Grows with each change that a file should know of.
uint64_t bans_changes(const struct bans *b);
// What a file holds of it, at most BAN_STATE_MAX octets.
void bans_write(struct bans *b, struct buf *out);
// False with a sentence in why[why_cap]: nothing was taken. *left_out counts those that do not fit
// the policy any more.
MUST_USE bool bans_read(struct bans *b, const struct policy_bans *p, struct slice text,
                        size_t *left_out, char *why, size_t why_cap);

#endif
