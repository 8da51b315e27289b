// SPDX-License-Identifier: Apache-2.0
// Any octets in front of a connection: the parser reads nothing beyond them, says the same of the
// whole and of its parts, and a header is never longer than what it was read from.
#include <stdint.h>

#include "base/check.h"
#include "io/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header whole, part;
    struct slice octets = slice_of(data, size);
    enum proxy_header_result result = proxy_header_parse(octets, &whole);
    CHECK(result != PROXY_HEADER_DONE || (whole.len <= size && whole.len <= PROXY_HEADER_MAX));
    CHECK(result != PROXY_HEADER_BAD || whole.why);
    for (size_t cut = 0; cut < size && cut < 300; cut++) {
        enum proxy_header_result early = proxy_header_parse(slice_first(octets, cut), &part);
        CHECK(early == PROXY_HEADER_MORE || early == result);
        CHECK(early != PROXY_HEADER_DONE || part.len == whole.len);
        CHECK(result != PROXY_HEADER_MORE || early == PROXY_HEADER_MORE);
    }
    return 0;
}
