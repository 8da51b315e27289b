// SPDX-License-Identifier: Apache-2.0
// ASN.1 has two ways to write a time, which the library reads.
#include "tls/expiry.h"

#include <time.h>

int64_t tls_expiry_of(const X509 *certificate)
{
    struct tm end;
    if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end))
        return 0;
    time_t at = timegm(&end);
    return at > 0 ? (int64_t)at : 0;
}
