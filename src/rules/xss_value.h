// SPDX-License-Identifier: Apache-2.0
// Values of attributes that run script: addresses with a scheme for it, and styles. They are read
// as browsers read them, past references, blanks and escapes.
#ifndef YETT_RULES_XSS_VALUE_H
#define YETT_RULES_XSS_VALUE_H

#include <stdbool.h>

#include "base/slice.h"

// javascript:, vbscript: and their like, or data: with a document or script in it.
bool xss_is_script_address(struct slice value);
// The same, as a value by itself, which may be prose: "javascript: the good parts".
bool xss_is_bare_script_address(struct slice value);
// expression(), bindings, imports.
bool xss_is_script_style(struct slice value);

#endif
