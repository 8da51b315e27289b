// SPDX-License-Identifier: Apache-2.0
// Decides whether a value, put into a page of HTML as it is, lets script run: in the text, or in
// the value of an attribute, with quotes of any kind around it or none.
#ifndef YETT_RULES_XSS_H
#define YETT_RULES_XSS_H

#include <stdbool.h>

#include "base/slice.h"
#include "rules/literals.h"

// True when it does; then *piece is the part of the value that tells.
bool xss_find(struct slice value, struct slice *piece);
// One of these is in every value that does.
void xss_needs(struct rules_literals *out);

#endif
