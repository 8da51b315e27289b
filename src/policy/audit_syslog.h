// SPDX-License-Identifier: Apache-2.0
// A syslog sink: where its messages go, and the connection that the audit room is handed.
#ifndef YETT_POLICY_AUDIT_SYSLOG_H
#define YETT_POLICY_AUDIT_SYSLOG_H

#include <stdbool.h>

#include "audit/audit.h"
#include "base/attr.h"

struct json;
struct policy_reader;

// Fills in `syslog` and the name of the sink. False with a problem.
MUST_USE bool policy_read_syslog(struct policy_reader *r, const struct json *sink,
                                 struct audit_sink_options *out);
// Frees the TLS contexts.
void policy_free_syslogs(const struct audit_options *o);

#endif
