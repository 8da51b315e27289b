// SPDX-License-Identifier: Apache-2.0
// getrandom(2) alone: no descriptor that could be missing in a chroot, no seed of our own to leak.
#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"

void random_bytes(void *out, size_t len)
{
    unsigned char *at = out;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            log_error("the system gives no random bytes: %s", log_errno(errno));
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}
