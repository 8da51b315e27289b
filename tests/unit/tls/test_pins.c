// SPDX-License-Identifier: Apache-2.0
#include "tls/pins.h"

#include "support/certificates.h"

static void any_key_of_the_chain_fits(void **state)
{
    (void)state;
    struct certificate root = certificate_make((struct wish){.name = "root", .is_ca = true});
    struct certificate leaf = certificate_make((struct wish){.name = "leaf", .issuer = &root});
    struct certificate other = certificate_make((struct wish){.name = "leaf", .issuer = &root});
    STACK_OF(X509) *chain = sk_X509_new_null();
    assert_true(sk_X509_push(chain, leaf.x509) && sk_X509_push(chain, root.x509));
    struct tls_pins pins = {.count = 1};
    assert_false(tls_pins_fit(&pins, chain));
    assert_true(tls_pin_of(other.x509, &pins.all[0]));
    assert_false(tls_pins_fit(&pins, chain));
    pins.count = 2;
    assert_true(tls_pin_of(leaf.x509, &pins.all[1]));
    assert_true(tls_pins_fit(&pins, chain));
    assert_true(tls_pin_of(root.x509, &pins.all[1]));
    assert_true(tls_pins_fit(&pins, chain));
    assert_false(tls_pins_fit(&pins, NULL));
    sk_X509_free(chain);
    certificate_free(&other);
    certificate_free(&leaf);
    certificate_free(&root);
}

static void the_longest_sentence_fits(void **state)
{
    (void)state;
    struct certificate leaf = certificate_make((struct wish){.name = "leaf"});
    struct tls_pins pins = {.count = TLS_PINS_MAX};
    memset(&pins.all[TLS_PINS_MAX - 1], 0xff, TLS_PIN_LEN);
    char *text = tls_pins_mismatch(&pins, leaf.x509);
    assert_non_null(text);
    const char *last = "//////////////////////////////////////////8=";
    assert_true(strlen(text) > strlen(last));
    assert_string_equal(text + strlen(text) - strlen(last), last);
    assert_non_null(strstr(text, "pinned is AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, "));
    free(text);
    certificate_free(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_key_of_the_chain_fits),
        cmocka_unit_test(the_longest_sentence_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
