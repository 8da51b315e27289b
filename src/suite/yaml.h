// SPDX-License-Identifier: Apache-2.0
// YAML files as trees of texts. The library (libyaml) parses; every scalar stays the text that was
// written. Anchors and aliases are refused: no test needs them, and a small file could stand for a
// huge tree.
#ifndef YETT_SUITE_YAML_H
#define YETT_SUITE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct arena;

enum suite_yaml_kind { SUITE_TEXT, SUITE_LIST, SUITE_MAP };

struct suite_yaml {
    enum suite_yaml_kind kind;
    struct slice key;  // in the map it is a member of
    struct slice text; // of a scalar
    bool is_quoted;    // so that it is no null and no number
    unsigned line;     // from 1
    const struct suite_yaml *first, *next;
};

enum { SUITE_WHY_MAX = 160 };

// The first document of `text` in `arena`. NULL with a sentence in why[SUITE_WHY_MAX], and the line
// it is about.
MUST_USE const struct suite_yaml *suite_yaml_read(struct slice text, struct arena *arena, char *why,
                                                  unsigned *line);
// The member `key` of a map, or NULL (also when `map` is NULL or no map).
const struct suite_yaml *suite_yaml_get(const struct suite_yaml *map, const char *key);
// Its text; the empty slice when it is not there or no scalar.
struct slice suite_yaml_text(const struct suite_yaml *map, const char *key);

#define SUITE_YAML_EACH(item, container)                                                           \
    for (const struct suite_yaml *item = (container) ? (container)->first : NULL; item;            \
         item = item->next)

#endif
