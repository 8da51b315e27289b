// SPDX-License-Identifier: Apache-2.0
// Reads SecLang from text, writes it as rules, and keeps what the import had to say.
#ifndef YETT_TESTS_UNIT_SECLANG_FIXTURE_H
#define YETT_TESTS_UNIT_SECLANG_FIXTURE_H

#include "support/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "seclang/reader.h"
#include "seclang/settle.h"
#include "seclang/write.h"

struct fixture {
    struct seclang_report report;
    struct seclang_set set;
    struct seclang_written written;
    struct buf out, notes;
};

static inline void fixture_say(void *ctx, enum seclang_note note, const struct seclang_place *place,
                               const char *text)
{
    static const char *const words[] = {"broken", "lost", "setting", "idle"};
    struct fixture *f = ctx;
    buf_printf(&f->notes, "%u: %s: %s\n", place->line, words[note], text);
}

// Reads the text; what follows is the test's.
static inline void fixture_read(struct fixture *f, const char *text)
{
    *f = (struct fixture){.report = {.say = fixture_say, .ctx = f}};
    seclang_set_init(&f->set, &f->report);
    buf_new(&f->out, 1024 * 1024);
    buf_new(&f->notes, 64 * 1024);
    assert_true(seclang_read_text(&f->set, "test.conf", slice_str(text)));
}

// Reads and writes.
static inline void fixture_convert(struct fixture *f, const char *text)
{
    fixture_read(f, text);
    seclang_settle(&f->set);
    assert_true(seclang_write(&f->set, &f->out, &f->written));
}

static inline void fixture_clear(struct fixture *f)
{
    buf_free(&f->out);
    buf_free(&f->notes);
    seclang_set_clear(&f->set);
}

static inline bool fixture_has(const struct buf *b, const char *wanted)
{
    bool has = slice_find(buf_view(b), slice_str(wanted)) < b->len;
    if (!has)
        print_error("wanted %s\nin %.*s\n", wanted, (int)b->len, b->data ? b->data : "");
    return has;
}

// The text turns into rules with `wanted` in them.
static inline void fixture_expect(const char *text, const char *wanted)
{
    struct fixture f;
    fixture_convert(&f, text);
    assert_true(fixture_has(&f.out, wanted));
    fixture_clear(&f);
}

// It makes the import say `wanted`.
static inline void fixture_expect_note(const char *text, const char *wanted)
{
    struct fixture f;
    fixture_convert(&f, text);
    assert_true(fixture_has(&f.notes, wanted));
    fixture_clear(&f);
}

#endif
