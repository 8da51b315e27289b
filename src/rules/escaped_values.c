// SPDX-License-Identifier: Apache-2.0
// Values that a client spelled out in escapes of script or entities of HTML, laid open. Rules whose
// transforms must not touch backslashes and entities look at these beside the values as they stand.
#include <string.h>

#include "base/arena.h"
#include "http/head.h"
#include "rules/transform.h"
#include "rules/values.h"

enum { FEW = 2 }; // one escape is an accent, or an apostrophe from an editor

static bool is_escape(struct slice text)
{
    return slice_begins(text, SLICE("\\u00")) || slice_begins(text, SLICE("\\x")) ||
           slice_begins(text, SLICE("&#"));
}

static bool has_escapes(struct slice text, char sign)
{
    unsigned count = 0;
    const char *at;
    while (count < FEW && text.len > 0 && (at = memchr(text.ptr, sign, text.len))) {
        text = slice_from(text, (size_t)(at - text.ptr));
        count += is_escape(text);
        text = slice_from(text, 1);
    }
    return count == FEW;
}

static struct slice lay_open(struct rules_run *run, struct slice text)
{
    char *script = arena_alloc(&run->decoded, text.len + RULES_TRANSFORM_ROOM);
    char *page = arena_alloc(&run->decoded, text.len + RULES_TRANSFORM_ROOM);
    if (!script || !page) {
        run->undecided = "out-of-memory";
        return (struct slice){0};
    }
    struct slice out = rules_transform(RULES_TRANSFORM_JS_DECODE, text, script);
    return rules_transform(RULES_TRANSFORM_HTML_ENTITY_DECODE, out, page);
}

static void add(struct rules_run *run, struct slice name, struct slice value, size_t *count)
{
    if (!has_escapes(value, '\\') && !has_escapes(value, '&'))
        return;
    if (*count == RULES_VALUES_MAX) {
        run->undecided = "too-many-values";
        return;
    }
    run->scratch->values[(*count)++] =
        (struct http_param){.name = name, .value = lay_open(run, value)};
}

static void add_all(struct rules_run *run, const struct http_params *params, size_t *count)
{
    for (size_t i = 0; i < params->count; i++)
        add(run, params->items[i].name, params->items[i].value, count);
}

const struct http_param *rules_escaped(struct rules_run *run, const struct http_params *params,
                                       size_t *count)
{
    *count = 0;
    add_all(run, params, count);
    return run->scratch->values;
}

const struct http_param *rules_escaped_in_head(struct rules_run *run, size_t *count)
{
    const struct http_fields *f = &run->in->request->fields;
    *count = 0;
    add_all(run, rules_query(run), count);
    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i].id != HTTP_FIELD_COOKIE)
            add(run, f->items[i].name, f->items[i].value, count);
    }
    return run->scratch->values;
}

static void add_referer(struct rules_run *run, struct slice address, size_t *count)
{
    struct http_params params;
    struct slice query = slice_from(address, slice_index(address, '?') + 1);
    http_form_parse(slice_first(query, slice_index(query, '#')), RULES_VALUES_MAX, &run->decoded,
                    &params);
    if (params.truncated || params.count > RULES_VALUES_MAX - *count)
        run->undecided = "too-many-values";
    for (size_t i = 0; i < params.count && *count < RULES_VALUES_MAX; i++)
        run->scratch->values[(*count)++] = params.items[i];
}

// Who sends the field twice may mean either.
const struct http_param *rules_referer(struct rules_run *run, size_t *count)
{
    const struct http_fields *f = &run->in->request->fields;
    *count = 0;
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].id == HTTP_FIELD_REFERER)
            add_referer(run, f->items[i].value, count);
    return run->scratch->values;
}
