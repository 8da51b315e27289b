// SPDX-License-Identifier: Apache-2.0
// The rules filter: the rule engine between policy and exchange. It gives the engine the facts and
// the notes its hits, and turns its decisions into verdicts. All rules filters of a chain add to
// one score. A body that the rules cannot read as the backend will (compressed, or longer than the
// limit) is refused rather than half seen, unless the policy asks for that.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "filter/filter.h"
#include "filter/worker.h"
#include "http/head.h"
#include "http/octet.h"
#include "rules/engine.h"

#define STEP_BUDGET_DEFAULT UINT64_C(1000000000)
#define STEP_BUDGET_MAX     UINT64_C(1000000000000)

enum {
    FILES_MAX = 256,
    THRESHOLD_MAX = 100000,
    PARANOIA_MAX = 4,
    BODY_LIMIT_MAX = 1024 * 1024,
    BODY_LIMIT_DEFAULT = 128 * 1024,
    RESPONSE_BODY_LIMIT_DEFAULT = 512 * 1024,
    RESPONSE_TYPES_MAX = 64,
    THRESHOLD_DEFAULT = 5,
    RESPONSE_THRESHOLD_DEFAULT = 4,
};

struct config {
    struct rules_program *program;
    size_t body_limit;
    bool inspects_start; // of bodies over the limit; else they are refused
    size_t response_body_limit;
    bool refuses_long_responses; // else their beginning is inspected
    char *response_types[RESPONSE_TYPES_MAX];
    size_t response_type_count;
    unsigned status;
};

static void free_files(char **files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(files[i]);
    free(files);
}

// The paths of "files", resolved; NULL with a problem.
static char **read_files(const struct json *list, struct problems *problems)
{
    if (!conf_is_array(list, problems))
        return NULL;
    if (list->count == 0 || list->count > FILES_MAX) {
        problems_add(problems, list, "1 to %d rule files or patterns are expected", FILES_MAX);
        return NULL;
    }
    size_t count = 0;
    char **files = calloc(list->count, sizeof(*files));
    if (!files)
        problems_add(problems, list, "no memory");
    for (const struct json *item = list->first; files && item; item = item->next) {
        files[count] = conf_is_string(item, problems) ? conf_path(item, problems) : NULL;
        if (files[count++])
            continue;
        free_files(files, count);
        return NULL;
    }
    return files;
}

static struct rules_program *compile_files(const struct json *list, struct rules_options *options,
                                           struct problems *problems)
{
    char **files = read_files(list, problems);
    const struct json **at = calloc(list->count + 1, sizeof(*at));
    struct rules_program *program = NULL;
    if (files && !at)
        problems_add(problems, list, "no memory");
    if (files && at) {
        JSON_EACH (item, list)
            at[item->index] = item;
        options->files = (const char *const *)files;
        options->files_at = at;
        options->file_count = list->count;
        program = rules_compile(options, problems);
    }
    if (files)
        free_files(files, list->count);
    free(at);
    return program;
}

static void read_options(const struct json *object, struct problems *problems,
                         struct rules_options *options)
{
    static const char *const modes[] = {"block", "detect", NULL};
    uint64_t threshold = THRESHOLD_DEFAULT, paranoia = 1, detect_paranoia = 0;
    uint64_t response_threshold = RESPONSE_THRESHOLD_DEFAULT;
    size_t mode = 0;
    (void)conf_choice(object, "mode", modes, problems, &mode);
    (void)conf_u64(object, "threshold", 1, THRESHOLD_MAX, problems, &threshold);
    (void)conf_u64(object, "response_threshold", 1, THRESHOLD_MAX, problems, &response_threshold);
    (void)conf_u64(object, "paranoia", 1, PARANOIA_MAX, problems, &paranoia);
    (void)conf_u64(object, "detect_paranoia", 1, PARANOIA_MAX, problems, &detect_paranoia);
    options->detect = mode == 1;
    options->threshold = (unsigned)threshold;
    options->response_threshold = (unsigned)response_threshold;
    options->step_budget = STEP_BUDGET_DEFAULT;
    (void)conf_u64(object, "step_budget", 1000, STEP_BUDGET_MAX, problems, &options->step_budget);
    options->thresholds = json_get(object, "thresholds");
    options->vars = json_get(object, "vars");
    options->paranoia = (unsigned)paranoia;
    options->detect_paranoia = (unsigned)detect_paranoia;
}

static void add_type(struct config *c, struct slice type, const struct json *at,
                     struct problems *problems)
{
    char *copy = strndup(type.ptr, type.len);
    if (copy)
        c->response_types[c->response_type_count++] = copy;
    else
        problems_add(problems, at, "no memory");
}

static void read_types(struct config *c, const struct json *object, struct problems *problems)
{
    static const struct slice usual[] = {SLICE_INIT("text/plain"), SLICE_INIT("text/html"),
                                         SLICE_INIT("text/xml"), SLICE_INIT("application/json")};
    const struct json *list = json_get(object, "response_types");
    for (size_t i = 0; !list && i < ARRAY_LEN(usual); i++)
        add_type(c, usual[i], object, problems);
    if (!list || !conf_is_array(list, problems))
        return;
    if (list->count > RESPONSE_TYPES_MAX) {
        problems_add(problems, list, "at most %d types", RESPONSE_TYPES_MAX);
        return;
    }
    JSON_EACH (item, list) {
        if (!conf_is_string(item, problems))
            continue;
        if (ascii_eq_nocase(item->text, SLICE("text/event-stream")))
            problems_add(problems, item,
                         "a stream of events has no end to wait for: it is never held");
        else if (slice_index(item->text, '/') < item->text.len &&
                 slice_index(item->text, ';') == item->text.len)
            add_type(c, item->text, item, problems);
        else
            problems_add(problems, item, "a type is expected, without parameters: \"text/html\"");
    }
}

static void read_response_limits(struct config *c, const struct json *object,
                                 struct problems *problems)
{
    static const char *const over_limit[] = {"inspect_start", "deny", NULL};
    uint64_t limit = RESPONSE_BODY_LIMIT_DEFAULT;
    size_t choice = 0;
    (void)conf_size(object, "response_body_limit", 1, BODY_LIMIT_MAX, problems, &limit);
    (void)conf_choice(object, "response_over_limit", over_limit, problems, &choice);
    c->response_body_limit = (size_t)limit;
    c->refuses_long_responses = choice == 1;
    read_types(c, object, problems);
}

static void compile_into(struct config *c, const struct json *object, struct problems *problems)
{
    static const char *const keys[] = {FILTER_COMMON_KEYS,
                                       "files",
                                       "mode",
                                       "threshold",
                                       "response_threshold",
                                       "step_budget",
                                       "thresholds",
                                       "paranoia",
                                       "detect_paranoia",
                                       "vars",
                                       "body_limit",
                                       "body_over_limit",
                                       "response_types",
                                       "response_body_limit",
                                       "response_over_limit",
                                       "status",
                                       NULL};
    static const char *const over_limit[] = {"deny", "inspect_start", NULL};
    struct rules_options options = {0};
    uint64_t body_limit = BODY_LIMIT_DEFAULT;
    size_t choice = 0;
    conf_known_keys(object, keys, problems);
    read_options(object, problems, &options);
    (void)conf_size(object, "body_limit", 1, BODY_LIMIT_MAX, problems, &body_limit);
    (void)conf_choice(object, "body_over_limit", over_limit, problems, &choice);
    filter_conf_status(object, problems, &c->status);
    read_response_limits(c, object, problems);
    c->body_limit = (size_t)body_limit;
    c->inspects_start = choice == 1;
    const struct json *files = conf_required(object, "files", problems);
    if (files)
        c->program = compile_files(files, &options, problems);
}

static void free_config(void *config)
{
    struct config *c = config;
    rules_program_free(&c->program);
    for (size_t i = 0; i < c->response_type_count; i++)
        free(c->response_types[i]);
    free(c);
}

static void *compile(const struct json *object, struct problems *problems)
{
    size_t before = problems_count(problems);
    struct config *c = calloc(1, sizeof(*c));
    if (!c) {
        problems_add(problems, object, "no memory");
        return NULL;
    }
    c->status = 403;
    compile_into(c, object, problems);
    if (c->program && problems_count(problems) == before)
        return c;
    free_config(c);
    return NULL;
}

struct reporter {
    const struct filter_facts *facts;
    bool has_failed;
};

static void note_hit(void *ctx, const struct rules_hit *hit)
{
    struct reporter *r = ctx;
    const struct filter_match match = {
        .rule = hit->rule,
        .target = hit->target,
        .value = hit->value,
        .data = hit->data,
        .category = hit->category,
        .tags = hit->tags,
        .tag_count = hit->tag_count,
        .score = hit->score,
        .is_detect = hit->is_detect,
        .is_secret = hit->is_secret,
    };
    r->has_failed |= !filter_note_match(r->facts, &match);
}

static void decide(const struct config *c, const struct rules_result *result,
                   struct filter_verdict *out)
{
    switch (result->decision) {
    case RULES_NOTHING:
        // A PASS with a reason: what a rule that only watches would have refused it for.
        if (!out->reason) {
            out->reason = result->would_deny_reason;
            out->rule = result->would_deny_rule;
        }
        return;
    case RULES_ALLOW:
        out->kind = FILTER_ALLOW;
        break;
    case RULES_DENY:
        filter_deny(out, result->status ? result->status : c->status, result->reason);
        break;
    case RULES_CANNOT_DECIDE:
        filter_cannot_decide(out, result->reason);
        out->status = c->status; // the request is to blame, not the gateway
        break;
    }
    out->reason = result->reason;
    out->rule = result->rule;
    out->rule_name = result->description;
}

static void evaluate(const struct config *c, enum rules_phase phase, const struct filter_facts *f,
                     struct filter_verdict *out)
{
    const struct rules_input in = {
        .request = f->request,
        .response = f->response,
        .body = f->body,
        .response_body = f->response_body,
        .client = f->client,
        .country = f->notes->country,
        .asn = f->notes->asn,
        .user = f->notes->user,
        .request_id = f->request_id,
        .tls = f->tls,
        .duration_ms = f->duration_ms,
        .now_s = f->wall_ns / 1000000000,
        .arena = f->arena,
        .trace = f->trace,
    };
    struct reporter reporter = {.facts = f};
    struct filter_notes *notes = f->notes;
    void **state = filter_memo(f, c);
    if (!state) {
        filter_cannot_decide(out, "out-of-memory");
        return;
    }
    struct rules_result result = {.score = notes->score,
                                  .detect_score = notes->detect_score,
                                  .response_score = notes->response_score,
                                  .response_detect_score = notes->response_detect_score,
                                  .state = *state};
    rules_evaluate(c->program, f->worker->rules, phase, &in, note_hit, &reporter, &result);
    *state = result.state;
    notes->score = result.score;
    notes->detect_score = result.detect_score;
    notes->response_score = result.response_score;
    notes->response_detect_score = result.response_detect_score;
    decide(c, &result, out);
    // A hit that cannot be recorded must not pass unseen.
    if (reporter.has_failed && (out->kind == FILTER_PASS || out->kind == FILTER_ALLOW))
        filter_cannot_decide(out, "out-of-memory");
}

static bool has_body(const struct filter_facts *f)
{
    const struct http_framing *framing = &f->request->framing;
    return !f->body_is_unseen && (framing->kind == HTTP_BODY_CHUNKED ||
                                  (framing->kind == HTTP_BODY_LENGTH && framing->length > 0));
}

// A request without a body has all come with its head: rules about bodies see an empty one.
static void check_head(const void *config, void *state, const struct filter_facts *f,
                       struct filter_verdict *out)
{
    const struct config *c = config;
    (void)state;
    // What the backend compresses could not be read.
    if (rules_program_wants_response_body(c->program) &&
        !filter_note_field(f, &f->notes->request_remove, SLICE("Accept-Encoding"),
                           (struct slice){0})) {
        filter_cannot_decide(out, "out-of-memory");
        return;
    }
    evaluate(c, RULES_AT_HEAD, f, out);
    if (out->kind == FILTER_PASS && !has_body(f) && rules_program_wants_body(c->program))
        evaluate(c, RULES_AT_BODY, f, out);
}

static size_t body_limit(const void *config, const struct filter_facts *f)
{
    const struct config *c = config;
    return has_body(f) && rules_program_wants_body(c->program) ? c->body_limit : 0;
}

static bool is_encoded(const struct http_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct http_field *field = &fields->items[i];
        if (field->id == HTTP_FIELD_CONTENT_ENCODING &&
            !ascii_eq_nocase(field->value, SLICE("identity")))
            return true;
    }
    return false;
}

static void check_body(const void *config, void *state, const struct filter_facts *f,
                       struct filter_verdict *out)
{
    const struct config *c = config;
    (void)state;
    if (!f->body_is_complete && !c->inspects_start) {
        filter_deny(out, 413, "body-over-limit");
        return;
    }
    if (is_encoded(&f->request->fields)) {
        filter_cannot_decide(out, "body-encoded");
        out->status = 415;
        return;
    }
    evaluate(c, RULES_AT_BODY, f, out);
}

static void check_response(const void *config, void *state, const struct filter_facts *f,
                           struct filter_verdict *out)
{
    const struct config *c = config;
    (void)state;
    if (rules_program_wants_response(c->program))
        evaluate(c, RULES_AT_RESPONSE, f, out);
}

static bool is_inspected(const struct config *c, const struct http_response *r)
{
    const struct http_field *field = http_fields_find(&r->fields, HTTP_FIELD_CONTENT_TYPE);
    struct slice type = field ? field->value : (struct slice){0};
    type = http_trim(slice_first(type, slice_index(type, ';')));
    for (size_t i = 0; i < c->response_type_count; i++)
        if (ascii_eq_nocase(type, slice_str(c->response_types[i])))
            return true;
    return false;
}

static size_t response_body_limit(const void *config, const struct filter_facts *f)
{
    const struct config *c = config;
    if (!rules_program_wants_response_body(c->program) ||
        (f->response && !is_inspected(c, f->response)))
        return 0;
    return c->response_body_limit;
}

static void check_response_body(const void *config, void *state, const struct filter_facts *f,
                                struct filter_verdict *out)
{
    const struct config *c = config;
    (void)state;
    if (!f->response_body_is_complete && c->refuses_long_responses) {
        filter_deny(out, c->status, "response-over-limit");
        return;
    }
    if (is_encoded(&f->response->fields)) {
        filter_cannot_decide(out, "response-encoded");
        return;
    }
    evaluate(c, RULES_AT_RESPONSE_BODY, f, out);
}

// Whatever these rules decide comes too late; their hits are noted.
static void note_end(const void *config, void *state, const struct filter_facts *f)
{
    const struct config *c = config;
    struct filter_verdict late = {0};
    (void)state;
    if (rules_program_wants_end(c->program))
        evaluate(c, RULES_AT_END, f, &late);
}

static bool knows_tag(const void *config, struct slice tag)
{
    const struct config *c = config;
    return rules_program_has_tag(c->program, tag);
}

static void describe(const void *config, char *out, size_t cap)
{
    const struct config *c = config;
    char rules[FILTER_COUNT_TEXT_MAX];
    (void)snprintf(out, cap, "%s rules", filter_count_text(rules_program_count(c->program), rules));
}

const struct filter filter_rules = {
    .name = "rules",
    .compile = compile,
    .free = free_config,
    .check_head = check_head,
    .body_limit = body_limit,
    .check_body = check_body,
    .check_response = check_response,
    .response_body_limit = response_body_limit,
    .check_response_body = check_response_body,
    .note_end = note_end,
    .knows_tag = knows_tag,
    .describe = describe,
};
