// SPDX-License-Identifier: Apache-2.0
// Targets, paths and authorities: what is canonical stays the same when it is read again, and holds
// nothing that could be read in another way.
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_path(struct slice raw, struct arena *arena)
{
    struct slice path, wire, path_again, wire_again;
    if (http_path_canonical(raw, arena, &path, &wire) != HTTP_REASON_NONE)
        return;
    CHECK(slice_begins(path, SLICE("/")) && utf8_is_valid(path));
    CHECK(slice_find(path, SLICE("//")) == path.len && slice_find(path, SLICE("/../")) == path.len);
    CHECK(!slice_ends(path, SLICE("/..")) && !slice_ends(path, SLICE("/.")));
    CHECK(slice_index(path, '\0') == path.len && slice_index(path, '\\') == path.len);
    CHECK(http_path_canonical(wire, arena, &path_again, &wire_again) == HTTP_REASON_NONE);
    CHECK(slice_eq(path, path_again) && slice_eq(wire, wire_again));
    char *decoded = arena_alloc(arena, wire.len);
    CHECK(decoded && slice_eq(path, slice_of(decoded, http_percent_decode(wire, false, decoded))));
}

static void check_authority(struct slice text, struct arena *arena)
{
    struct http_authority first, again;
    if (http_authority_parse(text, 80, arena, &first) != HTTP_REASON_NONE)
        return;
    CHECK(first.port != 80 && slice_begins(first.text, first.host));
    CHECK(http_authority_parse(first.text, 80, arena, &again) == HTTP_REASON_NONE);
    CHECK(slice_eq(first.text, again.text) && slice_eq(first.host, again.host));
    CHECK(first.port == again.port);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct http_target target;
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    if (http_target_parse(in, size % 2 == 0, &target) == HTTP_REASON_NONE) {
        CHECK(target.path.len > 0 && (target.has_query || target.query.len == 0));
        check_path(target.path, &arena);
        check_authority(target.authority, &arena);
    }
    check_path(in, &arena);
    check_authority(in, &arena);
    arena_clear(&arena);
    return 0;
}
