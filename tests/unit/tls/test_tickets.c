// SPDX-License-Identifier: Apache-2.0
#include "tls/tickets.h"

#include <openssl/evp.h>
#include <string.h>

#include "support/unit.h"

enum { ROTATION = 100 };

static bool same(const struct tls_ticket_key *a, const struct tls_ticket_key *b)
{
    return memcmp(a->name, b->name, sizeof(a->name)) == 0;
}

static void rotates_by_age(void **state)
{
    (void)state;
    struct tls_tickets t;
    struct tls_ticket_key first, again, second, found;
    assert_true(tls_tickets_init(&t, ROTATION));
    tls_tickets_current(&t, 1000, &first);
    tls_tickets_current(&t, 1099, &again);
    assert_true(same(&first, &again));
    assert_memory_equal(first.cipher, again.cipher, sizeof(first.cipher));
    assert_int_equal(tls_tickets_find(&t, 1099, first.name, &found), TLS_TICKET_FRESH);
    assert_memory_equal(first.mac, found.mac, sizeof(first.mac));
    // Old by age, even before anybody needed a new key.
    assert_int_equal(tls_tickets_find(&t, 1100, first.name, &found), TLS_TICKET_OLD);
    tls_tickets_current(&t, 1100, &second);
    assert_false(same(&first, &second));
    assert_memory_not_equal(first.cipher, second.cipher, sizeof(first.cipher));
    assert_memory_not_equal(first.mac, second.mac, sizeof(first.mac));
    assert_int_equal(tls_tickets_find(&t, 1150, second.name, &found), TLS_TICKET_FRESH);
    assert_int_equal(tls_tickets_find(&t, 1150, first.name, &found), TLS_TICKET_OLD);
    assert_int_equal(tls_tickets_find(&t, 1299, first.name, &found), TLS_TICKET_OLD);
    assert_int_equal(tls_tickets_find(&t, 1300, first.name, &found), TLS_TICKET_UNKNOWN);
    tls_tickets_clear(&t);
}

static void keeps_two_older_keys(void **state)
{
    (void)state;
    struct tls_tickets t;
    struct tls_ticket_key keys[4], found;
    assert_true(tls_tickets_init(&t, ROTATION));
    for (unsigned i = 0; i < 4; i++)
        tls_tickets_current(&t, 1000 + i * ROTATION, &keys[i]);
    assert_int_equal(tls_tickets_find(&t, 1300, keys[0].name, &found), TLS_TICKET_UNKNOWN);
    assert_int_equal(tls_tickets_find(&t, 1300, keys[1].name, &found), TLS_TICKET_OLD);
    assert_int_equal(tls_tickets_find(&t, 1300, keys[2].name, &found), TLS_TICKET_OLD);
    assert_int_equal(tls_tickets_find(&t, 1300, keys[3].name, &found), TLS_TICKET_FRESH);
    tls_tickets_clear(&t);
}

static void forgets_and_wipes_keys_of_a_quiet_time(void **state)
{
    (void)state;
    static const unsigned char zero[32];
    struct tls_tickets t;
    struct tls_ticket_key first, found;
    assert_true(tls_tickets_init(&t, ROTATION));
    tls_tickets_current(&t, 1000, &first);
    assert_int_equal(tls_tickets_find(&t, 1000 + 10 * ROTATION, first.name, &found),
                     TLS_TICKET_UNKNOWN);
    for (unsigned i = 0; i < TLS_TICKET_KEYS; i++)
        assert_memory_equal(t.keys[i].cipher, zero, sizeof(zero));
    tls_tickets_clear(&t);
}

static void goes_over_to_a_new_context(void **state)
{
    (void)state;
    struct tls_tickets old, fresh;
    struct tls_ticket_key key, found;
    assert_true(tls_tickets_init(&old, ROTATION));
    assert_true(tls_tickets_init(&fresh, ROTATION));
    tls_tickets_current(&old, 1000, &key);
    assert_int_equal(tls_tickets_find(&fresh, 1001, key.name, &found), TLS_TICKET_UNKNOWN);
    tls_tickets_adopt(&fresh, &old);
    assert_int_equal(tls_tickets_find(&fresh, 1001, key.name, &found), TLS_TICKET_FRESH);
    tls_tickets_clear(&old);
    tls_tickets_clear(&fresh);
}

static void lives_less_than_a_day(void **state)
{
    (void)state;
    static const unsigned rotations[] = {1, 3600, 12 * 3600, 24 * 3600, 3000000000u, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(rotations); i++) {
        struct tls_tickets t;
        assert_true(tls_tickets_init(&t, rotations[i]));
        assert_true(tls_tickets_lifetime_s(&t) > 0 && tls_tickets_lifetime_s(&t) < 24 * 3600);
        tls_tickets_clear(&t);
    }
}

struct sealing {
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
};

static struct sealing new_sealing(void)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    struct sealing s = {EVP_CIPHER_CTX_new(), EVP_MAC_CTX_new(hmac)};
    EVP_MAC_free(hmac);
    assert_non_null(s.cipher);
    assert_non_null(s.mac);
    return s;
}

static void free_sealing(struct sealing *s)
{
    EVP_CIPHER_CTX_free(s->cipher);
    EVP_MAC_CTX_free(s->mac);
}

static void opens_what_it_sealed(void **state)
{
    (void)state;
    struct tls_tickets t, other;
    unsigned char name[TLS_TICKET_NAME_LEN], iv[EVP_MAX_IV_LENGTH];
    unsigned char sealed[64], opened[64];
    int len, rest;
    assert_true(tls_tickets_init(&t, ROTATION));
    assert_true(tls_tickets_init(&other, ROTATION));
    struct sealing in = new_sealing(), out = new_sealing();
    assert_int_equal(tls_tickets_apply(&t, name, iv, in.cipher, in.mac, 1), 1);
    assert_true(EVP_EncryptUpdate(in.cipher, sealed, &len, (const unsigned char *)"a session", 9));
    assert_true(EVP_EncryptFinal_ex(in.cipher, sealed + len, &rest));
    int sealed_len = len + rest;
    assert_int_equal(tls_tickets_apply(&other, name, iv, out.cipher, out.mac, 0), 0);
    assert_int_equal(tls_tickets_apply(&t, name, iv, out.cipher, out.mac, 0), 1);
    assert_true(EVP_DecryptUpdate(out.cipher, opened, &len, sealed, sealed_len));
    assert_true(EVP_DecryptFinal_ex(out.cipher, opened + len, &rest));
    ASSERT_SLICE(slice_of(opened, (size_t)(len + rest)), SLICE("a session"));
    free_sealing(&in);
    free_sealing(&out);
    tls_tickets_clear(&t);
    tls_tickets_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotates_by_age),
        cmocka_unit_test(keeps_two_older_keys),
        cmocka_unit_test(forgets_and_wipes_keys_of_a_quiet_time),
        cmocka_unit_test(goes_over_to_a_new_context),
        cmocka_unit_test(lives_less_than_a_day),
        cmocka_unit_test(opens_what_it_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
