// SPDX-License-Identifier: Apache-2.0
// Records as syslog messages (RFC 5424), one each: datagrams, or a stream in which each has its
// length in front. A channel that fails is opened again, after half a second, then a second, up to
// half a minute; meanwhile records stay in the ring. A message that was sent in part is sent again
// as a whole. What the network or the other side took and then lost, nobody knows: syslog has no
// acknowledgement. After a sudden death the last messages may come twice.
#ifndef YETT_AUDIT_SINK_SYSLOG_H
#define YETT_AUDIT_SINK_SYSLOG_H

#include <stdbool.h>

#include "audit/audit.h"
#include "base/attr.h"

struct sink;

// Nothing is connected yet. False without memory.
MUST_USE bool sink_open_syslog(struct sink *s, const char *name,
                               const struct audit_syslog_options *o);
// For other sinks nothing.
void sink_syslog_free(struct sink *s);

#endif
