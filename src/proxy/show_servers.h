// SPDX-License-Identifier: Apache-2.0
// Once a second a worker notes in its ledger how it finds the servers of backends, so that others
// can look without touching what is the worker's.
#ifndef YETT_PROXY_SHOW_SERVERS_H
#define YETT_PROXY_SHOW_SERVERS_H

struct proxy_worker;

// Now, and every second from then on, until the timer `show` of the worker is cancelled.
void show_servers(struct proxy_worker *w);

#endif
