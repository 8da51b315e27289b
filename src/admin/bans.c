// SPDX-License-Identifier: Apache-2.0
// Looking does not hold up the workers: the table is copied in pieces.
#include "admin/bans.h"

#include <string.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/num.h"
#include "base/problems.h"
#include "http/head.h"
#include "policy/snapshot.h"
#include "proxy/bans.h"
#include "proxy/worker.h"

enum {
    PAGE = 1000,
    AT_ONCE = 100,
    FOR_MIN_MS = 1000,
    NS_PER_MS = 1000000,
};

static const struct slice member = SLICE_INIT("/bans/");

static unsigned refuse(struct buf *out, unsigned status, const char *sentence)
{
    struct json_writer w;
    buf_reset(out);
    json_write_init(&w, out);
    json_write_object(&w);
    json_write_key_str(&w, "error", sentence);
    json_write_end_object(&w);
    buf_char(out, '\n');
    return status;
}

static void put_time(struct json_writer *w, const char *key, uint64_t ms)
{
    char text[CLOCK_TEXT_LEN];
    clock_text(ms * NS_PER_MS, text);
    json_write_key_slice(w, key, slice_of(text, sizeof(text)));
}

static void put_ban(struct json_writer *w, const struct ban *b)
{
    char who[ADDR_PREFIX_TEXT_MAX];
    json_write_object(w);
    json_write_key_slice(w, "address", slice_of(who, addr_prefix_text_short(&b->who, who)));
    put_time(w, "since", b->since_ms);
    put_time(w, "until", b->until_ms);
    json_write_key_str(w, "by", b->by);
    json_write_key_str(w, "reason", b->reason);
    json_write_key_u64(w, "times", b->times);
    json_write_key_u64(w, "refused", b->refused);
    json_write_end_object(w);
}

// False when the query is none that is known.
static bool read_from(const struct http_request *r, size_t *from)
{
    const struct slice key = SLICE("from=");
    uint64_t value = 0;
    *from = 0;
    if (!r->has_query)
        return true;
    if (!slice_begins(r->query, key) ||
        !num_decimal(slice_from(r->query, key.len), BAN_TABLE_MAX, &value))
        return false;
    *from = (size_t)value;
    return true;
}

static unsigned list(struct bans *bans, const struct http_request *r, struct buf *out)
{
    struct ban some[AT_ONCE];
    struct json_writer w;
    uint64_t now_ms = bans_now_ms(bans);
    size_t at, shown = 0, count = 1;
    if (!read_from(r, &at))
        return refuse(out, 400, "the query may be from=NEXT, as an answer before has it");
    json_write_init(&w, out);
    json_write_object(&w);
    json_write_key_u64(&w, "in_force", ban_table_counts(bans_table(bans), now_ms).in_force);
    json_write_key(&w, "bans");
    json_write_array(&w);
    while (shown + AT_ONCE <= PAGE && count > 0) {
        count = ban_table_copy(bans_table(bans), &at, some, AT_ONCE);
        for (size_t i = 0; i < count; i++) {
            if (some[i].until_ms <= now_ms)
                continue;
            put_ban(&w, &some[i]);
            shown++;
        }
    }
    json_write_end_array(&w);
    if (count > 0)
        json_write_key_u64(&w, "next", at);
    json_write_end_object(&w);
    buf_char(out, '\n');
    return 200;
}

// An address, or what stands for its client in the list.
static bool read_client(const struct policy_bans *p, struct slice text, struct addr_prefix *out)
{
    struct addr a = {0};
    struct addr_prefix written;
    if (addr_parse(text, &a)) {
        *out = bans_client(p, &a);
        return true;
    }
    if (!addr_parse_prefix(text, false, &written))
        return false;
    memcpy(a.bytes, written.bytes, sizeof(a.bytes));
    *out = bans_client(p, &a);
    return out->bits == written.bits;
}

static bool read_order(const struct policy_bans *p, const struct json *object,
                       struct problems *problems, struct ban_order *order)
{
    static const char *const keys[] = {"address", "for", "reason", NULL};
    size_t before = problems_count(problems);
    if (!conf_is_object(object, problems))
        return false;
    *order = (struct ban_order){.is_exact = true, .by = SLICE("admin"), .reason = SLICE("by hand")};
    conf_known_keys(object, keys, problems);
    const struct json *address = conf_required(object, "address", problems);
    if (address && conf_is_string(address, problems) && !read_client(p, address->text, &order->who))
        problems_add(problems, address, "this is no address of a client");
    if (conf_required(object, "for", problems) &&
        conf_duration_ms(object, "for", FOR_MIN_MS, BAN_MS_MAX, problems, &order->for_ms))
        order->max_ms = order->for_ms;
    (void)conf_text(object, "reason", problems, &order->reason);
    if (slice_index(order->reason, '\0') < order->reason.len || order->reason.len > BAN_REASON_MAX)
        problems_add(problems, json_get(object, "reason"), "at most %d octets, none of them NUL",
                     BAN_REASON_MAX);
    return problems_count(problems) == before;
}

static unsigned put(struct bans *bans, const struct policy_bans *p, const struct ban_order *order,
                    struct buf *out)
{
    char who[ADDR_PREFIX_TEXT_MAX];
    struct json_writer w;
    struct ban ban;
    if (bans_put(bans, p, order, &ban) == BANS_NEVER)
        return refuse(out, 409, "the policy says that this client is never banned");
    (void)addr_prefix_text_short(&ban.who, who);
    log_notice("bans: %s is banned by hand for %llu s", who,
               (unsigned long long)(order->for_ms / 1000));
    json_write_init(&w, out);
    put_ban(&w, &ban);
    buf_char(out, '\n');
    return 201;
}

static unsigned add(struct bans *bans, const struct policy_bans *p, struct slice body,
                    struct buf *out)
{
    struct problems *problems = problems_new();
    struct json_doc *doc = problems ? json_read_text("body", body, problems) : NULL;
    struct ban_order order;
    unsigned status;
    if (doc && read_order(p, json_root(doc), problems, &order))
        status = put(bans, p, &order, out);
    else
        status = refuse(out, problems ? 400 : 500,
                        problems ? problems_text(problems, 0) : "not enough memory");
    json_free(&doc);
    problems_free(&problems);
    return status;
}

static unsigned lift(struct bans *bans, const struct policy_bans *p, struct slice text,
                     struct buf *out)
{
    char shown[ADDR_PREFIX_TEXT_MAX];
    struct json_writer w;
    struct addr_prefix who;
    if (!read_client(p, text, &who))
        return refuse(out, 400, "this is no address of a client");
    if (!bans_lift(bans, &who))
        return refuse(out, 404, "this client is not banned");
    struct slice client = slice_of(shown, addr_prefix_text_short(&who, shown));
    log_notice("bans: the ban of %s is lifted by hand", shown);
    json_write_init(&w, out);
    json_write_object(&w);
    json_write_key_slice(&w, "lifted", client);
    json_write_end_object(&w);
    buf_char(out, '\n');
    return 200;
}

unsigned admin_bans_answer(struct admin_view *view, const struct http_request *r, struct slice body,
                           struct buf *out)
{
    struct snapshot *s = admin_view_take(view);
    if (!s)
        return refuse(out, 503, "no policy is in force");
    struct bans *bans = view->shared->bans;
    unsigned status = r->method_id == HTTP_METHOD_POST ? add(bans, &s->bans, body, out)
                      : r->method_id == HTTP_METHOD_DELETE
                          ? lift(bans, &s->bans, slice_from(r->path, member.len), out)
                          : list(bans, r, out);
    snapshot_unref(&s);
    return status;
}
