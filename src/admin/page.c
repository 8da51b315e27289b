// SPDX-License-Identifier: Apache-2.0
// Script and style carry a nonce, fresh with each copy: nothing else is run, and nothing is fetched
// but from us.
#include "admin/page.h"

#include <stdio.h>

#include "admin/page_octets.h"
#include "base/buf.h"
#include "base/random.h"

enum { NONCE_OCTETS = 16 };

static void make_nonce(char text[2 * NONCE_OCTETS + 1])
{
    unsigned char octets[NONCE_OCTETS];
    random_bytes(octets, sizeof(octets));
    for (size_t i = 0; i < sizeof(octets); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

void page_write(struct buf *out, char *policy)
{
    const struct slice mark = SLICE("@NONCE@");
    char nonce[2 * NONCE_OCTETS + 1];
    make_nonce(nonce);
    (void)snprintf(policy, PAGE_POLICY_MAX,
                   "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; connect-src "
                   "'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
                   "'none'",
                   nonce, nonce);
    struct slice rest = slice_of((const char *)page_octets, page_octets_len);
    while (rest.len) {
        size_t at = slice_index(rest, '@');
        buf_slice(out, slice_first(rest, at));
        rest = slice_from(rest, at);
        size_t skip = slice_begins(rest, mark) ? mark.len : rest.len ? 1 : 0;
        if (skip == mark.len)
            buf_str(out, nonce);
        else
            buf_slice(out, slice_first(rest, skip));
        rest = slice_from(rest, skip);
    }
}
