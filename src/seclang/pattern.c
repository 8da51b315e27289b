// SPDX-License-Identifier: Apache-2.0
// Tags and messages are matched without regard to case.
#include "seclang/pattern.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "rules/regex.h"
#include "seclang/target.h"

struct seclang_pattern {
    struct rules_regex *regex;
    struct rules_regex_memory *memory;
};

void seclang_pattern_free(struct seclang_pattern **p)
{
    if (!*p)
        return;
    rules_regex_free(&(*p)->regex);
    rules_regex_memory_free(&(*p)->memory);
    free(*p);
    *p = NULL;
}

struct seclang_pattern *seclang_pattern_new(struct seclang_set *s,
                                            const struct seclang_place *place, struct slice text)
{
    char why[RULES_REGEX_WHY_MAX] = "out of memory";
    size_t offset;
    struct seclang_pattern *p = calloc(1, sizeof *p);
    if (p) {
        p->memory = rules_regex_memory_new();
        p->regex = rules_regex_compile(
            text, (struct rules_regex_flags){.ignore_case = true, .dot_all = true}, &offset, why);
    }
    if (p && p->regex && p->memory)
        return p;
    seclang_say(s->report, SECLANG_BROKEN, place, "the regex %.*s is wrong: %s",
                (int)slice_first(text, 100).len, text.ptr, why);
    seclang_pattern_free(&p);
    return NULL;
}

bool seclang_pattern_matches(struct seclang_pattern *p, struct slice text)
{
    struct slice piece;
    return rules_regex_match(p->regex, p->memory, text, &piece, NULL) == RULES_MATCH;
}

bool seclang_pattern_fits(struct seclang_pattern *p, const struct seclang_rule *rule,
                          const char *action)
{
    for (const struct seclang_link *l = rule->links; l; l = l->next) {
        for (const struct seclang_action *a = l->actions; a; a = a->next) {
            if (ascii_eq_nocase(a->name, slice_str(action)) && seclang_pattern_matches(p, a->value))
                return true;
        }
    }
    return false;
}

bool seclang_pattern_compiles(struct slice pattern, char *why)
{
    char reason[RULES_REGEX_WHY_MAX];
    size_t offset;
    struct rules_regex *regex =
        rules_regex_compile(pattern, (struct rules_regex_flags){.dot_all = true}, &offset, reason);
    bool ok = regex != NULL;
    if (!ok)
        (void)snprintf(why, SECLANG_WHY_MAX, "the regex is wrong at offset %zu: %s", offset,
                       reason);
    rules_regex_free(&regex);
    return ok;
}
