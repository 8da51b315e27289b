// SPDX-License-Identifier: Apache-2.0
// The section "filters": each member is compiled by its own type. What holds bodies for inspection
// decides how much memory an exchange must be able to have, so that is settled here, too.
#include "policy/policy_internal.h"

#include <inttypes.h>

#include "base/conf.h"
#include "filter/table.h"
#include "http/head.h"

enum {
    // A body is held once and its decoded fields once more; the rest of the exchange needs room of
    // its own.
    MEMORY_BESIDE_BODY = 64 * 1024,
    RESPONSE_PIECE = 256 * 1024, // what may come beyond the limit at once, and is held too
};

static const struct filter *type_of(const struct json *object)
{
    const struct json *type = json_get(object, "type");
    return type && type->type == JSON_STRING ? filter_find(type->text) : NULL;
}

static void read_filter(struct policy_reader *r, const struct json *member, size_t index)
{
    struct filter_instance *instance = &r->s->filters[index];
    struct slice name = slice_str(r->filters.items[index]);
    r->filter_types[index] = type_of(member);
    if (r->reach == POLICY_REACH_NONE)
        *instance = (struct filter_instance){.name = name};
    else if (!filter_instance_compile(instance, name, member, r->problems))
        filter_instance_clear(instance);
}

void policy_read_filters(struct policy_reader *r)
{
    const struct json *object = policy_object(r, r->root, "filters");
    if (!policy_names_of(r, object, &r->filters))
        return;
    r->filter_types = policy_new(r, r->filters.count + 1, sizeof(const struct filter *));
    r->s->filters = policy_new(r, r->filters.count + 1, sizeof(struct filter_instance));
    if (!object || !r->filter_types || !r->s->filters)
        return;
    r->s->filter_count = r->filters.count;
    JSON_EACH (member, object)
        read_filter(r, member, member->index);
}

// The most that `instance` wants to see of any request: asked with one whose body has the kind that
// is looked at first.
static size_t body_limit_of(const struct filter_instance *instance)
{
    struct http_field type = {.name = SLICE_INIT("Content-Type"),
                              .value = SLICE_INIT("application/x-www-form-urlencoded"),
                              .id = HTTP_FIELD_CONTENT_TYPE};
    const struct http_request request = {.method = SLICE_INIT("POST"),
                                         .method_id = HTTP_METHOD_POST,
                                         .version = HTTP_VERSION_11,
                                         .path = SLICE_INIT("/"),
                                         .path_raw = SLICE_INIT("/"),
                                         .path_wire = SLICE_INIT("/"),
                                         .target = SLICE_INIT("/"),
                                         .fields = {.items = &type, .count = 1},
                                         .framing = {.kind = HTTP_BODY_CHUNKED}};
    const struct filter_facts facts = {.request = &request};
    const struct filter *filter = instance->config ? instance->type : NULL;
    if (!filter)
        return 0;
    uint64_t limit = filter->body_limit ? filter->body_limit(instance->config, &facts) : 0;
    if (filter->response_body_limit) {
        uint64_t response = filter->response_body_limit(instance->config, &facts);
        limit += response ? response + RESPONSE_PIECE : 0;
    }
    return limit;
}

void policy_fit_memory(struct policy_reader *r)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < r->s->filter_count; i++) {
        uint64_t limit = body_limit_of(&r->s->filters[i]);
        largest = limit > largest ? limit : largest;
    }
    uint64_t needed = 2 * largest + MEMORY_BESIDE_BODY;
    if (r->s->limits.exchange_memory >= needed)
        return;
    const struct json *told = json_get(json_get(r->root, "limits"), "exchange_memory");
    if (told)
        problems_add(r->problems, told,
                     "a filter holds bodies of up to %" PRIu64 " bytes: at least %" PRIu64
                     " bytes are needed",
                     largest, needed);
    r->s->limits.exchange_memory = needed;
}
