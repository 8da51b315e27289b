// SPDX-License-Identifier: Apache-2.0
// SHA-1 proves here that the other side speaks WebSocket, nothing more.
#include "tls/websocket_key.h"

#include <openssl/evp.h>
#include <string.h>

static const struct slice guid = SLICE_INIT("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

bool tls_websocket_accept(struct slice key, char out[TLS_WEBSOCKET_ACCEPT_LEN + 1])
{
    unsigned char text[TLS_WEBSOCKET_KEY_MAX + 36];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (key.len == 0 || key.len > TLS_WEBSOCKET_KEY_MAX)
        return false;
    memcpy(text, key.ptr, key.len);
    memcpy(text + key.len, guid.ptr, guid.len);
    if (EVP_Digest(text, key.len + guid.len, digest, &len, EVP_sha1(), NULL) != 1)
        return false;
    return EVP_EncodeBlock((unsigned char *)out, digest, (int)len) == TLS_WEBSOCKET_ACCEPT_LEN;
}
