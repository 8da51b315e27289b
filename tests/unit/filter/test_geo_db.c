// SPDX-License-Identifier: Apache-2.0
#include "filter/geo_db.h"

#include "base/attr.h"
#include "unit/filter/geo_data.h"

static void finds_what_the_database_knows(void **state)
{
    (void)state;
    static const struct {
        const char *client, *country, *continent;
        uint32_t asn;
        const char *as_name;
    } cases[] = {
        {"192.0.2.77", "KP", "AS", 64500, "Example Net"},
        {"198.51.100.1", "FR", "EU", 0, ""},
        {"2001:db8:9::1", "DE", "EU", 64501, "Other"},
        {"203.0.113.9", "", "", 64502, "Nowhere"},
        {"10.0.0.1", "", "", 0, ""},
        {"2001:db9::", "", "", 0, ""},
    };
    struct geo_file g;
    char why[128];
    geo_file_make(&g, geo_spec);
    struct geo_db *db = geo_db_open(g.path, why, sizeof(why));
    assert_non_null(db);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a;
        struct geo_place p = {0};
        assert_true(addr_parse(slice_str(cases[i].client), &a));
        assert_true(geo_db_find(db, &a, &p));
        ASSERT_SLICE(p.country, slice_str(cases[i].country));
        ASSERT_SLICE(p.continent, slice_str(cases[i].continent));
        assert_int_equal(p.asn, cases[i].asn);
        ASSERT_SLICE(p.as_name, slice_str(cases[i].as_name));
    }
    struct geo_place p = {0};
    assert_true(geo_db_find(db, &(struct addr){.is_unix = true}, &p));
    assert_int_equal(p.country.len, 0);
    geo_db_close(&db);
    assert_null(db);
    geo_file_remove(&g);
}

static void refuses_files_that_are_no_database(void **state)
{
    (void)state;
    char why[128] = "";
    assert_null(geo_db_open("/nonexistent.mmdb", why, sizeof(why)));
    assert_true(why[0]);
    why[0] = '\0';
    assert_null(geo_db_open(YETT_SOURCE_DIR "/LICENSE", why, sizeof(why)));
    assert_true(why[0]);
}

// Overwrites everything between tree and metadata.
static void spoil_data(const struct geo_file *g)
{
    FILE *file = fopen(g->path, "r+b");
    assert_non_null(file);
    char bytes[65536];
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    struct slice all = slice_of(bytes, len);
    static const char zeros[16];
    size_t data = slice_find(all, slice_of(zeros, sizeof(zeros))) + sizeof(zeros);
    size_t end = slice_find(all, SLICE("\xab\xcd\xefMaxMind.com"));
    assert_true(data < end && end < len);
    // A pointer into nowhere.
    memset(bytes + data, 0x3f, end - data);
    rewind(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void says_when_a_record_cannot_be_read(void **state)
{
    (void)state;
    struct geo_file g;
    char why[128];
    geo_file_make(&g, geo_spec);
    spoil_data(&g);
    struct geo_db *db = geo_db_open(g.path, why, sizeof(why));
    assert_non_null(db);
    struct addr a;
    struct geo_place p = {0};
    assert_true(addr_parse(SLICE("192.0.2.1"), &a));
    assert_false(geo_db_find(db, &a, &p));
    geo_db_close(&db);
    geo_file_remove(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_database_knows),
        cmocka_unit_test(refuses_files_that_are_no_database),
        cmocka_unit_test(says_when_a_record_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
