// SPDX-License-Identifier: Apache-2.0
// The section "tls" of a backend. Verification is what happens without it; to do without
// verification takes two words, "verify": false and "insecure": true, so that nobody does by a slip
// of the pen.
#include "policy/policy_internal.h"

#include "base/base64.h"
#include "base/conf.h"

static const char *const tls_keys[] = {"ca",     "server_name", "verify", "insecure", "min_version",
                                       "groups", "certificate", "crl",    "pins",     NULL};

static void read_ca(struct policy_reader *r, const struct json *object,
                    struct policy_backend_tls *out)
{
    const struct json *value = json_get(object, "ca");
    if (!value || (value->type == JSON_STRING && slice_eq(value->text, SLICE("system"))))
        return;
    out->ca = policy_path(r, value);
    out->ca_at = value;
}

static void read_certificate(struct policy_reader *r, const struct json *object,
                             struct policy_backend_tls *out)
{
    static const char *const keys[] = {"chain", "key", NULL};
    const struct json *pair = policy_object(r, object, "certificate");
    if (!pair)
        return;
    conf_known_keys(pair, keys, r->problems);
    out->certificate_at = conf_required(pair, "chain", r->problems);
    out->key_at = conf_required(pair, "key", r->problems);
    out->certificate = out->certificate_at ? policy_path(r, out->certificate_at) : NULL;
    out->key = out->key_at ? policy_path(r, out->key_at) : NULL;
    if (!out->certificate || !out->key) // one without the other is reported and left out
        out->certificate = out->key = NULL;
}

static void read_crl(struct policy_reader *r, const struct json *object,
                     struct policy_backend_tls *out)
{
    const struct json *value = json_get(object, "crl");
    if (!value)
        return;
    out->crl = policy_path(r, value);
    out->crl_at = value;
}

static void read_pin(struct policy_reader *r, const struct json *item, struct tls_pins *pins)
{
    size_t len;
    if (!conf_is_string(item, r->problems))
        return;
    if (base64_decode(item->text, pins->all[pins->count].sha256, TLS_PIN_LEN, &len) &&
        len == TLS_PIN_LEN)
        pins->count++;
    else
        problems_add(r->problems, item,
                     "a pin is the SHA-256 of a public key (DER) in base64: 44 characters");
}

// Who pins a single key has no way on when that key is lost.
static void read_pins(struct policy_reader *r, const struct json *object, struct tls_pins *pins)
{
    const struct json *array = json_get(object, "pins");
    if (!array || !conf_is_array(array, r->problems))
        return;
    if (array->count < 1 || array->count > TLS_PINS_MAX) {
        problems_add(r->problems, array, "there are 1 to %d pins", TLS_PINS_MAX);
        return;
    }
    JSON_EACH (item, array)
        read_pin(r, item, pins);
    if (array->count == 1)
        problems_warn(r->problems, array,
                      "a single pin: add one of a spare key, or a lost key stops this backend");
}

static void check_needs_verification(struct policy_reader *r, const struct json *object,
                                     const char *key)
{
    const struct json *value = json_get(object, key);
    if (value)
        problems_add(r->problems, value, "this has no effect where \"verify\" is false");
}

static void read_verify(struct policy_reader *r, const struct json *object,
                        struct policy_backend_tls *out)
{
    bool insecure = false;
    (void)conf_bool(object, "verify", r->problems, &out->verify);
    (void)conf_bool(object, "insecure", r->problems, &insecure);
    if (!out->verify && !insecure)
        problems_add(
            r->problems, json_get(object, "verify"),
            "this accepts any certificate, of anybody: say so with \"insecure\": true beside it");
}

static void read_server_name(struct policy_reader *r, const struct json *object,
                             struct policy_backend_tls *out)
{
    struct slice text;
    struct addr address;
    const struct json *value = json_get(object, "server_name");
    if (!conf_text(object, "server_name", r->problems, &text))
        return;
    if (addr_parse(text, &address))
        out->server_name = policy_copy(r, text);
    else
        (void)policy_authority(r, value, text, true, &out->server_name);
}

void policy_read_backend_tls(struct policy_reader *r, const struct json *backend,
                             struct policy_backend_tls *out)
{
    *out = (struct policy_backend_tls){.verify = true, .terms.allow_tls12 = true};
    const struct json *object = policy_object(r, backend, "tls");
    if (!object)
        return;
    out->at = object;
    conf_known_keys(object, tls_keys, r->problems);
    read_ca(r, object, out);
    read_server_name(r, object, out);
    read_verify(r, object, out);
    read_certificate(r, object, out);
    read_crl(r, object, out);
    read_pins(r, object, &out->pins);
    if (!out->verify) {
        check_needs_verification(r, object, "crl");
        check_needs_verification(r, object, "pins");
    }
    policy_read_tls_terms(r, object, &out->terms);
}
