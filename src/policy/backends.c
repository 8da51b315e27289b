// SPDX-License-Identifier: Apache-2.0
// The section "backends": groups of servers and how they are treated.
#include "policy/policy_internal.h"

#include "base/conf.h"
#include "base/num.h"

#define SECOND UINT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

enum { HTTP2_CONNECTION_WINDOW = 1024 * 1024 }; // opens at once: streams hold back, not connections

static const char *const backend_keys[] = {
    "servers", "tls",  "insecure", "balance",        "health_check", "timeouts",
    "retries", "keep", "limits",   "proxy_protocol", "protocol",     NULL,
};

// Decimal, or two with a dash between, from 100 to 599.
static bool parse_statuses(struct slice text, unsigned *min, unsigned *max)
{
    size_t dash = slice_index(text, '-');
    uint64_t low, high;
    if (!num_decimal(slice_first(text, dash), 599, &low))
        return false;
    high = low;
    if (dash < text.len && !num_decimal(slice_from(text, dash + 1), 599, &high))
        return false;
    *min = (unsigned)low;
    *max = (unsigned)high;
    return low >= 100 && low <= high;
}

static bool is_origin_form(struct slice path)
{
    bool good = path.len > 0 && path.ptr[0] == '/';
    for (size_t i = 0; good && i < path.len; i++)
        good = path.ptr[i] > ' ' && path.ptr[i] < 0x7f && path.ptr[i] != '#';
    return good;
}

// Whom a check asks for: what the policy says, or the name that is verified, or the host of the
// first server.
static void read_health_host(struct policy_reader *r, const struct json *object,
                             struct backend_config *out, struct slice server_name)
{
    struct slice host;
    out->health.host = SLICE("localhost");
    if (server_name.len)
        out->health.host = server_name;
    else if (out->server_count && out->servers[0].authority.len)
        out->health.host = out->servers[0].authority;
    if (conf_text(object, "host", r->problems, &host))
        (void)policy_authority(r, json_get(object, "host"), host, false, &out->health.host);
}

static void read_health_path(struct policy_reader *r, const struct json *object,
                             struct backend_health_check *out)
{
    const struct json *path = conf_required(object, "path", r->problems);
    if (!path || !conf_is_string(path, r->problems))
        return;
    if (is_origin_form(path->text))
        out->path = policy_copy(r, path->text);
    else
        problems_add(r->problems, path,
                     "a path begins with / and is written as it is sent: \"/healthz?full=1\"");
}

static void read_health(struct policy_reader *r, const struct json *backend,
                        struct backend_config *out, struct slice server_name)
{
    static const char *const keys[] = {"path", "host", "interval", "timeout",
                                       "rise", "fall", "status",   NULL};
    const struct json *object = policy_object(r, backend, "health_check");
    struct backend_health_check *h = &out->health;
    uint64_t rise = 2, fall = 3;
    struct slice status;
    if (!object)
        return;
    *h = (struct backend_health_check){.enabled = true,
                                       .interval_ms = 2 * SECOND,
                                       .timeout_ms = SECOND,
                                       .status_min = 200,
                                       .status_max = 399};
    conf_known_keys(object, keys, r->problems);
    read_health_path(r, object, h);
    read_health_host(r, object, out, server_name);
    (void)conf_duration_ms(object, "interval", 100, HOUR, r->problems, &h->interval_ms);
    (void)conf_duration_ms(object, "timeout", 10, HOUR, r->problems, &h->timeout_ms);
    (void)conf_u64(object, "rise", 1, 100, r->problems, &rise);
    (void)conf_u64(object, "fall", 1, 100, r->problems, &fall);
    h->rise = (unsigned)rise;
    h->fall = (unsigned)fall;
    if (conf_text(object, "status", r->problems, &status) &&
        !parse_statuses(status, &h->status_min, &h->status_max))
        problems_add(r->problems, json_get(object, "status"),
                     "expected a status or a range, like \"200\" or \"200-399\"");
}

static void read_timeouts(struct policy_reader *r, const struct json *backend,
                          struct backend_config *out)
{
    static const char *const keys[] = {"connect", "response", "idle", "keep", "total", NULL};
    const struct json *object = policy_object(r, backend, "timeouts");
    if (!object)
        return;
    conf_known_keys(object, keys, r->problems);
    (void)conf_duration_ms(object, "connect", 1, HOUR, r->problems, &out->connect_ms);
    (void)conf_duration_ms(object, "response", 1, DAY, r->problems, &out->response_ms);
    (void)conf_duration_ms(object, "idle", 1, DAY, r->problems, &out->idle_ms);
    (void)conf_duration_ms(object, "keep", 0, DAY, r->problems, &out->keep_ms);
    (void)conf_duration_ms(object, "total", 0, DAY, r->problems, &out->total_ms);
}

static void refuse_without_http2(struct policy_reader *r, const struct json *limits,
                                 const struct backend_config *out, const char *key)
{
    const struct json *value = json_get(limits, key);
    if (value && out->protocol != BACKEND_HTTP_2)
        problems_add(r->problems, value, "this is for backends with \"protocol\": \"h2\"");
}

static void read_response_limits(struct policy_reader *r, const struct json *backend,
                                 struct backend_config *out)
{
    static const char *const keys[] = {"header_bytes", "header_count",  "header_line",
                                       "streams",      "stream_window", NULL};
    const struct json *object = policy_object(r, backend, "limits");
    uint64_t bytes = 64 * 1024, count = 200, line = 8 * 1024;
    uint64_t streams = 100, window = 256 * 1024;
    if (object) {
        conf_known_keys(object, keys, r->problems);
        (void)conf_size(object, "header_bytes", 256, 256 * 1024, r->problems, &bytes);
        (void)conf_u64(object, "header_count", 1, 1000, r->problems, &count);
        (void)conf_size(object, "header_line", 64, 64 * 1024, r->problems, &line);
        (void)conf_u64(object, "streams", 1, 1000, r->problems, &streams);
        (void)conf_size(object, "stream_window", 16 * 1024, 16 * 1024 * 1024, r->problems, &window);
        refuse_without_http2(r, object, out, "streams");
        refuse_without_http2(r, object, out, "stream_window");
    }
    out->response_head = (struct http_head_limits){.start_line = (uint32_t)line,
                                                   .field_line = (uint32_t)line,
                                                   .field_bytes = (uint32_t)bytes,
                                                   .field_count = (uint32_t)count};
    out->http2 = (struct http2_client_limits){.head = &out->response_head,
                                              .max_concurrent_streams = (uint32_t)streams,
                                              .stream_window = (uint32_t)window,
                                              .connection_window = HTTP2_CONNECTION_WINDOW};
}

// A kept connection would serve the next client under the name of the first.
static void read_proxy_protocol(struct policy_reader *r, const struct json *backend,
                                struct backend_config *out)
{
    static const char *const modes[] = {"off", "v2", "v2-addresses", NULL};
    size_t mode = 0;
    const struct json *keep = json_get(backend, "keep");
    (void)conf_choice(backend, "proxy_protocol", modes, r->problems, &mode);
    out->proxy_header = (enum backend_proxy_header)mode;
    if (out->proxy_header && out->protocol == BACKEND_HTTP_2)
        problems_add(r->problems, json_get(backend, "proxy_protocol"),
                     "a connection of HTTP/2 is shared by clients, the header names one of them");
    if (out->proxy_header && keep && out->keep_max > 0)
        problems_add(r->problems, keep,
                     "with \"proxy_protocol\" no connection is kept: each serves one request");
}

static void read_protocol(struct policy_reader *r, const struct json *backend,
                          struct backend_config *out)
{
    static const char *const protocols[] = {"http/1.1", "h2", NULL};
    size_t protocol = 0;
    (void)conf_choice(backend, "protocol", protocols, r->problems, &protocol);
    out->protocol = protocol == 1 ? BACKEND_HTTP_2 : BACKEND_HTTP_1_1;
}

static void read_backend(struct policy_reader *r, const struct json *member,
                         struct backend_config *out)
{
    static const char *const balances[] = {"round_robin", "least_outstanding", NULL};
    size_t balance = 0;
    uint64_t retries = 1, keep = 256;
    struct policy_backend_tls tls;
    out->connect_ms = 2 * SECOND;
    out->response_ms = 30 * SECOND;
    out->idle_ms = 60 * SECOND;
    out->keep_ms = 15 * SECOND;
    if (!conf_is_object(member, r->problems))
        return;
    conf_known_keys(member, backend_keys, r->problems);
    read_protocol(r, member, out);
    policy_read_backend_tls(r, member, &tls);
    tls.http2 = out->protocol == BACKEND_HTTP_2;
    policy_read_servers(r, member, &tls, out);
    (void)conf_choice(member, "balance", balances, r->problems, &balance);
    out->balance = balance == 0 ? BACKEND_ROUND_ROBIN : BACKEND_LEAST_OUTSTANDING;
    read_health(r, member, out, tls.server_name);
    read_timeouts(r, member, out);
    read_response_limits(r, member, out);
    (void)conf_u64(member, "retries", 0, 10, r->problems, &retries);
    (void)conf_u64(member, "keep", 0, 10000, r->problems, &keep);
    out->retries = (unsigned)retries;
    out->keep_max = (unsigned)keep;
    read_proxy_protocol(r, member, out);
}

void policy_read_backends(struct policy_reader *r)
{
    const struct json *object = policy_object(r, r->root, "backends");
    if (!policy_names_of(r, object, &r->backends))
        return;
    r->s->backends = policy_new(r, r->backends.count + 1, sizeof(struct backend_config));
    if (!object || !r->s->backends)
        return;
    r->s->backend_count = r->backends.count;
    JSON_EACH (member, object) {
        struct backend_config *backend = &r->s->backends[member->index];
        backend->name = slice_str(r->backends.items[member->index]);
        read_backend(r, member, backend);
    }
}
