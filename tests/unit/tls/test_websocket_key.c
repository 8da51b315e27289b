// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <string.h>

#include "tls/websocket_key.h"

static void answers_the_key_of_the_rfc(void **state)
{
    char out[TLS_WEBSOCKET_ACCEPT_LEN + 1];
    assert_true(tls_websocket_accept(SLICE("dGhlIHNhbXBsZSBub25jZQ=="), out)); // RFC 6455, 1.3
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    (void)state;
}

static void refuses_what_is_no_key(void **state)
{
    char out[TLS_WEBSOCKET_ACCEPT_LEN + 1], large[TLS_WEBSOCKET_KEY_MAX + 1];
    memset(large, 'A', sizeof(large));
    assert_false(tls_websocket_accept(slice_of(large, sizeof(large)), out));
    assert_false(tls_websocket_accept(SLICE(""), out));
    assert_true(tls_websocket_accept(slice_of(large, TLS_WEBSOCKET_KEY_MAX), out));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_the_key_of_the_rfc),
        cmocka_unit_test(refuses_what_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
