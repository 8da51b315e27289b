// SPDX-License-Identifier: Apache-2.0
// The section "audit". Records are written even when a policy says nothing about them: to stdout.
#include "policy/policy_internal.h"

#include <string.h>
#include <sys/stat.h>

#include "audit/record.h"
#include "base/ascii.h"
#include "base/conf.h"
#include "http/field.h"
#include "policy/definition.h"

enum {
    SINKS_MAX = 8,
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

// The folder that `path` lies in, in the snapshot.
static const char *folder_of(struct policy_reader *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return policy_str(r, SLICE("."));
    return policy_str(r, slice_of(path, slash == path ? 1 : (size_t)(slash - path)));
}

// True unless the path is missing or wrong.
static bool read_sink_path(struct policy_reader *r, const struct json *item,
                           struct audit_sink_options *out)
{
    const struct json *path = conf_required(item, "path", r->problems);
    if (!path)
        return false;
    out->path = policy_path(r, path);
    const char *folder = out->path ? folder_of(r, out->path) : NULL;
    if (!folder || !policy_folder_exists(r, path, folder))
        return false;
    struct stat st;
    if (stat(out->path, &st) != 0 || !S_ISDIR(st.st_mode))
        return true;
    problems_add(r->problems, path, "\"%s\" is a folder", out->path);
    return false;
}

static bool read_sink(struct policy_reader *r, const struct json *item,
                      struct audit_sink_options *out)
{
    static const char *const file_keys[] = {"type", "path", NULL};
    static const char *const stdout_keys[] = {"type", NULL};
    static const char *const types[] = {"file", "stdout", NULL};
    size_t type;
    if (!conf_is_object(item, r->problems) || !conf_required(item, "type", r->problems) ||
        !conf_choice(item, "type", types, r->problems, &type))
        return false;
    out->type = type == 0 ? AUDIT_SINK_FILE : AUDIT_SINK_STDOUT;
    conf_known_keys(item, type == 0 ? file_keys : stdout_keys, r->problems);
    return type != 0 || read_sink_path(r, item, out);
}

static bool is_same_node(const char *a, const char *b)
{
    struct stat st_a, st_b;
    return stat(a, &st_a) == 0 && stat(b, &st_b) == 0 && st_a.st_dev == st_b.st_dev &&
           st_a.st_ino == st_b.st_ino;
}

// However the paths are spelled; the file need not be there yet.
static bool is_same_file(struct policy_reader *r, const char *a, const char *b)
{
    const char *folder_a = folder_of(r, a), *folder_b = folder_of(r, b);
    return is_same_node(a, b) || (folder_a && folder_b && is_same_node(folder_a, folder_b) &&
                                  strcmp(basename(a), basename(b)) == 0);
}

static bool is_same_sink(struct policy_reader *r, const struct audit_sink_options *a,
                         const struct audit_sink_options *b)
{
    return a->type == b->type &&
           (a->type == AUDIT_SINK_STDOUT || is_same_file(r, a->path, b->path));
}

static void read_sinks(struct policy_reader *r, const struct json *audit, struct audit_options *out)
{
    const struct json *array = policy_array(r, audit, "sinks");
    if (!array)
        return;
    struct audit_sink_options *sinks = policy_new(r, array->count + 1, sizeof(*sinks));
    if (!sinks)
        return;
    if (array->count == 0)
        problems_warn(r->problems, array, "without a sink there are no records");
    if (array->count > SINKS_MAX)
        problems_add(r->problems, array, "at most %d sinks", SINKS_MAX);
    out->sinks = sinks;
    out->sink_count = 0;
    JSON_EACH (item, array) {
        struct audit_sink_options sink = {0};
        if (!read_sink(r, item, &sink))
            continue;
        for (size_t i = 0; i < out->sink_count; i++) {
            if (is_same_sink(r, &sinks[i], &sink))
                problems_add(r->problems, item, "this is the same sink as number %zu", i + 1);
        }
        sinks[out->sink_count++] = sink;
    }
}

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
            out->spool = folder_of(r, out->sinks[i].path);
            return;
        }
    }
    out->spool = folder_of(r, r->s->path);
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
    static const char *const when_full[] = {"wait", "drop", NULL};
    struct policy_audit *audit = &r->s->audit;
    const struct slice *redacted = usual_redacted;
    size_t redacted_count = ARRAY_LEN(usual_redacted), drop = 0;
    uint64_t ring_bytes = RING_USUAL;
    audit->options.sinks = &usual_sink;
    audit->options.sink_count = 1;
    const struct json *object = policy_object(r, r->root, "audit");
    if (object) {
        conf_known_keys(object, audit_keys, r->problems);
        read_sinks(r, object, &audit->options);
        (void)conf_choice(object, "when_full", when_full, r->problems, &drop);
        (void)conf_size(object, "ring_size", RING_MIN, RING_MAX, r->problems, &ring_bytes);
        policy_words(r, object, "redact", policy_word_text, &redacted, &redacted_count);
        policy_words(r, object, "request_headers", read_header_name, &audit->request_headers,
                     &audit->request_header_count);
    }
    read_spool(r, object, &audit->options);
    audit->definition = define(object);
    audit->options.drop_when_full = drop == 1;
    audit->options.ring_bytes = ring_bytes;
    audit->redaction = audit_redaction_new(redacted, redacted_count);
    if (!audit->redaction)
        problems_add(r->problems, r->root, "not enough memory");
}
