// SPDX-License-Identifier: Apache-2.0
// The file is read once and then only looked up, so users are an array sorted by name over one copy
// of the text. A line that can't be used refuses the file: a user who silently does not exist is
// found out by a locked-out person, a user who silently has a weak hash by somebody else.
#include "filter/htpasswd.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/problems.h"
#include "base/secret.h"
#include "filter/password_hash.h"

enum { SHOWN_MAX = 64 };

struct entry {
    struct htpasswd_user user;
    struct slice setting; // scheme and cost, a part of the hash
    unsigned line;
};

struct htpasswd {
    char *text;
    struct entry *entries;
    size_t count, room;
    size_t typical;
};

// Where a file is being read.
struct reading {
    const char *name;
    unsigned line;
    size_t bad;
    struct problems *problems;
};

bool htpasswd_name_is_valid(struct slice name)
{
    if (name.len == 0 || name.len > HTPASSWD_USER_MAX || name.ptr[0] == ' ' ||
        name.ptr[name.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (ascii_is_control(name.ptr[i]) || name.ptr[i] == ':')
            return false;
    }
    return true;
}

static bool is_among_the_named(struct reading *r)
{
    return r->bad++ < HTPASSWD_COMPLAINTS;
}

static void complain_hash(struct reading *r, struct slice user, enum password_hash_state state)
{
    static const char *const sentences[] = {
        [PASSWORD_HASH_WEAK] = "has a hash that is too weak (yescrypt, bcrypt, SHA-512-crypt and "
                               "SHA-256-crypt are taken)",
        [PASSWORD_HASH_MALFORMED] = "has a malformed hash",
        [PASSWORD_HASH_COSTLY] = "has a hash of so high a cost that logins could stop the gateway",
    };
    int shown = (int)slice_first(user, SHOWN_MAX).len;
    if (is_among_the_named(r))
        problems_add_at(r->problems, r->name, r->line, 0,
                        "user \"%.*s\" %s; set the password again: yett passwd %s %.*s", shown,
                        user.ptr, sentences[state], r->name, shown, user.ptr);
}

static bool add_entry(struct htpasswd *h, const struct entry *e)
{
    if (h->count == h->room) {
        size_t room = h->room ? 2 * h->room : 64;
        struct entry *more =
            h->count < HTPASSWD_USERS_MAX ? realloc(h->entries, room * sizeof(*more)) : NULL;
        if (!more)
            return false;
        h->entries = more;
        h->room = room;
    }
    h->entries[h->count++] = *e;
    return true;
}

// Reads one line (within h->text, where the octet behind it may be overwritten). False when the
// file is to be left.
static bool read_line(struct htpasswd *h, struct reading *r, char *line, size_t len)
{
    if (len && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    struct slice text = slice_of(line, len);
    if (len == 0 || line[0] == '#')
        return true;
    size_t colon = slice_index(text, ':');
    struct slice user = slice_first(text, colon), hash = slice_from(text, colon + 1);
    if (colon == len || !htpasswd_name_is_valid(user)) {
        // The line is not shown: it may be a password.
        if (is_among_the_named(r))
            problems_add_at(r->problems, r->name, r->line, 0,
                            "not of the form user:hash, with a name of at most %d octets without "
                            "control octets or blanks around it",
                            HTPASSWD_USER_MAX);
        return true;
    }
    struct entry e = {.user = {.name = user, .hash = hash}, .line = r->line};
    enum password_hash_state state = password_hash_look(hash, &e.setting);
    if (state != PASSWORD_HASH_GOOD) {
        complain_hash(r, user, state);
        return true;
    }
    if (add_entry(h, &e))
        return true;
    problems_add_at(r->problems, r->name, r->line, 0, "no memory for more than %zu users",
                    h->count);
    return false;
}

static void read_lines(struct htpasswd *h, struct reading *r, size_t len)
{
    size_t at = 0;
    while (at < len) {
        char *end = memchr(h->text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - (h->text + at)) : len - at;
        r->line++;
        if (!read_line(h, r, h->text + at, line_len))
            return;
        at += line_len + 1;
    }
}

static int compare_names(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_names(a->user.name, b->user.name);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

static void find_repetitions(const struct htpasswd *h, struct reading *r)
{
    for (size_t i = 1; i < h->count; i++) {
        const struct entry *before = &h->entries[i - 1], *e = &h->entries[i];
        if (slice_eq(before->user.name, e->user.name) && is_among_the_named(r))
            problems_add_at(
                r->problems, r->name, e->line, 0, "user \"%.*s\" already stands in line %u",
                (int)slice_first(e->user.name, SHOWN_MAX).len, e->user.name.ptr, before->line);
    }
}

// The most frequent setting by voting: right whenever one has the majority, and else one of those
// that are there.
static size_t find_typical(const struct htpasswd *h)
{
    size_t candidate = 0, votes = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (votes == 0)
            candidate = i;
        bool same = slice_eq(h->entries[i].setting, h->entries[candidate].setting);
        votes = same ? votes + 1 : votes - 1;
    }
    return candidate;
}

struct htpasswd *htpasswd_read(const char *name, struct slice text, struct problems *problems)
{
    struct reading r = {.name = name, .problems = problems};
    struct htpasswd *h = calloc(1, sizeof(*h));
    if (h)
        h->text = malloc(text.len + 1);
    if (!h || !h->text) {
        problems_add_at(problems, name, 0, 0, "no memory");
        htpasswd_free(&h);
        return NULL;
    }
    if (text.len)
        memcpy(h->text, text.ptr, text.len);
    size_t before = problems_count(problems);
    read_lines(h, &r, text.len);
    if (h->count)
        qsort(h->entries, h->count, sizeof(*h->entries), compare_entries);
    find_repetitions(h, &r);
    if (r.bad > HTPASSWD_COMPLAINTS)
        problems_add_at(problems, name, 0, 0, "and %zu more lines that can't be used",
                        r.bad - HTPASSWD_COMPLAINTS);
    if (r.bad == 0 && h->count == 0)
        problems_add_at(problems, name, 0, 0, "has no user; add one: yett passwd %s USER", name);
    if (problems_count(problems) != before)
        htpasswd_free(&h);
    else
        h->typical = find_typical(h);
    return h;
}

void htpasswd_free(struct htpasswd **h)
{
    if (!*h)
        return;
    free((*h)->text);
    free((*h)->entries);
    free(*h);
    *h = NULL;
}

size_t htpasswd_count(const struct htpasswd *h)
{
    return h->count;
}

const struct htpasswd_user *htpasswd_find(const struct htpasswd *h, struct slice name)
{
    size_t low = 0, high = h->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(name, h->entries[middle].user.name);
        if (order == 0)
            return &h->entries[middle].user;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct htpasswd_user *htpasswd_typical(const struct htpasswd *h)
{
    return &h->entries[h->typical].user;
}

enum htpasswd_result htpasswd_check(const char *password, const char *hash)
{
    struct crypt_data *data = calloc(1, sizeof(*data)); // 32 KiB
    if (!data)
        return HTPASSWD_FAILED;
    const char *made = crypt_rn(password, hash, data, (int)sizeof(*data));
    enum htpasswd_result result = HTPASSWD_FAILED;
    if (made)
        result = secret_eq(slice_str(made), slice_str(hash)) ? HTPASSWD_GOOD : HTPASSWD_WRONG;
    secret_wipe(data, sizeof(*data));
    free(data);
    return result;
}
