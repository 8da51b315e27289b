// SPDX-License-Identifier: Apache-2.0
// Each worker counts for itself; sums are made when somebody asks. The counters of one answer need
// not be of the same instant.
#include "admin/metrics.h"

#include <stdatomic.h>
#include <stddef.h>

#include "admin/admin.h"
#include "admin/ledgers.h"
#include "admin/metrics_ledger.h"
#include "admin/metrics_process.h"
#include "admin/metrics_text.h"
#include "audit/audit.h"
#include "base/buf.h"
#include "policy/snapshot.h"
#include "proxy/bans.h"
#include "proxy/worker.h"

struct worker_counter {
    const char *name, *help;
    size_t offset; // in struct proxy_counters
};

#define COUNTER(field, help_)                                                                      \
    {                                                                                              \
        .name = "yett_" #field "_total", .help = (help_),                                          \
        .offset = offsetof(struct proxy_counters, field)                                           \
    }

static const struct worker_counter worker_counters[] = {
    COUNTER(accepted, "Connections accepted."),
    COUNTER(refused_full, "Connections refused because the table was full of running requests."),
    COUNTER(shed, "Connections closed in favour of others."),
    COUNTER(requests, "Requests that ended, whatever way."),
    COUNTER(denied, "Requests and connections that a filter or the gateway refused."),
    COUNTER(failed, "Requests that a backend failed."),
    COUNTER(banned, "Requests and connections refused for a ban."),
};

static void write_expiry(void *ctx, const struct snapshot_expiry *e)
{
    struct buf *out = ctx;
    buf_str(out, "yett_certificate_expiry_timestamp_seconds{");
    metrics_label(out, "kind", slice_str(e->kind));
    buf_char(out, ',');
    metrics_label(out, "owner", e->owner);
    buf_char(out, ',');
    metrics_label(out, "name", e->name);
    buf_printf(out, "} %lld\n", (long long)e->at_s);
}

static void write_expiries(struct admin_view *view, struct buf *out)
{
    struct snapshot *s = admin_view_take(view);
    if (!s)
        return;
    metrics_family(out, "yett_certificate_expiry_timestamp_seconds", "gauge",
                   "When a certificate ends.");
    snapshot_each_expiry(s, write_expiry, out);
    snapshot_unref(&s);
}

static void write_bans(const struct proxy_shared *shared, struct buf *out)
{
    struct ban_counts c = ban_table_counts(bans_table(shared->bans), bans_now_ms(shared->bans));
    metrics_single(out, "yett_bans", "gauge", "Bans in force.", c.in_force);
    metrics_single(out, "yett_bans_added_total", "counter", "Bans made, by filters and by hand.",
                   c.added);
    metrics_single(out, "yett_bans_evicted_total", "counter",
                   "Bans in force that made room for others in a full table.", c.evicted);
}

void metrics_write(struct admin_view *view, struct buf *out)
{
    struct audit_counters audit;
    for (size_t i = 0; i < ARRAY_LEN(worker_counters); i++) {
        const struct worker_counter *c = &worker_counters[i];
        metrics_single(out, c->name, "counter", c->help, ledgers_sum_counters(view, c->offset));
    }
    metrics_single(out, "yett_connections", "gauge", "Client connections open now.",
                   atomic_load_explicit(&view->shared->connections, memory_order_relaxed));
    metrics_single(out, "yett_connections_max", "gauge", "Client connections that are borne.",
                   view->shared->connections_max);
    metrics_single(out, "yett_reloads_total", "counter", "Policies taken over while running.",
                   atomic_load(&view->reloads));
    metrics_single(out, "yett_reloads_failed_total", "counter",
                   "Policies refused while running; the one before stayed in force.",
                   atomic_load(&view->reloads_failed));
    metrics_single(out, "yett_policy_loaded_timestamp_seconds", "gauge",
                   "When the policy in force was loaded.", atomic_load(&view->loaded_wall_s));
    write_bans(view->shared, out);
    audit_counters(view->shared->audit, &audit);
    metrics_single(out, "yett_audit_records_total", "counter", "Records written to the sinks.",
                   audit.records);
    metrics_single(out, "yett_audit_written_bytes_total", "counter", "Octets written to the sinks.",
                   audit.bytes);
    metrics_single(out, "yett_audit_dropped_total", "counter", "Records lost to a full ring.",
                   audit.dropped);
    metrics_single(out, "yett_audit_write_errors_total", "counter", "Writes a sink refused.",
                   audit.write_errors);
    metrics_write_ledgers(view, out);
    write_expiries(view, out);
    metrics_single(out, "process_start_time_seconds", "gauge", "When the process began.",
                   view->started_wall_s);
    metrics_write_process(out);
}
