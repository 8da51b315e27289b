// SPDX-License-Identifier: Apache-2.0
// GET /: page.html, embedded at build.
#ifndef YETT_ADMIN_PAGE_H
#define YETT_ADMIN_PAGE_H

#include <stddef.h>

struct buf;

enum { PAGE_POLICY_MAX = 256 };

// The page, and in policy[PAGE_POLICY_MAX] the Content-Security-Policy that goes with this copy.
void page_write(struct buf *out, char *policy);

#endif
