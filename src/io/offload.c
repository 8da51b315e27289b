// SPDX-License-Identifier: Apache-2.0
// A fixed number of threads takes jobs from one bounded queue under one mutex. Jobs are
// milliseconds long, so the lock is never what they wait for. Results go back as messages to the
// loop that asked.
#include "io/offload.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"

struct offload {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct offload_job *first, **last;
    size_t waiting, waiting_max;
    bool ending;
    unsigned thread_count;
    pthread_t threads[];
};

static void deliver(struct loop_message *message)
{
    struct offload_job *job = CONTAINER_OF(message, struct offload_job, message);
    job->done(job);
}

static void give_back(struct offload_job *job)
{
    job->message.deliver = deliver;
    loop_post(job->loop, &job->message);
}

// The oldest job; NULL when there is none. With the lock held.
static struct offload_job *take(struct offload *o)
{
    struct offload_job *job = o->first;
    if (!job)
        return NULL;
    o->first = job->next;
    if (!o->first)
        o->last = &o->first;
    o->waiting--;
    return job;
}

static void *work(void *arg)
{
    struct offload *o = arg;
    pthread_mutex_lock(&o->lock);
    while (!o->ending) {
        struct offload_job *job = take(o);
        if (!job) {
            pthread_cond_wait(&o->arrived, &o->lock);
            continue;
        }
        pthread_mutex_unlock(&o->lock);
        job->run(job);
        give_back(job);
        pthread_mutex_lock(&o->lock);
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

static bool start_threads(struct offload *o, unsigned threads)
{
    while (o->thread_count < threads &&
           thread_start(&o->threads[o->thread_count], "yett-offload", work, o) == 0)
        o->thread_count++;
    return o->thread_count == threads;
}

struct offload *offload_new(unsigned threads, size_t queue_max)
{
    struct offload *o = calloc(1, sizeof(*o) + threads * sizeof(o->threads[0]));
    if (!o)
        return NULL;
    o->last = &o->first;
    o->waiting_max = queue_max;
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->arrived, NULL);
    if (!start_threads(o, threads))
        offload_free(&o);
    return o;
}

void offload_free(struct offload **pool)
{
    struct offload *o = *pool;
    if (!o)
        return;
    *pool = NULL;
    pthread_mutex_lock(&o->lock);
    o->ending = true;
    for (struct offload_job *job = take(o); job; job = take(o)) {
        job->dropped = true;
        give_back(job);
    }
    pthread_cond_broadcast(&o->arrived);
    pthread_mutex_unlock(&o->lock);
    for (unsigned i = 0; i < o->thread_count; i++)
        pthread_join(o->threads[i], NULL);
    pthread_cond_destroy(&o->arrived);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

bool offload_submit(struct offload *o, struct loop *loop, struct offload_job *job)
{
    job->loop = loop;
    job->next = NULL;
    job->dropped = false;
    pthread_mutex_lock(&o->lock);
    bool accepted = o->waiting < o->waiting_max;
    if (accepted) {
        *o->last = job;
        o->last = &job->next;
        o->waiting++;
        pthread_cond_signal(&o->arrived);
    }
    pthread_mutex_unlock(&o->lock);
    return accepted;
}
