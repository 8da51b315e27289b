// SPDX-License-Identifier: Apache-2.0
// The section "audit". Records are written even when a policy says nothing about them: to stdout.
#include "policy/policy_internal.h"

#include "audit/record.h"
#include "base/ascii.h"
#include "base/conf.h"
#include "http/field.h"
#include "policy/audit_chain.h"
#include "policy/definition.h"

enum {
    RING_MIN = 4 * AUDIT_RECORD_MAX,
    RING_MAX = 1024 * 1024 * 1024,
    RING_USUAL = 4 * 1024 * 1024,
};

static const char *const audit_keys[] = {"sinks",     "when_full",       "redact", "spool",
                                         "ring_size", "request_headers", NULL};

static const struct audit_sink_options usual_sink = {.type = AUDIT_SINK_STDOUT};

// Names under which forms and links carry secrets everywhere; a list in the policy takes their
// place.
static const struct slice usual_redacted[] = {
    SLICE_INIT("password"), SLICE_INIT("passwd"),        SLICE_INIT("pwd"),
    SLICE_INIT("secret"),   SLICE_INIT("token"),         SLICE_INIT("access_token"),
    SLICE_INIT("api_key"),  SLICE_INIT("refresh_token"), SLICE_INIT("client_secret"),
};

// Rings lie where the records will, so that a disk that has room for one has room for the other.
static void read_spool(struct policy_reader *r, const struct json *audit, struct audit_options *out)
{
    const struct json *value = json_get(audit, "spool");
    if (value) {
        out->spool = policy_path(r, value);
        if (out->spool)
            (void)policy_folder_exists(r, value, out->spool);
        return;
    }
    for (size_t i = 0; i < out->sink_count; i++) {
        if (out->sinks[i].type == AUDIT_SINK_FILE) {
            out->spool = policy_folder_of(r, out->sinks[i].path);
            return;
        }
    }
    out->spool = policy_folder_of(r, r->s->path);
}

static bool read_header_name(struct policy_reader *r, const struct json *item, struct slice *out)
{
    if (!http_field_name_is_valid(item->text)) {
        problems_add(r->problems, item, "this is no name of a header field");
        return false;
    }
    char *name = policy_str(r, item->text);
    if (!name)
        return false;
    ascii_lower_copy(name, item->text);
    *out = slice_of(name, item->text.len);
    switch (http_field_lookup(*out)) {
    case HTTP_FIELD_AUTHORIZATION:
    case HTTP_FIELD_COOKIE:
    case HTTP_FIELD_PROXY_AUTHORIZATION:
    case HTTP_FIELD_SET_COOKIE:
        problems_add(r->problems, item, "this field carries secrets and is never recorded");
        return false;
    default:
        return true;
    }
}

// What of a record is told may change at any time, where records go may not.
static uint64_t define(const struct json *object)
{
    uint64_t definition = 0;
    if (!object)
        return 0;
    JSON_EACH (member, object)
        if (!slice_eq(member->key, SLICE("redact")) &&
            !slice_eq(member->key, SLICE("request_headers")))
            definition = definition_join(definition, definition_of(member, DEFINITION_TEXT));
    return definition;
}

void policy_read_audit(struct policy_reader *r)
{
    // In the order of enum audit_when_full.
    static const char *const when_full[] = {"wait", "shed", "drop", NULL};
    struct policy_audit *audit = &r->s->audit;
    const struct slice *redacted = usual_redacted;
    size_t redacted_count = ARRAY_LEN(usual_redacted);
    size_t full = AUDIT_WHEN_FULL_WAIT;
    uint64_t ring_bytes = RING_USUAL;
    audit->options.sinks = &usual_sink;
    audit->options.sink_count = 1;
    const struct json *object = policy_object(r, r->root, "audit");
    if (object) {
        conf_known_keys(object, audit_keys, r->problems);
        policy_read_audit_sinks(r, object, &audit->options);
        (void)conf_choice(object, "when_full", when_full, r->problems, &full);
        (void)conf_size(object, "ring_size", RING_MIN, RING_MAX, r->problems, &ring_bytes);
        policy_words(r, object, "redact", policy_word_text, &redacted, &redacted_count);
        policy_words(r, object, "request_headers", read_header_name, &audit->request_headers,
                     &audit->request_header_count);
    }
    read_spool(r, object, &audit->options);
    audit->definition = define(object);
    audit->options.when_full = (enum audit_when_full)full;
    audit->options.ring_bytes = ring_bytes;
    audit->options.crypto = &policy_audit_crypto;
    audit->redaction = audit_redaction_new(redacted, redacted_count);
    if (!audit->redaction)
        problems_add(r->problems, r->root, "not enough memory");
}
