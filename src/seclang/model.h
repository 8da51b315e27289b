// SPDX-License-Identifier: Apache-2.0
// SecLang as read: rules and markers in the order of the files, with what directives behind them
// changed already put in. Everything lies in the arena of the set.
#ifndef YETT_SECLANG_MODEL_H
#define YETT_SECLANG_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "seclang/report.h"

enum {
    SECLANG_PHASES = 6, // 1 to 5
    SECLANG_MEMORY_MAX = 512 * 1024 * 1024,
};

struct seclang_variable {
    struct seclang_variable *next;
    struct slice name;     // "ARGS"
    struct slice selector; // of a regex what stands between the slashes
    bool has_selector, is_regex;
    bool is_taken_out; // "!"
    bool is_count;     // "&"
};

struct seclang_action {
    struct seclang_action *next;
    struct slice name, value;
    bool is_done; // folded into something else: not to be written
};

// A SecRule or SecAction; a chain is several.
struct seclang_link {
    struct seclang_link *next;
    struct seclang_place place;
    struct seclang_variable *variables; // none: SecAction
    struct slice operator_name, argument;
    bool is_negated;
    struct seclang_action *actions;
};

struct seclang_rule {
    struct seclang_rule *next;
    struct seclang_place place;
    struct slice marker; // a SecMarker, and nothing else, when ptr is not NULL
    struct slice id;
    uint64_t number; // the id as a number; 0: none
    unsigned phase;
    unsigned paranoia; // 1 unless a gate before it says more
    bool is_dropped;
    struct seclang_link *links;
    const struct seclang_action *defaults; // of its phase, when it was read
};

struct seclang_set {
    struct arena arena;
    struct seclang_report *report;
    struct seclang_rule *first, *last;
    struct seclang_rule *open; // whose chain goes on with the next rule
    const struct seclang_action *defaults[SECLANG_PHASES];
    struct seclang_var *vars; // first values (settle.c)
    bool only_detects;        // SecRuleEngine DetectionOnly
    bool reads_no_files;      // no Include, no lists from files
    bool has_no_memory;
    unsigned include_depth;
    size_t generated;       // ids made up
    struct seclang_id *ids; // written so far
};

struct seclang_id {
    struct seclang_id *next;
    struct slice text;
};

// A variable whose first value is known when the file is loaded.
struct seclang_var {
    struct seclang_var *next;
    struct slice name, value; // the name in lower case
};

void seclang_set_init(struct seclang_set *s, struct seclang_report *report);
void seclang_set_clear(struct seclang_set *s);
// Zeroed; NULL sets has_no_memory.
void *seclang_take(struct seclang_set *s, size_t size);
// The action of that name, or NULL; names are compared without regard to case.
struct seclang_action *seclang_find_action(struct seclang_action *list, const char *name);
// The same in the rule's head, then among the defaults of its phase.
const struct seclang_action *seclang_rule_action(const struct seclang_rule *rule, const char *name);
// "TX:name" without regard to case.
bool seclang_is_variable(const struct seclang_variable *v, const char *name);

#endif
