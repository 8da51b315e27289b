// SPDX-License-Identifier: Apache-2.0
// What the readers of rule files share while a program is being made: where it grows, where errors
// go.
#ifndef YETT_RULES_LOADER_H
#define YETT_RULES_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "rules/target.h"

struct json;
struct problems;
struct rules_program;
struct rules_regex;

// A rule that stands in a file, in force or not: ids are unique over all of them, and exclusions
// may name each.
struct rules_seen {
    struct slice id;
    const struct json *at;
    size_t number; // in the order of the files
    const struct slice *tags;
    size_t tag_count;
};

struct rules_loader {
    struct rules_program *program;
    struct problems *problems;
    unsigned paranoia;
    bool detect;        // every rule watches
    bool has_no_memory; // reported once, at the end
    // Room in tables, counted from the documents before anything is read.
    size_t rule_room, condition_room, exclusion_room, selector_room;
    struct rules_seen *seen; // rule_room elements
    size_t seen_count;
};

// Zeroed memory that lives as long as the program; NULL sets has_no_memory.
MUST_USE void *rules_loader_take(struct rules_loader *l, size_t count, size_t size);
// A regex that the program owns. NULL with a problem at `at`.
MUST_USE const struct rules_regex *rules_loader_regex(struct rules_loader *l, const struct json *at,
                                                      struct slice pattern, bool ignore_case);
// The id of the rule that `at` lies in, for messages; empty outside of rules.
struct slice rules_loader_rule_id(const struct json *at);
// A problem at `at` with the rule it concerns named in front.
void rules_loader_problem(struct rules_loader *l, const struct json *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
// Reads a string or an array of strings (non-empty, at most `max`) into the program's memory. False
// with a problem.
bool rules_loader_texts(struct rules_loader *l, const struct json *value, size_t max,
                        const struct slice **texts, size_t *count);
// The number of the selector for that target in the program's table, added when new. False without
// memory or room, or with a problem when its regex is bad.
MUST_USE bool rules_loader_selector(struct rules_loader *l, const struct json *at,
                                    const struct rules_target *target, uint32_t *out);

// Appends a condition of the program's next rule: "targets", "transforms" and "match" of `object`.
// False with problems (condition.c).
bool rules_load_condition(struct rules_loader *l, const struct json *object);
// Reads "rules" and "mode" of a file, checks all its keys (load.c).
void rules_load_file(struct rules_loader *l, const struct json *root);
// Complains about ids that stand twice, once all files are read (load.c).
void rules_load_check_ids(struct rules_loader *l);
// Reads "exclusions" of a file, once the rules of all files are known (exclusion_load.c).
void rules_load_exclusions(struct rules_loader *l, const struct json *root);
// Gives each rule the exclusions that take targets out of it.
void rules_load_link_exclusions(struct rules_loader *l);

#endif
