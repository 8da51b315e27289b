// SPDX-License-Identifier: Apache-2.0
// The body, taken apart once per evaluation when something of it is first asked for: by its content
// type, unless a rule said otherwise.
#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "http/head.h"
#include "http/json_body.h"
#include "http/multipart.h"
#include "http/xml_body.h"
#include "rules/values.h"

// What was found in the body.
struct rules_body {
    const char *type; // constant word; NULL: nobody takes it apart
    const char *error;
    struct http_params fields;
    struct http_multipart multipart;
    struct http_xml xml;
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

// "application/json", and types built on it: "application/problem+json" (RFC 6839).
static bool is_type(struct slice type, const struct slice *known, size_t count, struct slice suffix)
{
    for (size_t i = 0; i < count; i++)
        if (ascii_eq_nocase(type, known[i]))
            return true;
    return type.len > suffix.len &&
           ascii_eq_nocase(slice_from(type, type.len - suffix.len), suffix);
}

static enum rules_decoder decoder_of(const struct rules_run *run)
{
    static const struct slice json[] = {SLICE_INIT("application/json"), SLICE_INIT("text/json")};
    static const struct slice xml[] = {SLICE_INIT("application/xml"), SLICE_INIT("text/xml")};
    struct slice type = content_type(run->in->request);
    if (run->state->decoder != RULES_DECODE_BY_TYPE)
        return run->state->decoder;
    if (ascii_eq_nocase(type, SLICE("application/x-www-form-urlencoded")))
        return RULES_DECODE_URLENCODED;
    if (ascii_eq_nocase(type, SLICE("multipart/form-data")))
        return RULES_DECODE_MULTIPART;
    if (is_type(type, json, ARRAY_LEN(json), SLICE("+json")))
        return RULES_DECODE_JSON;
    if (is_type(type, xml, ARRAY_LEN(xml), SLICE("+xml")))
        return RULES_DECODE_XML;
    return RULES_DECODE_NONE;
}

static void decode_multipart(struct rules_run *run, struct rules_body *b)
{
    const struct http_field *type =
        http_fields_find(&run->in->request->fields, HTTP_FIELD_CONTENT_TYPE);
    b->type = "multipart";
    b->error = http_multipart_parse(type ? type->value : (struct slice){0}, run->in->body,
                                    RULES_VALUES_MAX, &run->decoded, &b->multipart);
    b->fields = b->multipart.fields;
}

static void decode_xml(struct rules_run *run, struct rules_body *b)
{
    b->type = "xml";
    b->error = http_xml_parse(run->in->body, RULES_VALUES_MAX, &run->decoded, &b->xml);
    b->fields = b->xml.elements;
}

static void decode(struct rules_run *run, struct rules_body *b)
{
    switch (decoder_of(run)) {
    case RULES_DECODE_URLENCODED:
        b->type = "urlencoded";
        http_form_parse(run->in->body, RULES_VALUES_MAX, &run->decoded, &b->fields);
        break;
    case RULES_DECODE_MULTIPART:
        decode_multipart(run, b);
        break;
    case RULES_DECODE_JSON:
        b->type = "json";
        b->error = http_json_parse(run->in->body, RULES_VALUES_MAX, &run->decoded, &b->fields);
        break;
    case RULES_DECODE_XML:
        decode_xml(run, b);
        break;
    case RULES_DECODE_BY_TYPE:
    case RULES_DECODE_NONE:
        break;
    }
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
    decode(run, b);
    return b;
}

// Without a form's body nobody would look at it, and with one everybody does by its fields.
static bool is_plain(const struct rules_body *b)
{
    return !b->type || strcmp(b->type, "urlencoded") == 0;
}

// Nobody takes it apart, or not to its end: what is not a value of its own must be seen as a whole.
static bool is_whole(const struct rules_body *b)
{
    return !b->type || b->error;
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

static const struct http_param *of_multipart(struct rules_run *run,
                                             enum rules_collection collection,
                                             const struct http_multipart *m, size_t *count)
{
    switch (collection) {
    case RULES_OF_FILES:
        return rules_give(run, &m->files, count);
    case RULES_OF_FILE_FIELDS:
        return rules_give_names(run, &m->files, count);
    case RULES_OF_FILE_SIZES:
        return rules_give(run, &m->file_sizes, count);
    case RULES_OF_FILE_TYPES:
        return rules_give(run, &m->file_types, count);
    case RULES_OF_PART_HEADERS:
        return rules_give(run, &m->part_headers, count);
    default:
        return rules_give(run, &m->flaws, count);
    }
}

const struct http_param *rules_body_values(struct rules_run *run, enum rules_collection collection,
                                           size_t *count)
{
    const struct rules_body *b = collection == RULES_OF_BODY ? NULL : body(run);
    switch (collection) {
    case RULES_OF_BODY:
        return rules_give_known(run, run->in->body, count);
    case RULES_OF_BODY_PLAIN:
        return rules_give_known(run, is_plain(b) ? run->in->body : (struct slice){0}, count);
    case RULES_OF_BODY_TEXT:
        return rules_give_known(run, is_whole(b) ? run->in->body : (struct slice){0}, count);
    case RULES_OF_BODY_VALUES:
        return rules_give(run, &b->fields, count);
    case RULES_OF_BODY_NAMES:
        return rules_give_names(run, &b->fields, count);
    case RULES_OF_BODY_ESCAPED:
        return rules_escaped(run, &b->fields, count);
    case RULES_OF_BODY_TYPE:
        return rules_give_known(run, word(b->type), count);
    case RULES_OF_BODY_ERROR:
        return rules_give_known(run, word(b->error), count);
    case RULES_OF_BODY_LENGTH:
        return rules_give_number(run, run->in->body.len, count);
    case RULES_OF_ARGS_LENGTH:
        return rules_give_number(run, length_of(rules_query(run)) + length_of(&b->fields), count);
    case RULES_OF_XML_TEXT:
        return rules_give_known(run, b->xml.text, count);
    case RULES_OF_XML_ATTRIBUTES:
        return rules_give(run, &b->xml.attributes, count);
    case RULES_OF_FILES_LENGTH:
        return rules_give_number(run, b->multipart.files_length, count);
    default:
        return of_multipart(run, collection, &b->multipart, count);
    }
}
