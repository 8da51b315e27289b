// SPDX-License-Identifier: Apache-2.0
// A channel that takes what it is told to take shows what the sink makes of it.
#include "support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/sink.h"
#include "audit/sink_syslog.h"

static char taken[4096];
static size_t taken_len;
static size_t takes; // octets before it says EAGAIN
static int fails;    // errno of the next send; 0: it works
static unsigned opened;
static bool may_open;
static size_t longest;

static void *open_fake(const void *target)
{
    (void)target;
    errno = ECONNREFUSED;
    opened++;
    return may_open ? taken : NULL;
}

static ssize_t send_fake(void *channel, const char *octets, size_t len)
{
    (void)channel;
    errno = fails;
    if (fails)
        return -1;
    errno = len > longest ? EMSGSIZE : EAGAIN;
    if (len > longest || takes == 0)
        return -1;
    size_t n = len < takes ? len : takes;
    memcpy(taken + taken_len, octets, n);
    taken_len += n;
    takes -= n;
    return (ssize_t)n;
}

static const char *why_fake(const void *channel)
{
    (void)channel;
    return NULL;
}

static void close_fake(void *channel)
{
    (void)channel;
}

static const struct audit_channel_ops fake = {open_fake, send_fake, why_fake, close_fake};
static struct sink sink;
static uint64_t now_ns;

static int begin(void **state)
{
    bool is_datagram = *state != NULL;
    const struct audit_syslog_options o = {
        .channel = &fake, .facility = 16, .app_name = "a", .is_datagram = is_datagram};
    taken_len = 0;
    takes = longest = sizeof(taken);
    fails = 0;
    opened = 0;
    may_open = true;
    now_ns = 1;
    return sink_open_syslog(&sink, "syslog", &o) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    sink_close(&sink);
    return 0;
}

static bool start(void)
{
    struct sink_place at;
    return sink.ops->begin(&sink, NULL, now_ns, &at);
}

static ssize_t put(const char *text)
{
    return sink.ops->write(&sink, text, strlen(text));
}

// How many whole messages were taken; each holds `{}`-like text.
static unsigned count_messages(void)
{
    unsigned count = 0;
    size_t at = 0;
    while (at < taken_len) {
        char *rest;
        size_t len = strtoul(taken + at, &rest, 10);
        at = (size_t)(rest - taken) + 1 + len;
        assert_true(at <= taken_len && taken[at - 1] == '}');
        count++;
    }
    return count;
}

#define LINES "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"

static void each_line_is_a_message_with_its_length(void **state)
{
    assert_true(start());
    assert_int_equal(put(LINES), sizeof(LINES) - 1);
    assert_int_equal(count_messages(), 3);
    taken[taken_len] = '\0';
    assert_non_null(strstr(taken, " a "));
    assert_non_null(strstr(taken, " audit - {\"b\":2}"));
    (void)state;
}

static void message_sent_in_part_goes_on_where_it_stopped(void **state)
{
    assert_true(start());
    takes = 10;
    assert_int_equal(put(LINES), 1); // begun
    takes = sizeof(taken);
    assert_int_equal(put("\"a\":1}\n"), 7);
    assert_int_equal(put("{\"b\":2}\n"), 8);
    assert_int_equal(count_messages(), 2);
    (void)state;
}

static void message_sent_in_part_is_repeated_on_a_new_connection(void **state)
{
    assert_true(start());
    takes = 10;
    assert_int_equal(put(LINES), 1);
    fails = ECONNRESET;
    assert_int_equal(put("\"a\":1}\n"), -1);
    fails = 0;
    taken_len = 0;
    takes = sizeof(taken);
    assert_false(start()); // not at once
    now_ns += 500000000u;
    assert_true(start());
    assert_int_equal(put("\"a\":1}\n"), 7);
    assert_int_equal(count_messages(), 1);
    assert_int_equal(opened, 2);
    (void)state;
}

static void tries_less_and_less_often(void **state)
{
    may_open = false;
    for (unsigned i = 0; i < 6000; i++, now_ns += 10000000u) // a minute
        assert_false(start());
    assert_int_equal(opened, 7); // at 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 seconds
    (void)state;
}

static void channel_that_takes_nothing_is_given_up(void **state)
{
    assert_true(start());
    takes = 0;
    assert_int_equal(put(LINES), 1);
    now_ns += 11000000000u;
    assert_true(start());
    assert_int_equal(put("\"a\":1}\n"), -1);
    assert_false(start());
    (void)state;
}

static void datagram_that_is_too_long_is_cut(void **state)
{
    char line[2000];
    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 2, "\n", 2);
    longest = 600;
    assert_true(start());
    assert_int_equal(put(line), sizeof(line) - 1);
    assert_true(taken_len >= 480 && taken_len <= 600);
    assert_memory_equal(taken, "<134>1 ", 7);
    (void)state;
}

int main(void)
{
    static bool datagrams;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_line_is_a_message_with_its_length, begin, end),
        cmocka_unit_test_setup_teardown(message_sent_in_part_goes_on_where_it_stopped, begin, end),
        cmocka_unit_test_setup_teardown(message_sent_in_part_is_repeated_on_a_new_connection, begin,
                                        end),
        cmocka_unit_test_setup_teardown(tries_less_and_less_often, begin, end),
        cmocka_unit_test_setup_teardown(channel_that_takes_nothing_is_given_up, begin, end),
        cmocka_unit_test_prestate_setup_teardown(datagram_that_is_too_long_is_cut, begin, end,
                                                 &datagrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
