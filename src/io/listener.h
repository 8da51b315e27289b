// SPDX-License-Identifier: Apache-2.0
// One listening socket of one worker. Accepts in batches; when descriptors or memory run out it
// stops polling for a moment instead of spinning, and tells the owner, who closes what deserves
// least.
#ifndef YETT_IO_LISTENER_H
#define YETT_IO_LISTENER_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/attr.h"
#include "io/loop.h"

struct listener {
    struct loop *loop;
    struct loop_watch watch;
    struct loop_timer resume;
    int fd;
    void *owner;
    void (*on_accept)(struct listener *l, int fd, const struct addr *peer);
    // Asked before each; false: accepting rests 20 ms, whoever comes waits in the queue. May be
    // NULL.
    bool (*may_accept)(struct listener *l);
    // EMFILE, ENFILE, ENOBUFS, ENOMEM; accepting rests 100 ms. May be NULL.
    void (*on_exhausted)(struct listener *l, int error);
    bool paused;
    unsigned batch; // connections tried per turn; grows while all are there
};

// Starts accepting on `fd` (taken). False with errno.
MUST_USE bool listener_start(struct listener *l, struct loop *loop, int fd);
// Stops and closes; connections already accepted go on. Harmless twice.
void listener_stop(struct listener *l);

#endif
