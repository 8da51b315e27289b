// SPDX-License-Identifier: Apache-2.0
// Bodies of each kind that rules take apart. The first octet chooses the decoder. Whatever comes
// out must lie inside the limits.
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "http/json_body.h"
#include "http/multipart.h"
#include "http/xml_body.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { MAX = 200 };

static volatile unsigned sink; // so that all octets are read

static void look(const struct http_params *p, size_t name_max)
{
    unsigned sum = 0;
    CHECK(p->count <= MAX);
    for (size_t i = 0; i < p->count; i++) {
        CHECK(p->items[i].name.len <= name_max);
        for (size_t k = 0; k < p->items[i].name.len; k++)
            sum += (unsigned char)p->items[i].name.ptr[k];
        for (size_t k = 0; k < p->items[i].value.len; k++)
            sum += (unsigned char)p->items[i].value.ptr[k];
    }
    sink = sum;
}

static void multipart(struct slice body, struct arena *arena)
{
    struct http_multipart m;
    const char *error =
        http_multipart_parse(SLICE("multipart/form-data; boundary=XX"), body, MAX, arena, &m);
    look(&m.fields, body.len);
    look(&m.files, body.len);
    look(&m.part_headers, body.len);
    CHECK(m.files.count == m.file_sizes.count || error);
    CHECK(m.files_length <= body.len);
}

static void json(struct slice body, struct arena *arena)
{
    struct http_params p;
    (void)!http_json_parse(body, MAX, arena, &p);
    look(&p, HTTP_JSON_NAME_MAX);
}

static void xml(struct slice body, struct arena *arena)
{
    struct http_xml x;
    (void)!http_xml_parse(body, MAX, arena, &x);
    CHECK(x.text.len <= body.len);
    look(&x.attributes, body.len);
    look(&x.elements, HTTP_XML_NAME_MAX);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena;
    if (size == 0)
        return 0;
    struct slice body = slice_from(slice_of((const char *)data, size), 1);
    arena_init(&arena, NULL, data[0] & 0x80 ? 4096 : 1 << 20);
    switch (data[0] % 3) {
    case 0:
        json(body, &arena);
        break;
    case 1:
        multipart(body, &arena);
        break;
    default:
        xml(body, &arena);
        break;
    }
    arena_clear(&arena);
    return 0;
}
