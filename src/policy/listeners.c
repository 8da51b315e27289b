// SPDX-License-Identifier: Apache-2.0
// The section "listeners": where clients knock, and whom they may speak for.
#include "policy/policy_internal.h"

#include <stdint.h>

#include "base/conf.h"
#include "policy/definition.h"

static const char *const listener_keys[] = {
    "name",
    "bind",
    "tls",
    "trusted_proxies",
    "client_address_from",
    "proxy_protocol",
    "redirect_to",
    "redirect_port",
    "default_host",
    "filters",
    NULL,
};

static void read_name(struct policy_reader *r, const struct json *item, struct policy_listener *out)
{
    const struct json *name = conf_required(item, "name", r->problems);
    if (!name || !conf_is_string(name, r->problems) || !policy_check_name(r, name, name->text))
        return;
    for (size_t i = 0; i < r->s->listener_count; i++) {
        if (slice_eq(r->s->listeners[i].name, name->text))
            problems_add(r->problems, name, "another listener has this name");
    }
    out->name = policy_copy(r, name->text);
}

static void read_bind(struct policy_reader *r, const struct json *item, struct policy_listener *out)
{
    const struct json *bind = conf_required(item, "bind", r->problems);
    if (!bind || !policy_bind(r, bind, "[::]:8443", &out->bind))
        return;
    for (size_t i = 0; i < r->s->listener_count; i++) {
        const struct policy_listener *other = &r->s->listeners[i];
        if (out->bind.port != 0 && other->bind.port == out->bind.port &&
            addr_eq(&other->bind, &out->bind))
            problems_add(r->problems, bind, "another listener has this address");
    }
}

static void read_client_source(struct policy_reader *r, const struct json *item,
                               struct policy_listener *out)
{
    static const char *const sources[] = {"connection", "x-forwarded-for", NULL};
    static const char *const modes[] = {"off", "on", NULL};
    size_t source = 0, mode = 0;
    const struct json *trusted = json_get(item, "trusted_proxies");
    bool nobody = !trusted || (trusted->type == JSON_ARRAY && trusted->count == 0);
    policy_prefixes(r, item, "trusted_proxies", &out->trusted_proxies, &out->trusted_proxy_count);
    if (conf_choice(item, "client_address_from", sources, r->problems, &source) && source == 1 &&
        nobody)
        problems_add(r->problems, json_get(item, "client_address_from"),
                     "nobody is trusted to send it: name the proxies in "
                     "\"trusted_proxies\"");
    if (conf_choice(item, "proxy_protocol", modes, r->problems, &mode) && mode == 1 && nobody)
        problems_warn(r->problems, json_get(item, "proxy_protocol"),
                      "whoever can connect may name any client address: name the load "
                      "balancers in \"trusted_proxies\"");
    out->client_from = source == 0 ? CLIENT_FROM_CONNECTION : CLIENT_FROM_X_FORWARDED_FOR;
    out->proxy_protocol = mode == 0 ? PROXY_PROTOCOL_OFF : PROXY_PROTOCOL_ON;
}

static void read_redirect(struct policy_reader *r, const struct json *item,
                          struct policy_listener *out)
{
    static const char *const schemes[] = {"https", NULL};
    size_t scheme;
    uint64_t port = 0;
    const struct json *to = json_get(item, "redirect_to");
    out->redirect_to_https = conf_choice(item, "redirect_to", schemes, r->problems, &scheme);
    if (to && json_get(item, "tls"))
        problems_add(r->problems, to, "this listener speaks https already");
    (void)conf_u64(item, "redirect_port", 1, 65535, r->problems, &port);
    if (!to && json_get(item, "redirect_port"))
        problems_add(r->problems, json_get(item, "redirect_port"),
                     "this means nothing without \"redirect_to\"");
    out->redirect_port = (uint16_t)port;
}

// Whoever came in under these filters would come in again.
static uint64_t define(struct policy_reader *r, const struct json *item,
                       const struct filter_chain *filters)
{
    const struct json *all = json_get(r->root, "filters");
    if (r->reach == POLICY_REACH_NONE)
        return 0;
    uint64_t definition = definition_of(item, DEFINITION_WHOLE);
    for (size_t i = 0; i < filters->count; i++) {
        size_t index = (size_t)(filters->items[i] - r->s->filters);
        const struct json *filter = json_get(all, r->filters.items[index]);
        definition = definition_join(definition, definition_of(filter, DEFINITION_WHOLE));
    }
    return definition;
}

static void read_listener(struct policy_reader *r, const struct json *item)
{
    struct policy_listener *out = &r->s->listeners[r->s->listener_count];
    struct slice host;
    if (!conf_is_object(item, r->problems))
        return;
    conf_known_keys(item, listener_keys, r->problems);
    read_name(r, item, out);
    read_bind(r, item, out);
    const struct json *tls = policy_object(r, item, "tls");
    if (tls)
        out->tls = policy_read_listener_tls(r, tls);
    read_client_source(r, item, out);
    read_redirect(r, item, out);
    if (conf_text(item, "default_host", r->problems, &host))
        (void)policy_authority(r, json_get(item, "default_host"), host, false, &out->default_host);
    policy_chain(r, item, true, &out->address_filters);
    out->definition = define(r, item, &out->address_filters);
    r->s->listener_count++;
}

void policy_read_listeners(struct policy_reader *r)
{
    const struct json *array = conf_required(r->root, "listeners", r->problems);
    if (!array || !conf_is_array(array, r->problems))
        return;
    if (array->count == 0)
        problems_add(r->problems, array, "a gateway needs at least one listener");
    r->s->listeners = policy_new(r, array->count + 1, sizeof(struct policy_listener));
    if (!r->s->listeners)
        return;
    JSON_EACH (item, array)
        read_listener(r, item);
}
