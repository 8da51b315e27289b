// SPDX-License-Identifier: Apache-2.0
// Listening sockets and descriptors. Each worker has a socket of its own on each address, so that
// the kernel spreads connections and no two workers wake for one.
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "io/socket.h"
#include "server/server_internal.h"

enum {
    BACKLOG = 1024,
    SPARE_DESCRIPTORS = 64, // for logs, rings, databases, health checks
};

// A connection needs one descriptor and its exchange a second: fewer connections are better than
// failing ones.
uint32_t server_connections(const struct snapshot *s)
{
    struct rlimit limit;
    uint32_t wanted = s->limits.connections;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return wanted;
    uint64_t own = SPARE_DESCRIPTORS + (uint64_t)s->workers * (s->listener_count + 4);
    uint64_t possible = limit.rlim_cur > own + 2 ? (limit.rlim_cur - own) / 2 : 1;
    if (possible >= wanted)
        return wanted;
    log_warning("%llu descriptors allow %llu connections; the policy asks for %u",
                (unsigned long long)limit.rlim_cur, (unsigned long long)possible, wanted);
    return (uint32_t)possible;
}

// A port that the system chose holds for all workers.
static bool open_socket(const struct policy_listener *l, struct addr *bind, int *out)
{
    char text[ADDR_PORT_TEXT_MAX];
    *out = socket_listen(bind, BACKLOG);
    if (*out >= 0)
        return bind->port != 0 || socket_local(*out, bind);
    int error = errno;
    addr_text_with_port(bind, text);
    log_error("listener \"%.*s\": cannot listen on %s: %s", (int)l->name.len, l->name.ptr, text,
              log_errno(error));
    errno = error;
    return false;
}

bool server_open_listener(const struct policy_listener *l, int *out, size_t stride,
                          unsigned workers)
{
    struct addr bind = l->bind;
    char text[ADDR_PORT_TEXT_MAX];
    for (unsigned w = 0; w < workers; w++)
        if (!open_socket(l, &bind, &out[w * stride]))
            return false;
    addr_text_with_port(&bind, text);
    log_notice("listening on %s (%.*s, %s)", text, (int)l->name.len, l->name.ptr,
               l->tls ? "TLS" : "plain");
    return true;
}

void server_close_sockets(int *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sockets[i] >= 0)
            close(sockets[i]);
        sockets[i] = -1;
    }
}
