// SPDX-License-Identifier: Apache-2.0
// a_b_c: what can be read (transport, version, whether a name was sent, numbers of ciphers and
// extensions, first protocol), then digests of the ciphers and of the extensions, each sorted. The
// name and the protocols are left out of the latter: they say whom the client visits. Signature
// algorithms stand behind the extensions in the order they came.
#include "tls/ja4.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

enum {
    EXT_SERVER_NAME = 0,
    EXT_ALPN = 16,
    DIGITS = 5, // of a number and what stands behind it
    TEXT_MAX = 2 * TLS_HELLO_LIST_MAX * DIGITS + 1,
    DIGEST_SHOWN = 6, // octets
    COUNT_MAX = 99,
};

static int compare(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static char hex(unsigned nibble)
{
    return "0123456789abcdef"[nibble & 15];
}

static void put_list(char *text, size_t *len, const struct tls_number_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        unsigned number = list->items[i];
        if (i)
            text[(*len)++] = ',';
        for (unsigned shift = 16; shift; shift -= 4)
            text[(*len)++] = hex(number >> (shift - 4));
    }
}

// "000000000000" of nothing.
static bool put_digest(const EVP_MD *sha256, const char *text, size_t len,
                       char out[2 * DIGEST_SHOWN + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    if (len && !EVP_Digest(text, len, digest, NULL, sha256, NULL))
        return false;
    for (size_t i = 0; i < DIGEST_SHOWN; i++) {
        out[2 * i] = hex(digest[i] >> 4);
        out[2 * i + 1] = hex(digest[i]);
    }
    out[2 * DIGEST_SHOWN] = '\0';
    return true;
}

static const char *version_text(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    default:
        return "00";
    }
}

// First and last character of the first protocol; of its digits in hex when one of them is none.
static void protocol_text(struct slice protocol, char out[2])
{
    out[0] = out[1] = '0';
    if (protocol.len == 0)
        return;
    unsigned char first = (unsigned char)protocol.ptr[0];
    unsigned char last = (unsigned char)protocol.ptr[protocol.len - 1];
    bool is_readable = (ascii_is_alpha((char)first) || ascii_is_digit((char)first)) &&
                       (ascii_is_alpha((char)last) || ascii_is_digit((char)last));
    out[0] = is_readable ? (char)first : hex(first >> 4);
    out[1] = is_readable ? (char)last : hex(last);
}

static unsigned shown(size_t count)
{
    return count < COUNT_MAX ? (unsigned)count : COUNT_MAX;
}

bool tls_ja4(const EVP_MD *sha256, const struct tls_client_hello *hello, char out[TLS_JA4_LEN + 1])
{
    struct tls_number_list ciphers = hello->ciphers, extensions = {.count = 0};
    char text[TEXT_MAX], cipher_digest[2 * DIGEST_SHOWN + 1],
        extension_digest[2 * DIGEST_SHOWN + 1];
    char protocol[2];
    size_t len = 0;
    qsort(ciphers.items, ciphers.count, sizeof(ciphers.items[0]), compare);
    put_list(text, &len, &ciphers);
    if (!put_digest(sha256, text, len, cipher_digest))
        return false;
    for (size_t i = 0; i < hello->extensions.count; i++) {
        uint16_t type = hello->extensions.items[i];
        if (type != EXT_SERVER_NAME && type != EXT_ALPN)
            extensions.items[extensions.count++] = type;
    }
    qsort(extensions.items, extensions.count, sizeof(extensions.items[0]), compare);
    len = 0;
    put_list(text, &len, &extensions);
    if (len && hello->signatures.count) {
        text[len++] = '_';
        put_list(text, &len, &hello->signatures);
    }
    if (!put_digest(sha256, text, len, extension_digest))
        return false;
    protocol_text(hello->first_protocol, protocol);
    snprintf(out, TLS_JA4_LEN + 1, "t%s%c%02u%02u%c%c_%s_%s", version_text(hello->version),
             hello->has_server_name ? 'd' : 'i', shown(hello->ciphers.count),
             shown(hello->extensions.count), protocol[0], protocol[1], cipher_digest,
             extension_digest);
    return true;
}
