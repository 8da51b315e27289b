// SPDX-License-Identifier: Apache-2.0
// Threads for what blocks or burns (password hashes, name lookups, file loads), so that no loop
// ever waits. Bounded: a fixed number of threads and of waiting jobs; when full, submitting fails
// and the caller answers 503 or its like.
#ifndef YETT_IO_OFFLOAD_H
#define YETT_IO_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "io/loop.h"

struct offload;

struct offload_job {
    void (*run)(struct offload_job *job);  // on a thread of the pool; touches nothing but the job
    void (*done)(struct offload_job *job); // back on the loop's thread; may free the job
    struct loop *loop;
    struct loop_message message;
    struct offload_job *next;
    bool dropped; // the pool ended before `run`: there is no result
};

// NULL when threads can't be had.
MUST_USE struct offload *offload_new(unsigned threads, size_t queue_max);
// Lets running jobs end and drops waiting ones (their `done` still comes through the loop); then
// ends the threads.
void offload_free(struct offload **pool);
// Queues the job; its `done` comes by `loop`. False when the queue is full. The job must live until
// done.
MUST_USE bool offload_submit(struct offload *o, struct loop *loop, struct offload_job *job);

#endif
