// SPDX-License-Identifier: Apache-2.0
// Does a client that is waited for keep up? Judged by two things: the longest silence, and the
// average rate since the body began, after a time of grace. Peers that reset a timer at each octet
// can be held for ever by a drip; an average can't.
#ifndef YETT_PROXY_PACE_H
#define YETT_PROXY_PACE_H

#include <stdint.h>

#include "proxy/client.h"

enum pace_verdict { PACE_KEPT, PACE_SILENT, PACE_TOO_SLOW };

// How often to look, so that no limit is overrun by much.
uint64_t pace_interval_ms(const struct policy_limits *l);
// `octets`: moved so far; `elapsed_ms`: waited since the last look. `rate_bytes` 0: any rate will
// do.
enum pace_verdict pace_look(struct client_pace *p, uint64_t octets, uint64_t now_ms,
                            uint64_t elapsed_ms, uint64_t silence_ms, uint64_t rate_bytes,
                            uint64_t rate_ms, uint64_t grace_ms);

#endif
