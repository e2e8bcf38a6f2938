/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread that runs one product at a time, so that the caller can work on another part of a pass
 * meanwhile. It sleeps when there is nothing to do.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine_private.h"

struct tri_offload {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, ready;
    bool asked, done, end;
    struct tri_offload_job job;
    enum tri_status status;
    char message[1024]; /* of the failure; messages belong to threads */
    double ended;
};

static void *work(void *context) {
    struct tri_offload *o = context;
    pthread_mutex_lock(&o->lock);
    for (;;) {
        while (!o->asked && !o->end) pthread_cond_wait(&o->wake, &o->lock);
        if (o->end) break;
        o->asked = false;
        const struct tri_offload_job j = o->job;
        pthread_mutex_unlock(&o->lock);
        const enum tri_status status =
            j.product(j.context, j.layer, j.group, j.tokens, j.codes, j.sums);
        const double ended = tri_cpu_now();
        pthread_mutex_lock(&o->lock);
        o->status = status;
        if (status != TRI_OK) (void)snprintf(o->message, sizeof o->message, "%s", tri_error());
        o->ended = ended;
        o->done = true;
        pthread_cond_signal(&o->ready);
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

enum tri_status tri_offload_create(struct tri_offload **offload) {
    *offload = NULL;
    struct tri_offload *o = calloc(1, sizeof *o);
    if (o == NULL) return tri_fail(TRI_E_MEMORY, "out of memory for a thread");
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->wake, NULL);
    pthread_cond_init(&o->ready, NULL);
    const int failed = pthread_create(&o->thread, NULL, work, o);
    if (failed != 0) {
        pthread_mutex_destroy(&o->lock);
        pthread_cond_destroy(&o->wake);
        pthread_cond_destroy(&o->ready);
        free(o);
        return tri_fail(TRI_E_IO, "a thread for the device: %s", strerror(failed));
    }
    *offload = o;
    return TRI_OK;
}

void tri_offload_destroy(struct tri_offload *o) {
    if (o == NULL) return;
    pthread_mutex_lock(&o->lock);
    o->end = true;
    pthread_cond_signal(&o->wake);
    pthread_mutex_unlock(&o->lock);
    pthread_join(o->thread, NULL);
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->wake);
    pthread_cond_destroy(&o->ready);
    free(o);
}

void tri_offload_start(struct tri_offload *o, const struct tri_offload_job *job) {
    pthread_mutex_lock(&o->lock);
    o->job = *job;
    o->asked = true;
    o->done = false;
    pthread_cond_signal(&o->wake);
    pthread_mutex_unlock(&o->lock);
}

enum tri_status tri_offload_wait(struct tri_offload *o, double *ended) {
    pthread_mutex_lock(&o->lock);
    while (!o->done) pthread_cond_wait(&o->ready, &o->lock);
    const enum tri_status status = o->status;
    *ended = o->ended;
    pthread_mutex_unlock(&o->lock);
    return status == TRI_OK ? TRI_OK : tri_fail(status, "%s", o->message);
}
