// SPDX-License-Identifier: Apache-2.0
// When exclusions apply. Hosts and paths are compared in the canonical form in which routes see
// them, so that no spelling of a path gains an exclusion meant for another.
#include "rules/exclusion.h"

#include "base/num.h"
#include "http/head.h"
#include "rules/program.h"

bool rules_glob_match(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            // The last star takes one octet more; earlier stars never need to be tried again.
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

bool rules_id_fits(struct slice pattern, struct slice id)
{
    uint64_t from, to, number;
    size_t dash = slice_index(pattern, '-');
    if (dash < pattern.len && num_decimal(slice_first(pattern, dash), UINT32_MAX, &from) &&
        num_decimal(slice_from(pattern, dash + 1), UINT32_MAX, &to))
        return num_decimal(id, UINT32_MAX, &number) && number >= from && number <= to;
    return rules_glob_match(pattern, id);
}

static bool is_leap(uint64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool rules_date_end(struct slice text, uint64_t *out)
{
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t year, month, day;
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-' ||
        !num_decimal(slice_first(text, 4), 9999, &year) ||
        !num_decimal(slice_of(text.ptr + 5, 2), 12, &month) ||
        !num_decimal(slice_of(text.ptr + 8, 2), 31, &day) || year < 1970 || month == 0 || day == 0)
        return false;
    uint64_t february = is_leap(year) ? 29 : 28;
    if (day > (month == 2 ? february : lengths[month - 1]))
        return false;
    uint64_t days = day;
    for (uint64_t y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (uint64_t m = 1; m < month; m++)
        days += m == 2 ? february : lengths[m - 1];
    *out = days * 86400;
    return true;
}

static bool host_matches(struct slice pattern, struct slice host)
{
    if (slice_eq(pattern, SLICE("*")))
        return true;
    if (slice_begins(pattern, SLICE("*.")))
        return host.len >= pattern.len && slice_ends(host, slice_from(pattern, 1));
    return slice_eq(pattern, host);
}

// A prefix ends at a segment: "/edit" and "/edit/" cover /edit/x, neither covers /editor.
static bool path_matches(struct slice prefix, struct slice path)
{
    if (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/')
        return slice_begins(path, prefix);
    return slice_begins(path, prefix) && (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

bool rules_exclusion_applies(const struct rules_exclusion *e, const struct http_request *request,
                             uint64_t now_s)
{
    if (e->expires_s != 0 && now_s >= e->expires_s)
        return false;
    bool host_fits = e->host_count == 0;
    for (size_t i = 0; i < e->host_count && !host_fits; i++)
        host_fits = host_matches(e->hosts[i], request->host);
    return host_fits && (e->path.len == 0 || path_matches(e->path, request->path));
}
