// SPDX-License-Identifier: Apache-2.0
// Every limit of the gateway in one table: its key, its range, its default and where it lies, so
// that no two places can tell different stories about one of them. A route may change those that
// matter once it is known which route it is.
#include "policy/policy_internal.h"

#include <stdint.h>

#include "base/conf.h"

enum { LIMITS_MAX = 32 }; // of one table

enum limit_kind {
    LIMIT_SIZE,
    LIMIT_SIZE32,
    LIMIT_COUNT32,
    LIMIT_DURATION,
    LIMIT_RATE,       // two numbers: bytes, and milliseconds
    LIMIT_COUNT_RATE, // two numbers: a count, and milliseconds
};

struct limit {
    const char *key;
    enum limit_kind kind;
    bool in_route;
    size_t at, per_at; // offsets in struct policy_limits
    uint64_t min, max;
    uint64_t usual, usual_per;
};

#define KIB        UINT64_C(1024)
#define MIB        (1024 * KIB)
#define GIB        (1024 * MIB)
#define SECOND     UINT64_C(1000)
#define HOUR       (3600 * SECOND)
#define DAY        (24 * HOUR)
#define AT(member) .at = offsetof(struct policy_limits, member)

static const struct limit limits_table[] = {
    {"request_line", LIMIT_SIZE32, false, AT(head.start_line), .min = 64, .max = 16 * KIB,
     .usual = 8 * KIB},
    {"field_line", LIMIT_SIZE32, false, AT(head.field_line), .min = 64, .max = 64 * KIB,
     .usual = 8 * KIB},
    {"header_bytes", LIMIT_SIZE32, false, AT(head.field_bytes), .min = 256, .max = 96 * KIB,
     .usual = 32 * KIB},
    {"header_count", LIMIT_COUNT32, false, AT(head.field_count), .min = 1, .max = 1000,
     .usual = 100},
    {"request_body", LIMIT_SIZE, true, AT(request_body), .min = 0, .max = 1024 * GIB,
     .usual = 10 * MIB},
    {"handshake_timeout", LIMIT_DURATION, false, AT(handshake_ms), .min = 100, .max = HOUR,
     .usual = 10 * SECOND},
    {"head_timeout", LIMIT_DURATION, false, AT(head_ms), .min = 100, .max = HOUR,
     .usual = 10 * SECOND},
    {"body_timeout", LIMIT_DURATION, true, AT(body_ms), .min = 100, .max = HOUR,
     .usual = 30 * SECOND},
    {"send_timeout", LIMIT_DURATION, true, AT(send_ms), .min = 100, .max = HOUR,
     .usual = 30 * SECOND},
    {"idle_timeout", LIMIT_DURATION, false, AT(idle_ms), .min = 100, .max = DAY,
     .usual = 60 * SECOND},
    {"min_body_rate", LIMIT_RATE, true, AT(body_rate_bytes),
     .per_at = offsetof(struct policy_limits, body_rate_ms), .usual = 256, .usual_per = SECOND},
    {"min_send_rate", LIMIT_RATE, true, AT(send_rate_bytes),
     .per_at = offsetof(struct policy_limits, send_rate_ms), .usual = 256, .usual_per = SECOND},
    {"rate_grace", LIMIT_DURATION, true, AT(rate_grace_ms), .min = 0, .max = HOUR,
     .usual = 5 * SECOND},
    {"drain_timeout", LIMIT_DURATION, false, AT(drain_ms), .min = 0, .max = DAY,
     .usual = 30 * SECOND},
    {"discard", LIMIT_SIZE, true, AT(discard_bytes), .min = 0, .max = GIB, .usual = 64 * KIB},
    {"exchange_memory", LIMIT_SIZE, false, AT(exchange_memory), .min = 64 * KIB, .max = GIB,
     .usual = 256 * KIB},
    {"connections", LIMIT_COUNT32, false, AT(connections), .min = 1, .max = 10000000,
     .usual = 20000},
    {"connections_per_client", LIMIT_COUNT32, false, AT(connections_per_client), .min = 0,
     .max = 10000000, .usual = 500},
    {"requests_per_connection", LIMIT_COUNT32, false, AT(requests_per_connection), .min = 1,
     .max = 1000000000, .usual = 10000},
    {"interim_responses", LIMIT_COUNT32, true, AT(interim_responses), .min = 0, .max = 1000,
     .usual = 16},
};

#define RATE(member)                                                                               \
    AT(http2.member.count), .per_at = offsetof(struct policy_limits, http2.member.per_ms)

// Of each connection, in `limits.http2`.
static const struct limit http2_table[] = {
    {"max_concurrent_streams", LIMIT_COUNT32, false, AT(http2.max_concurrent_streams), .min = 1,
     .max = 10000, .usual = 100},
    {"stream_window", LIMIT_SIZE32, false, AT(http2.stream_window), .min = KIB, .max = 16 * MIB,
     .usual = 64 * KIB},
    {"connection_window", LIMIT_SIZE32, false, AT(http2.connection_window), .min = 64 * KIB,
     .max = 1024 * MIB, .usual = MIB},
    {"header_bomb", LIMIT_SIZE32, false, AT(http2.header_bomb), .min = 4 * KIB, .max = 16 * MIB,
     .usual = 256 * KIB},
    {"continuations", LIMIT_COUNT32, false, AT(http2.continuations), .min = 0, .max = 1000,
     .usual = 8},
    {"buffer_memory", LIMIT_SIZE, false, AT(http2.buffer_memory), .min = MIB, .max = 64 * GIB,
     .usual = 64 * MIB},
    {"resets", LIMIT_COUNT_RATE, false, RATE(resets), .usual = 200, .usual_per = 10 * SECOND},
    {"control_frames", LIMIT_COUNT_RATE, false, RATE(control_frames), .usual = 500,
     .usual_per = 10 * SECOND},
    {"empty_frames", LIMIT_COUNT_RATE, false, RATE(empty_frames), .usual = 100,
     .usual_per = 10 * SECOND},
    {"window_updates", LIMIT_COUNT_RATE, false, RATE(window_updates), .usual = 2000,
     .usual_per = 10 * SECOND},
    {"offences", LIMIT_COUNT_RATE, false, RATE(offences), .usual = 5, .usual_per = 30 * SECOND},
    {"offence_hold", LIMIT_DURATION, false, AT(http2.offence_hold_ms), .min = 0, .max = 60 * SECOND,
     .usual = 2 * SECOND},
    {"header_octets", LIMIT_RATE, false, RATE(header_octets), .usual = 512 * MIB,
     .usual_per = 10 * SECOND},
};

static void store(struct policy_limits *limits, const struct limit *l, uint64_t value, uint64_t per)
{
    void *at = (char *)limits + l->at;
    if (l->kind == LIMIT_SIZE32 || l->kind == LIMIT_COUNT32)
        *(uint32_t *)at = (uint32_t)value;
    else
        *(uint64_t *)at = value;
    if (l->kind == LIMIT_RATE || l->kind == LIMIT_COUNT_RATE)
        *(uint64_t *)(void *)((char *)limits + l->per_at) = per;
}

static void read_limit(struct policy_reader *r, const struct json *object, const struct limit *l,
                       struct policy_limits *limits)
{
    uint64_t value = 0, per = 0;
    bool good = false;
    switch (l->kind) {
    case LIMIT_SIZE:
    case LIMIT_SIZE32:
        good = conf_size(object, l->key, l->min, l->max, r->problems, &value);
        break;
    case LIMIT_COUNT32:
        good = conf_u64(object, l->key, l->min, l->max, r->problems, &value);
        break;
    case LIMIT_DURATION:
        good = conf_duration_ms(object, l->key, l->min, l->max, r->problems, &value);
        break;
    case LIMIT_COUNT_RATE:
        good = conf_rate(object, l->key, r->problems, &value, &per);
        break;
    case LIMIT_RATE:
        good = conf_byte_rate(object, l->key, r->problems, &value, &per);
        break;
    }
    if (good)
        store(limits, l, value, per);
}

// A rate can be switched off, which "0B/1s" would say less clearly.
static bool is_switched_off(const struct json *object, const struct limit *l)
{
    const struct json *value = json_get(object, l->key);
    bool is_rate = l->kind == LIMIT_RATE || l->kind == LIMIT_COUNT_RATE;
    return is_rate && value && value->type == JSON_BOOL && !value->boolean;
}

// `also`: a key that is no limit of the table; NULL without.
static void read_limits(struct policy_reader *r, const struct json *object,
                        const struct limit *table, size_t table_len, bool in_route,
                        const char *also, struct policy_limits *limits)
{
    const char *keys[LIMITS_MAX + 2];
    size_t count = 0;
    for (size_t i = 0; i < table_len; i++) {
        const struct limit *l = &table[i];
        if (in_route && !l->in_route)
            continue;
        keys[count++] = l->key;
        if (is_switched_off(object, l))
            store(limits, l, 0, l->usual_per);
        else
            read_limit(r, object, l, limits);
    }
    keys[count++] = also;
    keys[count] = NULL;
    conf_known_keys(object, keys, r->problems);
}

static void set_usual(struct policy_limits *limits, const struct limit *table, size_t len)
{
    for (size_t i = 0; i < len; i++)
        store(limits, &table[i], table[i].usual, table[i].usual_per);
}

void policy_read_limits(struct policy_reader *r)
{
    struct policy_limits *limits = &r->s->limits;
    set_usual(limits, limits_table, ARRAY_LEN(limits_table));
    set_usual(limits, http2_table, ARRAY_LEN(http2_table));
    const struct json *object = policy_object(r, r->root, "limits");
    if (!object)
        return;
    read_limits(r, object, limits_table, ARRAY_LEN(limits_table), false, "http2", limits);
    const struct json *http2 = policy_object(r, object, "http2");
    if (http2)
        read_limits(r, http2, http2_table, ARRAY_LEN(http2_table), false, NULL, limits);
}

void policy_read_route_limits(struct policy_reader *r, const struct json *route,
                              struct policy_limits *limits)
{
    const struct json *object = policy_object(r, route, "limits");
    if (object)
        read_limits(r, object, limits_table, ARRAY_LEN(limits_table), true, NULL, limits);
}
