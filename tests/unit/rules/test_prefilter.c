// SPDX-License-Identifier: Apache-2.0
// The prefilter only saves work: with and without it, the shipped rules say the same about the
// tests they carry, and about messages put together at random from pieces of those tests.
#include "support/unit.h"

#include "base/json_read.h"
#include "unit/rules/fixture.h"

enum { SAMPLES_MAX = 2000, ROUNDS = 4000 };

static struct rules_program *with, *without;
static struct rules_scratch *scratch;
static struct rules_sample samples[SAMPLES_MAX];
static size_t sample_count;

struct trace {
    char text[8192];
    size_t len;
};

static void trace_hit(void *ctx, const struct rules_hit *hit)
{
    struct trace *t = ctx;
    size_t room = sizeof t->text - t->len;
    int added = snprintf(t->text + t->len, room, "%.*s %.*s %u\n", (int)hit->rule.len,
                         hit->rule.ptr, (int)hit->target.len, hit->target.ptr, hit->score);
    t->len += (size_t)added < room ? (size_t)added : room - 1;
}

static void run(const struct rules_program *p, const struct rules_message *message, struct trace *t)
{
    struct rules_input in = message->input;
    struct rules_result result = {0};
    t->len = 0;
    t->text[0] = '\0';
    rules_evaluate(p, scratch, RULES_AT_HEAD, &in, trace_hit, t, &result);
    in.body = message->body;
    rules_evaluate(p, scratch, RULES_AT_BODY, &in, trace_hit, t, &result);
    in.response = &message->response;
    if (message->has_response)
        rules_evaluate(p, scratch, RULES_AT_RESPONSE, &in, trace_hit, t, &result);
    size_t room = sizeof t->text - t->len;
    (void)snprintf(t->text + t->len, room, "%d %s %u", (int)result.decision,
                   result.reason ? result.reason : "", result.score);
}

// True when the sample is a message; then both programs have agreed about it.
static bool compare(const struct rules_sample *sample)
{
    static struct trace one, two;
    struct arena arena;
    struct rules_message message;
    arena_init(&arena, NULL, 64 * 1024 * 1024);
    bool is_message = rules_sample_build(sample, &arena, &message) == NULL;
    if (is_message) {
        run(with, &message, &one);
        run(without, &message, &two);
        if (strcmp(one.text, two.text) != 0)
            fail_msg("%.*s\nwith:\n%s\nwithout:\n%s", (int)sample->request.len, sample->request.ptr,
                     one.text, two.text);
    }
    arena_clear(&arena);
    return is_message;
}

static void agrees_about_the_tests_of_the_rules(void **state)
{
    (void)state;
    assert_true(sample_count > 200);
    for (size_t i = 0; i < sample_count; i++)
        assert_true(compare(&samples[i]));
}

static struct slice piece_of_a_sample(uint64_t *seed)
{
    struct slice text = samples[fixture_random(seed) % sample_count].request;
    size_t from = fixture_random(seed) % text.len;
    return slice_first(slice_from(text, from), 1 + fixture_random(seed) % 24);
}

static void put_value(char *out, size_t *len, uint64_t *seed, bool is_header)
{
    for (uint32_t pieces = 1 + fixture_random(seed) % 3; pieces > 0; pieces--) {
        struct slice piece = piece_of_a_sample(seed);
        for (size_t i = 0; i < piece.len; i++) {
            unsigned char c = (unsigned char)piece.ptr[i];
            bool is_plain = c > ' ' && c < 0x7f && (is_header || !strchr("\"<>\\^`{|}#%&", c));
            // Now and then in the other case, as literals are looked for in either.
            if (fixture_random(seed) % 8 == 0 && c >= 'a' && c <= 'z')
                c = (unsigned char)(c - 'a' + 'A');
            if (is_plain)
                out[(*len)++] = (char)c;
            else if (is_header)
                out[(*len)++] = '.';
            else
                *len += (size_t)snprintf(out + *len, 4, "%%%02x", c);
        }
    }
}

static void agrees_about_random_messages(void **state)
{
    static char text[16 * 1024];
    uint64_t seed = 99;
    size_t messages = 0;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = (size_t)snprintf(text, sizeof text, "POST /?");
        for (int i = 0; i < 3; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len, "&p%d=", i);
            put_value(text, &len, &seed, false);
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "\nUser-Agent: x");
        put_value(text, &len, &seed, true);
        len += (size_t)snprintf(text + len, sizeof text - len, "\nCookie: c=");
        put_value(text, &len, &seed, true);
        len += (size_t)snprintf(text + len, sizeof text - len, "\n\nfield=");
        put_value(text, &len, &seed, false);
        const struct rules_sample sample = {.request = slice_of(text, len),
                                            .client = SLICE_INIT("192.0.2.1")};
        messages += compare(&sample);
    }
    assert_true(messages > ROUNDS / 2);
}

static void read_samples(const struct rules_program *p, struct problems *problems)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        const struct json *tests = json_get(p->rules[i].at, "tests");
        for (const struct json *list = tests ? tests->first : NULL; list; list = list->next) {
            JSON_EACH (item, list) {
                if (sample_count < SAMPLES_MAX)
                    sample_count += rules_sample_read(item, problems, &samples[sample_count]);
            }
        }
    }
}

static int open_programs(void **state)
{
    static const char *const files[] = {YETT_SOURCE_DIR "/rules/*.json"};
    const struct rules_options options = {
        .files = files, .file_count = 1, .paranoia = 4, .threshold = 5};
    struct problems *problems = problems_new();
    (void)state;
    with = rules_compile_with(&options, (struct rules_compile_flags){0}, problems);
    without =
        rules_compile_with(&options, (struct rules_compile_flags){.no_prefilter = true}, problems);
    scratch = rules_scratch_new();
    problems_print(problems, stderr);
    if (with)
        read_samples(with, problems);
    problems_free(&problems);
    return with && without && scratch ? 0 : -1;
}

static int close_programs(void **state)
{
    (void)state;
    rules_program_free(&with);
    rules_program_free(&without);
    rules_scratch_free(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_about_the_tests_of_the_rules),
        cmocka_unit_test(agrees_about_random_messages),
    };
    return cmocka_run_group_tests(tests, open_programs, close_programs);
}
