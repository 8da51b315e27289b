// SPDX-License-Identifier: Apache-2.0
// Each line is a document of its own, so that memory for reading does not grow with the file. What
// is right as JSON and wrong as a ban is refused, too: another program may have written it.
#include "filter/ban_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/hash.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/problems.h"

enum {
    VERSION = 1,
    AT_ONCE = 256, // bans copied under one lock
    SUM_LEN = 16,
    NUMBER_MAX_BITS = 53, // beyond, JSON has no whole numbers
};
#define NUMBER_MAX ((UINT64_C(1) << NUMBER_MAX_BITS) - 1)

static const struct slice format = SLICE_INIT("yett-bans");

// ---- writing

static void put_ban(struct buf *out, const struct ban *b)
{
    struct json_writer w;
    char text[ADDR_PREFIX_TEXT_MAX];
    size_t len = addr_prefix_text(&b->who, text);
    json_write_init(&w, out);
    json_write_object(&w);
    json_write_key_slice(&w, "prefix", slice_of(text, len));
    json_write_key_u64(&w, "since", b->since_ms);
    json_write_key_u64(&w, "until", b->until_ms);
    json_write_key_u64(&w, "times", b->times);
    json_write_key_u64(&w, "refused", b->refused & NUMBER_MAX);
    json_write_key_str(&w, "by", b->by);
    json_write_key_str(&w, "reason", b->reason);
    json_write_end_object(&w);
    buf_char(out, '\n');
}

static void sum_text(struct slice text, char out[SUM_LEN + 1])
{
    const struct hash_key fixed = {0, 0};
    (void)snprintf(out, SUM_LEN + 1, "%016llx",
                   (unsigned long long)hash_bytes(&fixed, text.ptr ? text.ptr : "", text.len));
}

void ban_state_write(struct ban_table *t, struct buf *out)
{
    struct ban some[AT_ONCE];
    struct buf lines;
    size_t at = 0, total = 0, count;
    char sum[SUM_LEN + 1];
    buf_new(&lines, BAN_STATE_MAX);
    while ((count = ban_table_copy(t, &at, some, ARRAY_LEN(some))) > 0) {
        total += count;
        for (size_t i = 0; i < count; i++)
            put_ban(&lines, &some[i]);
    }
    sum_text(buf_view(&lines), sum);
    buf_printf(out, "{\"format\":\"%s\",\"version\":%d,\"bans\":%zu,\"checksum\":\"%s\"}\n",
               format.ptr, VERSION, total, sum);
    if (lines.data)
        buf_slice(out, buf_view(&lines));
    out->failed |= lines.failed;
    buf_free(&lines);
}

// ---- reading

// Where a refusal is explained.
struct reason {
    char *text;
    size_t cap;
};

static bool refuse(const struct reason *why, const char *sentence)
{
    (void)snprintf(why->text, why->cap, "%s", sentence);
    return false;
}

static struct slice take_line(struct slice *rest)
{
    struct slice line = slice_first(*rest, slice_index(*rest, '\n'));
    *rest = slice_from(*rest, line.len < rest->len ? line.len + 1 : line.len);
    return line;
}

static bool text_is(const struct json *object, const char *key, struct slice wanted)
{
    const struct json *value = json_get(object, key);
    return value && value->type == JSON_STRING && slice_eq(value->text, wanted);
}

static bool check_head(const struct json *head, struct slice lines, struct problems *p,
                       uint64_t *count, const struct reason *why)
{
    uint64_t version = 0;
    char sum[SUM_LEN + 1];
    if (!text_is(head, "format", format))
        return refuse(why, "this is no file of bans");
    if (!conf_u64(head, "version", VERSION, VERSION, p, &version))
        return refuse(why, "its version is another one");
    if (!conf_u64(head, "bans", 0, BAN_TABLE_MAX, p, count))
        return refuse(why, "it has more bans than any table");
    sum_text(lines, sum);
    if (!text_is(head, "checksum", slice_of(sum, SUM_LEN)))
        return refuse(why, "its checksum is wrong: it was cut or changed");
    return true;
}

static bool take_text(const struct json *object, const char *key, size_t max, char *out)
{
    const struct json *value = json_get(object, key);
    if (!value || value->type != JSON_STRING || value->text.len > max ||
        slice_index(value->text, '\0') < value->text.len)
        return false;
    memcpy(out, value->text.ptr, value->text.len);
    out[value->text.len] = '\0';
    return true;
}

static bool take_ban(const struct json *object, struct problems *p, struct ban *out)
{
    const struct json *who = json_get(object, "prefix");
    uint64_t times = 0;
    bool good = who && who->type == JSON_STRING && addr_parse_prefix(who->text, false, &out->who) &&
                conf_u64(object, "since", 0, NUMBER_MAX, p, &out->since_ms) &&
                conf_u64(object, "until", 0, NUMBER_MAX, p, &out->until_ms) &&
                conf_u64(object, "times", 1, UINT32_MAX, p, &times) &&
                conf_u64(object, "refused", 0, NUMBER_MAX, p, &out->refused) &&
                take_text(object, "by", BAN_BY_MAX, out->by) &&
                take_text(object, "reason", BAN_REASON_MAX, out->reason);
    out->times = (uint32_t)times;
    return good && out->until_ms >= out->since_ms && out->until_ms - out->since_ms <= BAN_MS_MAX;
}

static struct ban *read_bans(struct slice lines, size_t count, struct problems *p,
                             const struct reason *why)
{
    struct ban *bans = calloc(count + 1, sizeof(*bans));
    if (!bans) {
        (void)refuse(why, "not enough memory");
        return NULL;
    }
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        struct json_doc *doc = json_read_text("bans", take_line(&lines), p);
        good = doc && take_ban(json_root(doc), p, &bans[i]);
        json_free(&doc);
    }
    if (good && lines.len == 0)
        return bans;
    free(bans);
    (void)refuse(why, good ? "it has more lines than it says" : "a line of it is no ban");
    return NULL;
}

struct ban *ban_state_read(struct slice text, size_t *count, char *why, size_t why_cap)
{
    const struct reason reason = {why, why_cap};
    struct problems *p = problems_new();
    struct slice lines = text, line = take_line(&lines);
    struct json_doc *head = p ? json_read_text("bans", line, p) : NULL;
    struct ban *bans = NULL;
    uint64_t said = 0;
    if (!head)
        (void)refuse(&reason, "this is no file of bans");
    else if (check_head(json_root(head), lines, p, &said, &reason))
        bans = read_bans(lines, (size_t)said, p, &reason);
    *count = (size_t)said;
    json_free(&head);
    problems_free(&p);
    return bans;
}
