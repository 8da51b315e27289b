// SPDX-License-Identifier: Apache-2.0
// Any octets as the content of a server_name extension: what is accepted is a valid lower-case name
// that lies in them.
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/check.h"
#include "tls/sni.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[TLS_NAME_MAX + 1];
    size_t len;
    if (!tls_sni_parse(slice_of(data, size), name, &len))
        return 0;
    CHECK(len > 0 && len <= TLS_NAME_MAX && strlen(name) == len && len + 5 == size);
    CHECK(tls_name_is_valid(slice_of(name, len), false));
    CHECK(ascii_eq_nocase(slice_of(name, len), slice_of(data + 5, len)));
    for (size_t i = 0; i < len; i++)
        CHECK(ascii_lower(name[i]) == name[i]);
    return 0;
}
