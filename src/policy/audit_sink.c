// SPDX-License-Identifier: Apache-2.0
// The list "audit.sinks": where records go, and which of them.
#include "policy/policy_internal.h"

#include <string.h>
#include <sys/stat.h>

#include "audit/record.h"
#include "base/conf.h"
#include "policy/audit_chain.h"
#include "policy/audit_syslog.h"

enum { SINKS_MAX = 8 };

const char *policy_folder_of(struct policy_reader *r, const char *path)
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
    const char *folder = out->path ? policy_folder_of(r, out->path) : NULL;
    if (!folder || !policy_folder_exists(r, path, folder))
        return false;
    struct stat st;
    if (stat(out->path, &st) != 0 || !S_ISDIR(st.st_mode))
        return true;
    problems_add(r->problems, path, "\"%s\" is a folder", out->path);
    return false;
}

static const char *const verdicts[] = {
    [AUDIT_VERDICT_PASSED] = "passed",   [AUDIT_VERDICT_DENIED] = "denied",
    [AUDIT_VERDICT_REFUSED] = "refused", [AUDIT_VERDICT_FAILED] = "failed",
    [AUDIT_VERDICT_ABORTED] = "aborted", NULL,
};

static bool read_verdict(struct policy_reader *r, const struct json *item, struct slice *out)
{
    for (size_t i = 0; verdicts[i]; i++) {
        if (!slice_eq(item->text, slice_str(verdicts[i])))
            continue;
        *out = slice_str(verdicts[i]);
        return true;
    }
    problems_add(r->problems, item,
                 "\"%s\" is not among \"passed\", \"denied\", \"refused\", \"failed\", \"aborted\"",
                 item->text.ptr);
    return false;
}

static unsigned bits_of(const struct slice *words, size_t count)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned v = 0; verdicts[v]; v++)
            bits |= slice_eq(words[i], slice_str(verdicts[v])) ? 1u << v : 0;
    }
    return bits;
}

// "all", "denied" (by a filter or by the gateway itself), or a list of verdicts.
static void read_what(struct policy_reader *r, const struct json *item, unsigned *out)
{
    static const char *const kinds[] = {"all", "denied", NULL};
    const struct json *what = json_get(item, "what");
    const struct slice *words = NULL;
    size_t count = 0, kind = 0;
    *out = 0;
    if (what && what->type == JSON_ARRAY) {
        policy_words(r, item, "what", read_verdict, &words, &count);
        *out = bits_of(words, count);
        if (what->count == 0)
            problems_add(r->problems, what, "a sink that takes nothing; name a verdict");
    } else if (what && conf_choice(item, "what", kinds, r->problems, &kind) && kind == 1) {
        *out = 1u << AUDIT_VERDICT_DENIED | 1u << AUDIT_VERDICT_REFUSED;
    }
}

static bool read_file(struct policy_reader *r, const struct json *item,
                      struct audit_sink_options *out)
{
    static const char *const keys[] = {"type", "what", "path", "chain", NULL};
    conf_known_keys(item, keys, r->problems);
    return read_sink_path(r, item, out) && policy_read_chain(r, item, &out->chain);
}

static bool read_sink(struct policy_reader *r, const struct json *item,
                      struct audit_sink_options *out)
{
    static const char *const stdout_keys[] = {"type", "what", NULL};
    // In the order of enum audit_sink_type.
    static const char *const types[] = {"file", "stdout", "syslog", NULL};
    size_t type;
    if (!conf_is_object(item, r->problems) || !conf_required(item, "type", r->problems) ||
        !conf_choice(item, "type", types, r->problems, &type))
        return false;
    out->type = (enum audit_sink_type)type;
    read_what(r, item, &out->verdicts);
    if (out->type == AUDIT_SINK_SYSLOG)
        return policy_read_syslog(r, item, out);
    if (out->type == AUDIT_SINK_FILE)
        return read_file(r, item, out);
    conf_known_keys(item, stdout_keys, r->problems);
    return true;
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
    const char *folder_a = policy_folder_of(r, a), *folder_b = policy_folder_of(r, b);
    return is_same_node(a, b) || (folder_a && folder_b && is_same_node(folder_a, folder_b) &&
                                  strcmp(basename(a), basename(b)) == 0);
}

static bool is_same_sink(struct policy_reader *r, const struct audit_sink_options *a,
                         const struct audit_sink_options *b)
{
    if (a->type != b->type || a->type == AUDIT_SINK_STDOUT)
        return a->type == b->type;
    return a->type == AUDIT_SINK_FILE ? is_same_file(r, a->path, b->path)
                                      : slice_eq(slice_str(a->path), slice_str(b->path));
}

void policy_read_audit_sinks(struct policy_reader *r, const struct json *audit,
                             struct audit_options *out)
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
