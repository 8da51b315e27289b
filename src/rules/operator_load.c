// SPDX-License-Identifier: Apache-2.0
// Reads the "match" of a condition: exactly one comparison, perhaps turned around by "not".
#include <stdlib.h>

#include "base/addr.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "rules/automaton.h"
#include "rules/loader.h"
#include "rules/operator.h"
#include "rules/program.h"

static const char *const keys[] = {
#define X(name, word) word,
    RULES_OPERATORS(X)
#undef X
        "not",
    NULL,
};

enum { PREFIXES_MAX = 1024 }; // more belong into an ip_list

static const struct json *find_operator(struct rules_loader *l, const struct json *match,
                                        struct rules_operator *out)
{
    const struct json *found = NULL;
    JSON_EACH (member, match) {
        for (size_t i = 0; i < RULES_OPERATOR_COUNT; i++) {
            if (!slice_eq(member->key, slice_str(keys[i])))
                continue;
            if (found) {
                rules_loader_problem(
                    l, member, "match has more than one comparison; write a chain with \"all_of\"");
                return NULL;
            }
            found = member;
            out->kind = (enum rules_operator_kind)i;
        }
    }
    if (!found)
        rules_loader_problem(l, match,
                             "match needs one comparison, such as \"regex\" or \"contains\"");
    return found;
}

static bool load_regex(struct rules_loader *l, const struct json *value, struct rules_operator *out)
{
    if (!conf_is_string(value, l->problems))
        return false;
    out->regex = rules_loader_regex(l, value, value->text, false);
    rules_literals_of_pattern(value->text, &out->needs);
    return out->regex != NULL;
}

static bool load_text(struct rules_loader *l, const struct json *value, struct rules_operator *out)
{
    return conf_is_string(value, l->problems) &&
           rules_loader_texts(l, value, 1, &out->texts, &out->text_count);
}

// Sorts the list and complains about texts that stand in it twice.
static bool sort_texts(struct rules_loader *l, const struct json *value, struct rules_operator *out)
{
    struct slice *texts = rules_loader_take(l, out->text_count, sizeof *texts);
    if (!texts)
        return false;
    memcpy(texts, out->texts, out->text_count * sizeof *texts);
    qsort(texts, out->text_count, sizeof *texts, rules_text_order);
    for (size_t i = 1; i < out->text_count; i++) {
        if (!slice_eq(texts[i - 1], texts[i]))
            continue;
        rules_loader_problem(l, value, "\"%.*s\" stands in the list twice",
                             (int)slice_first(texts[i], 80).len, texts[i].ptr);
        return false;
    }
    out->texts = texts;
    return true;
}

static bool load_any(struct rules_loader *l, const struct json *value, struct rules_operator *out)
{
    if (!conf_is_array(value, l->problems) ||
        !rules_loader_texts(l, value, RULES_LIST_MAX, &out->texts, &out->text_count) ||
        !sort_texts(l, value, out))
        return false;
    out->any = rules_automaton_build(&l->program->arena, out->texts, out->text_count, false);
    l->has_no_memory |= !out->any;
    return out->any != NULL;
}

static bool load_equals(struct rules_loader *l, const struct json *value,
                        struct rules_operator *out)
{
    return rules_loader_texts(l, value, RULES_LIST_MAX, &out->texts, &out->text_count) &&
           sort_texts(l, value, out);
}

static bool load_prefixes(struct rules_loader *l, const struct json *value,
                          struct rules_operator *out)
{
    if (!conf_is_array(value, l->problems) ||
        !rules_loader_texts(l, value, PREFIXES_MAX, &out->texts, &out->text_count))
        return false;
    struct addr_prefix *prefixes = rules_loader_take(l, out->text_count, sizeof *prefixes);
    if (!prefixes)
        return false;
    out->prefixes = prefixes;
    bool ok = true;
    JSON_EACH (item, value) {
        if (addr_parse_prefix(item->text, false, &prefixes[out->prefix_count++]))
            continue;
        ok = false;
        rules_loader_problem(
            l, item, "\"%.*s\" is no address or prefix (such as 192.0.2.0/24) without host bits",
            (int)slice_first(item->text, 80).len, item->text.ptr);
    }
    return ok;
}

static bool load_argument(struct rules_loader *l, const struct json *match,
                          const struct json *value, struct rules_operator *out)
{
    switch (out->kind) {
    case RULES_OPERATOR_REGEX:
        return load_regex(l, value, out);
    case RULES_OPERATOR_CONTAINS:
    case RULES_OPERATOR_BEGINS_WITH:
    case RULES_OPERATOR_ENDS_WITH:
        return load_text(l, value, out);
    case RULES_OPERATOR_CONTAINS_ANY:
        return load_any(l, value, out);
    case RULES_OPERATOR_EQUALS:
        return load_equals(l, value, out);
    case RULES_OPERATOR_GREATER_THAN:
    case RULES_OPERATOR_LESS_THAN:
        return conf_u64(match, keys[out->kind], 0, UINT64_C(1) << 53, l->problems, &out->number);
    case RULES_OPERATOR_IP_IN:
        return load_prefixes(l, value, out);
    case RULES_OPERATOR_COUNT:
        break;
    }
    return false;
}

bool rules_operator_load(struct rules_loader *l, const struct json *match,
                         struct rules_operator *out)
{
    if (!conf_is_object(match, l->problems))
        return false;
    conf_known_keys(match, keys, l->problems);
    (void)conf_bool(match, "not", l->problems, &out->is_negated);
    const struct json *value = find_operator(l, match, out);
    if (!value || !load_argument(l, match, value, out))
        return false;
    bool is_text = out->texts && out->kind != RULES_OPERATOR_IP_IN;
    if (is_text)
        rules_literals_of_texts(out->texts, out->text_count, &out->needs);
    // What a value lacks rules a match out, and so makes a negated comparison true: nothing to
    // skip.
    if (out->is_negated)
        out->needs.count = 0;
    return true;
}
