// SPDX-License-Identifier: Apache-2.0
#include "filter/credentials.h"

#include "base/base64.h"
#include "unit/filter/facts.h"

static enum credentials_state read_head(const char *fields, struct credentials *out)
{
    char head[4096];
    struct scene s;
    (void)snprintf(head, sizeof(head), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    scene_init(&s, head);
    enum credentials_state state = credentials_read(&s.request.fields, out);
    scene_clear(&s);
    return state;
}

static void reads_user_and_password(void **state)
{
    (void)state;
    static const struct {
        const char *fields, *user, *password;
    } cases[] = {
        {"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", "Aladdin", "open sesame"},
        {"authorization: bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", "Aladdin", "open sesame"},
        {"Authorization: Basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", "Aladdin", "open sesame"},
        {"Authorization: Basic YTpiOmM6\r\n", "a", "b:c:"},
        {"Authorization: Basic YTo=\r\n", "a", ""},
        {"Authorization: Basic dGVzdDoxMjPCow==\r\n", "test", "123\xc2\xa3"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct credentials c;
        assert_int_equal(read_head(cases[i].fields, &c), CREDENTIALS_GIVEN);
        ASSERT_SLICE(c.user, slice_str(cases[i].user));
        ASSERT_SLICE(c.password, slice_str(cases[i].password));
        assert_int_equal(c.password.ptr[c.password.len], '\0');
        credentials_wipe(&c);
    }
}

static void tells_missing_from_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        enum credentials_state state;
    } cases[] = {
        {"", CREDENTIALS_MISSING},
        {"Authorization: Bearer abc\r\n", CREDENTIALS_MISSING},
        {"Authorization:\r\n", CREDENTIALS_MISSING},
        {"Authorization: Basically QTpi\r\n", CREDENTIALS_MISSING},
        {"Proxy-Authorization: Basic YTpi\r\n", CREDENTIALS_MISSING},
        {"Authorization: Basic\r\n", CREDENTIALS_MALFORMED},
        {"Authorization: Basic YTpi!\r\n", CREDENTIALS_MALFORMED},
        {"Authorization: Basic YTo\r\n", CREDENTIALS_MALFORMED},  // no padding
        {"Authorization: Basic YTp=\r\n", CREDENTIALS_MALFORMED}, // stray bits
        {"Authorization: Basic YTpi YTpi\r\n", CREDENTIALS_MALFORMED},
        {"Authorization: Basic YWJj\r\n", CREDENTIALS_MALFORMED},     // no colon
        {"Authorization: Basic OmI=\r\n", CREDENTIALS_MALFORMED},     // no user
        {"Authorization: Basic YTpiAGM=\r\n", CREDENTIALS_MALFORMED}, // NUL in the password
        {"Authorization: Basic YQpiOmM=\r\n", CREDENTIALS_MALFORMED}, // line feed in the user
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct credentials c;
        if (read_head(cases[i].fields, &c) != cases[i].state)
            fail_msg("%s", cases[i].fields);
    }
}

static void two_fields_are_no_credential(void **state)
{
    (void)state;
    struct http_field items[2] = {
        {.name = SLICE_INIT("Authorization"),
         .value = SLICE_INIT("Basic YTpi"),
         .id = HTTP_FIELD_AUTHORIZATION},
        {.name = SLICE_INIT("Authorization"),
         .value = SLICE_INIT("Basic YTpi"),
         .id = HTTP_FIELD_AUTHORIZATION},
    };
    struct http_fields fields = {.items = items, .count = 2};
    struct credentials c;
    assert_int_equal(credentials_read(&fields, &c), CREDENTIALS_MALFORMED);
}

static void lengths_have_bounds(void **state)
{
    (void)state;
    static const struct {
        size_t user, password;
        enum credentials_state state;
    } cases[] = {
        {HTPASSWD_USER_MAX, HTPASSWD_PASSWORD_MAX, CREDENTIALS_GIVEN},
        {HTPASSWD_USER_MAX + 1, 1, CREDENTIALS_MALFORMED},
        {1, HTPASSWD_PASSWORD_MAX + 1, CREDENTIALS_MALFORMED},
        {HTPASSWD_USER_MAX, HTPASSWD_PASSWORD_MAX + 1, CREDENTIALS_MALFORMED},
        {2000, 10, CREDENTIALS_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[2048], fields[3000] = "Authorization: Basic ";
        size_t len = cases[i].user + 1 + cases[i].password, at = strlen(fields);
        memset(text, 'x', len);
        text[cases[i].user] = ':';
        base64_encode(slice_of(text, len), fields + at);
        at += base64_encoded_len(len);
        memcpy(fields + at, "\r\n", 3);
        struct credentials c;
        assert_int_equal(read_head(fields, &c), cases[i].state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_user_and_password),
        cmocka_unit_test(tells_missing_from_malformed),
        cmocka_unit_test(two_fields_are_no_credential),
        cmocka_unit_test(lengths_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
