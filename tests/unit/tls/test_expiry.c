// SPDX-License-Identifier: Apache-2.0
#include "tls/expiry.h"

#include "support/unit.h"

static void reads_both_kinds_of_time(void **state)
{
    static const struct {
        const char *text; // "YYMMDD..." and "YYYYMMDD..."
        int64_t at_s;
    } cases[] = {
        {"700101000001Z", 1},
        {"20000229120000Z", 951825600},
        {"20991231235959Z", 4102444799},
        {"19690101000000Z", 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        X509 *certificate = X509_new();
        ASN1_TIME *end = ASN1_TIME_new();
        assert_true(ASN1_TIME_set_string(end, cases[i].text));
        assert_true(X509_set1_notAfter(certificate, end));
        assert_int_equal(tls_expiry_of(certificate), cases[i].at_s);
        ASN1_TIME_free(end);
        X509_free(certificate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_kinds_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
