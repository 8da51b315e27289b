// SPDX-License-Identifier: Apache-2.0
// Which names of HTML and SVG let script run. All are compared without regard to case, and NUL
// octets in them are not seen.
#ifndef YETT_RULES_HTML_NAMES_H
#define YETT_RULES_HTML_NAMES_H

#include <stdbool.h>

#include "base/slice.h"

struct html_tag {
    const char *name;
    const char *attributes; // it takes one of these, between blanks; NULL: the tag alone is enough
};

// The entry of a tag, with a prefix ("svg:script") or without; NULL when it is harmless.
const struct html_tag *html_tag_find(struct slice name);
// Is the attribute one of those that the tag takes?
bool html_tag_takes(const struct html_tag *tag, struct slice attribute);
// onclick and its like: a name that browsers know.
bool html_is_event(struct slice attribute);
// on and letters: in a tag nobody writes that by chance.
bool html_is_handler(struct slice attribute);
// Has the attribute an address for its value?
bool html_is_link(struct slice attribute);
// The same as `name`, which is in lower case?
bool html_name_is(struct slice attribute, const char *name);

#endif
