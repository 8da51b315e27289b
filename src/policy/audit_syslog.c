// SPDX-License-Identifier: Apache-2.0
// Addresses only, no names: the audit writer must not wait for a resolver, and the log should not
// depend on one.
#include "policy/audit_syslog.h"

#include <stdio.h>

#include "base/conf.h"
#include "policy/policy_internal.h"
#include "tls/client_context.h"
#include "tls/stream.h"

enum { FACILITY_USUAL = 16, APP_MAX = 48, NAME_MAX_LEN = 512 };

static const struct audit_channel_ops stream_ops = {
    .open = tls_stream_open,
    .send = tls_stream_send,
    .why = tls_stream_why,
    .close = tls_stream_close,
};

// By their numbers (RFC 5424, 6.2.1).
static const char *const facilities[] = {
    "kern",   "user",     "mail",   "daemon", "auth",   "syslog", "lpr",   "news",   "uucp",
    "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock", "local0", "local1",
    "local2", "local3",   "local4", "local5", "local6", "local7", NULL,
};

// In the order of enum tls_stream_kind.
static const char *const transports[] = {"unix", "udp", "tcp", "tls", NULL};

static struct tls_client_context *read_tls(struct policy_reader *r, const struct json *sink,
                                           const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    struct policy_backend_tls tls;
    policy_read_backend_tls(r, sink, &tls);
    const struct json *at = tls.at ? tls.at : sink;
    addr_text(addr, text);
    const struct tls_client_options options = {
        .ca = tls.ca,
        .server_name = tls.server_name.len ? policy_str(r, tls.server_name) : text,
        .verify = tls.verify,
        .terms = tls.terms,
        .certificate = tls.certificate,
        .key = tls.key,
        .crl = tls.crl,
        .crl_at = tls.crl_at,
        .pins = &tls.pins,
        .at = at,
        .ca_at = tls.ca_at ? tls.ca_at : at,
        .certificate_at = tls.certificate_at,
        .key_at = tls.key_at,
    };
    return tls_client_context_new(&options, r->problems);
}

static bool read_address(struct policy_reader *r, const struct json *sink,
                         struct tls_stream_target *t)
{
    const struct json *at = conf_required(sink, "address", r->problems);
    struct slice text;
    if (!at || !conf_text(sink, "address", r->problems, &text))
        return false;
    if (!addr_parse_with_port(text, false, &t->addr) || t->addr.port == 0) {
        problems_add(r->problems, at, "\"%.*s\" is no address with a port, as \"192.0.2.1:6514\"",
                     (int)text.len, text.ptr);
        return false;
    }
    if (t->kind != TLS_STREAM_TLS || r->reach == POLICY_REACH_NONE)
        return true;
    t->context = read_tls(r, sink, &t->addr);
    return t->context != NULL;
}

static bool read_target(struct policy_reader *r, const struct json *sink,
                        struct tls_stream_target *t)
{
    static const char *const unix_keys[] = {"type",     "what",     "transport", "path",
                                            "facility", "app_name", NULL};
    static const char *const plain_keys[] = {"type",     "what",     "transport", "address",
                                             "facility", "app_name", NULL};
    static const char *const tls_keys[] = {"type", "what",     "transport", "address",
                                           "tls",  "facility", "app_name",  NULL};
    const struct json *path = json_get(sink, "path");
    switch (t->kind) {
    case TLS_STREAM_UNIX:
        conf_known_keys(sink, unix_keys, r->problems);
        t->path = path ? policy_path(r, path) : "/dev/log";
        return t->path != NULL;
    case TLS_STREAM_UDP:
    case TLS_STREAM_TCP:
        conf_known_keys(sink, plain_keys, r->problems);
        break;
    case TLS_STREAM_TLS:
        conf_known_keys(sink, tls_keys, r->problems);
        break;
    }
    return read_address(r, sink, t);
}

// One word that a message's header may hold (RFC 5424, 6.2.5).
static bool read_app_name(struct policy_reader *r, const struct json *sink, const char **out)
{
    struct slice text = SLICE("yett");
    const struct json *at = json_get(sink, "app_name");
    if (at && !conf_text(sink, "app_name", r->problems, &text))
        return false;
    bool ok = text.len > 0 && text.len <= APP_MAX;
    for (size_t i = 0; i < text.len; i++)
        ok = ok && text.ptr[i] > ' ' && text.ptr[i] <= '~';
    if (!ok)
        problems_add(r->problems, at, "a name is 1 to %d printable ASCII characters", APP_MAX);
    *out = ok ? policy_str(r, text) : NULL;
    return *out != NULL;
}

static const char *name_of(struct policy_reader *r, const struct tls_stream_target *t)
{
    char name[NAME_MAX_LEN], address[ADDR_PORT_TEXT_MAX] = "";
    if (t->kind != TLS_STREAM_UNIX)
        addr_text_with_port(&t->addr, address);
    snprintf(name, sizeof(name), "syslog over %s to %s", transports[t->kind],
             t->kind == TLS_STREAM_UNIX ? t->path : address);
    return policy_str(r, slice_str(name));
}

bool policy_read_syslog(struct policy_reader *r, const struct json *sink,
                        struct audit_sink_options *out)
{
    size_t facility = FACILITY_USUAL, kind;
    struct audit_syslog_options *o = policy_new(r, 1, sizeof(*o));
    struct tls_stream_target *t = policy_new(r, 1, sizeof(*t));
    if (!o || !t || !conf_required(sink, "transport", r->problems) ||
        !conf_choice(sink, "transport", transports, r->problems, &kind))
        return false;
    *t = (struct tls_stream_target){.kind = (enum tls_stream_kind)kind};
    (void)conf_choice(sink, "facility", facilities, r->problems, &facility);
    *o = (struct audit_syslog_options){.channel = &stream_ops,
                                       .target = t,
                                       .is_datagram = kind <= TLS_STREAM_UDP,
                                       .facility = (unsigned)facility};
    bool ok = read_app_name(r, sink, &o->app_name);
    ok = read_target(r, sink, t) && ok;
    out->path = ok ? name_of(r, t) : NULL;
    if (!out->path) {
        tls_client_context_free(&t->context);
        return false;
    }
    out->syslog = o;
    return true;
}

void policy_free_syslogs(const struct audit_options *o)
{
    for (size_t i = 0; i < o->sink_count; i++) {
        const struct tls_stream_target *t = o->sinks[i].syslog ? o->sinks[i].syslog->target : NULL;
        struct tls_client_context *context = t ? t->context : NULL;
        tls_client_context_free(&context);
    }
}
