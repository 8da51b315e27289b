// SPDX-License-Identifier: Apache-2.0
// The servers of a backend. A URL says where one is and whether it is spoken to under TLS; plain
// text that would leave this machine is refused unless the backend says "insecure": true.
#include "policy/policy_internal.h"

#include <string.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "base/num.h"
#include "tls/client_context.h"

struct scheme {
    struct slice prefix;
    bool is_tls, is_unix;
    uint16_t port;
};

static const struct scheme schemes[] = {
    {SLICE_INIT("https://"), true, false, 443},
    {SLICE_INIT("http://"), false, false, 80},
    {SLICE_INIT("https+unix://"), true, true, 0},
    {SLICE_INIT("http+unix://"), false, true, 0},
};

// What a reader of servers carries from one to the next.
struct servers {
    struct policy_reader *r;
    const struct policy_backend_tls *tls;
    struct backend_config *config;
    bool allows_plain; // "insecure": true
    bool any_tls;
};

static const struct scheme *scheme_of(struct slice url)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (slice_begins(url, schemes[i].prefix))
            return &schemes[i];
    }
    return NULL;
}

// Splits a normalised authority and finds its addresses.
static bool read_tcp(struct servers *s, const struct json *at, struct slice rest,
                     uint16_t default_port, struct slice *host, struct backend_server *out)
{
    if (slice_index(rest, '/') < rest.len || slice_index(rest, '?') < rest.len) {
        problems_add(s->r->problems, at,
                     "the url of a server ends with its port: paths are the routes' business");
        return false;
    }
    if (!policy_authority(s->r, at, rest, false, &out->authority))
        return false;
    size_t colon = out->authority.len;
    while (colon > 0 && ascii_is_digit(out->authority.ptr[colon - 1]))
        colon--;
    bool has_port = colon > 0 && colon < out->authority.len && out->authority.ptr[colon - 1] == ':';
    uint64_t port = default_port;
    *host = has_port ? slice_first(out->authority, colon - 1) : out->authority;
    if (has_port && (!num_decimal(slice_from(out->authority, colon), 65535, &port) || port == 0)) {
        problems_add(s->r->problems, at, "a port is a number from 1 to 65535");
        return false;
    }
    return policy_resolve(s->r, at, *host, (uint16_t)port, out);
}

static bool read_unix(struct servers *s, const struct json *at, struct slice rest,
                      struct backend_server *out)
{
    out->unix_path = policy_unix_path(s->r, at, rest);
    return out->unix_path != NULL;
}

static bool stays_here(const struct backend_server *server)
{
    for (unsigned i = 0; i < server->address_count; i++) {
        if (!addr_is_loopback(&server->addresses[i]))
            return false;
    }
    return true; // also of a unix socket
}

static void judge_plain(struct servers *s, const struct json *at, struct backend_server *out)
{
    if (stays_here(out))
        return;
    out->insecure = true;
    if (s->allows_plain)
        problems_warn(s->r->problems, at, "requests leave this machine in plain text");
    else
        problems_add(s->r->problems, at,
                     "requests would leave this machine in plain text: use https, or say "
                     "\"insecure\": true in the backend");
}

// Servers that are verified under one name share a context.
static struct tls_client_context *shared_context(const struct servers *s, const char *const *names,
                                                 unsigned index)
{
    for (unsigned i = 0; i < index; i++) {
        if (s->config->servers[i].tls && strcmp(names[i], names[index]) == 0)
            return s->config->servers[i].tls;
    }
    return NULL;
}

static struct tls_client_context *make_context(struct servers *s, const struct json *at,
                                               const char *name)
{
    const struct policy_backend_tls *tls = s->tls;
    const struct tls_client_options options = {.ca = tls->ca,
                                               .server_name = name,
                                               .verify = tls->verify,
                                               .terms = tls->terms,
                                               .http2 = tls->http2,
                                               .certificate = tls->certificate,
                                               .key = tls->key,
                                               .crl = tls->crl,
                                               .crl_at = tls->crl_at,
                                               .pins = &tls->pins,
                                               .at = tls->at ? tls->at : at,
                                               .ca_at = tls->ca_at ? tls->ca_at : at,
                                               .certificate_at = tls->certificate_at,
                                               .key_at = tls->key_at};
    return tls_client_context_new(&options, s->r->problems);
}

// The name to verify; brackets of an IPv6 host are no part of it.
static const char *name_to_verify(struct servers *s, const struct json *at, struct slice host)
{
    struct slice name = s->tls->server_name.len ? s->tls->server_name : host;
    if (name.len == 0) {
        problems_add(s->r->problems, at,
                     "a unix socket has no host: \"tls\" needs a \"server_name\" to verify");
        return NULL;
    }
    if (name.len > 2 && name.ptr[0] == '[')
        name = slice_of(name.ptr + 1, name.len - 2);
    return policy_str(s->r, name);
}

static void read_tls(struct servers *s, const struct json *at, struct slice host,
                     const char **names, unsigned index)
{
    struct backend_server *server = &s->config->servers[index];
    s->any_tls = true;
    server->insecure = !s->tls->verify;
    if (server->insecure)
        problems_warn(s->r->problems, at, "the certificate of this server is not verified");
    names[index] = name_to_verify(s, at, host);
    if (!names[index] || s->r->reach == POLICY_REACH_NONE)
        return;
    server->tls = shared_context(s, names, index);
    if (!server->tls)
        server->tls = make_context(s, at, names[index]);
}

static void read_server(struct servers *s, const struct json *item, const char **names,
                        unsigned index)
{
    static const char *const keys[] = {"url", "weight", "backup", NULL};
    struct backend_server *server = &s->config->servers[index];
    uint64_t weight = 1;
    struct slice host = {0};
    if (!conf_is_object(item, s->r->problems))
        return;
    conf_known_keys(item, keys, s->r->problems);
    (void)conf_u64(item, "weight", 1, 256, s->r->problems, &weight);
    server->weight = (unsigned)weight;
    (void)conf_bool(item, "backup", s->r->problems, &server->is_backup);
    const struct json *url = conf_required(item, "url", s->r->problems);
    if (!url || !conf_is_string(url, s->r->problems))
        return;
    const struct scheme *scheme = scheme_of(url->text);
    if (!scheme) {
        problems_add(s->r->problems, url,
                     "a url begins with https://, http://, https+unix:// or http+unix://");
        return;
    }
    server->url = policy_copy(s->r, url->text);
    struct slice rest = slice_from(url->text, scheme->prefix.len);
    bool good = scheme->is_unix ? read_unix(s, url, rest, server)
                                : read_tcp(s, url, rest, scheme->port, &host, server);
    if (scheme->is_tls)
        read_tls(s, url, host, names, index);
    else if (good)
        judge_plain(s, url, server);
}

static bool all_are_backups(const struct backend_config *config)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        if (!config->servers[i].is_backup)
            return false;
    }
    return true;
}

void policy_read_servers(struct policy_reader *r, const struct json *backend,
                         const struct policy_backend_tls *tls, struct backend_config *out)
{
    const struct json *array = conf_required(backend, "servers", r->problems);
    if (!array || !conf_is_array(array, r->problems))
        return;
    if (array->count < 1 || array->count > BACKEND_SERVERS_MAX) {
        problems_add(r->problems, array, "a backend has 1 to %d servers", BACKEND_SERVERS_MAX);
        return;
    }
    struct servers s = {.r = r, .tls = tls, .config = out};
    const char **names = policy_new(r, array->count, sizeof(*names));
    out->servers = policy_new(r, array->count, sizeof(*out->servers));
    if (!names || !out->servers)
        return;
    out->server_count = (unsigned)array->count;
    (void)conf_bool(backend, "insecure", r->problems, &s.allows_plain);
    JSON_EACH (item, array)
        read_server(&s, item, names, (unsigned)item->index);
    if (all_are_backups(out))
        problems_add(r->problems, array,
                     "every server of this backend is a backup: there is nobody to stand in for");
    if (tls->at && !s.any_tls)
        problems_add(r->problems, tls->at, "no server of this backend has an https url");
}
