// SPDX-License-Identifier: Apache-2.0
// ClientHello messages, and the fingerprint made of what was read.
#include <string.h>

#include "base/check.h"
#include "tls/ja4.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct tls_client_hello hello;
    char out[TLS_JA4_LEN + 1];
    if (!tls_client_hello_read(slice_of((const char *)data, size), &hello))
        return 0;
    CHECK(hello.ciphers.count <= TLS_HELLO_LIST_MAX &&
          hello.extensions.count <= TLS_HELLO_LIST_MAX);
    CHECK(tls_ja4(EVP_sha256(), &hello, out));
    CHECK(strlen(out) == TLS_JA4_LEN && out[10] == '_' && out[23] == '_');
    return 0;
}
