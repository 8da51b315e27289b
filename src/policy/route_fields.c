// SPDX-License-Identifier: Apache-2.0
// Fields that a route sets and removes. Those that frame a message or belong to one connection are
// the gateway's own (RFC 9112, 6; RFC 9110, 7.6.1): a policy that touched them could make two
// readings of one message.
#include "policy/policy_internal.h"

#include "base/ascii.h"
#include "base/conf.h"
#include "http/field.h"

enum { FIELDS_MAX = 64 };

static bool is_ours_alone(enum http_field_id id)
{
    switch (id) {
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_CONTENT_LENGTH:
    case HTTP_FIELD_HTTP2_SETTINGS:
    case HTTP_FIELD_KEEP_ALIVE:
    case HTTP_FIELD_PROXY_CONNECTION:
    case HTTP_FIELD_TE:
    case HTTP_FIELD_TRAILER:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_UPGRADE:
        return true;
    default:
        return false;
    }
}

static bool check_field_name(struct policy_reader *r, const struct json *at, struct slice name,
                             bool host_allowed)
{
    enum http_field_id id = http_field_lookup(name);
    struct slice shown = slice_first(name, 64);
    if (!http_field_name_is_valid(name)) {
        problems_add(r->problems, at, "this is no name of a header field");
        return false;
    }
    if (is_ours_alone(id)) {
        problems_add(r->problems, at, "%.*s is the gateway's own and cannot be changed",
                     (int)shown.len, shown.ptr);
        return false;
    }
    if (id == HTTP_FIELD_HOST && !host_allowed) {
        problems_add(r->problems, at, "Host can be set on requests, and nothing else");
        return false;
    }
    return true;
}

static bool read_field(struct policy_reader *r, const struct json *member, bool of_request,
                       struct policy_field *out)
{
    struct slice host;
    if (!conf_is_string(member, r->problems) ||
        !check_field_name(r, member, member->key, of_request))
        return false;
    if (!http_field_value_is_valid(member->text)) {
        problems_add(r->problems, member, "this cannot be the value of a header field");
        return false;
    }
    if (http_field_lookup(member->key) == HTTP_FIELD_HOST &&
        !policy_authority(r, member, member->text, false, &host))
        return false;
    out->name = policy_copy(r, member->key);
    out->value = policy_copy(r, member->text);
    return out->name.ptr && out->value.ptr;
}

static void read_set(struct policy_reader *r, const struct json *object, bool of_request,
                     struct policy_changes *out)
{
    const struct json *set = policy_object(r, object, "set");
    if (!set)
        return;
    if (set->count > FIELDS_MAX)
        problems_add(r->problems, set, "at most %d fields", FIELDS_MAX);
    struct policy_field *fields = policy_new(r, set->count + 1, sizeof(*fields));
    if (!fields)
        return;
    JSON_EACH (member, set) {
        struct policy_field field;
        if (!read_field(r, member, of_request, &field))
            continue;
        for (size_t i = 0; i < out->set_count; i++) {
            if (ascii_eq_nocase(fields[i].name, field.name))
                problems_add(r->problems, member, "this field is set twice");
        }
        fields[out->set_count++] = field;
    }
    out->set = fields;
}

static bool read_removed(struct policy_reader *r, const struct json *item, struct slice *out)
{
    if (!check_field_name(r, item, item->text, false))
        return false;
    *out = policy_copy(r, item->text);
    return out->ptr != NULL;
}

void policy_read_changes(struct policy_reader *r, const struct json *route, const char *key,
                         bool of_request, struct policy_changes *out)
{
    static const char *const keys[] = {"set", "remove", NULL};
    *out = (struct policy_changes){0};
    const struct json *object = policy_object(r, route, key);
    if (!object)
        return;
    conf_known_keys(object, keys, r->problems);
    read_set(r, object, of_request, out);
    policy_words(r, object, "remove", read_removed, &out->remove, &out->remove_count);
    if (out->remove_count > FIELDS_MAX)
        problems_add(r->problems, json_get(object, "remove"), "at most %d fields", FIELDS_MAX);
}
