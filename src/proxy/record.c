// SPDX-License-Identifier: Apache-2.0
// Only facts are copied together here; how they are written and shortened is the audit room's
// business.
#include "proxy/record.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "proxy/exchange.h"

static void fill_client(const struct exchange *ex, struct audit_record *r)
{
    r->listener = ex->origin.listener->name;
    r->peer = ex->origin.peer;
    r->client = ex->client.address;
    r->has_client_port = ex->client.has_port;
    r->client_source = ex->client.source;
    r->client_source_detail = ex->client.detail;
    r->country = ex->notes.country;
    r->continent = ex->notes.continent;
    r->asn = ex->notes.asn;
    r->as_name = ex->notes.as_name;
    r->user = ex->notes.user;
    r->is_tls = ex->origin.is_tls;
    r->tls = ex->origin.tls;
    r->tls_ns = ex->origin.tls_ns;
}

static const struct audit_header *wanted_headers(struct exchange *ex)
{
    const struct policy_audit *audit = &ex->snapshot->audit;
    struct audit_header *first = NULL, **tail = &first;
    for (size_t i = 0; i < audit->request_header_count; i++) {
        const struct http_field *f =
            http_fields_find_name(&ex->request.fields, audit->request_headers[i]);
        struct audit_header *header = f ? arena_alloc(&ex->arena, sizeof(*header)) : NULL;
        if (!header)
            continue;
        *header = (struct audit_header){audit->request_headers[i], f->value, NULL};
        *tail = header;
        tail = (struct audit_header **)&header->next;
    }
    return first;
}

static void fill_request(struct exchange *ex, struct audit_record *r)
{
    const struct http_request *q = &ex->request;
    r->request_body_bytes = ex->body_received;
    if (!ex->has_request)
        return;
    const struct http_field *agent = http_fields_find(&q->fields, HTTP_FIELD_USER_AGENT);
    r->http_version = q->version == HTTP_VERSION_10  ? SLICE("1.0")
                      : q->version == HTTP_VERSION_2 ? SLICE("2")
                                                     : SLICE("1.1");
    r->method = q->method;
    r->target = q->target;
    r->path = q->path;
    r->query = q->query;
    r->has_query = q->has_query;
    r->host = q->host;
    r->user_agent = agent ? agent->value : (struct slice){0};
    r->headers = wanted_headers(ex);
}

static const struct audit_match *matches_of(struct exchange *ex)
{
    struct audit_match *first = NULL, **tail = &first;
    for (const struct filter_match *m = ex->notes.matches; m; m = m->next) {
        struct audit_match *match = arena_alloc(&ex->arena, sizeof(*match));
        if (!match)
            break;
        *match = (struct audit_match){.rule = m->rule,
                                      .target = m->target,
                                      .value = m->value,
                                      .score = m->score,
                                      .is_detect = m->is_detect,
                                      .is_secret = m->is_secret};
        *tail = match;
        tail = (struct audit_match **)&match->next;
    }
    return first;
}

static void fill_verdict(struct exchange *ex, struct audit_record *r)
{
    r->verdict = ex->outcome.verdict;
    r->reason = ex->outcome.word;
    r->reason_text = ex->outcome.text;
    r->route = ex->route ? ex->route->name : (struct slice){0};
    r->filter = ex->verdict.filter;
    r->rule = ex->verdict.rule;
    r->rule_name = ex->verdict.rule_name;
    r->would_deny_filter = ex->notes.would_deny_filter;
    r->would_deny_reason = ex->notes.would_deny_reason;
    r->score = ex->notes.score;
    r->match_count = ex->notes.match_count;
    r->matches = matches_of(ex);
    r->ban = ex->ban;
}

static void fill_backend(const struct exchange *ex, struct audit_record *r)
{
    if (ex->group)
        r->backend = ex->group->config->name;
    memcpy(r->attempts, ex->attempts, sizeof(r->attempts));
    r->attempt_count = ex->attempt_count;
    r->insecure = ex->insecure;
    r->backend_connect_ns = ex->connect_ns;
    r->backend_first_byte_ns = ex->first_byte_ns;
    if (ex->filters_ns)
        r->filters_ns = ex->filters_ns;
}

void record_of_exchange(struct exchange *ex, bool response_complete, struct audit_record *r)
{
    audit_record_init(r);
    r->kind = AUDIT_REQUEST;
    r->id = slice_of(ex->id, PROXY_ID_LEN);
    r->start_wall_ns = ex->started_wall_ns;
    r->duration_ns = clock_mono_ns() - ex->started_ns;
    r->status = ex->reply.status;
    r->response_body_bytes = ex->response_bytes;
    r->response_complete = response_complete;
    fill_client(ex, r);
    fill_request(ex, r);
    fill_verdict(ex, r);
    fill_backend(ex, r);
    if (ex->tunnel_opened_ns) {
        r->tunnel_end = ex->outcome.word ? ex->outcome.word : ex->tunnel_end;
        r->tunnel_ns = clock_mono_ns() - ex->tunnel_opened_ns;
    }
    r->outcome =
        r->verdict == AUDIT_VERDICT_PASSED && response_complete ? AUDIT_SUCCESS : AUDIT_FAILURE;
}
