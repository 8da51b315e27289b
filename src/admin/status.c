// SPDX-License-Identifier: Apache-2.0
// Everything is a sum since the start; who wants rates looks twice.
#include "admin/status.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/ledgers.h"
#include "audit/audit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "policy/snapshot.h"
#include "proxy/bans.h"
#include "proxy/worker.h"

enum { NS_PER_S = 1000000000 };

static void open_object(struct json_writer *w, const char *key)
{
    json_write_key(w, key);
    json_write_object(w);
}

static void open_array(struct json_writer *w, const char *key)
{
    json_write_key(w, key);
    json_write_array(w);
}

static void put_time(struct json_writer *w, const char *key, uint64_t s)
{
    char text[CLOCK_TEXT_LEN];
    clock_text(s * NS_PER_S, text);
    json_write_key_slice(w, key, slice_of(text, sizeof(text)));
}

static void put_process(struct json_writer *w, struct admin_view *view)
{
    json_write_key_str(w, "version", YETT_VERSION);
    json_write_key_u64(w, "pid", (uint64_t)getpid());
    json_write_key_u64(w, "workers", view->worker_count);
    put_time(w, "started", view->started_wall_s);
    json_write_key_u64(w, "uptime_s", clock_wall_ns() / NS_PER_S - view->started_wall_s);
    json_write_key_bool(w, "draining", atomic_load(&view->is_draining));
}

static void put_policy(struct json_writer *w, struct admin_view *view, const struct snapshot *s)
{
    open_object(w, "policy");
    json_write_key_str(w, "path", s->path);
    put_time(w, "loaded", atomic_load(&view->loaded_wall_s));
    json_write_key_u64(w, "reloads", atomic_load(&view->reloads));
    json_write_key_u64(w, "reloads_failed", atomic_load(&view->reloads_failed));
    pthread_mutex_lock(&view->lock);
    const struct reload_orders *o = &view->orders;
    if (o->complaint) {
        put_time(w, "last_failure", o->failed_wall_s);
        json_write_key(w, "last_failure_report");
        buf_slice(w->out, slice_first(slice_str(o->complaint), strlen(o->complaint) - 1));
        w->needs_comma = true;
    }
    pthread_mutex_unlock(&view->lock);
    json_write_end_object(w);
}

static void put_counter(struct json_writer *w, const struct admin_view *view, const char *key,
                        size_t offset)
{
    json_write_key_u64(w, key, ledgers_sum_counters(view, offset));
}

static void put_traffic(struct json_writer *w, const struct admin_view *view)
{
    static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    json_write_key_u64(w, "connections", atomic_load(&view->shared->connections));
    json_write_key_u64(w, "connections_max", atomic_load(&view->shared->connections_max));
    put_counter(w, view, "accepted", offsetof(struct proxy_counters, accepted));
    put_counter(w, view, "requests", offsetof(struct proxy_counters, requests));
    put_counter(w, view, "denied", offsetof(struct proxy_counters, denied));
    put_counter(w, view, "failed", offsetof(struct proxy_counters, failed));
    put_counter(w, view, "banned", offsetof(struct proxy_counters, banned));
    open_object(w, "responses");
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        json_write_key_u64(
            w, classes[i],
            ledgers_sum(view, offsetof(struct ledger, responses) + i * sizeof(uint64_t)));
    json_write_end_object(w);
    open_object(w, "tls_handshakes");
    json_write_key_u64(w, "resumed",
                       ledgers_sum(view, offsetof(struct ledger, handshakes_resumed)));
    json_write_key_u64(w, "failed", ledgers_sum(view, offsetof(struct ledger, handshakes_failed)));
    json_write_end_object(w);
}

// ---- by name

struct columns {
    struct json_writer *w;
    const char *name, *of; // `of`: key of what it belongs to; NULL without
    const char *counts[LEDGER_COUNTS];
};

static void put_row(void *ctx, const struct ledger_entry *e, const uint64_t sums[LEDGER_COUNTS])
{
    const struct columns *c = ctx;
    json_write_object(c->w);
    json_write_key_str(c->w, c->name, e->name);
    if (c->of)
        json_write_key_str(c->w, c->of, e->of);
    for (unsigned i = 0; i < LEDGER_COUNTS && c->counts[i]; i++)
        json_write_key_u64(c->w, c->counts[i], sums[i]);
    json_write_end_object(c->w);
}

static void put_names(struct json_writer *w, const struct admin_view *view)
{
    static const struct {
        const char *key;
        enum ledger_kind kind;
        const char *of;
        const char *counts[LEDGER_COUNTS];
    } tables[] = {
        {"routes", LEDGER_ROUTE, NULL, {"passed", "denied", "refused", "failed", "aborted"}},
        {"filters", LEDGER_FILTER, NULL, {"denied", "would_deny"}},
        {"rules", LEDGER_RULE, NULL, {"hits"}},
        {"servers",
         LEDGER_SERVER,
         "backend",
         {"attempts", "failed", "outstanding", "workers", "well_for", "ejected_until_s"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct columns c = {.w = w, .name = "name", .of = tables[i].of};
        memcpy(c.counts, tables[i].counts, sizeof(c.counts));
        open_array(w, tables[i].key);
        ledgers_each(view, tables[i].kind, put_row, &c);
        json_write_end_array(w);
    }
}

// ---- clients and countries

struct asker {
    struct addr address;
    uint64_t count;
};

static int compare(const void *a, const void *b)
{
    uint64_t left = ((const struct asker *)a)->count, right = ((const struct asker *)b)->count;
    return left < right ? 1 : left > right ? -1 : 0;
}

static void add_asker(struct asker *all, size_t *count, size_t max, const struct asker *one)
{
    for (size_t i = 0; i < *count; i++) {
        if (addr_eq(&all[i].address, &one->address)) {
            all[i].count += one->count;
            return;
        }
    }
    if (*count < max)
        all[(*count)++] = *one;
}

static void put_clients(struct json_writer *w, const struct admin_view *view)
{
    enum { MOST = 16 * TOP_CLIENTS };
    struct asker all[MOST] = {0}, one;
    char text[ADDR_TEXT_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < view->worker_count; i++)
        for (unsigned k = 0; k < TOP_CLIENTS; k++)
            if (top_clients_read(&view->workers[i]->ledger->clients, k, &one.address, &one.count))
                add_asker(all, &count, MOST, &one);
    qsort(all, count, sizeof(*all), compare);
    open_array(w, "clients");
    for (size_t i = 0; i < count && i < TOP_CLIENTS; i++) {
        json_write_object(w);
        json_write_key_slice(w, "address", slice_of(text, addr_text(&all[i].address, text)));
        json_write_key_u64(w, "requests", all[i].count);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

static void put_countries(struct json_writer *w, const struct admin_view *view)
{
    open_array(w, "countries");
    for (size_t i = 0; i < LEDGER_COUNTRIES; i++) {
        uint64_t count =
            ledgers_sum(view, offsetof(struct ledger, countries) + i * sizeof(uint64_t));
        const char code[] = {(char)('A' + i / 26), (char)('A' + i % 26)};
        if (count == 0)
            continue;
        json_write_object(w);
        json_write_key_slice(w, "country", slice_of(code, sizeof(code)));
        json_write_key_u64(w, "requests", count);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

// ---- times

static void put_histogram(struct json_writer *w, const struct admin_view *view, const char *key,
                          size_t offset)
{
    open_object(w, key);
    open_array(w, "buckets");
    for (size_t i = 0; i <= LEDGER_BOUNDS; i++)
        json_write_u64(w, ledgers_sum(view, offset + offsetof(struct ledger_histogram, buckets) +
                                                i * sizeof(uint64_t)));
    json_write_end_array(w);
    json_write_key_u64(w, "sum_us",
                       ledgers_sum(view, offset + offsetof(struct ledger_histogram, sum_us)));
    json_write_end_object(w);
}

static void put_times(struct json_writer *w, const struct admin_view *view)
{
    open_object(w, "times");
    open_array(w, "bounds_us");
    for (size_t i = 0; i < LEDGER_BOUNDS; i++)
        json_write_u64(w, ledger_bounds_us[i]);
    json_write_end_array(w);
    put_histogram(w, view, "request", offsetof(struct ledger, request));
    put_histogram(w, view, "filters", offsetof(struct ledger, filters));
    put_histogram(w, view, "first_byte", offsetof(struct ledger, first_byte));
    put_histogram(w, view, "handshake", offsetof(struct ledger, handshake));
    json_write_end_object(w);
}

// ---- the rest

static void put_expiry(void *ctx, const struct snapshot_expiry *e)
{
    struct json_writer *w = ctx;
    json_write_object(w);
    json_write_key_str(w, "kind", e->kind);
    json_write_key_slice(w, "owner", e->owner);
    json_write_key_slice(w, "name", e->name);
    json_write_key(w, "days");
    json_write_i64(w, snapshot_expiry_days(e));
    json_write_end_object(w);
}

static void put_audit(struct json_writer *w, const struct admin_view *view)
{
    struct audit_counters c;
    audit_counters(view->shared->audit, &c);
    open_object(w, "audit");
    json_write_key_u64(w, "written", c.records);
    json_write_key_u64(w, "written_bytes", c.bytes);
    json_write_key_u64(w, "lost", c.dropped);
    json_write_key_u64(w, "write_errors", c.write_errors);
    json_write_end_object(w);
}

void status_write(struct admin_view *view, struct buf *out)
{
    struct snapshot *s = admin_view_take(view);
    struct json_writer w;
    json_write_init(&w, out);
    json_write_object(&w);
    put_process(&w, view);
    if (s)
        put_policy(&w, view, s);
    put_traffic(&w, view);
    put_names(&w, view);
    put_clients(&w, view);
    put_countries(&w, view);
    put_times(&w, view);
    open_array(&w, "certificates");
    if (s)
        snapshot_each_expiry(s, put_expiry, &w);
    json_write_end_array(&w);
    json_write_key_u64(
        &w, "bans",
        ban_table_counts(bans_table(view->shared->bans), bans_now_ms(view->shared->bans)).in_force);
    put_audit(&w, view);
    json_write_end_object(&w);
    buf_char(out, '\n');
    if (s)
        snapshot_unref(&s);
}
