// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <time.h>

#include "base/clock.h"
#include "support/dice.h"

static void writes_known_dates(void **state)
{
    static const struct {
        uint64_t wall_ns;
        const char *text, *http;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777000000000u, "1994-11-06T08:49:37.000Z",
         "Sun, 06 Nov 1994 08:49:37 GMT"}, // RFC 9110, 5.6.7
        {951827696789999999u, "2000-02-29T12:34:56.789Z", "Tue, 29 Feb 2000 12:34:56 GMT"},
        {1798761599999000000u, "2026-12-31T23:59:59.999Z", "Thu, 31 Dec 2026 23:59:59 GMT"},
        {4107542400000000000u, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CLOCK_TEXT_LEN], http[CLOCK_HTTP_LEN];
        clock_text(cases[i].wall_ns, text);
        clock_http_date(cases[i].wall_ns, http);
        ASSERT_SLICE(slice_of(text, sizeof(text)), slice_str(cases[i].text));
        ASSERT_SLICE(slice_of(http, sizeof(http)), slice_str(cases[i].http));
    }
}

static void agrees_with_the_library(void **state)
{
    struct dice dice = {.state = 11};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t second = dice_below(&dice, 18446744073u); // to the year 2554
        time_t time = (time_t)second;
        struct tm tm;
        char wanted[64], got[CLOCK_HTTP_LEN], text[CLOCK_TEXT_LEN];
        assert_non_null(gmtime_r(&time, &tm));
        clock_http_date(second * 1000000000u, got);
        size_t len = strftime(wanted, sizeof(wanted), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        ASSERT_SLICE(slice_of(got, sizeof(got)), slice_of(wanted, len));
        clock_text(second * 1000000000u + 42000000u, text);
        len = strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.042Z", &tm);
        ASSERT_SLICE(slice_of(text, sizeof(text)), slice_of(wanted, len));
    }
}

static void never_runs_backwards(void **state)
{
    (void)state;
    uint64_t before = clock_mono_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_mono_ns();
        assert_true(now >= before);
        before = now;
    }
}

static void tells_the_time_of_day(void **state)
{
    (void)state;
    uint64_t seconds = clock_wall_ns() / 1000000000u;
    uint64_t wanted = (uint64_t)time(NULL);
    assert_true(seconds + 2 >= wanted && seconds <= wanted + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_known_dates),
        cmocka_unit_test(agrees_with_the_library),
        cmocka_unit_test(never_runs_backwards),
        cmocka_unit_test(tells_the_time_of_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
