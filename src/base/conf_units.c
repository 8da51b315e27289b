// SPDX-License-Identifier: Apache-2.0
// Numbers with units: "10s", "16KiB", "100/1s". A unit is one of a short list and written in one
// way, because "10MB" or "10m" read differently by two people is how a limit becomes a hundred
// times too large.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "base/num.h"

enum {
    QUOTED_MAX = 64,
    AMOUNT_TEXT_MAX = 32,
};

struct unit {
    struct slice name;
    uint64_t factor;
};

// Both lists run from the smallest unit up.
static const struct unit durations[] = {
    {SLICE_INIT("ms"), 1},
    {SLICE_INIT("s"), 1000},
    {SLICE_INIT("m"), 60 * 1000},
    {SLICE_INIT("h"), 60 * 60 * 1000},
    {SLICE_INIT("d"), 24 * 60 * 60 * 1000},
};

static const struct unit sizes[] = {
    {SLICE_INIT("B"), 1},
    {SLICE_INIT("KiB"), 1024},
    {SLICE_INIT("MiB"), 1024 * 1024},
    {SLICE_INIT("GiB"), 1024 * 1024 * 1024},
};

// Reads all of `text` as 1*DIGIT and one of the units.
static bool parse_amount(struct slice text, const struct unit *units, size_t count, uint64_t *out)
{
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.ptr[digits]))
        digits++;
    uint64_t number;
    if (!num_decimal(slice_first(text, digits), UINT64_MAX, &number))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(slice_from(text, digits), units[i].name))
            return !__builtin_mul_overflow(number, units[i].factor, out);
    }
    return false;
}

static bool parse_duration(struct slice text, uint64_t *ms)
{
    return parse_amount(text, durations, ARRAY_LEN(durations), ms);
}

static bool parse_size(struct slice text, uint64_t *bytes)
{
    return parse_amount(text, sizes, ARRAY_LEN(sizes), bytes);
}

// An amount in the largest unit that divides it, as a person would write it in a policy.
static const char *amount_text(uint64_t amount, const struct unit *units, size_t count, char *out)
{
    size_t i = count - 1;
    while (i > 0 && (amount == 0 || amount % units[i].factor))
        i--;
    (void)snprintf(out, AMOUNT_TEXT_MAX, "%" PRIu64 "%s", amount / units[i].factor,
                   units[i].name.ptr);
    return out;
}

static void complain_form(const struct json *value, const char *wanted, struct problems *p)
{
    struct slice found = slice_first(value->text, QUOTED_MAX);
    if (value->type == JSON_STRING)
        problems_add(p, value, "\"%.*s\" is not %s", (int)found.len, found.ptr, wanted);
    else
        problems_add(p, value, "expected %s", wanted);
}

static bool check_range(const struct json *value, uint64_t amount, uint64_t min, uint64_t max,
                        const struct unit *units, size_t count, struct problems *p)
{
    if (amount >= min && amount <= max)
        return true;
    char low[AMOUNT_TEXT_MAX], high[AMOUNT_TEXT_MAX];
    problems_add(p, value, "must lie between \"%s\" and \"%s\"",
                 amount_text(min, units, count, low), amount_text(max, units, count, high));
    return false;
}

bool conf_duration_ms(const struct json *object, const char *key, uint64_t min_ms, uint64_t max_ms,
                      struct problems *p, uint64_t *out)
{
    const struct json *value = json_get(object, key);
    uint64_t ms;
    if (!value)
        return false;
    if (value->type != JSON_STRING || !parse_duration(value->text, &ms)) {
        complain_form(value, "a duration like \"250ms\", \"10s\", \"5m\", \"1h\" or \"1d\"", p);
        return false;
    }
    if (!check_range(value, ms, min_ms, max_ms, durations, ARRAY_LEN(durations), p))
        return false;
    *out = ms;
    return true;
}

// A plain number counts bytes; it must be whole and small enough for a double to tell it from its
// neighbours.
static bool read_size(const struct json *value, uint64_t *bytes)
{
    if (value->type == JSON_STRING)
        return parse_size(value->text, bytes);
    if (value->type != JSON_NUMBER || value->number < 0 || value->number > 9007199254740992.0 ||
        trunc(value->number) != value->number)
        return false;
    *bytes = (uint64_t)value->number;
    return true;
}

bool conf_size(const struct json *object, const char *key, uint64_t min, uint64_t max,
               struct problems *p, uint64_t *out)
{
    const struct json *value = json_get(object, key);
    uint64_t bytes;
    if (!value)
        return false;
    if (!read_size(value, &bytes)) {
        complain_form(value, "a size like \"512B\", \"16KiB\", \"1MiB\" or \"1GiB\"", p);
        return false;
    }
    if (!check_range(value, bytes, min, max, sizes, ARRAY_LEN(sizes), p))
        return false;
    *out = bytes;
    return true;
}

static bool parse_count(struct slice text, uint64_t *count)
{
    return num_decimal(text, UINT64_MAX, count);
}

// AMOUNT "/" DURATION, both at least 1.
static bool conf_per_time(const struct json *object, const char *key,
                          bool (*parse)(struct slice, uint64_t *), const char *wanted,
                          struct problems *p, uint64_t *amount, uint64_t *per_ms)
{
    const struct json *value = json_get(object, key);
    if (!value)
        return false;
    size_t slash = slice_index(value->text, '/');
    uint64_t number, ms;
    if (value->type != JSON_STRING || !parse(slice_first(value->text, slash), &number) ||
        !parse_duration(slice_from(value->text, slash + 1), &ms)) {
        complain_form(value, wanted, p);
        return false;
    }
    if (number == 0 || ms == 0) {
        problems_add(p, value, "both parts must be at least 1");
        return false;
    }
    *amount = number;
    *per_ms = ms;
    return true;
}

bool conf_rate(const struct json *object, const char *key, struct problems *p, uint64_t *count,
               uint64_t *per_ms)
{
    return conf_per_time(object, key, parse_count, "a rate like \"100/1s\"", p, count, per_ms);
}

bool conf_byte_rate(const struct json *object, const char *key, struct problems *p, uint64_t *bytes,
                    uint64_t *per_ms)
{
    return conf_per_time(object, key, parse_size, "a rate like \"256B/1s\"", p, bytes, per_ms);
}
