// SPDX-License-Identifier: Apache-2.0
// What stands at the top of a policy beside its sections: methods, workers, the Server field,
// how often files are looked at.
#include "policy/policy_internal.h"

#include <sched.h>

#include "base/conf.h"
#include "http/field.h"

static const char *const top_keys[] = {
    "$schema", // for editors; means nothing here
    "listeners", "backends", "filters",       "routes",  "limits", "methods", "audit",
    "bans",      "admin",    "server_header", "workers", "watch",  NULL,
};

static const struct slice usual_methods[] = {
    SLICE_INIT("GET"),   SLICE_INIT("HEAD"),   SLICE_INIT("POST"),    SLICE_INIT("PUT"),
    SLICE_INIT("PATCH"), SLICE_INIT("DELETE"), SLICE_INIT("OPTIONS"),
};

static unsigned usable_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    if (count < 1)
        return 1;
    return count > POLICY_WORKERS_MAX ? POLICY_WORKERS_MAX : (unsigned)count;
}

static void read_workers(struct policy_reader *r)
{
    const struct json *value = json_get(r->root, "workers");
    uint64_t count;
    r->s->workers = usable_processors();
    if (!value || (value->type == JSON_STRING && slice_eq(value->text, SLICE("auto"))))
        return;
    if (value->type != JSON_NUMBER)
        problems_add(r->problems, value, "expected \"auto\" or a number from 1 to %d",
                     POLICY_WORKERS_MAX);
    else if (conf_u64(r->root, "workers", 1, POLICY_WORKERS_MAX, r->problems, &count))
        r->s->workers = (unsigned)count;
}

static void read_server_header(struct policy_reader *r)
{
    const struct json *value = json_get(r->root, "server_header");
    r->s->server_header = SLICE("gateway");
    if (!value || !conf_is_string(value, r->problems))
        return;
    if (!http_field_value_is_valid(value->text)) {
        problems_add(r->problems, value, "this cannot be the value of a header field");
        return;
    }
    r->s->server_header = policy_copy(r, value->text);
}

static void read_methods(struct policy_reader *r)
{
    r->s->methods = usual_methods;
    r->s->method_count = ARRAY_LEN(usual_methods);
    policy_words(r, r->root, "methods", policy_word_method, &r->s->methods, &r->s->method_count);
}

void policy_read_top(struct policy_reader *r)
{
    conf_known_keys(r->root, top_keys, r->problems);
    read_methods(r);
    read_workers(r);
    read_server_header(r);
    policy_read_admin(r);
    r->s->watch_ms = 5000;
    (void)conf_duration_ms(r->root, "watch", 0, 24 * 60 * 60 * UINT64_C(1000), r->problems,
                           &r->s->watch_ms);
}
