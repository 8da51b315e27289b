// SPDX-License-Identifier: Apache-2.0
// Where the client is, noted for the record, for rules and for rate limits whether or not a list
// asks; and the lists. A second geo filter in a chain may have another database: it judges by its
// own, and notes only what nobody has noted yet.
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/conf.h"
#include "filter/filter.h"
#include "filter/geo_db.h"
#include "filter/geo_lists.h"

enum { WHY_MAX = 160 };

struct config {
    struct geo_db *places;  // "database"
    struct geo_db *systems; // "asn_database"; NULL: AS numbers are looked for in the other
    struct geo_lists lists;
    unsigned status;
};

static struct geo_db *open_database(const struct json *value, struct problems *problems)
{
    char *path = conf_path(value, problems);
    if (!path)
        return NULL;
    char why[WHY_MAX];
    struct geo_db *db = geo_db_open(path, why, sizeof(why));
    if (!db)
        problems_add(problems, value, "%s: %s", path, why);
    free(path);
    return db;
}

static bool type_says(const struct geo_db *db, struct slice word)
{
    struct slice type = geo_db_type(db);
    return slice_find(type, word) < type.len;
}

// A list that no record can ever match would be a filter that does nothing.
static void check_uses(const struct config *c, const struct json *object, struct problems *problems)
{
    bool asks_place =
        geo_lists_use(&c->lists, GEO_COUNTRY) || geo_lists_use(&c->lists, GEO_CONTINENT);
    if (asks_place && c->places && type_says(c->places, SLICE("ASN")))
        problems_add(problems, json_get(object, "database"),
                     "this database has AS numbers only, and a list asks for places");
    bool has_systems =
        c->systems || !c->places ||
        !(type_says(c->places, SLICE("Country")) || type_says(c->places, SLICE("City")));
    if (geo_lists_use(&c->lists, GEO_ASN) && !has_systems)
        problems_add(
            problems, json_get(object, "database"),
            "this database has no AS numbers, and a list asks for them; give \"asn_database\"");
}

static void free_config(void *config)
{
    struct config *c = config;
    geo_db_close(&c->places);
    geo_db_close(&c->systems);
    geo_lists_clear(&c->lists);
    free(c);
}

static void compile_into(struct config *c, const struct json *object, struct problems *problems)
{
    static const char *const keys[] = {FILTER_COMMON_KEYS, "database",        "asn_database",
                                       "deny_countries",   "allow_countries", "deny_continents",
                                       "allow_continents", "deny_asns",       "allow_asns",
                                       "unknown",          "status",          NULL};
    conf_known_keys(object, keys, problems);
    const struct json *value = conf_required(object, "database", problems);
    if (value)
        c->places = open_database(value, problems);
    value = json_get(object, "asn_database");
    if (value)
        c->systems = open_database(value, problems);
    geo_lists_compile(&c->lists, object, problems);
    filter_conf_status(object, problems, &c->status);
    check_uses(c, object, problems);
}

static void *compile(const struct json *object, struct problems *problems)
{
    size_t before = problems_count(problems);
    struct config *c = calloc(1, sizeof(*c));
    if (!c) {
        problems_add(problems, object, "no memory");
        return NULL;
    }
    c->status = 403;
    compile_into(c, object, problems);
    if (problems_count(problems) == before)
        return c;
    free_config(c);
    return NULL;
}

static bool is_looked_up(const struct config *c, const struct filter_facts *f)
{
    const struct filter_notes *n = f->notes;
    return n->geo_done && n->geo_source == c && addr_eq(&n->geo_client, &f->client);
}

static void note_place(const struct config *c, const struct filter_facts *f,
                       const struct geo_place *p)
{
    struct filter_notes *n = f->notes;
    if (n->geo_done && !addr_eq(&n->geo_client, &f->client)) {
        n->country = n->continent = n->as_name = (struct slice){0};
        n->asn = 0;
        n->geo_done = false;
    }
    if (n->country.len == 0)
        n->country = p->country;
    if (n->continent.len == 0)
        n->continent = p->continent;
    if (n->asn == 0) {
        n->asn = p->asn;
        n->as_name = p->as_name;
    }
    // What two databases say together is nobody's own answer any more.
    n->geo_source = n->geo_done ? NULL : c;
    n->geo_client = f->client;
    n->geo_done = true;
}

// From the notes when this filter wrote them for this address, else from its databases. False: a
// database is broken.
static bool find_place(const struct config *c, const struct filter_facts *f, struct geo_place *out)
{
    const struct filter_notes *n = f->notes;
    if (is_looked_up(c, f)) {
        *out = (struct geo_place){n->country, n->continent, n->asn, n->as_name};
        return true;
    }
    if (!geo_db_find(c->places, &f->client, out) ||
        (c->systems && !geo_db_find(c->systems, &f->client, out)))
        return false;
    note_place(c, f, out);
    return true;
}

static struct slice rule_of(const struct filter_facts *f, enum geo_fact fact,
                            const struct geo_place *p)
{
    if (fact == GEO_COUNTRY)
        return p->country;
    if (fact == GEO_CONTINENT)
        return p->continent;
    if (fact == GEO_ASN)
        return slice_str(arena_printf(f->arena, "AS%u", (unsigned)p->asn));
    return (struct slice){0};
}

static void check(const void *config, void *state, const struct filter_facts *f,
                  struct filter_verdict *out)
{
    (void)state;
    const struct config *c = config;
    struct geo_place place = {0};
    if (!find_place(c, f, &place)) {
        filter_cannot_decide(out, "geo-lookup-failed");
        return;
    }
    enum geo_fact fact;
    const char *reason = geo_lists_judge(&c->lists, &place, &fact);
    if (!reason)
        return;
    filter_deny(out, c->status, reason);
    out->rule = rule_of(f, fact, &place);
}

static void describe(const void *config, char *out, size_t cap)
{
    const struct config *c = config;
    struct slice places = geo_db_type(c->places);
    struct slice systems = c->systems ? geo_db_type(c->systems) : (struct slice){0};
    (void)snprintf(out, cap, "%.*s%s%.*s", (int)places.len, places.ptr, systems.len ? ", " : "",
                   (int)systems.len, systems.len ? systems.ptr : "");
}

const struct filter filter_geo = {
    .name = "geo",
    .compile = compile,
    .free = free_config,
    .check_address = check,
    .check_head = check,
    .describe = describe,
};
