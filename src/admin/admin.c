// SPDX-License-Identifier: Apache-2.0
// A small server beside the large one, on a thread and a loop of its own.
#include "admin/admin.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin_internal.h"
#include "admin/connection.h"
#include "base/check.h"
#include "base/secret.h"
#include "base/thread.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/socket.h"
#include "policy/snapshot.h"

struct admin {
    struct admin_connections connections;
    struct loop *loop;
    struct listener listener;
    struct loop_message stop;
    pthread_t thread;
    struct addr asked, bind; // as the policy has it, and with the port the system chose
    char *path;              // of a unix socket; NULL: `bind` counts
    struct stat made;        // what the socket was at `path`
    pthread_mutex_t lock;    // of what follows
    char token[POLICY_ADMIN_TOKEN_MAX];
    size_t token_len;
};

static void on_accept(struct listener *l, int fd, const struct addr *peer)
{
    struct admin *a = l->owner;
    (void)peer;
    admin_connection_begin(&a->connections, fd);
}

static void on_stop(struct loop_message *message)
{
    struct admin *a = CONTAINER_OF(message, struct admin, stop);
    admin_connections_settle(&a->connections);
    loop_stop(a->loop);
}

static void *run(void *arg)
{
    struct admin *a = arg;
    loop_run(a->loop);
    return NULL;
}

static bool start_thread(struct admin *a)
{
    errno = thread_start(&a->thread, "yett-admin", run, a);
    return errno == 0;
}

// Unless another has taken the path meanwhile.
static void remove_socket(const struct admin *a)
{
    struct stat st;
    if (a->path && a->made.st_ino && lstat(a->path, &st) == 0 && st.st_ino == a->made.st_ino &&
        st.st_dev == a->made.st_dev)
        (void)unlink(a->path);
}

static void free_admin(struct admin *a)
{
    if (a->connections.io.loop)
        admin_connections_close(&a->connections);
    listener_stop(&a->listener);
    remove_socket(a);
    if (a->connections.io.loop)
        io_context_clear(&a->connections.io);
    loop_free(&a->loop);
    pthread_mutex_destroy(&a->lock);
    secret_wipe(a->token, sizeof(a->token));
    free(a->path);
    free(a);
}

static bool open_listener(struct admin *a)
{
    enum { BACKLOG = 16 };
    int fd = a->path ? socket_listen_unix(a->path, BACKLOG) : socket_listen(&a->bind, BACKLOG);
    if (fd < 0)
        return false;
    if (a->path ? lstat(a->path, &a->made) != 0
                : a->bind.port == 0 && !socket_local(fd, &a->bind)) {
        (void)close(fd);
        return false;
    }
    a->listener.owner = a;
    a->listener.on_accept = on_accept;
    return listener_start(&a->listener, a->loop, fd);
}

void admin_view_show(struct admin_view *view, struct snapshot *snapshot)
{
    struct snapshot *fresh = snapshot ? snapshot_ref(snapshot) : NULL;
    pthread_mutex_lock(&view->lock);
    struct snapshot *gone = view->snapshot;
    view->snapshot = fresh;
    pthread_mutex_unlock(&view->lock);
    snapshot_unref(&gone);
}

struct snapshot *admin_view_take(struct admin_view *view)
{
    pthread_mutex_lock(&view->lock);
    struct snapshot *shown = view->snapshot ? snapshot_ref(view->snapshot) : NULL;
    pthread_mutex_unlock(&view->lock);
    return shown;
}

struct slice admin_token(struct admin *a, char *out)
{
    pthread_mutex_lock(&a->lock);
    size_t len = a->token_len;
    memcpy(out, a->token, len);
    pthread_mutex_unlock(&a->lock);
    return slice_of(out, len);
}

static void set_token(struct admin *a, struct slice token)
{
    pthread_mutex_lock(&a->lock);
    secret_wipe(a->token, sizeof(a->token));
    CHECK(token.len <= sizeof(a->token));
    a->token_len = token.len;
    if (a->token_len)
        memcpy(a->token, token.ptr, a->token_len);
    pthread_mutex_unlock(&a->lock);
}

void admin_place(const struct admin *a, char *out)
{
    char text[ADDR_TEXT_MAX];
    addr_text(&a->bind, text);
    if (a->path)
        (void)snprintf(out, ADMIN_PLACE_TEXT_MAX, "%s", a->path);
    else
        (void)snprintf(out, ADMIN_PLACE_TEXT_MAX, "%s port %u", text, a->bind.port);
}

bool admin_adopt(struct admin *a, const struct policy_admin *policy)
{
    if (!policy->is_there || !policy->path != !a->path)
        return false;
    if (a->path ? strcmp(a->path, policy->path) != 0
                : !addr_eq(&a->asked, &policy->bind) || a->asked.port != policy->bind.port)
        return false;
    set_token(a, policy->token);
    return true;
}

static struct admin *new_admin(const struct policy_admin *policy, struct admin_view *view)
{
    struct admin *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->stop.deliver = on_stop;
    a->listener.fd = -1; // until there is one
    a->asked = a->bind = policy->bind;
    pthread_mutex_init(&a->lock, NULL);
    set_token(a, policy->token);
    a->path = policy->path ? strdup(policy->path) : NULL;
    a->loop = loop_new();
    struct admin_connections *c = &a->connections;
    *c = (struct admin_connections){
        .admin = a, .view = view, .loop = a->loop, .is_remote = !policy->path};
    list_init(&c->all);
    if (a->loop && (a->path || !policy->path) && io_context_init(&c->io, a->loop))
        return a;
    c->io.loop = NULL;
    int error = errno;
    free_admin(a);
    errno = error;
    return NULL;
}

struct admin *admin_start(const struct policy_admin *policy, struct admin_view *view)
{
    struct admin *a = new_admin(policy, view);
    if (!a || (open_listener(a) && start_thread(a)))
        return a;
    int error = errno;
    free_admin(a);
    errno = error;
    return NULL;
}

void admin_stop(struct admin **admin)
{
    struct admin *a = *admin;
    if (!a)
        return;
    *admin = NULL;
    loop_post(a->loop, &a->stop);
    pthread_join(a->thread, NULL);
    free_admin(a);
}
