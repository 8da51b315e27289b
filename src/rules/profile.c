// SPDX-License-Identifier: Apache-2.0
// Counted by condition, told by rule: a chain is as dear as its conditions together.
#include "rules/profile.h"

#include <stdlib.h>

#include "rules/program.h"

struct rules_profile *rules_profile_new(const struct rules_program *p)
{
    struct rules_profile *profile = calloc(1, sizeof(*profile));
    if (!profile)
        return NULL;
    profile->count = p->condition_count;
    profile->conditions = calloc(p->condition_count + 1, sizeof(*profile->conditions));
    if (!profile->conditions)
        rules_profile_free(&profile);
    return profile;
}

void rules_profile_free(struct rules_profile **profile)
{
    if (*profile)
        free((*profile)->conditions);
    free(*profile);
    *profile = NULL;
}

void rules_profile_each(const struct rules_program *p, const struct rules_profile *profile,
                        void (*tell)(void *ctx, struct slice rule,
                                     const struct rules_profile_count *sum),
                        void *ctx)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        const struct rules_rule *rule = &p->rules[i];
        struct rules_profile_count sum = {0};
        if (rule->kind != RULES_RULE)
            continue;
        for (uint32_t c = 0; c < rule->condition_count; c++) {
            const struct rules_profile_count *one = &profile->conditions[rule->condition + c];
            sum.asked += one->asked;
            sum.skipped += one->skipped;
            sum.matched += one->matched;
            sum.ns += one->ns;
        }
        tell(ctx, rule->id, &sum);
    }
}
