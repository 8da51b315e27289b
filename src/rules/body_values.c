// SPDX-License-Identifier: Apache-2.0
// The body, taken apart once per evaluation when something of it is first asked for: by its content
// type, unless a rule said otherwise.
#include "base/arena.h"
#include "base/ascii.h"
#include "http/head.h"
#include "rules/values.h"

// What was found in the body.
struct rules_body {
    const char *type; // constant word; NULL: nobody takes it apart
    const char *error;
    struct http_params fields;
};

static struct slice content_type(const struct http_request *request)
{
    const struct http_field *type = http_fields_find(&request->fields, HTTP_FIELD_CONTENT_TYPE);
    struct slice value =
        type ? slice_first(type->value, slice_index(type->value, ';')) : (struct slice){0};
    while (value.len > 0 && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    return value;
}

static enum rules_decoder decoder_of(const struct rules_run *run)
{
    struct slice type = content_type(run->in->request);
    if (run->state->decoder != RULES_DECODE_BY_TYPE)
        return run->state->decoder;
    if (ascii_eq_nocase(type, SLICE("application/x-www-form-urlencoded")))
        return RULES_DECODE_URLENCODED;
    return RULES_DECODE_NONE;
}

static const struct rules_body *body(struct rules_run *run)
{
    static const struct rules_body nothing = {0};
    if (run->body)
        return run->body;
    struct rules_body *b = arena_zalloc(&run->decoded, 1, sizeof *b);
    if (!b) {
        run->undecided = "out-of-memory";
        return &nothing;
    }
    run->body = b;
    if (decoder_of(run) == RULES_DECODE_URLENCODED) {
        b->type = "urlencoded";
        http_form_parse(run->in->body, RULES_VALUES_MAX, &run->decoded, &b->fields);
    }
    return b;
}

static uint64_t length_of(const struct http_params *params)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < params->count; i++)
        sum += params->items[i].name.len + params->items[i].value.len;
    return sum;
}

static struct slice word(const char *text)
{
    return text ? slice_str(text) : (struct slice){0};
}

const struct http_param *rules_body_values(struct rules_run *run, enum rules_collection collection,
                                           size_t *count)
{
    const struct rules_body *b = collection == RULES_OF_BODY ? NULL : body(run);
    switch (collection) {
    case RULES_OF_BODY:
    case RULES_OF_BODY_PLAIN:
        return rules_give_known(run, run->in->body, count);
    case RULES_OF_BODY_VALUES:
        return rules_give(run, &b->fields, count);
    case RULES_OF_BODY_NAMES:
        return rules_give_names(run, &b->fields, count);
    case RULES_OF_BODY_TYPE:
        return rules_give_known(run, word(b->type), count);
    case RULES_OF_BODY_ERROR:
        return rules_give_known(run, word(b->error), count);
    case RULES_OF_BODY_LENGTH:
        return rules_give_number(run, run->in->body.len, count);
    case RULES_OF_ARGS_LENGTH:
        return rules_give_number(run, length_of(rules_query(run)) + length_of(&b->fields), count);
    default:
        *count = 0;
        return run->scratch->values;
    }
}
