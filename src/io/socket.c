// SPDX-License-Identifier: Apache-2.0
// System calls with addresses of base/addr.h. IPv4 addresses use IPv4 sockets, so that a machine
// without IPv6 serves them; only "::" is for both families.
#include "io/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// What may wait unsent in the kernel per connection before it says "writable": enough to fill a
// fast link between two turns, too little for slow readers to park megabytes.
enum { UNSENT_MAX = 128 * 1024 };

union any_address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
};

static socklen_t to_system(const struct addr *addr, union any_address *out)
{
    memset(out, 0, sizeof(*out));
    if (addr_is_v4(addr)) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(addr->port);
        memcpy(&out->v4.sin_addr, addr->bytes + 12, 4);
        return sizeof(out->v4);
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(addr->port);
    memcpy(&out->v6.sin6_addr, addr->bytes, 16);
    return sizeof(out->v6);
}

static void from_system(const union any_address *in, struct addr *out)
{
    *out = (struct addr){0};
    if (in->sa.sa_family == AF_INET6) {
        memcpy(out->bytes, &in->v6.sin6_addr, 16);
        out->port = ntohs(in->v6.sin6_port);
        return;
    }
    if (in->sa.sa_family != AF_INET) {
        out->is_unix = true;
        return;
    }
    out->bytes[10] = out->bytes[11] = 0xff;
    memcpy(out->bytes + 12, &in->v4.sin_addr, 4);
    out->port = ntohs(in->v4.sin_port);
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

// Closes without losing the errno that is to be reported.
static int give_up(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int open_tcp(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (!set(fd, IPPROTO_TCP, TCP_NODELAY, 1) ||
        !set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_MAX))
        return give_up(fd);
    return fd;
}

static bool is_any_v6(const struct addr *addr)
{
    static const uint8_t zero[16];
    return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

int socket_listen(const struct addr *addr, int backlog)
{
    union any_address at;
    socklen_t len = to_system(addr, &at);
    int fd = open_tcp(at.sa.sa_family);
    if (fd < 0 && errno == EAFNOSUPPORT && is_any_v6(addr)) {
        // A machine without IPv6: "all addresses" are those of IPv4.
        memset(&at, 0, sizeof(at));
        at.v4.sin_family = AF_INET;
        at.v4.sin_port = htons(addr->port);
        len = sizeof(at.v4);
        fd = open_tcp(AF_INET);
    }
    if (fd < 0)
        return -1;
    bool ok = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (at.sa.sa_family == AF_INET6)
        ok = ok && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (!ok || bind(fd, &at.sa, len) != 0 || listen(fd, backlog) != 0)
        return give_up(fd);
    return fd;
}

bool socket_local(int fd, struct addr *out)
{
    union any_address at = {0};
    socklen_t len = sizeof(at);
    if (getsockname(fd, &at.sa, &len) != 0)
        return false;
    from_system(&at, out);
    return true;
}

static int begin_connect(int fd, const union any_address *to, socklen_t len)
{
    int result;
    do {
        result = connect(fd, &to->sa, len);
    } while (result != 0 && errno == EINTR);
    if (result == 0 || errno == EINPROGRESS)
        return fd;
    return give_up(fd);
}

int socket_connect(const struct addr *addr)
{
    union any_address to;
    socklen_t len = to_system(addr, &to);
    int fd = open_tcp(to.sa.sa_family);
    return fd < 0 ? -1 : begin_connect(fd, &to, len);
}

// A new socket, and in *out the address that has the path; -1 with errno.
static int open_unix(const char *path, int type, union any_address *out)
{
    size_t len = strlen(path);
    *out = (union any_address){.un = {.sun_family = AF_UNIX}};
    if (len >= sizeof(out->un.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out->un.sun_path, path, len + 1);
    return socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int connect_unix(const char *path, int type)
{
    union any_address to;
    int fd = open_unix(path, type, &to);
    return fd < 0 ? -1 : begin_connect(fd, &to, sizeof(to.un));
}

// A socket whose owner has gone refuses; one that is busy does not.
static void remove_stale(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = connect_unix(path, SOCK_STREAM);
    if (fd >= 0)
        close(fd);
    else if (errno == ECONNREFUSED)
        unlink(path);
}

// Nobody can connect before listen, so nobody comes in before the mode is right.
int socket_listen_unix(const char *path, int backlog)
{
    union any_address at;
    int fd = open_unix(path, SOCK_STREAM, &at);
    if (fd < 0)
        return -1;
    remove_stale(path);
    if (bind(fd, &at.sa, sizeof(at.un)) != 0)
        return give_up(fd);
    if (chmod(path, S_IRUSR | S_IWUSR) == 0 && listen(fd, backlog) == 0)
        return fd;
    int error = errno;
    unlink(path);
    errno = error;
    return give_up(fd);
}

int socket_connect_unix(const char *path)
{
    return connect_unix(path, SOCK_STREAM);
}

int socket_connect_unix_datagrams(const char *path)
{
    return connect_unix(path, SOCK_DGRAM);
}

int socket_connect_datagrams(const struct addr *addr)
{
    union any_address to;
    socklen_t len = to_system(addr, &to);
    int fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : begin_connect(fd, &to, len);
}

int socket_accept(int listener, struct addr *peer)
{
    union any_address from = {0};
    socklen_t len = sizeof(from);
    int fd;
    do {
        fd = accept4(listener, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0)
        from_system(&from, peer);
    return fd;
}
