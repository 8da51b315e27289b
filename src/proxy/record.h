// SPDX-License-Identifier: Apache-2.0
// From an exchange to its audit record.
#ifndef YETT_PROXY_RECORD_H
#define YETT_PROXY_RECORD_H

#include <stdbool.h>

#include "audit/record.h"

struct exchange;

// Fills `r` with views of what the exchange knows; they live as long as the exchange.
void record_of_exchange(struct exchange *ex, bool response_complete, struct audit_record *r);

#endif
