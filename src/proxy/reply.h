// SPDX-License-Identifier: Apache-2.0
// Answers of the gateway's own: error pages, challenges, redirects, fixed responses. They name no
// backend and no product.
#ifndef YETT_PROXY_REPLY_H
#define YETT_PROXY_REPLY_H

#include "proxy/outcome.h"

struct exchange;

// A page for that status; the fields that filters asked for are on it.
void reply_page(struct exchange *ex, unsigned status);
// The route's own redirect or response.
void reply_redirect(struct exchange *ex);
void reply_fixed(struct exchange *ex);
// 308 to the same target under https.
void reply_to_https(struct exchange *ex);
// Date, Server, and what filters and route set: on every response, whoever made it. False when the
// memory of the exchange is used up.
bool reply_add_common_fields(struct exchange *ex, bool has_date);

#endif
