// SPDX-License-Identifier: Apache-2.0
// A name that begins like a pattern would be read as one, and would take out more than it says.
#include "cli/exclusion.h"

#include "rules/target.h"

enum { WHY_MAX = 128 };

struct slice exclusion_target(struct slice shown)
{
    struct rules_target parsed[RULES_TARGETS_OF_WORD];
    char why[WHY_MAX];
    if (rules_target_parse(shown, parsed, why, sizeof(why)) == 0 || parsed[0].is_count ||
        parsed[0].is_taken_out || parsed[0].pick == RULES_PICK_REGEX)
        return (struct slice){0};
    return shown;
}

static void write_list(struct json_writer *w, const char *key, struct slice only)
{
    if (only.len == 0)
        return;
    json_write_key(w, key);
    json_write_array(w);
    json_write_slice(w, only);
    json_write_end_array(w);
}

void exclusion_write_place(struct json_writer *w, struct slice host, struct slice path,
                           struct slice target)
{
    write_list(w, "hosts", host);
    json_write_key_slice(w, "path", path);
    write_list(w, "targets", target);
}
