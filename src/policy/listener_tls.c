// SPDX-License-Identifier: Apache-2.0
// The section "tls" of a listener.
#include "policy/policy_internal.h"

#include <string.h>

#include "base/conf.h"
#include "tls/server_context.h"

enum { CERTIFICATES_MAX = 1000 };

static const char *const tls_keys[] = {"certificates",
                                       "min_version",
                                       "groups",
                                       "protocols",
                                       "without_sni",
                                       "unknown_sni",
                                       "tickets",
                                       "ticket_rotation",
                                       "client_ca",
                                       "client_crl",
                                       "client_certificate",
                                       "strict_host",
                                       NULL};

// False without the keys.
static bool read_clients(struct policy_reader *r, const struct json *object,
                         struct tls_client_auth_options *out)
{
    static const char *const wants[] = {"required", "optional", NULL};
    size_t want = 0;
    const struct json *wanted = json_get(object, "client_certificate");
    *out = (struct tls_client_auth_options){.ca_at = json_get(object, "client_ca"),
                                            .crl_at = json_get(object, "client_crl")};
    if (!out->ca_at && (wanted || out->crl_at))
        problems_add(r->problems, wanted ? wanted : out->crl_at,
                     "nobody vouches for clients: \"client_ca\" is missing");
    if (!out->ca_at)
        return false;
    out->ca = policy_path(r, out->ca_at);
    out->crl = out->crl_at ? policy_path(r, out->crl_at) : NULL;
    (void)conf_choice(object, "client_certificate", wants, r->problems, &want);
    out->required = want == 0;
    return true;
}

// For the names of one certificate.
static const struct tls_client_auth_options *read_own_clients(struct policy_reader *r,
                                                              const struct json *pair)
{
    struct tls_client_auth_options own;
    struct tls_client_auth_options *kept = NULL;
    if (read_clients(r, pair, &own) && (kept = policy_new(r, 1, sizeof(own))))
        *kept = own;
    return kept;
}

static void read_pair(struct policy_reader *r, const struct json *item,
                      struct tls_certificate_files *out)
{
    static const char *const keys[] = {
        "chain", "key", "ocsp", "client_ca", "client_crl", "client_certificate", NULL};
    if (!conf_is_object(item, r->problems))
        return;
    out->clients = read_own_clients(r, item);
    conf_known_keys(item, keys, r->problems);
    out->chain_at = conf_required(item, "chain", r->problems);
    out->key_at = conf_required(item, "key", r->problems);
    out->chain = out->chain_at ? policy_path(r, out->chain_at) : NULL;
    out->key = out->key_at ? policy_path(r, out->key_at) : NULL;
    out->ocsp_at = json_get(item, "ocsp");
    out->ocsp = out->ocsp_at ? policy_path(r, out->ocsp_at) : NULL;
}

// Pairs that lack a file were reported and are left out.
static void read_certificates(struct policy_reader *r, const struct json *object,
                              struct tls_server_options *out)
{
    const struct json *array = conf_required(object, "certificates", r->problems);
    if (!array || !conf_is_array(array, r->problems))
        return;
    if (array->count < 1 || array->count > CERTIFICATES_MAX) {
        problems_add(r->problems, array, "1 to %d certificates", CERTIFICATES_MAX);
        return;
    }
    struct tls_certificate_files *files = policy_new(r, array->count, sizeof(*files));
    if (!files)
        return;
    JSON_EACH (item, array) {
        struct tls_certificate_files pair = {0};
        read_pair(r, item, &pair);
        if (pair.chain && pair.key)
            files[out->certificate_count++] = pair;
    }
    out->certificates = files;
}

// Offered in the order of the policy. A client that offers nothing speaks HTTP/1.1, so that is
// always in the list.
static void read_protocols(struct policy_reader *r, const struct json *object,
                           struct tls_server_options *out)
{
    static const char *const known[] = {"h2", "http/1.1", NULL};
    size_t count = 0;
    bool has_http1 = false;
    const struct json *array = policy_array(r, object, "protocols");
    if (!array) {
        memcpy(out->protocols, known, sizeof(known));
        return;
    }
    struct policy_names names = {
        .items = (const char **)known, .count = 2, .used = (bool[2]){false}};
    JSON_EACH (item, array) {
        size_t which = policy_names_find(r, &names, item, "protocol");
        if (which > 1)
            continue;
        has_http1 = has_http1 || which == 1;
        if (count < TLS_PROTOCOLS_MAX)
            out->protocols[count++] = known[which];
    }
    if (!has_http1)
        problems_add(r->problems, array, "\"http/1.1\" must be in the list");
}

static void read_tickets(struct policy_reader *r, const struct json *object,
                         struct tls_server_options *out)
{
    bool tickets = true;
    uint64_t rotation_ms = 60 * 60 * 1000;
    (void)conf_bool(object, "tickets", r->problems, &tickets);
    (void)conf_duration_ms(object, "ticket_rotation", 60 * 1000, 7 * 24 * 60 * 60 * 1000,
                           r->problems, &rotation_ms);
    out->ticket_rotation_s = tickets ? (unsigned)(rotation_ms / 1000) : 0;
}

struct tls_server_context *policy_read_listener_tls(struct policy_reader *r,
                                                    const struct json *object)
{
    static const char *const fates[] = {"first", "refuse", NULL};
    size_t without = 0, unknown = 1;
    struct tls_server_options options = {.at = object};
    conf_known_keys(object, tls_keys, r->problems);
    read_certificates(r, object, &options);
    read_protocols(r, object, &options);
    read_tickets(r, object, &options);
    (void)read_clients(r, object, &options.clients);
    (void)conf_bool(object, "strict_host", r->problems, &options.strict_host);
    (void)conf_choice(object, "without_sni", fates, r->problems, &without);
    (void)conf_choice(object, "unknown_sni", fates, r->problems, &unknown);
    policy_read_tls_terms(r, object, &options.terms);
    options.refuse_without_sni = without == 1;
    options.unknown_sni_gets_first = unknown == 0;
    if (options.certificate_count == 0 || r->reach == POLICY_REACH_NONE)
        return NULL;
    return tls_server_context_new(&options, r->problems);
}
