// SPDX-License-Identifier: Apache-2.0
// Lists nest: 10/8 denied, 10.1/16 allowed, one host of it denied. Asked at run time, that is a
// walk up and down a tree; sorted out beforehand it is one binary search. The prefixes are sorted
// by address, shorter first, and swept once with a stack of those that are open; wherever the
// innermost open one changes, a boundary is written: "from this address on, prefix length and
// action are such". The prefix itself is the asked address cut to that length, so a boundary needs
// no more than its address and two bytes, and neighbours that say the same (a run of /24) melt into
// one. IPv4 lies in its own span table with 4-byte addresses, everything else in one with 16; the
// code is the same. Besides a span table has an index by the first two bytes, which halves the
// search for IPv4 and costs 256 KiB.
#include "filter/prefix_table.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    V4_AT = 12, // where IPv4 begins in the 16 bytes
    V4_WIDTH = 4,
    V6_WIDTH = 16,
    INDEX_SIZE = 65536,
    INDEX_FROM = 4096, // spans from which the index pays
    OPEN_MAX = 129,    // prefixes that can nest: one of each length
};

struct tag {
    uint8_t bits;
    uint8_t action;
};

// Boundaries with addresses of `width` bytes, ascending. Before the first one nothing matches.
struct spans {
    size_t width;
    uint8_t *starts;
    struct tag *tags;
    size_t count;
    uint32_t
        *index; // [i]: spans whose first two bytes are below i; INDEX_SIZE + 1 entries, or NULL
};

struct prefix_table {
    struct spans v4, v6;
};

struct boundary {
    uint8_t start[16];
    struct tag tag;
};

struct sweep {
    const struct prefix_entry *open[OPEN_MAX];
    size_t open_count;
    struct boundary *out;
    size_t count;
};

static const uint8_t mapped[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool prefix_list_add(struct prefix_list *l, const struct addr_prefix *prefix,
                     enum prefix_action action)
{
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 1024;
        struct prefix_entry *more =
            l->count < PREFIX_LIST_MAX ? realloc(l->items, room * sizeof(*more)) : NULL;
        if (!more)
            return false;
        l->items = more;
        l->room = room;
    }
    l->items[l->count++] = (struct prefix_entry){.prefix = *prefix, .action = (uint8_t)action};
    return true;
}

void prefix_list_clear(struct prefix_list *l)
{
    free(l->items);
    *l = (struct prefix_list){0};
}

static bool bit_of(const uint8_t bytes[16], unsigned bit)
{
    return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

// Sets all bits from `bit` on.
static void fill_from(uint8_t bytes[16], unsigned bit)
{
    for (unsigned i = bit / 8; i < 16; i++) {
        unsigned keep = bit > 8 * i ? bit - 8 * i : 0;
        bytes[i] = (uint8_t)(bytes[i] | (0xffu >> keep));
    }
}

// Adds one; false when it was the last address there is.
static bool increment(uint8_t bytes[16])
{
    for (size_t i = 16; i-- > 0;) {
        if (++bytes[i])
            return true;
    }
    return false;
}

static void last_of(const struct addr_prefix *p, uint8_t out[16])
{
    memcpy(out, p->bytes, 16);
    if (p->bits < 128)
        fill_from(out, p->bits);
}

bool prefix_list_add_range(struct prefix_list *l, const struct addr *first, const struct addr *last,
                           enum prefix_action action)
{
    size_t before = l->count;
    struct addr_prefix p = {.bits = 128};
    memcpy(p.bytes, first->bytes, 16);
    uint8_t end[16];
    do {
        // The largest prefix that begins here and stays within the range.
        for (p.bits = 128; p.bits > 0 && !bit_of(p.bytes, p.bits - 1u); p.bits--) {
            struct addr_prefix wider = p;
            wider.bits--;
            last_of(&wider, end);
            if (memcmp(end, last->bytes, 16) > 0)
                break;
        }
        if (!prefix_list_add(l, &p, action)) {
            l->count = before;
            return false;
        }
        last_of(&p, end);
        memcpy(p.bytes, end, 16);
    } while (memcmp(end, last->bytes, 16) < 0 && increment(p.bytes));
    return true;
}

// By address, then shorter first, then deny first.
static int compare(const void *left, const void *right)
{
    const struct prefix_entry *a = left, *b = right;
    int order = memcmp(a->prefix.bytes, b->prefix.bytes, 16);
    if (order)
        return order;
    if (a->prefix.bits != b->prefix.bits)
        return a->prefix.bits < b->prefix.bits ? -1 : 1;
    return (a->action > b->action) - (a->action < b->action);
}

static void drop_repetitions(struct prefix_list *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct prefix_entry *e = &l->items[i], *last = kept ? &l->items[kept - 1] : NULL;
        bool repeats = last && last->prefix.bits == e->prefix.bits &&
                       memcmp(last->prefix.bytes, e->prefix.bytes, 16) == 0;
        if (!repeats)
            l->items[kept++] = *e;
    }
    l->count = kept;
}

static bool same_tag(struct tag a, struct tag b)
{
    return a.bits == b.bits && a.action == b.action;
}

static void put_boundary(struct sweep *s, const uint8_t start[16], struct tag tag)
{
    // A later word about the same address replaces the earlier one.
    if (s->count && memcmp(s->out[s->count - 1].start, start, 16) == 0)
        s->count--;
    struct tag before = s->count ? s->out[s->count - 1].tag : (struct tag){0};
    if (same_tag(before, tag))
        return;
    memcpy(s->out[s->count].start, start, 16);
    s->out[s->count++].tag = tag;
}

static struct tag innermost(const struct sweep *s)
{
    if (s->open_count == 0)
        return (struct tag){0};
    const struct prefix_entry *e = s->open[s->open_count - 1];
    return (struct tag){.bits = e->prefix.bits, .action = e->action};
}

// Closes the open prefixes that end before `start`; all of them when it is NULL.
static void close_before(struct sweep *s, const uint8_t *start)
{
    while (s->open_count) {
        uint8_t end[16];
        last_of(&s->open[s->open_count - 1]->prefix, end);
        if (start && memcmp(end, start, 16) >= 0)
            return;
        s->open_count--;
        if (increment(end))
            put_boundary(s, end, innermost(s));
    }
}

static void sweep_all(struct sweep *s, const struct prefix_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct prefix_entry *e = &l->items[i];
        close_before(s, e->prefix.bytes);
        s->open[s->open_count++] = e;
        put_boundary(s, e->prefix.bytes, innermost(s));
    }
    close_before(s, NULL);
}

static bool is_mapped(const uint8_t start[16])
{
    return memcmp(start, mapped, sizeof(mapped)) == 0;
}

static void put_span(struct spans *s, const uint8_t *start, struct tag tag)
{
    memcpy(s->starts + s->count * s->width, start, s->width);
    s->tags[s->count++] = tag;
}

static size_t group_of(const struct spans *s, size_t i)
{
    const uint8_t *start = s->starts + i * s->width;
    return (size_t)start[0] << 8 | start[1];
}

static bool make_index(struct spans *s)
{
    if (s->count < INDEX_FROM)
        return true;
    s->index = malloc((INDEX_SIZE + 1) * sizeof(*s->index));
    if (!s->index)
        return false;
    size_t at = 0;
    for (size_t group = 0; group <= INDEX_SIZE; group++) {
        while (at < s->count && group_of(s, at) < group)
            at++;
        s->index[group] = (uint32_t)at;
    }
    return true;
}

static bool make_room(struct spans *s, size_t width, size_t room)
{
    s->width = width;
    s->starts = calloc(room ? room : 1, width);
    s->tags = calloc(room ? room : 1, sizeof(*s->tags));
    return s->starts && s->tags;
}

// Deals the boundaries out to the two tables. What is in force where IPv4 begins has begun before
// it, in a prefix of IPv6.
static bool deal_out(struct prefix_table *t, const struct sweep *s)
{
    size_t v4_count = 0;
    for (size_t i = 0; i < s->count; i++)
        v4_count += is_mapped(s->out[i].start);
    if (!make_room(&t->v4, V4_WIDTH, v4_count + 1) ||
        !make_room(&t->v6, V6_WIDTH, s->count - v4_count))
        return false;
    struct tag before = {0};
    for (size_t i = 0; i < s->count && memcmp(s->out[i].start, mapped, sizeof(mapped)) < 0; i++)
        before = s->out[i].tag;
    static const uint8_t zero[V4_WIDTH];
    put_span(&t->v4, zero, before);
    for (size_t i = 0; i < s->count; i++) {
        const struct boundary *b = &s->out[i];
        if (is_mapped(b->start))
            put_span(&t->v4, b->start + V4_AT, b->tag);
        else
            put_span(&t->v6, b->start, b->tag);
    }
    return make_index(&t->v4) && make_index(&t->v6);
}

struct prefix_table *prefix_table_new(struct prefix_list *l)
{
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), compare);
    drop_repetitions(l);
    struct prefix_table *t = calloc(1, sizeof(*t));
    // Each prefix opens once and closes once.
    struct sweep s = {.out = calloc(2 * l->count + 1, sizeof(*s.out))};
    bool done = t && s.out;
    if (done) {
        sweep_all(&s, l);
        done = deal_out(t, &s);
    }
    free(s.out);
    if (!done && t)
        prefix_table_free(&t);
    return t;
}

static void free_spans(struct spans *s)
{
    free(s->starts);
    free(s->tags);
    free(s->index);
}

void prefix_table_free(struct prefix_table **t)
{
    if (!*t)
        return;
    free_spans(&(*t)->v4);
    free_spans(&(*t)->v6);
    free(*t);
    *t = NULL;
}

static uint64_t load(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return be64toh(word);
}

// As memcmp says, without a call for each of twenty steps.
static bool is_after(const uint8_t *start, const uint8_t *address, size_t width)
{
    if (width == V4_WIDTH) {
        uint32_t a, b;
        memcpy(&a, start, sizeof(a));
        memcpy(&b, address, sizeof(b));
        return be32toh(a) > be32toh(b);
    }
    uint64_t a = load(start), b = load(address);
    return a != b ? a > b : load(start + 8) > load(address + 8);
}

// The last span that begins at or before `address`; NONE before the first.
static struct tag find_span(const struct spans *s, const uint8_t *address)
{
    size_t low = 0, high = s->count; // the first span above the address is in low..high
    if (s->index) {
        size_t group = (size_t)address[0] << 8 | address[1];
        low = s->index[group];
        high = s->index[group + 1];
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_after(s->starts + middle * s->width, address, s->width))
            high = middle;
        else
            low = middle + 1;
    }
    return low ? s->tags[low - 1] : (struct tag){0};
}

enum prefix_action prefix_table_find(const struct prefix_table *t, const struct addr *a,
                                     struct addr_prefix *found)
{
    if (a->is_unix)
        return PREFIX_NONE;
    struct tag tag =
        addr_is_v4(a) ? find_span(&t->v4, a->bytes + V4_AT) : find_span(&t->v6, a->bytes);
    if (tag.action == PREFIX_NONE)
        return PREFIX_NONE;
    *found = addr_prefix_of(a, tag.bits);
    return (enum prefix_action)tag.action;
}

static size_t bytes_of(const struct spans *s)
{
    return s->count * (s->width + sizeof(*s->tags)) +
           (s->index ? (INDEX_SIZE + 1) * sizeof(*s->index) : 0);
}

size_t prefix_table_bytes(const struct prefix_table *t)
{
    return sizeof(*t) + bytes_of(&t->v4) + bytes_of(&t->v6);
}
