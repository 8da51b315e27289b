// SPDX-License-Identifier: Apache-2.0
// Each known mistake has its own sentence.
#include "tls/certificate.h"

#include "scene.h"

static bool loads(struct scene *s, const char *chain, const char *key)
{
    struct tls_certificate c;
    struct tls_certificate_files files = {
        .chain = chain, .key = key, .chain_at = s->at, .key_at = s->at};
    bool ok = tls_certificate_load(&c, &files, s->problems);
    if (ok)
        tls_certificate_clear(&c);
    return ok;
}

// The last problem found says `words`.
static void assert_problem(const struct scene *s, const char *words)
{
    size_t count = problems_count(s->problems) + problems_warnings(s->problems);
    assert_true(count > 0);
    const char *text = problems_text(s->problems, count - 1);
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void accepts_a_good_pair(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct site_files f =
        scene_site(&s, (struct wish){.name = "x", .alternatives = "DNS:x.example"});
    assert_true(loads(&s, f.chain.text, f.key.text));
    assert_int_equal(problems_count(s.problems) + problems_warnings(s.problems), 0);
    scene_close(&s);
}

struct day_case {
    int from_days, to_days;
    bool ok;
    const char *words; // NULL: nothing is said
};

static void looks_at_the_dates(void **state)
{
    (void)state;
    static const struct day_case cases[] = {
        {-30, -1, false, "has expired"},
        {2, 30, false, "not valid yet"},
        {-30, 5, true, "expires in"},
        {-30, 20, true, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scene s;
        scene_open(&s);
        struct site_files f = scene_site(&s, (struct wish){.name = "x",
                                                           .from_days = cases[i].from_days,
                                                           .to_days = cases[i].to_days});
        assert_int_equal(loads(&s, f.chain.text, f.key.text), cases[i].ok);
        assert_int_equal(problems_count(s.problems) > 0, !cases[i].ok);
        if (cases[i].words)
            assert_problem(&s, cases[i].words);
        else
            assert_int_equal(problems_warnings(s.problems), 0);
        scene_close(&s);
    }
}

struct mode_case {
    mode_t mode;
    bool ok;
};

static void wants_keys_nobody_else_can_use(void **state)
{
    (void)state;
    static const struct mode_case cases[] = {{0600, true},  {0400, true},  {0700, true},
                                             {0640, false}, {0604, false}, {0620, false},
                                             {0601, false}, {0777, false}};
    struct scene s;
    scene_open(&s);
    struct site_files f = scene_site(&s, (struct wish){.name = "x"});
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(chmod(f.key.text, cases[i].mode), 0);
        assert_int_equal(loads(&s, f.chain.text, f.key.text), cases[i].ok);
        if (!cases[i].ok)
            assert_problem(&s, "chmod 600");
    }
    scene_close(&s);
}

static void says_what_is_wrong_with_a_key(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct site_files f = scene_site(&s, (struct wish){.name = "x"});
    struct site_files other = scene_site(&s, (struct wish){.name = "y"});
    struct path locked = write_key(&s.folder, "locked.key", &s.root, "secret", 0600);
    struct path text = write_text(&s.folder, "text.key", "no key at all\n", 0600);
    struct path nothing = folder_path(&s.folder, "missing.key");
    assert_false(loads(&s, f.chain.text, locked.text));
    assert_problem(&s, "passphrase");
    assert_false(loads(&s, f.chain.text, other.key.text));
    assert_problem(&s, "does not belong");
    assert_false(loads(&s, f.chain.text, text.text));
    assert_problem(&s, "holds no private key");
    assert_false(loads(&s, f.chain.text, f.chain.text));
    assert_problem(&s, "can be used by others");
    assert_false(loads(&s, f.chain.text, nothing.text));
    assert_problem(&s, "can't be opened");
    assert_false(loads(&s, f.chain.text, s.folder.path));
    assert_problem(&s, "not a regular file");
    assert_false(loads(&s, f.chain.text, "/dev/zero"));
    assert_problem(&s, "not a regular file");
    scene_close(&s);
}

static void says_what_is_wrong_with_a_chain(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct certificate middle =
        certificate_make((struct wish){.name = "middle", .is_ca = true, .issuer = &s.root});
    struct certificate leaf = certificate_make((struct wish){.name = "x", .issuer = &middle});
    struct path key = write_key(&s.folder, "leaf.key", &leaf, NULL, 0600);
    struct path good = WRITE_CHAIN(&s.folder, "good.pem", &leaf, &middle);
    struct path unordered = WRITE_CHAIN(&s.folder, "unordered.pem", &leaf, &s.root, &middle);
    struct path upside_down = WRITE_CHAIN(&s.folder, "upside_down.pem", &middle, &leaf);
    struct path empty = write_text(&s.folder, "empty.pem", "", 0644);
    struct path broken =
        write_text(&s.folder, "broken.pem",
                   "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0644);
    struct path nothing = folder_path(&s.folder, "missing.pem");
    assert_true(loads(&s, good.text, key.text));
    assert_false(loads(&s, unordered.text, key.text));
    assert_problem(&s, "certificate 2");
    assert_false(loads(&s, upside_down.text, key.text));
    assert_problem(&s, "did not issue");
    assert_false(loads(&s, empty.text, key.text));
    assert_problem(&s, "holds no certificate");
    assert_false(loads(&s, broken.text, key.text));
    assert_problem(&s, "can't be read");
    assert_false(loads(&s, nothing.text, key.text));
    assert_problem(&s, "o such file");
    certificate_free(&middle);
    certificate_free(&leaf);
    scene_close(&s);
}

static void leaves_the_root_out(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct certificate middle =
        certificate_make((struct wish){.name = "middle", .is_ca = true, .issuer = &s.root});
    struct certificate leaf = certificate_make((struct wish){.name = "x", .issuer = &middle});
    struct path key = write_key(&s.folder, "leaf.key", &leaf, NULL, 0600);
    struct path chain = WRITE_CHAIN(&s.folder, "chain.pem", &leaf, &middle, &s.root);
    struct tls_certificate_files files = {
        .chain = chain.text, .key = key.text, .chain_at = s.at, .key_at = s.at};
    struct tls_certificate c;
    assert_true(tls_certificate_load(&c, &files, s.problems));
    assert_int_equal(sk_X509_num(c.chain), 1);
    assert_int_equal(X509_cmp(sk_X509_value(c.chain, 0), middle.x509), 0);
    tls_certificate_clear(&c);
    certificate_free(&middle);
    certificate_free(&leaf);
    scene_close(&s);
}

static bool collect(void *context, struct slice name)
{
    struct buf *b = context;
    buf_slice(b, name);
    buf_char(b, ' ');
    return name.len < 20;
}

static void lists_dns_names_only(void **state)
{
    (void)state;
    char text[200];
    struct buf names;
    buf_init(&names, text, sizeof(text));
    struct certificate c = certificate_make((struct wish){
        .name = "cn.example",
        .alternatives = "DNS:a.example,IP:127.0.0.1,email:x@y.example,DNS:*.b.example"});
    assert_true(tls_certificate_each_name(c.x509, collect, &names));
    ASSERT_SLICE(buf_view(&names), SLICE("a.example *.b.example "));
    certificate_free(&c);
    c = certificate_make((struct wish){.name = "cn.example"});
    buf_reset(&names);
    assert_true(tls_certificate_each_name(c.x509, collect, &names));
    assert_int_equal(names.len, 0);
    certificate_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_good_pair),
        cmocka_unit_test(looks_at_the_dates),
        cmocka_unit_test(wants_keys_nobody_else_can_use),
        cmocka_unit_test(says_what_is_wrong_with_a_key),
        cmocka_unit_test(says_what_is_wrong_with_a_chain),
        cmocka_unit_test(leaves_the_root_out),
        cmocka_unit_test(lists_dns_names_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
