// SPDX-License-Identifier: Apache-2.0
#include "tls/staple.h"

#include <openssl/ocsp.h>

#include "scene.h"

// ---- answers as responders make them

struct reply {
    const struct certificate *about, *signer; // signer NULL: the issuer
    int status;
    int from_s, until_s; // relative to now; until 0: no end
    bool by_sha256;
};

struct stapled {
    struct scene scene;
    struct certificate site, other, responder, impostor;
    struct tls_certificate certificate;
    struct tls_certificate_files files;
    struct path answer;
};

static void open_stapled(struct stapled *s)
{
    *s = (struct stapled){0};
    scene_open(&s->scene);
    s->site = certificate_make((struct wish){.name = "site", .issuer = &s->scene.root});
    s->other = certificate_make((struct wish){.name = "other", .issuer = &s->scene.root});
    s->responder = certificate_make(
        (struct wish){.name = "responder", .issuer = &s->scene.root, .usage = "OCSPSigning"});
    s->impostor = certificate_make((struct wish){.name = "impostor", .usage = "OCSPSigning"});
    s->certificate = (struct tls_certificate){
        .leaf = s->site.x509, .issuer = s->scene.root.x509, .key = s->site.key};
    s->answer = folder_path(&s->scene.folder, "site.ocsp");
    s->files = (struct tls_certificate_files){
        .chain = "site.pem", .ocsp = s->answer.text, .ocsp_at = s->scene.at};
}

static void close_stapled(struct stapled *s)
{
    certificate_free(&s->site);
    certificate_free(&s->other);
    certificate_free(&s->responder);
    certificate_free(&s->impostor);
    scene_close(&s->scene);
}

static void write_octets(const struct stapled *s, const void *octets, size_t len)
{
    // Never changed in place: written beside and moved there.
    struct path beside = folder_path(&s->scene.folder, "beside");
    FILE *file = fopen(beside.text, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(beside.text, s->answer.text), 0);
}

static void write_reply(const struct stapled *s, struct reply r)
{
    const struct certificate *signer = r.signer ? r.signer : &s->scene.root;
    const struct certificate *about = r.about ? r.about : &s->site;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id =
        OCSP_cert_to_id(r.by_sha256 ? EVP_sha256() : EVP_sha1(), about->x509, s->scene.root.x509);
    ASN1_TIME *from = X509_gmtime_adj(NULL, r.from_s);
    ASN1_TIME *until = r.until_s ? X509_gmtime_adj(NULL, r.until_s) : NULL;
    ASN1_TIME *revoked = r.status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL;
    assert_non_null(OCSP_basic_add1_status(basic, id, r.status, 0, revoked, from, until));
    assert_true(OCSP_basic_sign(basic, signer->x509, signer->key, EVP_sha256(), NULL, 0));
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *octets = NULL;
    int len = i2d_OCSP_RESPONSE(response, &octets);
    assert_true(len > 0);
    write_octets(s, octets, (size_t)len);
    OPENSSL_free(octets);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
}

static bool sends(struct tls_staple *staple)
{
    size_t len = 0;
    unsigned char *copy = tls_staple_copy(staple, &len);
    bool ok = copy && len > 0;
    OPENSSL_free(copy);
    return ok;
}

// ---- cases

enum fate { SENT, WARNED, REFUSED };

static void check_fate(struct stapled *s, enum fate expected)
{
    unsigned problems = (unsigned)problems_count(s->scene.problems);
    unsigned warnings = (unsigned)problems_warnings(s->scene.problems);
    struct tls_staple *staple = tls_staple_new(&s->certificate, &s->files, s->scene.problems);
    assert_int_equal(staple != NULL, expected != REFUSED);
    assert_int_equal(problems_count(s->scene.problems) - problems, expected == REFUSED);
    assert_int_equal(problems_warnings(s->scene.problems) - warnings, expected == WARNED);
    if (staple)
        assert_int_equal(sends(staple), expected == SENT);
    tls_staple_free(&staple);
    assert_null(staple);
}

static void takes_good_and_current_answers_only(void **state)
{
    (void)state;
    struct stapled s;
    open_stapled(&s);
    const struct {
        struct reply reply;
        enum fate fate;
    } cases[] = {
        {{.until_s = DAY_S}, SENT},
        {{.until_s = DAY_S, .by_sha256 = true}, SENT},
        {{.until_s = DAY_S, .signer = &s.responder}, SENT},
        {{.from_s = 100, .until_s = DAY_S}, SENT}, // a clock that is a little slow
        {{.until_s = DAY_S, .status = V_OCSP_CERTSTATUS_REVOKED}, WARNED},
        {{.until_s = DAY_S, .status = V_OCSP_CERTSTATUS_UNKNOWN}, WARNED},
        {{.until_s = 0}, WARNED},
        {{.from_s = -2 * DAY_S, .until_s = -DAY_S}, WARNED},
        {{.from_s = DAY_S, .until_s = 2 * DAY_S}, WARNED},
        {{.until_s = DAY_S, .about = &s.other}, REFUSED},
        {{.until_s = DAY_S, .signer = &s.impostor}, REFUSED},
        {{.until_s = DAY_S, .signer = &s.other}, REFUSED}, // certified, but not for this
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("case %zu\n", i);
        write_reply(&s, cases[i].reply);
        check_fate(&s, cases[i].fate);
    }
    close_stapled(&s);
}

static void refuses_what_is_no_answer(void **state)
{
    (void)state;
    static const unsigned char try_later[] = {0x30, 0x03, 0x0a, 0x01, 0x03};
    struct stapled s;
    open_stapled(&s);
    check_fate(&s, REFUSED); // no file
    write_octets(&s, "", 0);
    check_fate(&s, REFUSED);
    write_octets(&s, "nonsense", 8);
    check_fate(&s, REFUSED);
    write_octets(&s, try_later, sizeof(try_later));
    check_fate(&s, REFUSED);
    close_stapled(&s);
}

static void wants_the_issuer(void **state)
{
    (void)state;
    struct stapled s;
    open_stapled(&s);
    write_reply(&s, (struct reply){.until_s = DAY_S});
    s.certificate.issuer = NULL;
    check_fate(&s, REFUSED);
    close_stapled(&s);
}

static void sends_nothing_past_its_end(void **state)
{
    (void)state;
    struct stapled s;
    open_stapled(&s);
    // Within the allowance for clocks, but over.
    write_reply(&s, (struct reply){.from_s = -DAY_S, .until_s = -60});
    struct tls_staple *staple = tls_staple_new(&s.certificate, &s.files, s.scene.problems);
    assert_non_null(staple);
    assert_false(sends(staple));
    tls_staple_free(&staple);
    close_stapled(&s);
}

static void reads_the_file_again_when_it_changes(void **state)
{
    (void)state;
    struct stapled s;
    open_stapled(&s);
    write_reply(&s, (struct reply){.until_s = DAY_S, .status = V_OCSP_CERTSTATUS_UNKNOWN});
    struct tls_staple *staple = tls_staple_new(&s.certificate, &s.files, s.scene.problems);
    assert_non_null(staple);
    write_reply(&s, (struct reply){.until_s = DAY_S});
    assert_true(sends(staple)); // the first to ask looks
    // From now on once a second; what is no answer does not replace the good one.
    write_octets(&s, "nonsense", 8);
    usleep(1100 * 1000);
    assert_true(sends(staple));
    assert_int_equal(unlink(s.answer.text), 0);
    usleep(1100 * 1000);
    assert_true(sends(staple));
    tls_staple_free(&staple);
    close_stapled(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_good_and_current_answers_only),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(wants_the_issuer),
        cmocka_unit_test(sends_nothing_past_its_end),
        cmocka_unit_test(reads_the_file_again_when_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
