// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include "audit/say.h"
#include "audit/verify.h"
#include "fake_crypto.h"

enum { LINES = 6 };

static char text[8192];
static struct slice lines[LINES];
static char findings[2048];
static struct chain_point last;

static void note(void *ctx, const char *file, uint64_t line, const char *said)
{
    (void)ctx;
    size_t len = strlen(findings);
    snprintf(findings + len, sizeof(findings) - len, "%s:%llu: %s\n", file,
             (unsigned long long)line, said);
}

// A link and five records behind number 10.
static void make_lines(void)
{
    struct chain_point point = {.sequence = 10};
    struct buf out, own;
    char space[SAY_MAX], hex[CHAIN_HEX_LEN];
    buf_init(&out, text, sizeof(text));
    for (size_t i = 0; i < LINES; i++) {
        struct chain_line parts;
        size_t begin = out.len;
        buf_init(&own, space, sizeof(space));
        chain_hex(point.value, hex);
        if (i == 0)
            say_link(&own, 10, slice_of(hex, sizeof(hex)));
        else
            buf_printf(&own, "{\"number\":%zu}\n", i);
        chain_seal(&fake_crypto, fake_key, &point, buf_view(&own), &out);
        lines[i] = slice_from(buf_view(&out), begin);
        assert_true(chain_split(lines[i], &parts));
        chain_advance(&fake_crypto, &point, lines[i], &parts);
    }
    last = point;
}

static uint64_t walk(const size_t *order, size_t count)
{
    const struct verify_keys keys = {.crypto = &fake_crypto, .key = fake_key};
    const struct chain_state state = {.point = last};
    struct verify v = {.keys = &keys, .on_finding = note};
    char file_text[8192];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(file_text + len, lines[order[i]].ptr, lines[order[i]].len);
        len += lines[order[i]].len;
    }
    FILE *file = fmemopen(file_text, len, "r");
    findings[0] = '\0';
    assert_non_null(file);
    assert_int_equal(verify_first_sequence(file), 11 + order[0]);
    verify_file(&v, "f", file);
    verify_end(&v, "f", CHAIN_STATE_READ, &state);
    fclose(file);
    return v.findings;
}

static void names_what_was_done(void **state)
{
    static const struct {
        size_t order[8], count;
        const char *findings;
    } cases[] = {
        {{0, 1, 2, 3, 4, 5}, 6, ""},
        {{0, 1, 3, 4, 5}, 5, "f:3: record 13 is missing in front of this line\n"},
        {{0, 1, 5}, 3, "f:3: records 13 to 15 are missing in front of this line\n"},
        {{0, 1, 2, 3, 4}, 5, "f:0: the end is missing: the last record is 15, and there were 16\n"},
        {{0, 1, 2, 2, 3, 4, 5}, 7, "f:4: record 13 stands behind record 13: moved or repeated\n"},
        {{0, 2, 1, 3, 4, 5},
         6,
         "f:2: record 12 is missing in front of this line\n"
         "f:3: record 12 stands behind record 13: moved or repeated\n"
         "f:4: record 13 is missing in front of this line\n"},
        {{1, 2, 3, 4, 5},
         5,
         "f:1: the file does not begin with a link: its beginning is missing\n"
         "f:1: record 12 was changed, or is of another key\n"},
    };
    make_lines();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        (void)walk(cases[i].order, cases[i].count);
        assert_string_equal(findings, cases[i].findings);
    }
    (void)state;
}

static void one_changed_line_is_one_finding(void **state)
{
    static const size_t order[] = {0, 1, 2, 3, 4, 5};
    make_lines();
    char *digit = strstr(text, "\"number\":3");
    assert_non_null(digit);
    digit[9] = '4';
    assert_int_equal(walk(order, LINES), 1);
    assert_string_equal(findings, "f:4: record 14 was changed, or is of another key\n");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_was_done),
        cmocka_unit_test(one_changed_line_is_one_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
