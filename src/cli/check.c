// SPDX-License-Identifier: Apache-2.0
// `yett check`: the loader's own opinion of a policy, and what the gateway would make of it, in a
// form that can be read before a change goes live.
#include <stdio.h>
#include <unistd.h>

#include "base/problems.h"
#include "cli/cli.h"
#include "filter/filter.h"
#include "policy/snapshot.h"

static void print_listener(const struct policy_listener *l)
{
    char address[ADDR_PORT_TEXT_MAX];
    (void)addr_text_with_port(&l->bind, address);
    (void)printf("  %.*s: %s, %s", (int)l->name.len, l->name.ptr, address,
                 l->tls ? "TLS" : "plain");
    if (l->redirect_to_https)
        (void)printf(", redirects to https");
    if (l->proxy_protocol == PROXY_PROTOCOL_ON)
        (void)printf(", PROXY protocol required");
    if (l->client_from == CLIENT_FROM_X_FORWARDED_FOR)
        (void)printf(", clients from X-Forwarded-For");
    if (l->trusted_proxy_count)
        (void)printf(", trusted prefixes: %zu", l->trusted_proxy_count);
    for (size_t i = 0; i < l->address_filters.count; i++) {
        struct slice name = l->address_filters.items[i]->name;
        (void)printf("%s%.*s", i ? ", " : ", at accept: ", (int)name.len, name.ptr);
    }
    (void)printf("\n");
}

static const char *safety_of(const struct backend_server *s)
{
    if (s->tls)
        return s->insecure ? "TLS, NOT VERIFIED" : "TLS, verified";
    return s->insecure ? "PLAIN TEXT beyond this machine" : "plain text on this machine";
}

static void print_backend(const struct backend_config *b)
{
    (void)printf("  %.*s: %s%s\n", (int)b->name.len, b->name.ptr,
                 b->balance == BACKEND_ROUND_ROBIN ? "round robin" : "least outstanding",
                 b->health.enabled ? ", health checks" : "");
    for (unsigned i = 0; i < b->server_count; i++) {
        const struct backend_server *s = &b->servers[i];
        (void)printf("    %.*s, weight %u%s, %s\n", (int)s->url.len, s->url.ptr, s->weight,
                     s->is_backup ? ", backup" : "", safety_of(s));
    }
}

static void print_filter(const struct filter_instance *i)
{
    char figures[256] = "";
    if (i->type->describe)
        i->type->describe(i->config, figures, sizeof(figures));
    (void)printf("  %.*s: %s%s%s%s\n", (int)i->name.len, i->name.ptr, i->type->name,
                 figures[0] ? ", " : "", figures,
                 i->pass_on_error ? ", PASSES what it cannot decide" : "");
}

static void print_words(const struct slice *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)printf("%s%.*s", i ? ", " : "", (int)words[i].len, words[i].ptr);
}

static void print_route(const struct snapshot *s, const struct policy_route *route)
{
    (void)printf("  %.*s: ", (int)route->name.len, route->name.ptr);
    print_words(route->methods, route->method_count);
    (void)printf("%s", route->method_count ? " " : "");
    print_words(route->hosts, route->host_count);
    (void)printf(" %.*s -> ", (int)route->path.len, route->path.ptr);
    for (size_t i = 0; i < route->filters.count; i++) {
        struct slice name = route->filters.items[i]->name;
        (void)printf("%.*s%s", (int)name.len, name.ptr,
                     i + 1 < route->filters.count ? ", " : " -> ");
    }
    if (route->action == ROUTE_BACKEND)
        (void)printf("backend %.*s", (int)s->backends[route->backend].name.len,
                     s->backends[route->backend].name.ptr);
    if (route->action == ROUTE_REDIRECT)
        (void)printf("%u %.*s", route->status, (int)route->location.len, route->location.ptr);
    if (route->action == ROUTE_RESPOND)
        (void)printf("%u", route->status);
    (void)printf("%s\n", route->filters.detect ? ", DETECTS ONLY" : "");
}

static void print_expiry(void *ctx, const struct snapshot_expiry *e)
{
    (void)ctx;
    (void)printf("  %s %.*s, %.*s: %lld days\n", e->kind, (int)e->owner.len, e->owner.ptr,
                 (int)e->name.len, e->name.ptr, (long long)snapshot_expiry_days(e));
}

static void print_summary(const struct snapshot *s)
{
    (void)printf("listeners\n");
    for (size_t i = 0; i < s->listener_count; i++)
        print_listener(&s->listeners[i]);
    (void)printf("backends\n");
    for (size_t i = 0; i < s->backend_count; i++)
        print_backend(&s->backends[i]);
    (void)printf("filters\n");
    for (size_t i = 0; i < s->filter_count; i++)
        print_filter(&s->filters[i]);
    (void)printf("routes\n");
    for (size_t i = 0; i < s->route_count; i++)
        print_route(s, &s->routes[i]);
    (void)printf("certificates, and how long they are good\n");
    snapshot_each_expiry(s, print_expiry, NULL);
}

static int check(const char *path, bool is_quiet, struct problems *problems)
{
    struct snapshot *s = policy_load(path, problems);
    problems_print(problems, stderr);
    if (!s) {
        (void)fprintf(stderr, "%s: not good (errors: %zu, warnings: %zu)\n", path,
                      problems_count(problems), problems_warnings(problems));
        return CLI_BAD_INPUT;
    }
    if (!is_quiet) {
        (void)printf("%s: good (warnings: %zu)\n", path, problems_warnings(problems));
        print_summary(s);
    }
    snapshot_unref(&s);
    return CLI_WELL;
}

static int run(int argc, char **argv)
{
    bool is_quiet = false;
    opterr = 0;
    for (int option; (option = getopt(argc, argv, "+q")) != -1;) {
        if (option != 'q')
            return cli_no_option(&cli_verb_check, argv);
        is_quiet = true;
    }
    if (optind + 1 != argc)
        return cli_misuse(&cli_verb_check, "it takes one policy file");
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    int code = check(argv[optind], is_quiet, problems);
    problems_free(&problems);
    return code;
}

static const char help[] =
    "usage: yett check [-q] POLICY\n"
    "\n"
    "Does all that serving needs short of opening a port: reads the policy and every certificate,\n"
    "list, database and rule file it names, looks up the names of backends, compiles the filters.\n"
    "All mistakes are reported, not only the first: each is one line on stderr with file, line,\n"
    "column, JSON path, and the word that was probably meant:\n"
    "\n"
    "  site.json:2:15: error: $.limits.hedaer_bytes: unknown key \"hedaer_bytes\" (did you mean\n"
    "  \"header_bytes\"?)\n"
    "\n"
    "Warnings (a server that is not verified, a certificate about to expire, a filter nothing\n"
    "uses) do not make a policy bad. When all is well, the listeners, backends, filters and "
    "routes\n"
    "are listed on stdout, as the gateway understands them.\n"
    "\n"
    "options:\n"
    "  -q  list nothing; only problems are printed\n"
    "\n"
    "examples:\n"
    "  yett check site.json\n"
    "  yett check -q new.json && mv new.json site.json && systemctl restart yett\n"
    "\n"
    "exit codes: 0 the policy is good, 1 it is not, 2 wrong usage, 3 no memory\n";

const struct cli_verb cli_verb_check = {
    .name = "check",
    .summary = "load a policy and report everything that is wrong with it",
    .help = help,
    .run = run,
};
