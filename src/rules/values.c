// SPDX-License-Identifier: Apache-2.0
// Takes the values of a collection out of the message. What must be decoded is decoded once per
// evaluation. Queries and forms come decoded once, as a backend would read them; fields and cookies
// as they stand.
#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "http/head.h"
#include "rules/run.h"

static const struct http_param *one(struct rules_run *run, struct slice value, size_t *count)
{
    *count = 1;
    run->scratch->values[0] = (struct http_param){.value = value};
    return run->scratch->values;
}

// Facts that are not known (no country, no TLS) are not there: not even an empty value is compared.
static const struct http_param *one_if_known(struct rules_run *run, struct slice value,
                                             size_t *count)
{
    if (value.len > 0)
        return one(run, value, count);
    *count = 0;
    return run->scratch->values;
}

static const struct http_param *give(struct rules_run *run, const struct http_params *params,
                                     size_t *count)
{
    if (params->truncated)
        run->undecided = "too-many-values";
    *count = params->count;
    return params->items;
}

static const struct http_param *names_of(struct rules_run *run, const struct http_params *params,
                                         size_t *count)
{
    const struct http_param *items = give(run, params, count);
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

static const struct http_params *query(struct rules_run *run)
{
    if (!run->has_query)
        http_form_parse(run->in->request->query, RULES_VALUES_MAX, &run->decoded, &run->query);
    run->has_query = true;
    return &run->query;
}

static bool is_form(const struct http_request *request)
{
    const struct http_field *type = http_fields_find(&request->fields, HTTP_FIELD_CONTENT_TYPE);
    struct slice value =
        type ? slice_first(type->value, slice_index(type->value, ';')) : (struct slice){0};
    while (value.len > 0 && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    return ascii_eq_nocase(value, SLICE("application/x-www-form-urlencoded"));
}

static const struct http_params *body(struct rules_run *run)
{
    if (!run->has_body && is_form(run->in->request))
        http_form_parse(run->in->body, RULES_VALUES_MAX, &run->decoded, &run->body);
    run->has_body = true;
    return &run->body;
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

static struct slice status(struct rules_run *run)
{
    return slice_of(run->scratch->status,
                    num_write_decimal(run->scratch->status, run->in->response->status));
}

const struct http_param *rules_values(struct rules_run *run, enum rules_collection collection,
                                      size_t *count)
{
    const struct http_request *request = run->in->request;
    switch (collection) {
    case RULES_OF_METHOD:
        return one(run, request->method, count);
    case RULES_OF_PATH:
        return one(run, request->path, count);
    case RULES_OF_PATH_RAW:
        return one(run, request->path_raw, count);
    case RULES_OF_QUERY:
        return one_if_known(run, request->query, count);
    case RULES_OF_QUERY_VALUES:
        return give(run, query(run), count);
    case RULES_OF_QUERY_NAMES:
        return names_of(run, query(run), count);
    case RULES_OF_HEADER_VALUES:
        return fields(run, &request->fields, false, count);
    case RULES_OF_HEADER_NAMES:
        return fields(run, &request->fields, true, count);
    case RULES_OF_COOKIE_VALUES:
        return give(run, cookies(run), count);
    case RULES_OF_COOKIE_NAMES:
        return names_of(run, cookies(run), count);
    case RULES_OF_CLIENT_ADDRESS:
        return one(run, address(run), count);
    case RULES_OF_CLIENT_COUNTRY:
        return one_if_known(run, run->in->country, count);
    case RULES_OF_TLS_VERSION:
        return one_if_known(run, run->in->tls_version, count);
    case RULES_OF_TLS_SERVER_NAME:
        return one_if_known(run, run->in->tls_server_name, count);
    case RULES_OF_BODY:
        return one_if_known(run, run->in->body, count);
    case RULES_OF_BODY_VALUES:
        return give(run, body(run), count);
    case RULES_OF_BODY_NAMES:
        return names_of(run, body(run), count);
    case RULES_OF_RESPONSE_STATUS:
        return one(run, status(run), count);
    case RULES_OF_RESPONSE_HEADER_VALUES:
        return fields(run, &run->in->response->fields, false, count);
    case RULES_OF_RESPONSE_HEADER_NAMES:
        return fields(run, &run->in->response->fields, true, count);
    case RULES_COLLECTION_COUNT:
        break;
    }
    *count = 0;
    return run->scratch->values;
}

static bool has_word(struct slice text, struct slice word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (ascii_begins_nocase(slice_from(text, i), word))
            return true;
    }
    return false;
}

static bool sounds_secret(struct slice text)
{
    static const struct slice words[] = {
        SLICE_INIT("passw"),   SLICE_INIT("pwd"),    SLICE_INIT("secret"), SLICE_INIT("token"),
        SLICE_INIT("api_key"), SLICE_INIT("apikey"), SLICE_INIT("api-key")};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (has_word(text, words[i]))
            return true;
    }
    return false;
}

bool rules_value_is_secret(enum rules_collection collection, struct slice name, struct slice piece)
{
    switch (collection) {
    case RULES_OF_COOKIE_VALUES:
        return true;
    case RULES_OF_HEADER_VALUES:
    case RULES_OF_RESPONSE_HEADER_VALUES:
        return ascii_eq_nocase(name, SLICE("authorization")) ||
               ascii_eq_nocase(name, SLICE("proxy-authorization")) ||
               ascii_eq_nocase(name, SLICE("cookie")) ||
               ascii_eq_nocase(name, SLICE("set-cookie")) || sounds_secret(name);
    case RULES_OF_QUERY_VALUES:
    case RULES_OF_BODY_VALUES:
        return sounds_secret(name);
    case RULES_OF_QUERY:
    case RULES_OF_BODY:
        // Not split into parameters: names stand in the piece.
        return sounds_secret(piece);
    default:
        return false;
    }
}
