// SPDX-License-Identifier: Apache-2.0
// What a listener's and a backend's "tls" have in common.
#include "policy/policy_internal.h"

#include "base/buf.h"
#include "base/conf.h"

// All have at least 112 bits of strength, so that no order of them is a bad one.
static const char *const groups[] = {"X25519", "X448", "P-256", "P-384", "P-521", NULL};

enum { GROUPS = ARRAY_LEN(groups) - 1 };

static void read_groups(struct policy_reader *r, const struct json *object, struct tls_terms *out)
{
    char text[64]; // each name once
    struct buf list;
    bool used[GROUPS] = {false}, listed[GROUPS] = {false};
    struct policy_names names = {.items = (const char **)groups, .count = GROUPS, .used = used};
    const struct json *array = policy_array(r, object, "groups");
    if (!array)
        return;
    buf_init(&list, text, sizeof(text));
    JSON_EACH (item, array) {
        size_t which = policy_names_find(r, &names, item, "group");
        if (which >= GROUPS)
            continue;
        if (listed[which])
            problems_add(r->problems, item, "this stands in the list twice");
        else
            buf_printf(&list, "%s%s", list.len ? ":" : "", groups[which]);
        listed[which] = true;
    }
    if (array->count == 0)
        problems_add(r->problems, array, "without a group there is no key exchange");
    else
        out->groups = policy_str(r, buf_view(&list));
}

void policy_read_tls_terms(struct policy_reader *r, const struct json *object,
                           struct tls_terms *out)
{
    static const char *const versions[] = {"1.2", "1.3", NULL};
    size_t version = 0;
    (void)conf_choice(object, "min_version", versions, r->problems, &version);
    out->allow_tls12 = version == 0;
    read_groups(r, object, out);
}
