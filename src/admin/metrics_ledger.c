// SPDX-License-Identifier: Apache-2.0
// The same name stands in the ledger of each worker that saw it, at an index of its own: the first
// ledger that has it writes the sum for all. Scrapes are rare and names few, so they are searched
// for one by one.
#include "admin/metrics_ledger.h"

#include <stdatomic.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/metrics_text.h"
#include "base/buf.h"
#include "proxy/ledger.h"
#include "proxy/worker.h"

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
    {LEDGER_SERVER, 0, "yett_backend_attempts_total", "Tries at a server of a backend.", "server",
     "backend", NULL},
    {LEDGER_SERVER, 1, "yett_backend_attempts_failed_total",
     "Tries at a server of a backend that gave no answer.", "server", "backend", NULL},
};

static const struct ledger *ledger_of(const struct admin_view *view, unsigned worker)
{
    return view->workers[worker]->ledger;
}

static const struct ledger_entry *find(const struct ledger *l, const struct ledger_entry *wanted)
{
    unsigned count = atomic_load_explicit(&l->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        const struct ledger_entry *e = &l->entries[i];
        if (e->kind == wanted->kind && strcmp(e->name, wanted->name) == 0 &&
            strcmp(e->of, wanted->of) == 0)
            return e;
    }
    return NULL;
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

// Has a worker before that one told of it?
static bool is_told(const struct admin_view *view, unsigned worker, const struct ledger_entry *e)
{
    for (unsigned i = 0; i < worker; i++)
        if (find(ledger_of(view, i), e))
            return true;
    return false;
}

static uint64_t sum_of(const struct admin_view *view, const struct ledger_entry *wanted,
                       unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < view->worker_count; i++) {
        const struct ledger_entry *e = find(ledger_of(view, i), wanted);
        sum += e ? load(&e->counts[count]) : 0;
    }
    return sum;
}

static void write_sample(const struct admin_view *view, const struct named_family *f,
                         const struct ledger_entry *e, struct buf *out)
{
    buf_printf(out, "%s{", f->name);
    if (f->of_label) {
        metrics_label(out, f->of_label, slice_str(e->of));
        buf_char(out, ',');
    }
    metrics_label(out, f->label, slice_str(e->name));
    if (f->verdict) {
        buf_char(out, ',');
        metrics_label(out, "verdict", slice_str(f->verdict));
    }
    buf_str(out, "} ");
    buf_decimal(out, sum_of(view, e, f->count));
    buf_char(out, '\n');
}

static void write_samples(const struct admin_view *view, const struct named_family *f,
                          struct buf *out)
{
    for (unsigned w = 0; w < view->worker_count; w++) {
        const struct ledger *l = ledger_of(view, w);
        unsigned count = atomic_load_explicit(&l->count, memory_order_acquire);
        for (unsigned i = 0; i < count; i++) {
            const struct ledger_entry *e = &l->entries[i];
            bool is_other = i < LEDGER_KINDS;
            if (e->kind == f->kind && !is_told(view, w, e) &&
                (!is_other || sum_of(view, e, f->count) > 0))
                write_sample(view, f, e, out);
        }
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

static uint64_t sum_at(const struct admin_view *view, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < view->worker_count; i++)
        sum += load((const void *)((const char *)ledger_of(view, i) + offset));
    return sum;
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
        below += sum_at(view, buckets + i * sizeof(uint64_t));
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
    write_seconds(out, sum_at(view, offset + offsetof(struct ledger_histogram, sum_us)));
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
        buf_decimal(out, sum_at(view, at));
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
    write_responses(view, out);
    metrics_single(out, "yett_request_body_bytes_total", "counter", "Octets of request bodies.",
                   sum_at(view, offsetof(struct ledger, request_body_bytes)));
    metrics_single(out, "yett_response_body_bytes_total", "counter", "Octets of response bodies.",
                   sum_at(view, offsetof(struct ledger, response_body_bytes)));
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
