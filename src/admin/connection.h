// SPDX-License-Identifier: Apache-2.0
// Connections of the admin listener: one request each, within a deadline. All on its thread.
#ifndef YETT_ADMIN_CONNECTION_H
#define YETT_ADMIN_CONNECTION_H

#include <stdbool.h>

#include "base/list.h"
#include "io/io_context.h"

struct admin;
struct admin_view;
struct loop;

// What they share; in struct admin.
struct admin_connections {
    struct admin *admin;
    struct admin_view *view;
    struct loop *loop;
    struct io_context io;
    struct list all; // the oldest first
    unsigned count;
    bool is_remote; // over TCP
};

// Takes over an accepted descriptor; the oldest makes room when there are too many.
void admin_connection_begin(struct admin_connections *all, int fd);
// Answers those that wait for a reload with what is known by now.
void admin_connections_settle(struct admin_connections *all);
void admin_connections_close(struct admin_connections *all);

#endif
