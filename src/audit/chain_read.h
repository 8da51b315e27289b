// SPDX-License-Identifier: Apache-2.0
// Reading lines of a chained file that has got further than is known.
#ifndef YETT_AUDIT_CHAIN_READ_H
#define YETT_AUDIT_CHAIN_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/chain.h"
#include "base/attr.h"
#include "base/slice.h"

// Goes over the lines in [from, to) of the file, each of which has to be the next of the chain, and
// takes *point along. At 0 with an empty point the file's first line, a link, says where it begins.
// False, with *point somewhere, when a line is not as it should be.
MUST_USE bool chain_read_on(int fd, uint64_t from, uint64_t to, const struct audit_crypto *crypto,
                            struct slice key, struct chain_point *point);
// How many octets from `offset` of the file on hold whole lines that are those of `text` sealed, in
// *file_len, and how many octets of `text` these are.
size_t chain_compare(int fd, uint64_t offset, struct slice text, uint64_t *file_len);

#endif
