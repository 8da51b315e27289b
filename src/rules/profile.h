// SPDX-License-Identifier: Apache-2.0
// What each condition of a program costs over a collection of requests. Traffic is never profiled:
// a profile is a member of the input that is NULL there. One thread fills it.
#ifndef YETT_RULES_PROFILE_H
#define YETT_RULES_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct rules_program;

struct rules_profile_count {
    uint64_t asked;   // texts it was compared with
    uint64_t skipped; // texts that it was not, since they lack what it requires
    uint64_t matched;
    uint64_t ns; // spent on comparing
};

struct rules_profile {
    struct rules_profile_count *conditions; // by number; those of the program
    size_t count;
};

// For that program, all zero; NULL without memory.
MUST_USE struct rules_profile *rules_profile_new(const struct rules_program *p);
void rules_profile_free(struct rules_profile **profile);
// Sums over the conditions of each rule, in the order of the files.
void rules_profile_each(const struct rules_program *p, const struct rules_profile *profile,
                        void (*tell)(void *ctx, struct slice rule,
                                     const struct rules_profile_count *sum),
                        void *ctx);

#endif
