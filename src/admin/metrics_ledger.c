// SPDX-License-Identifier: Apache-2.0
// Families of the figures that workers keep by name, and of how long things took.
#include "admin/metrics_ledger.h"

#include <string.h>

#include "admin/ledgers.h"
#include "admin/metrics_text.h"
#include "base/buf.h"

// One family with a sample for each name; `count` says which of an entry's counts.
struct named_family {
    enum ledger_kind kind;
    unsigned count;
    const char *name, *help;
    const char *label, *of_label; // NULL: no second one
    const char *verdict;          // value of the label "verdict", NULL without
};

static const char *const verdicts[] = {"passed", "denied", "refused", "failed", "aborted"};

static const struct named_family families[] = {
    {LEDGER_FILTER, 0, "yett_filter_denied_total", "Requests and connections a filter refused.",
     "filter", NULL, NULL},
    {LEDGER_FILTER, 1, "yett_filter_would_deny_total",
     "Requests a filter in detect mode would have refused.", "filter", NULL, NULL},
    {LEDGER_RULE, 0, "yett_rule_hits_total", "Matches of a rule, those that only score included.",
     "rule", NULL, NULL},
    {LEDGER_SERVER, 0, "yett_backend_attempts_total", "Tries at a server of a backend.", "server",
     "backend", NULL},
    {LEDGER_SERVER, 1, "yett_backend_attempts_failed_total",
     "Tries at a server of a backend that gave no answer.", "server", "backend", NULL},
};

struct samples {
    const struct named_family *family;
    struct buf *out;
};

static void write_sample(void *ctx, const struct ledger_entry *e,
                         const uint64_t sums[LEDGER_COUNTS])
{
    const struct samples *s = ctx;
    const struct named_family *f = s->family;
    bool is_other = strcmp(e->name, LEDGER_OTHER) == 0;
    if (is_other && sums[f->count] == 0)
        return;
    buf_printf(s->out, "%s{", f->name);
    if (f->of_label) {
        metrics_label(s->out, f->of_label, slice_str(e->of));
        buf_char(s->out, ',');
    }
    metrics_label(s->out, f->label, slice_str(e->name));
    if (f->verdict) {
        buf_char(s->out, ',');
        metrics_label(s->out, "verdict", slice_str(f->verdict));
    }
    buf_str(s->out, "} ");
    buf_decimal(s->out, sums[f->count]);
    buf_char(s->out, '\n');
}

static void write_samples(const struct admin_view *view, const struct named_family *f,
                          struct buf *out)
{
    struct samples s = {f, out};
    ledgers_each(view, f->kind, write_sample, &s);
}

// Of servers that the policy has: how they are.
static void write_gauge(void *ctx, const struct ledger_entry *e, const uint64_t sums[LEDGER_COUNTS])
{
    uint64_t shown[LEDGER_COUNTS];
    memcpy(shown, sums, sizeof(shown));
    // Well is who is well for all workers.
    shown[LEDGER_WELL] = sums[LEDGER_WELL] == sums[LEDGER_IN_USE];
    if (sums[LEDGER_IN_USE])
        write_sample(ctx, e, shown);
}

static void write_gauges(const struct admin_view *view, struct buf *out)
{
    static const struct named_family gauges[] = {
        {LEDGER_SERVER, LEDGER_OUTSTANDING, "yett_backend_outstanding",
         "Exchanges under way at a server of a backend.", "server", "backend", NULL},
        {LEDGER_SERVER, LEDGER_WELL, "yett_backend_well",
         "1 when a server of a backend gets requests, 0 while it is sick or ejected.", "server",
         "backend", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(gauges); i++) {
        struct samples s = {&gauges[i], out};
        metrics_family(out, gauges[i].name, "gauge", gauges[i].help);
        ledgers_each(view, LEDGER_SERVER, write_gauge, &s);
    }
}

static void write_routes(const struct admin_view *view, struct buf *out)
{
    struct named_family f = {.kind = LEDGER_ROUTE,
                             .name = "yett_route_requests_total",
                             .help = "Requests that ended, by route and verdict.",
                             .label = "route"};
    metrics_family(out, f.name, "counter", f.help);
    for (f.count = 0; f.count < ARRAY_LEN(verdicts); f.count++) {
        f.verdict = verdicts[f.count];
        write_samples(view, &f, out);
    }
}

static void write_seconds(struct buf *out, uint64_t us)
{
    buf_printf(out, "%llu.%06llu", (unsigned long long)(us / 1000000),
               (unsigned long long)(us % 1000000));
}

static void write_histogram(const struct admin_view *view, size_t offset, const char *name,
                            const char *help, struct buf *out)
{
    uint64_t below = 0;
    size_t buckets = offset + offsetof(struct ledger_histogram, buckets);
    metrics_family(out, name, "histogram", help);
    for (unsigned i = 0; i <= LEDGER_BOUNDS; i++) {
        below += ledgers_sum(view, buckets + i * sizeof(uint64_t));
        buf_printf(out, "%s_bucket{le=\"", name);
        if (i < LEDGER_BOUNDS)
            write_seconds(out, ledger_bounds_us[i]);
        else
            buf_str(out, "+Inf");
        buf_str(out, "\"} ");
        buf_decimal(out, below);
        buf_char(out, '\n');
    }
    buf_printf(out, "%s_sum ", name);
    write_seconds(out, ledgers_sum(view, offset + offsetof(struct ledger_histogram, sum_us)));
    buf_printf(out, "\n%s_count ", name);
    buf_decimal(out, below);
    buf_char(out, '\n');
}

static void write_responses(const struct admin_view *view, struct buf *out)
{
    static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    metrics_family(out, "yett_responses_total", "counter",
                   "Responses by class of their status; none: the connection ended before.");
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        size_t at = offsetof(struct ledger, responses) + i * sizeof(uint64_t);
        buf_printf(out, "yett_responses_total{class=\"%s\"} ", classes[i]);
        buf_decimal(out, ledgers_sum(view, at));
        buf_char(out, '\n');
    }
}

void metrics_write_ledgers(const struct admin_view *view, struct buf *out)
{
    write_routes(view, out);
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        metrics_family(out, families[i].name, "counter", families[i].help);
        write_samples(view, &families[i], out);
    }
    write_gauges(view, out);
    write_responses(view, out);
    metrics_single(out, "yett_tls_handshakes_resumed_total", "counter",
                   "TLS handshakes that took up a session of before.",
                   ledgers_sum(view, offsetof(struct ledger, handshakes_resumed)));
    metrics_single(out, "yett_tls_handshakes_failed_total", "counter",
                   "Connections that ended before their TLS handshake did.",
                   ledgers_sum(view, offsetof(struct ledger, handshakes_failed)));
    metrics_single(out, "yett_request_body_bytes_total", "counter", "Octets of request bodies.",
                   ledgers_sum(view, offsetof(struct ledger, request_body_bytes)));
    metrics_single(out, "yett_response_body_bytes_total", "counter", "Octets of response bodies.",
                   ledgers_sum(view, offsetof(struct ledger, response_body_bytes)));
    write_histogram(view, offsetof(struct ledger, request), "yett_request_duration_seconds",
                    "From the first octet of a request to the last of its response.", out);
    write_histogram(view, offsetof(struct ledger, filters), "yett_filters_duration_seconds",
                    "What the filters of a request took, password hashes included.", out);
    write_histogram(view, offsetof(struct ledger, first_byte), "yett_backend_first_byte_seconds",
                    "From the last octet of a request to the first of the backend's response.",
                    out);
    write_histogram(view, offsetof(struct ledger, handshake), "yett_tls_handshake_seconds",
                    "From accept to the end of the TLS handshake.", out);
}
