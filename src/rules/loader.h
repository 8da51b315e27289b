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
struct rules_change;
struct rules_program;
struct rules_regex;
struct rules_rule;

enum { RULES_OPEN_NAMES_MAX = 256, RULES_MARKERS_MAX = 1024 };

// A rule that stands in a file, in force or not: ids are unique over all of them, and exclusions
// may name each.
struct rules_seen {
    struct slice id;
    const struct json *at;
    size_t number; // in the order of the files
    const struct slice *tags;
    size_t tag_count;
};

struct rules_marker {
    struct slice name;
    uint32_t rule; // the first one behind it
};

// What a group gives to each rule in it.
struct rules_group {
    const struct rules_group *above;
    const struct json *tags;
    unsigned paranoia;
    bool is_detect;
};

struct rules_loader {
    struct rules_program *program;
    struct problems *problems;
    unsigned paranoia, detect_paranoia;
    bool detect;        // every rule watches
    bool has_no_memory; // reported once, at the end
    bool uses_matched;  // what is being read looks at what conditions matched
    // Room in tables, counted from the documents before anything is read.
    size_t rule_room, condition_room, exclusion_room, selector_room;
    struct rules_seen *seen; // rule_room elements
    size_t seen_count;
    struct rules_marker *markers; // RULES_MARKERS_MAX
    size_t marker_count;
    struct slice open_names[RULES_OPEN_NAMES_MAX]; // how names of variables made by rules begin
    size_t open_name_count;
    char *macro_room; // of macro.c
};

// Zeroed memory that lives as long as the program; NULL sets has_no_memory.
MUST_USE void *rules_loader_take(struct rules_loader *l, size_t count, size_t size);
// A regex that the program owns. NULL with a problem at `at`.
MUST_USE const struct rules_regex *rules_loader_regex(struct rules_loader *l, const struct json *at,
                                                      struct slice pattern, bool ignore_case,
                                                      bool dot_all);
// The id of the rule that `at` lies in, for messages; empty outside of rules.
struct slice rules_loader_rule_id(const struct json *at);
// A problem at `at` with the rule it concerns named in front.
void rules_loader_problem(struct rules_loader *l, const struct json *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
// Reads a string or an array of strings (non-empty, at most `max`) into the program's memory. False
// with a problem.
bool rules_loader_texts(struct rules_loader *l, const struct json *value, size_t max,
                        const struct slice **texts, size_t *count);
// The same from the lines of { "file": NAME }: blanks at the ends, empty lines and those that begin
// with # are left out.
bool rules_loader_lines(struct rules_loader *l, const struct json *value, size_t max,
                        const struct slice **texts, size_t *count);
// The number of the selector for that target in the program's table, added when new. False without
// memory or room, or with a problem when its regex is bad.
MUST_USE bool rules_loader_selector(struct rules_loader *l, const struct json *at,
                                    const struct rules_target *target, uint32_t *out);

// Appends a condition of the program's next rule: "targets", "transforms" and "match" of `object`.
// False with problems (condition.c).
bool rules_load_condition(struct rules_loader *l, const struct json *object);
// Reads `value`, a condition or a list of them; the number read, 0 with problems (condition.c).
size_t rules_load_conditions(struct rules_loader *l, const struct json *value);
// "set" of a rule or condition. False with problems (action.c).
bool rules_load_changes(struct rules_loader *l, const struct json *set,
                        const struct rules_change **changes, size_t *count);
// "exclude", "decode_body" and "skip_to" of a rule (action.c). False with problems.
bool rules_load_effects(struct rules_loader *l, const struct json *object, struct rules_rule *rule);
// Turns names of markers into places, once all files are read (action.c).
void rules_load_link_skips(struct rules_loader *l);
// The number of a category that a rule has named; RULES_NONE when none has.
uint32_t rules_loader_find_category(const struct rules_loader *l, struct slice name);
// The number of a score's category, added when new; RULES_NONE with a problem when there are too
// many.
uint32_t rules_loader_category(struct rules_loader *l, const struct json *at, struct slice name);
// "when" and "unless" of a rule or group, as guards whose skip_to is still to be set (load_rule.c).
void rules_load_guards(struct rules_loader *l, const struct json *object);
// Reads one rule and appends it to the program (load_rule.c).
void rules_load_rule(struct rules_loader *l, const struct json *object,
                     const struct rules_group *group);
// Reads "rules" and "mode" of a file, checks all its keys (load.c).
void rules_load_file(struct rules_loader *l, const struct json *root);
// Complains about ids that stand twice, once all files are read (load.c).
void rules_load_check_ids(struct rules_loader *l);
// Reads "exclusions" of a file, once the rules of all files are known (exclusion_load.c).
void rules_load_exclusions(struct rules_loader *l, const struct json *root);
// One exclusion of a rule's "exclude", appended to the program's. False with problems.
bool rules_load_trigger(struct rules_loader *l, const struct json *object);
// Finds the rules that exclusions concern, and gives each rule those that take targets out of it.
void rules_load_link_exclusions(struct rules_loader *l);

#endif
