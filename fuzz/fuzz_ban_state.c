// SPDX-License-Identifier: Apache-2.0
// The file of bans. The input is taken as it is, and once more as the lines behind a first line
// whose checksum is right, which no fuzzer would find. What is read keeps the promises of its
// header, and can be written and read again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "filter/ban_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct ban *bans, size_t count)
{
    struct ban_table *t = ban_table_new(BAN_TABLE_MIN);
    struct buf out;
    char why[128];
    size_t again;
    CHECK(t);
    ban_table_remember(t, BAN_MS_MAX);
    for (size_t i = 0; i < count; i++) {
        CHECK(bans[i].who.bits <= 128 && bans[i].times > 0);
        CHECK(bans[i].until_ms - bans[i].since_ms <= BAN_MS_MAX);
        CHECK(strlen(bans[i].by) <= BAN_BY_MAX && strlen(bans[i].reason) <= BAN_REASON_MAX);
        ban_table_restore(t, &bans[i], bans[i].until_ms);
    }
    buf_new(&out, BAN_STATE_MAX);
    ban_state_write(t, &out);
    struct ban *twice = ban_state_read(buf_view(&out), &again, why, sizeof(why));
    CHECK(twice && again <= count);
    free(twice);
    buf_free(&out);
    ban_table_free(&t);
}

static void read(struct slice text)
{
    char why[128] = "";
    size_t count;
    struct ban *bans = ban_state_read(text, &count, why, sizeof(why));
    CHECK(bans || why[0]);
    if (bans)
        look_at(bans, count);
    free(bans);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hash_key fixed = {0, 0};
    struct slice lines = slice_of(data, size);
    struct buf whole;
    size_t count = 0;
    read(lines);
    for (size_t i = 0; i < size; i++)
        count += data[i] == '\n';
    buf_new(&whole, size + 256);
    buf_printf(&whole,
               "{\"format\":\"yett-bans\",\"version\":1,\"bans\":%zu,\"checksum\":\"%016llx\"}\n",
               count, (unsigned long long)hash_bytes(&fixed, data, size));
    buf_slice(&whole, lines);
    read(buf_view(&whole));
    buf_free(&whole);
    return 0;
}
