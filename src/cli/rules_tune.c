// SPDX-License-Identifier: Apache-2.0
// `yett rules tune`: what in an audit log looks like a false alarm. An attacker trips many rules
// from few addresses; a rule that errs is tripped alone, at one place, by whoever comes by. So hits
// are gathered by rule, host, place and target, and each place is judged by how many clients it
// has that have tripped little else.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/num.h"
#include "base/problems.h"
#include "cli/cli.h"
#include "cli/exclusion.h"

enum {
    TABLE_BITS = 16, // of either table; more are counted as lost
    TABLE_SIZE = 1 << TABLE_BITS,
    MEMORY_MAX = 512 * 1024 * 1024,
    CLIENTS_KEPT = 64, // of a place; whether there are more does not matter
    RULES_KEPT = 8,    // of a client
    OUTPUT_MAX = 16 * 1024 * 1024,
};

struct sender {
    struct slice address;
    uint64_t rules[RULES_KEPT]; // hashes of those it has tripped
    size_t rule_count;
};

// Hits of one rule at one place.
struct spot {
    struct slice rule, host, path, target, example;
    struct sender *senders[CLIENTS_KEPT];
    size_t sender_count;
    size_t requests;
    size_t last_record; // that counted
    bool is_listed;     // among the exclusions
};

struct tuning {
    struct arena arena;
    struct hash_key key;
    struct sender *senders[TABLE_SIZE];
    struct spot *spots[TABLE_SIZE];
    struct spot *order[TABLE_SIZE];
    size_t spot_count, sender_count, records, lost, broken;
    uint64_t least_clients, least_requests, most_rules;
    bool as_json;
};

static struct slice text_of(const struct json *object, const char *key)
{
    const struct json *value = json_get(object, key);
    return value && value->type == JSON_STRING ? value->text : (struct slice){0};
}

// A number, or a long word of hexadecimal digits and dashes: the name of one thing among many.
static bool is_id(struct slice segment)
{
    enum { HEX_ID_MIN = 8 };
    size_t digits = 0, hex = 0;
    for (size_t i = 0; i < segment.len; i++) {
        digits += ascii_is_digit(segment.ptr[i]);
        hex += ascii_hex(segment.ptr[i]) >= 0 || segment.ptr[i] == '-';
    }
    return digits > 0 &&
           (digits == segment.len || (segment.len >= HEX_ID_MIN && hex == segment.len));
}

// Up to the first segment that is an id: things come and go, the place stays. What begins with one
// is a place of its own, since "/" would be all of the host.
static struct slice place_of(struct slice path)
{
    for (size_t at = 1; at < path.len;) {
        size_t len = slice_index(slice_from(path, at), '/');
        if (is_id(slice_first(slice_from(path, at), len)))
            return at > 1 ? slice_first(path, at) : path;
        at += len + 1;
    }
    return path;
}

static struct sender *find_sender(struct tuning *t, struct slice address)
{
    size_t at = hash_bytes(&t->key, address.ptr, address.len) % TABLE_SIZE;
    for (size_t i = 0; i < TABLE_SIZE; i++, at = (at + 1) % TABLE_SIZE) {
        struct sender *s = t->senders[at];
        if (s && slice_eq(s->address, address))
            return s;
        if (s)
            continue;
        if (t->sender_count >= TABLE_SIZE / 2 || !(s = arena_zalloc(&t->arena, 1, sizeof(*s))))
            return NULL;
        s->address = arena_copy(&t->arena, address);
        t->sender_count++;
        return t->senders[at] = s;
    }
    return NULL;
}

static void note_rule(struct tuning *t, struct sender *s, struct slice rule)
{
    uint64_t hash = hash_bytes(&t->key, rule.ptr, rule.len);
    for (size_t i = 0; i < s->rule_count; i++)
        if (s->rules[i] == hash)
            return;
    if (s->rule_count < RULES_KEPT)
        s->rules[s->rule_count++] = hash;
}

static bool is_same(const struct spot *a, const struct spot *b)
{
    return slice_eq(a->rule, b->rule) && slice_eq(a->host, b->host) && slice_eq(a->path, b->path) &&
           slice_eq(a->target, b->target);
}

static struct spot *find_spot(struct tuning *t, const struct spot *wanted)
{
    const struct slice parts[] = {wanted->rule, wanted->host, wanted->path, wanted->target};
    uint64_t hash = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        hash = hash * 31 + hash_bytes(&t->key, parts[i].ptr, parts[i].len);
    size_t at = hash % TABLE_SIZE;
    for (size_t i = 0; i < TABLE_SIZE; i++, at = (at + 1) % TABLE_SIZE) {
        struct spot *s = t->spots[at];
        if (s && is_same(s, wanted))
            return s;
        if (s)
            continue;
        if (t->spot_count >= TABLE_SIZE / 2 || !(s = arena_zalloc(&t->arena, 1, sizeof(*s))))
            return NULL;
        s->rule = arena_copy(&t->arena, wanted->rule);
        s->host = arena_copy(&t->arena, wanted->host);
        s->path = arena_copy(&t->arena, wanted->path);
        s->target = arena_copy(&t->arena, wanted->target);
        s->example = arena_copy(&t->arena, wanted->example);
        t->order[t->spot_count++] = s;
        return t->spots[at] = s;
    }
    return NULL;
}

static void note_sender(struct spot *s, struct sender *sender)
{
    for (size_t i = 0; i < s->sender_count; i++)
        if (s->senders[i] == sender)
            return;
    if (s->sender_count < CLIENTS_KEPT)
        s->senders[s->sender_count++] = sender;
}

static void take_match(struct tuning *t, const struct json *match, const struct spot *place,
                       struct sender *sender)
{
    struct spot wanted = *place;
    struct slice target = text_of(match, "target");
    wanted.rule = text_of(match, "rule");
    wanted.target = exclusion_target(target);
    wanted.example = text_of(match, "value");
    if (wanted.rule.len == 0 || target.len == 0)
        return;
    note_rule(t, sender, wanted.rule);
    struct spot *s = find_spot(t, &wanted);
    if (!s) {
        t->lost++;
        return;
    }
    s->requests += s->last_record != t->records;
    s->last_record = t->records;
    note_sender(s, sender);
}

// Only what was refused, or would have been.
static void take_record(struct tuning *t, const struct json *record)
{
    const struct json *yett = json_get(record, "yett"), *url = json_get(record, "url");
    const struct json *matches = json_get(yett, "matches");
    bool is_refused = slice_eq(text_of(yett, "verdict"), SLICE("denied"));
    if (!matches || matches->type != JSON_ARRAY || (!is_refused && !json_get(yett, "would_deny")))
        return;
    const struct spot place = {.host = text_of(url, "domain"),
                               .path = place_of(text_of(url, "path"))};
    struct sender *sender = find_sender(t, text_of(json_get(record, "client"), "ip"));
    t->records++;
    if (!sender) {
        t->lost++;
        return;
    }
    JSON_EACH (match, matches)
        take_match(t, match, &place, sender);
}

// Most records have hit nothing: they are not even parsed.
static void take_line(struct tuning *t, const char *name, struct slice line)
{
    struct problems *problems;
    if (slice_find(line, SLICE("\"matches\":[{")) == line.len || !(problems = problems_new()))
        return;
    struct json_doc *doc = json_read_text(name, line, problems);
    if (doc)
        take_record(t, json_root(doc));
    else
        t->broken++;
    json_free(&doc);
    problems_free(&problems);
}

static bool take_file(struct tuning *t, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    if (!file) {
        (void)fprintf(stderr, "yett rules tune: %s: %s\n", path, log_errno(errno));
        return false;
    }
    while ((len = getline(&line, &cap, file)) > 0)
        take_line(t, path, slice_of(line, (size_t)len));
    bool ok = !ferror(file);
    free(line);
    if (file != stdin)
        (void)fclose(file);
    return ok;
}

// Clients of the spot that have tripped few rules in all.
static size_t honest(const struct tuning *t, const struct spot *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->sender_count; i++)
        count += s->senders[i]->rule_count <= t->most_rules;
    return count;
}

static bool is_false_alarm(const struct tuning *t, const struct spot *s)
{
    size_t clients = honest(t, s);
    return clients >= t->least_clients && s->requests >= t->least_requests &&
           2 * clients > s->sender_count;
}

static int by_clients(const void *a, const void *b)
{
    const struct spot *x = *(struct spot *const *)a, *y = *(struct spot *const *)b;
    if (x->sender_count != y->sender_count)
        return x->sender_count < y->sender_count ? 1 : -1;
    return (x->requests < y->requests) - (x->requests > y->requests);
}

// Rules that err at the same target of the same place share an exclusion.
static void write_exclusion(struct tuning *t, size_t first, struct json_writer *w)
{
    const struct spot *s = t->order[first];
    size_t requests = 0;
    json_write_object(w);
    json_write_key(w, "rules");
    json_write_array(w);
    for (size_t i = first; i < t->spot_count; i++) {
        struct spot *other = t->order[i];
        struct spot like = *s;
        like.rule = other->rule;
        if (other->is_listed || !is_false_alarm(t, other) || !is_same(other, &like))
            continue;
        json_write_slice(w, other->rule);
        requests = other->requests > requests ? other->requests : requests;
        other->is_listed = true;
    }
    json_write_end_array(w);
    exclusion_write_place(w, s->host, s->path, s->target);
    char why[128];
    (void)snprintf(why, sizeof(why), "%zu requests of %zu%s clients that tripped little else",
                   requests, honest(t, s), s->sender_count == CLIENTS_KEPT ? " and more" : "");
    json_write_key_str(w, "why", why);
    json_write_end_object(w);
}

static void write_exclusions(struct tuning *t, struct buf *out)
{
    struct json_writer w;
    json_write_init(&w, out);
    json_write_object(&w);
    json_write_key(&w, "exclusions");
    json_write_array(&w);
    for (size_t i = 0; i < t->spot_count; i++)
        if (is_false_alarm(t, t->order[i]) && !t->order[i]->is_listed)
            write_exclusion(t, i, &w);
    json_write_end_array(&w);
    json_write_end_object(&w);
    buf_char(out, '\n');
}

static void put_octets(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        (void)printf((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? "\\x%02x" : "%c",
                     (unsigned char)text.ptr[i]);
}

static void print_table(const struct tuning *t)
{
    size_t shown = 0;
    for (size_t i = 0; i < t->spot_count; i++) {
        const struct spot *s = t->order[i];
        if (!is_false_alarm(t, s))
            continue;
        (void)printf("%6zu requests of %2zu%s clients: ", s->requests, honest(t, s),
                     s->sender_count == CLIENTS_KEPT ? "+" : "");
        put_octets(s->rule);
        (void)printf(" at ");
        put_octets(s->target.len ? s->target : SLICE("what no target spells"));
        (void)printf(" of ");
        put_octets(s->host);
        put_octets(s->path);
        (void)printf(", such as \"");
        put_octets(s->example);
        (void)printf("\"\n");
        shown++;
    }
    (void)printf("%zu refused requests, %zu places where a rule hit, %zu of them look like false "
                 "alarms\n",
                 t->records, t->spot_count, shown);
    if (t->lost || t->broken)
        (void)printf("%zu hits found no room, %zu lines were no JSON\n", t->lost, t->broken);
}

static int print(struct tuning *t)
{
    struct buf out;
    qsort(t->order, t->spot_count, sizeof(struct spot *), by_clients);
    if (!t->as_json)
        print_table(t);
    buf_new(&out, OUTPUT_MAX);
    write_exclusions(t, &out);
    bool ok = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len;
    buf_free(&out);
    return ok && fflush(stdout) == 0 ? CLI_WELL : CLI_REFUSED;
}

static bool read_option(struct tuning *t, int option)
{
    struct slice text = optarg ? slice_str(optarg) : (struct slice){0};
    switch (option) {
    case 'c':
        return num_decimal(text, CLIENTS_KEPT, &t->least_clients) && t->least_clients > 0;
    case 'r':
        return num_decimal(text, 1000000, &t->least_requests) && t->least_requests > 0;
    case 'm':
        return num_decimal(text, RULES_KEPT - 1, &t->most_rules) && t->most_rules > 0;
    case 'j':
        t->as_json = true;
        return true;
    default:
        return false;
    }
}

static int run(int argc, char **argv)
{
    static const struct option longs[] = {{"clients", required_argument, NULL, 'c'},
                                          {"requests", required_argument, NULL, 'r'},
                                          {"most-rules", required_argument, NULL, 'm'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    struct tuning *t = calloc(1, sizeof(*t));
    if (!t)
        return CLI_REFUSED;
    t->least_clients = 3;
    t->least_requests = 3;
    t->most_rules = 5;
    int option, result = CLI_WELL;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:r:m:j", longs, NULL)) != -1 && result == CLI_WELL)
        if (!read_option(t, option))
            result = cli_bad_option(&cli_verb_rules_tune, option, argv);
    if (result == CLI_WELL && optind >= argc)
        result = cli_misuse(&cli_verb_rules_tune, "which audit log?");
    arena_init(&t->arena, NULL, MEMORY_MAX);
    hash_key_random(&t->key);
    for (int i = optind; result == CLI_WELL && i < argc; i++)
        result = take_file(t, argv[i]) ? CLI_WELL : CLI_BAD_INPUT;
    if (result == CLI_WELL)
        result = print(t);
    arena_clear(&t->arena);
    free(t);
    return result;
}

static const char help[] =
    "usage: yett rules tune [option...] AUDIT.jsonl...\n"
    "\n"
    "Reads what rules refused, or would have refused where they only watch, and lists what looks\n"
    "like false alarms: one rule that hits the same target at the same place for several clients\n"
    "which have tripped little else. A place is a path up to its first segment that is an id.\n"
    "Then come exclusions for them, as an object that a rule file may be: read each, put in why,\n"
    "and see with `yett rules explain` what it lets pass.\n"
    "\n"
    "options:\n"
    "  -c, --clients N     so many clients at least; 3 if not given, at most 64\n"
    "  -r, --requests N    so many requests at least; 3 if not given\n"
    "  -m, --most-rules N  clients that have tripped more rules are attackers; 5 if not given\n"
    "  -j, --json          only the exclusions\n"
    "\n"
    "example:\n"
    "  yett rules tune audit.jsonl audit.jsonl.1\n"
    "\n"
    "exit codes: 0 read, whatever was found; 1 a log cannot be read; 2 wrong usage; 3 no memory\n";

const struct cli_verb cli_verb_rules_tune = {
    .name = "rules tune",
    .summary = "propose exclusions for what looks like false alarms in an audit log",
    .help = help,
    .run = run,
};
