// SPDX-License-Identifier: Apache-2.0
// Numbers are padded with zeros, so that the length is always the same.
#include "audit/chain_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/secret.h"

enum { NUMBER_LEN = 20, NUMBERS = 5, HEXES = 2 };

static const struct slice head = SLICE_INIT("yett audit chain 1");

enum {
    BODY_LEN = 18 + NUMBERS * (1 + NUMBER_LEN) + HEXES * (1 + CHAIN_HEX_LEN),
    FILE_LEN = BODY_LEN + 1 + CHAIN_HEX_LEN + 1,
};

static void put_hex(struct buf *out, const unsigned char value[CHAIN_VALUE_LEN])
{
    char hex[CHAIN_HEX_LEN];
    chain_hex(value, hex);
    buf_char(out, ' ');
    buf_append(out, hex, sizeof(hex));
}

static bool take_hex(const char **at, unsigned char out[CHAIN_VALUE_LEN])
{
    const char *text = *at + 1;
    *at = text + CHAIN_HEX_LEN;
    return text[-1] == ' ' && chain_unhex(slice_of(text, CHAIN_HEX_LEN), out);
}

static bool take_number(const char **at, uint64_t *out)
{
    const char *text = *at + 1;
    *at = text + NUMBER_LEN;
    return text[-1] == ' ' && num_decimal(slice_of(text, NUMBER_LEN), UINT64_MAX, out);
}

static void mac_of(const struct audit_crypto *crypto, struct slice key, const char *text,
                   unsigned char out[CHAIN_VALUE_LEN])
{
    const struct slice part = slice_of(text, BODY_LEN);
    crypto->mac(key, &part, 1, out);
}

static bool parse(const char *text, const struct audit_crypto *crypto, struct slice key,
                  struct chain_state *s)
{
    const char *at = text + head.len;
    unsigned char said[CHAIN_VALUE_LEN], mac[CHAIN_VALUE_LEN];
    if (memcmp(text, head.ptr, head.len) != 0 || !take_number(&at, &s->point.sequence) ||
        !take_number(&at, &s->point.since) || !take_number(&at, &s->dev) ||
        !take_number(&at, &s->ino) || !take_number(&at, &s->end) ||
        !take_hex(&at, s->point.value) || !take_hex(&at, s->point.digest) || !take_hex(&at, said))
        return false;
    if (key.len == 0)
        return true;
    mac_of(crypto, key, text, mac);
    return secret_eq(slice_of(said, sizeof(said)), slice_of(mac, sizeof(mac)));
}

enum chain_state_read chain_state_read(const char *path, const struct audit_crypto *crypto,
                                       struct slice key, struct chain_state *out)
{
    char text[FILE_LEN];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? CHAIN_STATE_NONE : CHAIN_STATE_BAD;
    ssize_t n = pread(fd, text, sizeof(text), 0);
    close(fd);
    if (n == 0) // made, and nothing written yet
        return CHAIN_STATE_NONE;
    return n == FILE_LEN && parse(text, crypto, key, out) ? CHAIN_STATE_READ : CHAIN_STATE_BAD;
}

bool chain_state_write(const char *path, const struct audit_crypto *crypto, struct slice key,
                       const struct chain_state *s)
{
    const uint64_t numbers[NUMBERS] = {s->point.sequence, s->point.since, s->dev, s->ino, s->end};
    char text[FILE_LEN + 1]; // printing wants room for a NUL
    unsigned char mac[CHAIN_VALUE_LEN];
    struct buf out;
    buf_init(&out, text, sizeof(text));
    buf_slice(&out, head);
    for (size_t i = 0; i < NUMBERS; i++)
        buf_printf(&out, " %020llu", (unsigned long long)numbers[i]);
    put_hex(&out, s->point.value);
    put_hex(&out, s->point.digest);
    mac_of(crypto, key, text, mac);
    put_hex(&out, mac);
    buf_char(&out, '\n');
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return false;
    ssize_t n = pwrite(fd, text, FILE_LEN, 0);
    int error = n < 0 ? errno : ENOSPC;
    close(fd);
    errno = error;
    return n == FILE_LEN;
}
