// SPDX-License-Identifier: Apache-2.0
// Accepting in batches: the last accept of a batch that finds nothing is a wasted system call, so a
// batch is only as large as the arrivals were lately (the watch is level-triggered: what was left
// comes in the next turn). An accept that fails for want of descriptors leaves the connection in
// the queue and would be reported again at once, for ever: so it rests.
#include "io/listener.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "io/socket.h"

enum { BATCH_MAX = 64, REST_MS = 100, WAIT_MS = 20 };

// Failures that concern one connection that has gone already (accept(2), "Error handling").
static bool is_of_one_connection(int error)
{
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

static void rest(struct listener *l, uint64_t ms)
{
    loop_watch_remove(l->loop, &l->watch);
    l->paused = true;
    loop_timer_set(l->loop, &l->resume, loop_now_ms(l->loop) + ms);
}

static void exhausted(struct listener *l, int error)
{
    rest(l, REST_MS);
    if (l->on_exhausted)
        l->on_exhausted(l, error);
}

static void resume(struct loop_timer *timer)
{
    struct listener *l = CONTAINER_OF(timer, struct listener, resume);
    if (!loop_watch_add_listener(l->loop, &l->watch, l->fd)) {
        loop_timer_set(l->loop, timer, loop_now_ms(l->loop) + REST_MS);
        return;
    }
    l->paused = false;
}

static void accept_batch(struct loop_watch *watch, unsigned events)
{
    (void)events;
    struct listener *l = CONTAINER_OF(watch, struct listener, watch);
    for (unsigned i = 0; i < l->batch; i++) {
        struct addr peer;
        if (l->may_accept && !l->may_accept(l)) {
            rest(l, WAIT_MS);
            return;
        }
        int fd = socket_accept(l->fd, &peer);
        if (fd >= 0) {
            l->on_accept(l, fd, &peer);
            if (l->fd < 0)
                return;
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            l->batch = i > 0 ? i : 1;
            return;
        }
        if (!is_of_one_connection(errno)) {
            exhausted(l, errno);
            return;
        }
    }
    l->batch = l->batch < BATCH_MAX ? l->batch * 2 : BATCH_MAX;
}

bool listener_start(struct listener *l, struct loop *loop, int fd)
{
    l->loop = loop;
    l->fd = fd;
    l->paused = false;
    l->batch = 1;
    loop_watch_init(&l->watch, accept_batch);
    loop_timer_init(&l->resume, resume);
    if (loop_watch_add_listener(loop, &l->watch, fd))
        return true;
    int error = errno;
    close(fd);
    l->fd = -1;
    errno = error;
    return false;
}

void listener_stop(struct listener *l)
{
    if (l->fd < 0)
        return;
    loop_watch_remove(l->loop, &l->watch);
    loop_timer_cancel(l->loop, &l->resume);
    close(l->fd);
    l->fd = -1;
}
