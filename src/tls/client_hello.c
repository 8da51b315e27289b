// SPDX-License-Identifier: Apache-2.0
// RFC 8446, 4.1.2. OpenSSL has checked the message, or will: here it only must not lead astray.
#include "tls/client_hello.h"

enum {
    TYPE_CLIENT_HELLO = 1,
    RANDOM_LEN = 32,
    EXT_SERVER_NAME = 0,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_VERSIONS = 43,
};

// Takes a number of `size` octets, most significant first. False when there is none.
static bool take_number(struct slice *in, size_t size, size_t *out)
{
    *out = 0;
    if (in->len < size)
        return false;
    for (size_t i = 0; i < size; i++)
        *out = *out << 8 | (unsigned char)in->ptr[i];
    *in = slice_from(*in, size);
    return true;
}

// Takes a vector whose length stands before it in `size` octets.
static bool take_vector(struct slice *in, size_t size, struct slice *out)
{
    size_t len;
    if (!take_number(in, size, &len) || len > in->len)
        return false;
    *out = slice_first(*in, len);
    *in = slice_from(*in, len);
    return true;
}

// RFC 8701: both octets are equal and end in A.
static bool is_reserved(size_t number)
{
    return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

static void add(struct tls_number_list *list, size_t number)
{
    if (!is_reserved(number) && list->count < TLS_HELLO_LIST_MAX)
        list->items[list->count++] = (uint16_t)number;
}

static void take_list(struct slice in, struct tls_number_list *out)
{
    size_t number;
    while (take_number(&in, 2, &number))
        add(out, number);
}

static void take_versions(struct slice in, struct tls_client_hello *out)
{
    struct slice versions;
    size_t number, highest = 0;
    if (!take_vector(&in, 1, &versions))
        return;
    while (take_number(&versions, 2, &number))
        if (!is_reserved(number) && number > highest)
            highest = number;
    if (highest)
        out->version = (uint16_t)highest;
}

static void take_extension(size_t type, struct slice data, struct tls_client_hello *out)
{
    struct slice list;
    add(&out->extensions, type);
    switch (type) {
    case EXT_SERVER_NAME:
        out->has_server_name = true;
        break;
    case EXT_SIGNATURES:
        if (take_vector(&data, 2, &list))
            take_list(list, &out->signatures);
        break;
    case EXT_ALPN:
        if (take_vector(&data, 2, &list))
            (void)take_vector(&list, 1, &out->first_protocol);
        break;
    case EXT_VERSIONS:
        take_versions(data, out);
        break;
    default:
        break;
    }
}

bool tls_client_hello_read(struct slice message, struct tls_client_hello *out)
{
    size_t type, version, number;
    struct slice body, skipped, ciphers, extensions, data;
    *out = (struct tls_client_hello){0};
    if (!take_number(&message, 1, &type) || type != TYPE_CLIENT_HELLO ||
        !take_vector(&message, 3, &body) || message.len > 0 || !take_number(&body, 2, &version) ||
        body.len < RANDOM_LEN)
        return false;
    body = slice_from(body, RANDOM_LEN);
    out->version = (uint16_t)version;
    if (!take_vector(&body, 1, &skipped) || !take_vector(&body, 2, &ciphers) ||
        !take_vector(&body, 1, &skipped))
        return false;
    take_list(ciphers, &out->ciphers);
    if (body.len == 0) // no extensions at all
        return true;
    if (!take_vector(&body, 2, &extensions) || body.len > 0)
        return false;
    while (take_number(&extensions, 2, &number)) {
        if (!take_vector(&extensions, 2, &data))
            return false;
        take_extension(number, data, out);
    }
    return extensions.len == 0;
}
