// SPDX-License-Identifier: Apache-2.0
// Takes the values of a collection out of the message. What must be decoded is decoded once per
// evaluation. Queries and forms come decoded once, as a backend would read them; fields and cookies
// as they stand.
#include "rules/values.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "http/head.h"

const struct http_param *rules_give_one(struct rules_run *run, struct slice value, size_t *count)
{
    *count = 1;
    run->scratch->values[0] = (struct http_param){.value = value};
    return run->scratch->values;
}

// Facts that are not known (no country, no TLS) are not there: not even an empty value is compared.
const struct http_param *rules_give_known(struct rules_run *run, struct slice value, size_t *count)
{
    if (value.len > 0)
        return rules_give_one(run, value, count);
    *count = 0;
    return run->scratch->values;
}

const struct http_param *rules_give(struct rules_run *run, const struct http_params *params,
                                    size_t *count)
{
    if (params->truncated)
        run->undecided = "too-many-values";
    *count = params->count;
    return params->items;
}

const struct http_param *rules_give_names(struct rules_run *run, const struct http_params *params,
                                          size_t *count)
{
    const struct http_param *items = rules_give(run, params, count);
    for (size_t i = 0; i < *count; i++)
        run->scratch->values[i] =
            (struct http_param){.name = items[i].name, .value = items[i].name};
    return run->scratch->values;
}

static const struct http_param *fields(struct rules_run *run, const struct http_fields *f,
                                       bool names_only, size_t *count)
{
    struct http_param *values = run->scratch->values;
    *count = f->count;
    if (f->count > RULES_VALUES_MAX) {
        run->undecided = "too-many-values";
        *count = RULES_VALUES_MAX;
    }
    for (size_t i = 0; i < *count; i++) {
        values[i].name = f->items[i].name;
        values[i].value = names_only ? f->items[i].name : f->items[i].value;
    }
    return values;
}

const struct http_params *rules_query(struct rules_run *run)
{
    if (!run->has_query)
        http_form_parse(run->in->request->query, RULES_VALUES_MAX, &run->decoded, &run->query);
    run->has_query = true;
    return &run->query;
}

static const struct http_params *cookies(struct rules_run *run)
{
    const struct http_fields *f = &run->in->request->fields;
    for (size_t i = 0; !run->has_cookies && i < f->count; i++) {
        if (f->items[i].id == HTTP_FIELD_COOKIE)
            http_cookies_parse(f->items[i].value, RULES_VALUES_MAX, &run->decoded, &run->cookies);
    }
    run->has_cookies = true;
    return &run->cookies;
}

static struct slice address(struct rules_run *run)
{
    return slice_of(run->scratch->address, addr_text(&run->in->client, run->scratch->address));
}

const struct http_param *rules_give_number(struct rules_run *run, uint64_t value, size_t *count)
{
    char *text = arena_alloc(&run->decoded, RULES_TRANSFORM_ROOM);
    if (!text) {
        run->undecided = "out-of-memory";
        *count = 0;
        return run->scratch->values;
    }
    return rules_give_one(run, slice_of(text, num_write_decimal(text, value)), count);
}

// What stands behind the last slash.
static struct slice basename_of(struct slice path)
{
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    return slice_from(path, at);
}

static struct slice protocol(enum http_version version)
{
    switch (version) {
    case HTTP_VERSION_10:
        return SLICE("HTTP/1.0");
    case HTTP_VERSION_11:
        return SLICE("HTTP/1.1");
    case HTTP_VERSION_2:
        break;
    }
    return SLICE("HTTP/2.0");
}

static struct slice join(struct rules_run *run, struct slice a, const char *between, struct slice b,
                         const char *between2, struct slice c)
{
    size_t len = a.len + strlen(between) + b.len + strlen(between2) + c.len;
    char *text = arena_alloc(&run->decoded, len + 1), *at = text;
    const struct slice pieces[] = {a, slice_str(between), b, slice_str(between2), c};
    if (!text) {
        run->undecided = "out-of-memory";
        return (struct slice){0};
    }
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        if (pieces[i].len)
            memcpy(at, pieces[i].ptr, pieces[i].len);
        at += pieces[i].len;
    }
    return slice_of(text, len);
}

// Path and query, whatever form the target had.
static struct slice target(struct rules_run *run)
{
    const struct http_request *r = run->in->request;
    if (r->target.len > 0 && r->target.ptr[0] == '/')
        return r->target;
    if (!r->has_query)
        return r->path_raw;
    return join(run, r->path_raw, "?", r->query, "", (struct slice){0});
}

static struct slice request_line(struct rules_run *run)
{
    const struct http_request *r = run->in->request;
    return join(run, r->method, " ", r->target, " ", protocol(r->version));
}

// Without parameters, lower case.
static struct slice content_type(struct rules_run *run)
{
    const struct http_field *f =
        http_fields_find(&run->in->response->fields, HTTP_FIELD_CONTENT_TYPE);
    struct slice value = f ? slice_first(f->value, slice_index(f->value, ';')) : (struct slice){0};
    while (value.len > 0 && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    char *text = arena_alloc(&run->decoded, value.len + 1);
    if (!text)
        return value;
    ascii_lower_copy(text, value);
    return slice_of(text, value.len);
}

static const struct http_param *of_target(struct rules_run *run, enum rules_collection collection,
                                          size_t *count)
{
    const struct http_request *request = run->in->request;
    switch (collection) {
    case RULES_OF_METHOD:
        return rules_give_one(run, request->method, count);
    case RULES_OF_PROTOCOL:
        return rules_give_one(run, protocol(request->version), count);
    case RULES_OF_REQUEST_LINE:
        return rules_give_one(run, request_line(run), count);
    case RULES_OF_TARGET:
        return rules_give_one(run, target(run), count);
    case RULES_OF_TARGET_RAW:
        return rules_give_one(run, request->target, count);
    case RULES_OF_PATH:
        return rules_give_one(run, request->path, count);
    case RULES_OF_PATH_BASENAME:
        return rules_give_one(run, basename_of(request->path), count);
    case RULES_OF_PATH_RAW:
        return rules_give_one(run, request->path_raw, count);
    case RULES_OF_PATH_RAW_BASENAME:
        return rules_give_one(run, basename_of(request->path_raw), count);
    case RULES_OF_HOST:
        return rules_give_known(run, request->host, count);
    case RULES_OF_QUERY:
        return rules_give_known(run, request->query, count);
    case RULES_OF_QUERY_VALUES:
        return rules_give(run, rules_query(run), count);
    default:
        return rules_give_names(run, rules_query(run), count);
    }
}

static const struct http_param *of_client(struct rules_run *run, enum rules_collection collection,
                                          size_t *count)
{
    const struct rules_input *in = run->in;
    switch (collection) {
    case RULES_OF_CLIENT_ADDRESS:
        return rules_give_one(run, address(run), count);
    case RULES_OF_CLIENT_COUNTRY:
        return rules_give_known(run, in->country, count);
    case RULES_OF_CLIENT_ASN:
        return in->asn ? rules_give_number(run, in->asn, count)
                       : rules_give_known(run, (struct slice){0}, count);
    case RULES_OF_USER:
        return rules_give_known(run, in->user, count);
    default:
        return rules_give_known(run, in->request_id, count);
    }
}

static const struct http_param *of_tls(struct rules_run *run, enum rules_collection collection,
                                       size_t *count)
{
    static const struct tls_facts none;
    const struct tls_facts *tls = run->in->tls ? run->in->tls : &none;
    switch (collection) {
    case RULES_OF_TLS_VERSION:
        return rules_give_known(run, tls->version, count);
    case RULES_OF_TLS_SERVER_NAME:
        return rules_give_known(run, tls->server_name, count);
    case RULES_OF_TLS_CIPHER:
        return rules_give_known(run, tls->cipher, count);
    case RULES_OF_TLS_JA4:
        return rules_give_known(run, tls->ja4, count);
    case RULES_OF_TLS_CLIENT_SUBJECT:
        return rules_give_known(run, tls->client.subject, count);
    case RULES_OF_TLS_CLIENT_ISSUER:
        return rules_give_known(run, tls->client.issuer, count);
    case RULES_OF_TLS_CLIENT_NAMES:
        return rules_give_known(run, tls->client.names, count);
    case RULES_OF_TLS_CLIENT_SERIAL:
        return rules_give_known(run, tls->client.serial, count);
    default:
        return rules_give_known(run, tls->client.fingerprint, count);
    }
}

static const struct http_param *of_response(struct rules_run *run, enum rules_collection collection,
                                            size_t *count)
{
    const struct rules_input *in = run->in;
    switch (collection) {
    case RULES_OF_DURATION:
        return rules_give_number(run, in->duration_ms, count);
    case RULES_OF_RESPONSE_STATUS:
        return rules_give_number(run, in->response->status, count);
    case RULES_OF_RESPONSE_PROTOCOL:
        return rules_give_one(run, protocol(in->response->version), count);
    case RULES_OF_RESPONSE_HEADER_VALUES:
        return fields(run, &in->response->fields, false, count);
    case RULES_OF_RESPONSE_HEADER_NAMES:
        return fields(run, &in->response->fields, true, count);
    case RULES_OF_RESPONSE_CONTENT_TYPE:
        return rules_give_known(run, content_type(run), count);
    case RULES_OF_RESPONSE_BODY:
        return rules_give_known(run, in->response_body, count);
    default:
        return rules_give_number(run, in->response_body.len, count);
    }
}

const struct http_param *rules_values(struct rules_run *run, enum rules_collection collection,
                                      size_t *count)
{
    const struct http_request *request = run->in->request;
    if (rules_collection_facts(collection)->source == RULES_STATE)
        return rules_state_values(run, collection, count);
    if (collection <= RULES_OF_QUERY_NAMES)
        return of_target(run, collection, count);
    switch (collection) {
    case RULES_OF_HEADER_VALUES:
        return fields(run, &request->fields, false, count);
    case RULES_OF_HEADER_NAMES:
        return fields(run, &request->fields, true, count);
    case RULES_OF_COOKIE_VALUES:
        return rules_give(run, cookies(run), count);
    case RULES_OF_COOKIE_NAMES:
        return rules_give_names(run, cookies(run), count);
    case RULES_OF_REFERER_VALUES:
        return rules_referer(run, count);
    case RULES_OF_ESCAPED:
        return rules_escaped_in_head(run, count);
    default:
        break;
    }
    if (collection >= RULES_OF_TLS_VERSION && collection <= RULES_OF_TLS_CLIENT_FINGERPRINT)
        return of_tls(run, collection, count);
    if (collection <= RULES_OF_REQUEST_ID)
        return of_client(run, collection, count);
    if (collection <= RULES_OF_FILES_LENGTH)
        return rules_body_values(run, collection, count);
    if (run->in->response)
        return of_response(run, collection, count);
    *count = 0;
    return run->scratch->values;
}
