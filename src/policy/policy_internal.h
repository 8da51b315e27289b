// SPDX-License-Identifier: Apache-2.0
// What the section readers of a policy share. Every reader goes on after a mistake to find the next
// one: a value that is wrong is reported and left out, and only the count of problems decides at
// the end whether there is a snapshot.
#ifndef YETT_POLICY_POLICY_INTERNAL_H
#define YETT_POLICY_POLICY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json_read.h"
#include "base/slice.h"
#include "policy/snapshot.h"
#include "tls/client_context.h"

struct filter;
struct problems;

enum {
    POLICY_NAME_MAX = 64,
    POLICY_WORKERS_MAX = 256,
};

// How far loading may go beyond the text.
enum policy_reach {
    POLICY_REACH_ALL,  // certificates, lists and databases are read, host names are resolved
    POLICY_REACH_NONE, // nothing outside is touched, so filters and certificates stay empty: for
                       // looking at hostile text
};

// Names of filters or backends, in the order of the policy.
struct policy_names {
    const char **items; // NULL-terminated
    size_t count;
    bool *used; // something refers to it
};

struct policy_reader {
    struct snapshot *s;
    struct problems *problems;
    const struct json *root;
    enum policy_reach reach;
    struct policy_names filters, backends;
    const struct filter **filter_types; // of filter i; NULL where the type is unknown
};

// The same as policy_load from memory; `name` is what problems call the text and what relative
// paths are relative to.
MUST_USE struct snapshot *policy_load_text(const char *name, struct slice text,
                                           enum policy_reach reach, struct problems *problems);

// Zeroed memory of the snapshot; NULL with a problem.
MUST_USE void *policy_new(struct policy_reader *r, size_t count, size_t size);
// Copies into the snapshot; empty or NULL with a problem.
MUST_USE struct slice policy_copy(struct policy_reader *r, struct slice text);
MUST_USE char *policy_str(struct policy_reader *r, struct slice text);
// The path in `value`, resolved against the policy, in the snapshot; NULL with a problem.
MUST_USE char *policy_path(struct policy_reader *r, const struct json *value);
// The whole path of a unix socket, in the snapshot; NULL with a problem at `at`.
MUST_USE char *policy_unix_path(struct policy_reader *r, const struct json *at, struct slice path);
// True when `path` is a folder, or nobody may look; else a problem at `at`.
bool policy_folder_exists(struct policy_reader *r, const struct json *at, const char *path);
// Member `key` when it is an object or array; NULL when absent or, with a problem, of another type.
const struct json *policy_object(struct policy_reader *r, const struct json *parent,
                                 const char *key);
const struct json *policy_array(struct policy_reader *r, const struct json *parent,
                                const char *key);

// Names of listeners, backends, filters and routes: 1..64 of letters, digits and `. _ - / * :`.
bool policy_check_name(struct policy_reader *r, const struct json *at, struct slice name);
// Collects and checks the member names of an object of named things; false without memory.
MUST_USE bool policy_names_of(struct policy_reader *r, const struct json *object,
                              struct policy_names *out);
// Index of the name in `value` and marks it used; SIZE_MAX with a problem that suggests the nearest
// ("no backend is called ...").
size_t policy_names_find(struct policy_reader *r, const struct policy_names *names,
                         const struct json *value, const char *kind);
// Warns of each that nothing refers to.
void policy_names_warn_unused(struct policy_reader *r, const struct policy_names *names,
                              const char *section, const char *kind);

// Reads one string of a list into the snapshot; false with a problem.
typedef bool policy_word_fn(struct policy_reader *r, const struct json *item, struct slice *out);
// An array of strings without repetitions; leaves *out alone when the member is absent.
void policy_words(struct policy_reader *r, const struct json *parent, const char *key,
                  policy_word_fn *read, const struct slice **out, size_t *count);
policy_word_fn policy_word_method;
policy_word_fn policy_word_text;
// uri-host [":" port] as http/uri.h normalises it; with `host_only` a port is refused.
bool policy_authority(struct policy_reader *r, const struct json *at, struct slice text,
                      bool host_only, struct slice *out);
// Addresses and prefixes without host bits; leaves *out alone when the member is absent.
void policy_prefixes(struct policy_reader *r, const struct json *parent, const char *key,
                     const struct addr_prefix **out, size_t *count);
// An address with its port from a string; false with a problem that shows `example`.
bool policy_bind(struct policy_reader *r, const struct json *value, const char *example,
                 struct addr *out);
// A list of filter names. At accept only filters that judge addresses have something to say.
void policy_chain(struct policy_reader *r, const struct json *parent, bool at_accept,
                  struct filter_chain *out);
// "request_headers" or "response_headers" of a route.
struct policy_changes {
    const struct policy_field *set;
    size_t set_count;
    const struct slice *remove;
    size_t remove_count;
};
void policy_read_changes(struct policy_reader *r, const struct json *route, const char *key,
                         bool of_request, struct policy_changes *out);
// The action of a route: which one, and what it says.
void policy_read_action(struct policy_reader *r, const struct json *object,
                        struct policy_route *route);

// The defaults, then "limits" of the policy over them; and of a route over the policy's.
void policy_read_limits(struct policy_reader *r);
void policy_read_route_limits(struct policy_reader *r, const struct json *route,
                              struct policy_limits *limits);
// Makes exchanges large enough for the bodies that filters hold, or complains when the policy says
// otherwise.
void policy_fit_memory(struct policy_reader *r);

void policy_read_top(struct policy_reader *r);
void policy_read_audit(struct policy_reader *r);
// audit_sink.c: the member "sinks", if it is there.
void policy_read_audit_sinks(struct policy_reader *r, const struct json *audit,
                             struct audit_options *out);
// The folder that `path` lies in, in the snapshot; NULL without memory.
const char *policy_folder_of(struct policy_reader *r, const char *path);
void policy_read_admin(struct policy_reader *r);
void policy_read_bans(struct policy_reader *r);
void policy_read_filters(struct policy_reader *r);
void policy_read_backends(struct policy_reader *r);
void policy_read_listeners(struct policy_reader *r);
void policy_read_routes(struct policy_reader *r);

// How the servers of a backend are spoken to under TLS.
struct policy_backend_tls {
    const struct json *at; // the "tls" object; NULL without
    const char *ca;
    const struct json *ca_at;
    struct slice server_name; // empty: the host of each url
    bool verify;
    struct tls_terms terms;
    bool http2; // of the backend's protocol
    const char *certificate, *key;
    const struct json *certificate_at, *key_at;
    const char *crl; // NULL without
    const struct json *crl_at;
    struct tls_pins pins;
};
// "min_version" and "groups" of a "tls" object.
void policy_read_tls_terms(struct policy_reader *r, const struct json *object,
                           struct tls_terms *out);
void policy_read_backend_tls(struct policy_reader *r, const struct json *backend,
                             struct policy_backend_tls *out);
// The servers of a backend, resolved, each with its TLS context.
void policy_read_servers(struct policy_reader *r, const struct json *backend,
                         const struct policy_backend_tls *tls, struct backend_config *out);
// All addresses of a host name with that port; false with a problem at `at`.
bool policy_resolve(struct policy_reader *r, const struct json *at, struct slice host,
                    uint16_t port, struct backend_server *out);
// The tls context of a listener; NULL with problems, or when nothing may be touched.
struct tls_server_context *policy_read_listener_tls(struct policy_reader *r,
                                                    const struct json *object);

#endif
