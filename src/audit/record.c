// SPDX-License-Identifier: Apache-2.0
// A record is written on the way of every request and quotes whatever a stranger sent. So it is
// formatted straight into the caller's buffer, and made to fit by writing it again with smaller
// limits: hardly any record is near the ceiling, one that is (a target full of octets that take six
// to escape) may cost twice. Of equal names only the first is a key: two fields of one name become
// an array, since a repeated key means something else to every reader.
#include "audit/record.h"

#include "audit/redact.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"

// What is kept of each kind of value. In the last row all of them together, every octet escaped as
// six, stay far below AUDIT_RECORD_MAX.
struct caps {
    size_t url, text, value;
    unsigned headers, matches;
};

static const struct caps caps_table[] = {
    {.url = AUDIT_URL_MAX,
     .text = AUDIT_TEXT_MAX,
     .value = AUDIT_VALUE_MAX,
     .headers = 64,
     .matches = 256},
    {.url = 2048, .text = 256, .value = 128, .headers = 32, .matches = 64},
    {.url = 256, .text = 64, .value = 32, .headers = 16, .matches = 16},
};

struct writing {
    struct json_writer json;
    const struct caps *caps;
    const struct audit_record *record;
    const struct audit_redaction *redaction;
};

void audit_record_init(struct audit_record *r)
{
    *r = (struct audit_record){
        .tls_ns = UINT64_MAX,
        .filters_ns = UINT64_MAX,
        .backend_connect_ns = UINT64_MAX,
        .backend_first_byte_ns = UINT64_MAX,
    };
}

static void open_key(struct writing *w, const char *key)
{
    json_write_key(&w->json, key);
    json_write_object(&w->json);
}

static void close_key(struct writing *w)
{
    json_write_end_object(&w->json);
}

static void put_text(struct writing *w, const char *key, struct slice value)
{
    json_write_key(&w->json, key);
    json_write_shortened(&w->json, value, w->caps->text);
}

// Leaves out what is empty.
static void put_known(struct writing *w, const char *key, struct slice value)
{
    if (value.len)
        put_text(w, key, value);
}

static void put_known_str(struct writing *w, const char *key, const char *value)
{
    if (value)
        put_text(w, key, slice_str(value));
}

// One of method, target, host, path, query, with its secrets taken out.
static void put_url(struct writing *w, const char *key, enum redact_text kind, struct slice value,
                    size_t max)
{
    char space[AUDIT_URL_MAX + 1]; // one more than is kept, so that a cut copy is seen to be one
    struct buf copy;
    if (redact_may_change(w->redaction, kind, value)) {
        buf_init(&copy, space, sizeof(space));
        redact_url(w->redaction, kind, value, &copy);
        value = buf_view(&copy);
    }
    json_write_key(&w->json, key);
    json_write_shortened(&w->json, value, max);
}

static const char *type_of(const struct audit_record *r)
{
    bool is_refusal = r->verdict == AUDIT_VERDICT_DENIED || r->verdict == AUDIT_VERDICT_REFUSED;
    if (is_refusal)
        return "denied";
    if (r->verdict == AUDIT_VERDICT_PASSED)
        return r->outcome == AUDIT_FAILURE ? "error" : "allowed";
    return "error";
}

static void put_event(struct writing *w)
{
    static const char *const outcomes[] = {
        [AUDIT_SUCCESS] = "success",
        [AUDIT_FAILURE] = "failure",
        [AUDIT_UNKNOWN] = "unknown",
    };
    const struct audit_record *r = w->record;
    bool is_request = r->kind == AUDIT_REQUEST;
    struct json_writer *j = &w->json;
    open_key(w, "event");
    put_known(w, "id", r->id);
    json_write_key_str(j, "kind", "event");
    json_write_key(j, "category");
    json_write_array(j);
    json_write_slice(j, is_request ? SLICE("web") : SLICE("network"));
    json_write_end_array(j);
    json_write_key(j, "type");
    json_write_array(j);
    json_write_slice(j, is_request ? SLICE("access") : SLICE("connection"));
    json_write_slice(j, slice_str(type_of(r)));
    json_write_end_array(j);
    json_write_key_str(j, "action", is_request ? "request" : "connection");
    json_write_key_str(j, "outcome", outcomes[r->outcome]);
    put_known_str(w, "reason", r->reason);
    json_write_key_u64(j, "duration", r->duration_ns);
    close_key(w);
}

// The peer of a unix socket has no IP address; a field "ip" must hold one.
static void put_ip(struct writing *w, const struct addr *a, bool has_address, bool has_port)
{
    char text[ADDR_TEXT_MAX];
    struct slice address = slice_of(text, addr_text(a, text));
    if (has_address)
        json_write_key_slice(&w->json, "address", address);
    if (!a->is_unix)
        json_write_key_slice(&w->json, "ip", address);
    if (has_port)
        json_write_key_u64(&w->json, "port", a->port);
}

static void put_client(struct writing *w)
{
    const struct audit_record *r = w->record;
    open_key(w, "client");
    put_ip(w, &r->client, true, r->has_client_port);
    if (r->country.len || r->continent.len) {
        open_key(w, "geo");
        put_known(w, "country_iso_code", r->country);
        put_known(w, "continent_code", r->continent);
        close_key(w);
    }
    if (r->asn || r->as_name.len) {
        open_key(w, "as");
        if (r->asn)
            json_write_key_u64(&w->json, "number", r->asn);
        if (r->as_name.len) {
            open_key(w, "organization");
            put_text(w, "name", r->as_name);
            close_key(w);
        }
        close_key(w);
    }
    close_key(w);
    if (r->user.len) {
        open_key(w, "user");
        put_text(w, "name", r->user);
        close_key(w);
    }
}

static void put_header_value(struct writing *w, const struct audit_header *h)
{
    char space[AUDIT_TEXT_MAX + 1];
    struct buf copy;
    struct slice value = h->value;
    if (redact_hides_header(w->redaction, h->name)) {
        value = SLICE(REDACT_MARK);
    } else if (redact_may_change(w->redaction, REDACT_FIELDS, value)) {
        buf_init(&copy, space, sizeof(space));
        redact_url(w->redaction, REDACT_FIELDS, value, &copy);
        value = buf_view(&copy);
    }
    json_write_shortened(&w->json, value, w->caps->text);
}

static const struct audit_header *find_header(const struct audit_header *from,
                                              const struct audit_header *to, struct slice name)
{
    for (; from != to; from = from->next) {
        if (ascii_eq_nocase(from->name, name))
            return from;
    }
    return NULL;
}

// The fields from `first` on that have its name, as one value or an array.
static void put_header(struct writing *w, const struct audit_header *first,
                       const struct audit_header *end)
{
    char name[AUDIT_TEXT_MAX];
    ascii_lower_copy(name, first->name);
    json_write_slice(&w->json, slice_of(name, first->name.len));
    buf_char(w->json.out, ':');
    w->json.needs_comma = false;
    const struct audit_header *again = find_header(first->next, end, first->name);
    if (!again) {
        put_header_value(w, first);
        return;
    }
    json_write_array(&w->json);
    put_header_value(w, first);
    for (; again; again = find_header(again->next, end, first->name))
        put_header_value(w, again);
    json_write_end_array(&w->json);
}

// The policy asks for headers by names it can hold; a longer one is none of them and is left out.
static void put_headers(struct writing *w)
{
    const struct audit_header *first = w->record->headers, *end = first;
    for (unsigned left = w->caps->headers; end && left; left--)
        end = end->next;
    open_key(w, "headers");
    for (const struct audit_header *h = first; h != end; h = h->next) {
        if (h->name.len <= w->caps->text && !find_header(first, h, h->name))
            put_header(w, h, end);
    }
    close_key(w);
}

static void put_http(struct writing *w)
{
    const struct audit_record *r = w->record;
    open_key(w, "http");
    put_text(w, "version", r->http_version);
    open_key(w, "request");
    put_text(w, "id", r->id);
    // Where the next request should begin there may be a body nobody announced.
    put_url(w, "method", REDACT_FIELDS, r->method, w->caps->text);
    open_key(w, "body");
    json_write_key_u64(&w->json, "bytes", r->request_body_bytes);
    close_key(w);
    if (r->headers)
        put_headers(w);
    close_key(w);
    open_key(w, "response");
    if (r->status)
        json_write_key_u64(&w->json, "status_code", r->status);
    open_key(w, "body");
    json_write_key_u64(&w->json, "bytes", r->response_body_bytes);
    close_key(w);
    close_key(w);
    close_key(w);
}

static void put_request(struct writing *w)
{
    const struct audit_record *r = w->record;
    put_http(w);
    open_key(w, "url");
    put_url(w, "original", REDACT_TARGET, r->target, w->caps->url);
    put_url(w, "domain", REDACT_TARGET, r->host, w->caps->text);
    put_url(w, "path", REDACT_FIELDS, r->path, w->caps->url);
    if (r->has_query)
        put_url(w, "query", REDACT_FIELDS, r->query, w->caps->url);
    close_key(w);
    if (r->user_agent.len) {
        open_key(w, "user_agent");
        put_text(w, "original", r->user_agent);
        close_key(w);
    }
}

// Names as ECS has them; the fingerprint has none there yet.
static void put_tls_client(struct writing *w)
{
    const struct tls_facts *tls = &w->record->tls;
    const struct tls_identity *id = &tls->client;
    open_key(w, "client");
    if (tls->server_name.len)
        put_text(w, "server_name", tls->server_name);
    put_known(w, "ja4", tls->ja4);
    if (id->fingerprint.len) {
        put_text(w, "subject", id->subject);
        put_text(w, "issuer", id->issuer);
        open_key(w, "hash");
        put_known(w, "sha256", id->fingerprint);
        close_key(w);
        open_key(w, "x509");
        put_known(w, "serial_number", id->serial);
        if (id->common_name.len) {
            open_key(w, "subject");
            put_text(w, "common_name", id->common_name);
            close_key(w);
        }
        if (id->names.len)
            put_text(w, "alternative_names", id->names);
        close_key(w);
    }
    close_key(w);
}

static void put_tls(struct writing *w)
{
    const struct audit_record *r = w->record;
    open_key(w, "tls");
    put_known(w, "version", r->tls.version);
    json_write_key_str(&w->json, "version_protocol", "tls");
    put_known(w, "cipher", r->tls.cipher);
    json_write_key_bool(&w->json, "established",
                        r->kind == AUDIT_REQUEST || r->tls_ns != UINT64_MAX);
    json_write_key_bool(&w->json, "resumed", r->tls.resumed);
    put_known(w, "next_protocol", r->tls.protocol);
    if (r->tls.server_name.len || r->tls.ja4.len || r->tls.client.fingerprint.len)
        put_tls_client(w);
    close_key(w);
}

static void put_rule(struct writing *w)
{
    const struct audit_record *r = w->record;
    open_key(w, "rule");
    put_known(w, "id", r->rule);
    put_known(w, "name", r->rule_name);
    close_key(w);
}

static void put_matches(struct writing *w)
{
    const struct audit_record *r = w->record;
    struct json_writer *j = &w->json;
    // Empty for a request that hit nothing, so that whoever walks over the list needs no question.
    if (r->kind == AUDIT_CONNECTION && r->match_count == 0)
        return;
    json_write_key_u64(j, "match_count", r->match_count);
    json_write_key(j, "matches");
    json_write_array(j);
    unsigned left = w->caps->matches;
    for (const struct audit_match *m = r->matches; m && left; m = m->next, left--) {
        bool is_hidden = m->is_secret || redact_hides_target(w->redaction, m->target, r->query);
        json_write_object(j);
        put_text(w, "rule", m->rule);
        put_text(w, "target", m->target);
        json_write_key(j, "value");
        json_write_shortened(j, is_hidden ? SLICE(REDACT_MARK) : m->value, w->caps->value);
        json_write_key_u64(j, "score", m->score);
        json_write_key_str(j, "mode", m->is_detect ? "detect" : "block");
        json_write_end_object(j);
    }
    json_write_end_array(j);
}

static void put_backend(struct writing *w)
{
    const struct audit_record *r = w->record;
    struct json_writer *j = &w->json;
    put_known(w, "backend", r->backend);
    if (r->insecure)
        json_write_key_bool(j, "backend_insecure", true);
    if (r->attempt_count == 0)
        return;
    json_write_key(j, "attempts");
    json_write_array(j);
    for (unsigned i = 0; i < r->attempt_count && i < AUDIT_ATTEMPTS_MAX; i++) {
        const struct audit_attempt *a = &r->attempts[i];
        json_write_object(j);
        put_text(w, "server", a->server);
        put_known_str(w, "failure", a->failure);
        put_known_str(w, "detail", a->detail);
        json_write_key_bool(j, "reused", a->reused);
        if (a->insecure)
            json_write_key_bool(j, "insecure", true);
        json_write_end_object(j);
    }
    json_write_end_array(j);
}

static void put_time(struct writing *w, const char *key, uint64_t ns)
{
    if (ns != UINT64_MAX)
        json_write_key_u64(&w->json, key, ns);
}

static void put_timings(struct writing *w)
{
    const struct audit_record *r = w->record;
    open_key(w, "timings");
    put_time(w, "tls", r->tls_ns);
    put_time(w, "filters", r->filters_ns);
    put_time(w, "backend_connect", r->backend_connect_ns);
    put_time(w, "backend_first_byte", r->backend_first_byte_ns);
    put_time(w, "total", r->duration_ns);
    close_key(w);
}

static void put_tunnel(struct writing *w)
{
    const struct audit_record *r = w->record;
    if (!r->tunnel_end)
        return;
    open_key(w, "tunnel");
    put_known_str(w, "end", r->tunnel_end);
    json_write_key_u64(&w->json, "duration", r->tunnel_ns);
    close_key(w);
}

static void put_ban(struct writing *w)
{
    const struct audit_ban *ban = &w->record->ban;
    char who[ADDR_PREFIX_TEXT_MAX], until[CLOCK_TEXT_LEN];
    if (!ban->is_there)
        return;
    open_key(w, "ban");
    json_write_key_slice(&w->json, "address",
                         slice_of(who, addr_prefix_text_short(&ban->who, who)));
    if (ban->is_new)
        json_write_key_bool(&w->json, "added", !ban->is_dry_run);
    if (ban->is_dry_run)
        json_write_key_bool(&w->json, "dry_run", true);
    if (ban->until_wall_ns) {
        clock_text(ban->until_wall_ns, until);
        json_write_key_slice(&w->json, "until", slice_of(until, sizeof(until)));
    }
    if (ban->times)
        json_write_key_u64(&w->json, "times", ban->times);
    close_key(w);
}

static void put_yett(struct writing *w)
{
    static const char *const verdicts[] = {
        [AUDIT_VERDICT_PASSED] = "passed",   [AUDIT_VERDICT_DENIED] = "denied",
        [AUDIT_VERDICT_REFUSED] = "refused", [AUDIT_VERDICT_FAILED] = "failed",
        [AUDIT_VERDICT_ABORTED] = "aborted",
    };
    const struct audit_record *r = w->record;
    open_key(w, "yett");
    put_known(w, "listener", r->listener);
    put_known(w, "route", r->route);
    put_known(w, "filter", r->filter);
    json_write_key_str(&w->json, "verdict", verdicts[r->verdict]);
    put_known_str(w, "reason_text", r->reason_text);
    if (r->count)
        json_write_key_u64(&w->json, "count", r->count);
    json_write_key_u64(&w->json, "score", r->score);
    put_matches(w);
    if (r->would_deny_filter.len) {
        open_key(w, "would_deny");
        put_text(w, "filter", r->would_deny_filter);
        put_known_str(w, "reason", r->would_deny_reason);
        close_key(w);
    }
    put_ban(w);
    put_backend(w);
    if (!r->peer.is_unix) {
        open_key(w, "peer");
        put_ip(w, &r->peer, false, true);
        close_key(w);
    }
    put_known_str(w, "client_source", r->client_source);
    put_known_str(w, "client_source_detail", r->client_source_detail);
    if (r->kind == AUDIT_REQUEST)
        json_write_key_bool(&w->json, "response_complete", r->response_complete);
    put_tunnel(w);
    put_timings(w);
    close_key(w);
}

static void put_record(struct writing *w)
{
    const struct audit_record *r = w->record;
    char time[CLOCK_TEXT_LEN];
    clock_text(r->start_wall_ns, time);
    json_write_object(&w->json);
    json_write_key_slice(&w->json, "@timestamp", slice_of(time, sizeof(time)));
    open_key(w, "ecs");
    json_write_key_str(&w->json, "version", "8.11.0");
    close_key(w);
    put_event(w);
    put_client(w);
    if (r->kind == AUDIT_REQUEST)
        put_request(w);
    if (r->is_tls)
        put_tls(w);
    if (r->rule.len || r->rule_name.len)
        put_rule(w);
    put_yett(w);
    json_write_end_object(&w->json);
    buf_char(w->json.out, '\n');
}

void audit_record_write(const struct audit_record *r, const struct audit_redaction *redaction,
                        struct buf *out)
{
    char *at = buf_reserve(out, AUDIT_RECORD_MAX);
    if (!at)
        return;
    struct buf line;
    for (size_t i = 0; i < sizeof(caps_table) / sizeof(caps_table[0]); i++) {
        buf_init(&line, at, AUDIT_RECORD_MAX);
        struct writing w = {.caps = &caps_table[i], .record = r, .redaction = redaction};
        json_write_init(&w.json, &line);
        put_record(&w);
        if (!line.failed) {
            buf_commit(out, line.len);
            return;
        }
    }
}
