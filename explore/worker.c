/* SPDX-License-Identifier: Apache-2.0
 *
 * fork, a pipe and a process group for each point: the group, so that compilers and simulators that
 * a worker started end with it.
 */
#include "explore/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- one point ---- */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void fail_point(struct tri_point *point, const char *why) {
    point->state = TRI_POINT_FAILED;
    (void)snprintf(point->why, sizeof point->why, "%s", why);
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) point->figures.at[i].origin = TRI_ABSENT;
}

/* As a file will say it: whether a point comes from a pipe, the cache or a file must not decide
 * between two that are equal but for the last bits. */
static void round_point(struct tri_point *point) {
    char text[64];
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) {
        struct tri_figure *figure = &point->figures.at[i];
        if (figure->origin == TRI_ABSENT) continue;
        (void)snprintf(text, sizeof text, "%.*g", TRI_RESULT_DIGITS, figure->value);
        figure->value = strtod(text, NULL);
    }
}

/* Constraints belong to the space and not to the cache: decided for each point anew. */
static void judge(const struct tri_worksite *work, struct tri_point *point) {
    bool meets = tri_space_meets(work->space, &point->design, &point->figures, point->why,
                                 sizeof point->why);
    point->state = meets ? TRI_POINT_DONE : TRI_POINT_REFUSED;
}

/* What the cache holds of a point; a damaged entry counts as none. */
static bool recall(const struct tri_worksite *work, struct tri_point *point) {
    json_t *json = NULL;
    struct tri_point kept;
    if (tri_cache_get(work->cache, "point", point->key, &json) != TRI_OK || json == NULL)
        return false;
    bool good = tri_point_from_json(json, "cache", &kept) == TRI_OK && kept.key == point->key;
    json_decref(json);
    if (!good) return false;
    kept.index = point->index;
    kept.design = point->design;
    kept.effort = point->effort;
    kept.why[0] = '\0';
    *point = kept;
    judge(work, point);
    return true;
}

static void make(const struct tri_worksite *work, struct tri_point *point) {
    double began = now();
    point->state = TRI_POINT_DONE;
    point->why[0] = point->log[0] = '\0';
    enum tri_status status = tri_evaluate(work->evaluator, &point->design, point->effort,
                                          &point->figures, point->log, sizeof point->log);
    point->seconds = now() - began;
    if (status != TRI_OK) fail_point(point, tri_error());
    round_point(point);
}

void tri_worksite_make(const struct tri_worksite *work, struct tri_point *point) {
    int lock = -1;
    bool keep = point->effort != TRI_EFFORT_MODEL; /* a formula is faster than a file */
    point->key = tri_evaluator_key(work->evaluator, &point->design, point->effort);
    if (keep && tri_cache_lock(work->cache, "point", point->key, &lock) != TRI_OK) {
        fail_point(point, tri_error());
        return;
    }
    if (!keep || !recall(work, point)) {
        make(work, point);
        if (point->state == TRI_POINT_DONE && keep) {
            json_t *json = tri_point_to_json(work->space, point);
            if (json == NULL || tri_cache_put(work->cache, "point", point->key, json) != TRI_OK)
                fail_point(point, tri_error());
            json_decref(json);
        }
        if (point->state == TRI_POINT_DONE) judge(work, point);
    }
    tri_cache_unlock(lock);
}

bool tri_worksite_recall(const struct tri_worksite *work, struct tri_point *point) {
    if (point->effort == TRI_EFFORT_MODEL) return false;
    point->key = tri_evaluator_key(work->evaluator, &point->design, point->effort);
    return recall(work, point);
}

/* ---- processes ---- */

enum { LINE_BYTES = 65536 };

struct worker {
    pid_t pid; /* 0: free */
    int from;  /* its line comes here */
    struct tri_point point;
    size_t used;
    char line[LINE_BYTES];
};

struct tri_workers {
    struct tri_worksite work;
    uint32_t count;
    struct worker *worker;
    struct pollfd *polled;
};

enum tri_status tri_workers_create(const struct tri_worksite *work, uint32_t count,
                                   struct tri_workers **workers) {
    struct tri_workers *made = calloc(1, sizeof *made);
    *workers = NULL;
    if (made != NULL) {
        made->work = *work;
        made->count = count;
        made->worker = calloc(count, sizeof *made->worker);
        made->polled = calloc(count, sizeof *made->polled);
    }
    if (made == NULL || made->worker == NULL || made->polled == NULL) {
        tri_workers_destroy(made);
        return tri_fail(TRI_E_MEMORY, "search: no memory for %u workers", count);
    }
    *workers = made;
    return TRI_OK;
}

/* Ends a worker's group and takes its exit status. */
static int reap(struct worker *worker) {
    int status = 0;
    (void)kill(-worker->pid, SIGKILL);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) continue;
    (void)close(worker->from);
    worker->pid = 0;
    return status;
}

void tri_workers_destroy(struct tri_workers *workers) {
    if (workers == NULL) return;
    for (uint32_t i = 0; workers->worker != NULL && i < workers->count; i++)
        if (workers->worker[i].pid != 0) (void)reap(&workers->worker[i]);
    free(workers->worker);
    free(workers->polled);
    free(workers);
}

uint32_t tri_workers_busy(const struct tri_workers *workers) {
    uint32_t busy = 0;
    for (uint32_t i = 0; i < workers->count; i++) busy += workers->worker[i].pid != 0;
    return busy;
}

bool tri_workers_have(const struct tri_workers *workers, uint64_t geometry) {
    for (uint32_t i = 0; i < workers->count; i++)
        if (workers->worker[i].pid != 0 &&
            tri_design_hash(&workers->worker[i].point.design.geometry) == geometry)
            return true;
    return false;
}

long tri_workers_process(const struct tri_workers *workers, uint32_t at) {
    return at < workers->count ? (long)workers->worker[at].pid : 0;
}

/* The child: signals as usual again, so that it can be ended; its own end of the pipe alone. */
static void work_in_child(const struct tri_worksite *work, struct tri_point *point, int to) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    tri_worksite_make(work, point);
    json_t *json = tri_point_to_json(work->space, point);
    char *text = json == NULL
                     ? NULL
                     : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(TRI_RESULT_DIGITS));
    size_t left = text == NULL ? 0 : strlen(text);
    for (const char *at = text; left > 0;) {
        ssize_t wrote = write(to, at, left);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) _exit(1);
        at += wrote;
        left -= (size_t)wrote;
    }
    _exit(text == NULL); /* no handlers: open files are the parent's */
}

enum tri_status tri_workers_start(struct tri_workers *workers, const struct tri_point *point) {
    uint32_t at = 0;
    int ends[2];
    while (at < workers->count && workers->worker[at].pid != 0) at++;
    if (at == workers->count) return tri_fail(TRI_E_ARGUMENT, "search: no free worker");
    struct worker *worker = &workers->worker[at];
    if (pipe(ends) != 0) return tri_fail(TRI_E_IO, "search: no pipe: %s", strerror(errno));
    /* Not for the programs that a worker starts: its line has ended when it has. */
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    worker->point = *point;
    worker->used = 0;
    worker->from = ends[0];
    pid_t pid = fork();
    if (pid == 0) work_in_child(&workers->work, &worker->point, ends[1]);
    int reason = errno;
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return tri_fail(TRI_E_IO, "search: no process for a worker: %s", strerror(reason));
    }
    (void)setpgid(pid, pid); /* here too, whichever of the two is first */
    worker->pid = pid;
    return TRI_OK;
}

/* What a worker that has ended leaves: the point it sent, or why there is none. */
static void finish(const struct tri_workers *workers, struct worker *worker,
                   struct tri_point *point) {
    char why[200];
    *point = worker->point;
    point->key = tri_evaluator_key(workers->work.evaluator, &point->design, point->effort);
    int status = reap(worker);
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        (void)snprintf(why, sizeof why, "the worker was ended by signal %d (%s)%s", number,
                       strsignal(number), number == SIGKILL ? ": by hand, or out of memory" : "");
        fail_point(point, why);
        return;
    }
    struct tri_point sent;
    json_t *json = json_loadb(worker->line, worker->used, 0, NULL);
    bool good = json != NULL && tri_point_from_json(json, "worker", &sent) == TRI_OK &&
                sent.index == point->index;
    json_decref(json);
    if (good) {
        sent.design = point->design;
        *point = sent;
        return;
    }
    (void)snprintf(why, sizeof why, "the worker ended with status %d without a result",
                   WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    fail_point(point, why);
}

enum tri_status tri_workers_wait(struct tri_workers *workers, int milliseconds,
                                 struct tri_point *point, bool *got) {
    *got = false;
    for (uint32_t i = 0; i < workers->count; i++) {
        workers->polled[i].fd = workers->worker[i].pid != 0 ? workers->worker[i].from : -1;
        workers->polled[i].events = POLLIN;
        workers->polled[i].revents = 0;
    }
    int ready = poll(workers->polled, workers->count, milliseconds);
    if (ready < 0 && errno != EINTR)
        return tri_fail(TRI_E_IO, "search: poll failed: %s", strerror(errno));
    for (uint32_t i = 0; ready > 0 && i < workers->count && !*got; i++) {
        struct worker *worker = &workers->worker[i];
        if (workers->polled[i].revents == 0) continue;
        ssize_t bytes =
            read(worker->from, worker->line + worker->used, sizeof worker->line - worker->used);
        if (bytes < 0 && errno == EINTR) continue;
        if (bytes > 0) {
            worker->used += (size_t)bytes;
            continue;
        }
        finish(workers, worker, point);
        *got = true;
    }
    return TRI_OK;
}
