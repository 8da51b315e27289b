// SPDX-License-Identifier: Apache-2.0
// Dates are computed here rather than by strftime: no locale, no lock, and cheap enough for every
// record. Leap seconds do not exist in the system's clock, so every day has 86400 seconds.
#include "base/clock.h"

#include <string.h>
#include <time.h>

#include "base/check.h"

#define NS_PER_S 1000000000u

struct date {
    unsigned year, month, day; // month and day from 1
    unsigned hour, minute, second;
    unsigned weekday; // 0 is Sunday
};

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    CHECK(clock_gettime(id, &now) == 0);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

// Gregorian date of a second since 1970. Counting years from March puts the leap day last, so that
// the lengths of the months before it never change: (153 m + 2) / 5 days precede month m.
static struct date date_of(uint64_t seconds)
{
    uint64_t days = seconds / 86400;
    unsigned rest = (unsigned)(seconds % 86400);
    uint64_t shifted = days + 719468; // since 1 March of year 0
    uint64_t era = shifted / 146097;  // 400 years
    unsigned day_of_era = (unsigned)(shifted % 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * day_of_year + 2) / 153;
    unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct date){
        .year = (unsigned)(era * 400) + year_of_era + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * march_month + 2) / 5 + 1,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
        .weekday = (unsigned)((days + 4) % 7),
    };
}

// The last `width` decimal digits of `value`.
static void put_digits(char *out, unsigned value, size_t width)
{
    for (size_t i = width; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
}

void clock_text(uint64_t wall_ns, char *out)
{
    struct date d = date_of(wall_ns / NS_PER_S);
    memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_LEN);
    put_digits(out, d.year, 4);
    put_digits(out + 5, d.month, 2);
    put_digits(out + 8, d.day, 2);
    put_digits(out + 11, d.hour, 2);
    put_digits(out + 14, d.minute, 2);
    put_digits(out + 17, d.second, 2);
    put_digits(out + 20, (unsigned)(wall_ns % NS_PER_S / 1000000), 3);
}

void clock_http_date(uint64_t wall_ns, char *out)
{
    struct date d = date_of(wall_ns / NS_PER_S);
    memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", CLOCK_HTTP_LEN);
    memcpy(out, &"SunMonTueWedThuFriSat"[d.weekday * 3], 3);
    put_digits(out + 5, d.day, 2);
    memcpy(out + 8, &"JanFebMarAprMayJunJulAugSepOctNovDec"[(d.month - 1) * 3], 3);
    put_digits(out + 12, d.year, 4);
    put_digits(out + 17, d.hour, 2);
    put_digits(out + 20, d.minute, 2);
    put_digits(out + 23, d.second, 2);
}
