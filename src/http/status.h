// SPDX-License-Identifier: Apache-2.0
// Reason phrases (RFC 9110, 15), for status lines and for error pages.
#ifndef YETT_HTTP_STATUS_H
#define YETT_HTTP_STATUS_H

#include <stdbool.h>

#include "base/slice.h"

// "Not Found" for 404; a phrase of the class for a status nobody registered.
struct slice http_status_phrase(unsigned status);
// No content is allowed with 1xx, 204 and 304 (RFC 9110, 6.4.1).
static inline bool http_status_has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

#endif
