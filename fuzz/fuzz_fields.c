// SPDX-License-Identifier: Apache-2.0
// Names, values, lists, and what passes to the next hop. The input is one field per line,
// "name:value".
#include "base/check.h"
#include "http/serialize.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { FIELDS_MAX = 64 };

static void make_fields(struct slice in, struct http_fields *f)
{
    while (in.len > 0 && f->count < FIELDS_MAX) {
        struct slice line = slice_first(in, slice_index(in, '\n'));
        struct slice name = slice_first(line, slice_index(line, ':'));
        struct slice value = slice_from(line, name.len + 1);
        in = slice_from(in, line.len + 1);
        if (!http_field_name_is_valid(name) || !http_field_value_is_valid(value))
            continue;
        f->items[f->count++] = (struct http_field){
            .name = name,
            .value = value,
            .id = (uint16_t)http_field_lookup(name),
            .flags = slice_index(name, '_') < name.len ? HTTP_FIELD_UNDERSCORE : 0,
        };
    }
}

static void check_list(struct slice value)
{
    struct slice member;
    size_t total = 0;
    while (http_list_next(&value, &member)) {
        CHECK(member.len > 0 && member.ptr[0] != ' ' && member.ptr[member.len - 1] != '\t');
        total += member.len;
    }
    CHECK(value.len == 0 && total <= 1u << 20);
}

static void check_kept(const struct http_field *field)
{
    static const struct slice never[] = {
        SLICE_INIT("connection"),
        SLICE_INIT("transfer-encoding"),
        SLICE_INIT("content-length"),
        SLICE_INIT("upgrade"),
        SLICE_INIT("te"),
        SLICE_INIT("trailer"),
        SLICE_INIT("http2-settings"),
        SLICE_INIT("keep-alive"),
        SLICE_INIT("proxy"),
        SLICE_INIT("proxy-connection"),
    };
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        CHECK(!http_field_name_shadows(field->name, never[i]));
    CHECK(slice_index(field->name, '_') == field->name.len);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct http_field items[FIELDS_MAX];
    struct http_fields f = {.items = items};
    struct buf out;
    make_fields(slice_of(data, size), &f);
    check_list(slice_of(data, size));
    http_fields_drop_hop_by_hop(&f);
    for (size_t i = 0; i < f.count; i++)
        if ((items[i].flags & HTTP_FIELD_DROP) == 0)
            check_kept(&items[i]);
    buf_new(&out, size * 4 + 1);
    http_write_fields(&out, &f);
    CHECK(!out.failed && slice_index(buf_view(&out), '\0') == out.len);
    buf_free(&out);
    return 0;
}
