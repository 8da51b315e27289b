// SPDX-License-Identifier: Apache-2.0
// Whoever changes something only rings: a worker must not wait for a disk.
#include "server/ban_keeper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/log.h"
#include "base/thread.h"
#include "proxy/bans.h"

enum {
    PAUSE_MS = 1000,
    RETRY_MS = 10000, // after the disk has refused
    WHY_MAX = 512,
};

struct ban_keeper {
    struct bans *bans;
    char *path;
    int bell, stop; // eventfds
    _Atomic bool has_rung;
    uint64_t saved; // changes that the file knows of
    pthread_t thread;
};

static void ring(int fd)
{
    const uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof(one));
    (void)n; // a counter that is full rings, too
}

static void on_change(void *ctx)
{
    struct ban_keeper *k = ctx;
    if (!atomic_exchange(&k->has_rung, true))
        ring(k->bell);
}

static bool save(struct ban_keeper *k)
{
    static struct log_repeat repeat;
    uint64_t changes = bans_changes(k->bans);
    char why[WHY_MAX] = "not enough memory";
    struct buf text;
    if (changes == k->saved)
        return true;
    buf_new(&text, BAN_STATE_MAX);
    bans_write(k->bans, &text);
    bool good = !text.failed && file_replace(k->path, buf_view(&text), why, sizeof(why));
    buf_free(&text);
    if (good)
        k->saved = changes;
    else
        log_repeated(&repeat, LOG_LEVEL_ERROR, "bans are not kept: %s", why);
    return good;
}

// False when the end has come.
static bool pause_for(const struct ban_keeper *k, int ms)
{
    struct pollfd stop = {.fd = k->stop, .events = POLLIN};
    return poll(&stop, 1, ms) == 0;
}

static bool wait_for_bell(struct ban_keeper *k)
{
    struct pollfd both[] = {{.fd = k->bell, .events = POLLIN}, {.fd = k->stop, .events = POLLIN}};
    uint64_t count;
    while (poll(both, ARRAY_LEN(both), -1) < 0 && errno == EINTR)
        ;
    if (both[1].revents)
        return false;
    ssize_t n = read(k->bell, &count, sizeof(count));
    (void)n;
    atomic_store(&k->has_rung, false); // what changes from now on rings again
    return true;
}

static void *run(void *arg)
{
    struct ban_keeper *k = arg;
    while (wait_for_bell(k)) {
        while (!save(k))
            if (!pause_for(k, RETRY_MS))
                return NULL;
        if (!pause_for(k, PAUSE_MS))
            return NULL;
    }
    return NULL;
}

static void free_keeper(struct ban_keeper *k)
{
    if (k->bell >= 0)
        (void)close(k->bell);
    if (k->stop >= 0)
        (void)close(k->stop);
    free(k->path);
    free(k);
}

struct ban_keeper *ban_keeper_start(struct bans *bans, const char *path)
{
    struct ban_keeper *k = calloc(1, sizeof(*k));
    if (!k)
        return NULL;
    k->bans = bans;
    k->saved = bans_changes(bans);
    k->path = strdup(path);
    k->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    k->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = k->path && k->bell >= 0 && k->stop >= 0 ? 0 : errno;
    if (!error)
        error = thread_start(&k->thread, "yett-bans", run, k);
    if (error) {
        free_keeper(k);
        errno = error;
        return NULL;
    }
    bans_on_change(bans, on_change, k);
    return k;
}

void ban_keeper_stop(struct ban_keeper **keeper)
{
    struct ban_keeper *k = *keeper;
    *keeper = NULL;
    if (!k)
        return;
    ring(k->stop);
    pthread_join(k->thread, NULL);
    bans_on_change(k->bans, NULL, NULL);
    (void)save(k);
    free_keeper(k);
}

static void set_aside(const char *path, const char *why)
{
    char aside[8192];
    int len = snprintf(aside, sizeof(aside), "%s.bad", path);
    bool is_aside = len > 0 && (size_t)len < sizeof(aside) && rename(path, aside) == 0;
    log_error("bans: %s: %s; nobody is banned%s%s", path, why,
              is_aside ? ", and the file is now " : "", is_aside ? aside : "");
}

void ban_keeper_load(struct bans *bans, const struct policy_bans *p)
{
    char why[WHY_MAX], *text = NULL;
    size_t len = 0, left_out = 0;
    struct stat about;
    if (stat(p->state_file, &about) != 0 && errno == ENOENT)
        return;
    bool good = file_read(p->state_file, BAN_STATE_MAX, &text, &len, why, sizeof(why)) &&
                bans_read(bans, p, slice_of(text, len), &left_out, why, sizeof(why));
    free(text);
    if (!good)
        set_aside(p->state_file, why);
    else if (left_out)
        log_notice("bans: %zu of %s do not fit the policy any more and are left out", left_out,
                   p->state_file);
}
