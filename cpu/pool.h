/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that split one piece of work over rows, heads or tokens, never over the terms of a sum,
 * so that results do not depend on their number. Nobody spins for long: idle threads sleep.
 */
#ifndef TRI_CPU_POOL_H
#define TRI_CPU_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { TRI_POOL_LIMIT = 1024 }; /* threads */

struct tri_pool;

/* part: 0 .. parts - 1, each given out once. thread: 0 .. threads - 1, the caller is 0. */
typedef void (*tri_pool_work)(void *context, uint32_t part, uint32_t thread);

/* How many threads this process may use: the affinity mask and the container's CPU quota (control
 * groups, versions 1 and 2), at least 1. */
uint32_t tri_pool_available(void);

/* Threads that the quota allows, rounded up; TRI_POOL_LIMIT if there is none. root: "", or the
 * folder that holds another /proc and /sys. */
uint32_t tri_pool_quota(const char *root);

/* threads in all, the caller among them (0: tri_pool_available). pin: one core for each, the caller
 * too, until destroy. Threads take no signals. Errors: ARGUMENT (more than the limit, or with pin
 * than cores), MEMORY, IO (the system gives no thread: says how many it gave). */
enum tri_status tri_pool_create(uint32_t threads, bool pin, struct tri_pool **pool);
void tri_pool_destroy(struct tri_pool *pool);           /* NULL is fine */
uint32_t tri_pool_threads(const struct tri_pool *pool); /* NULL: 1 */

/* Does all parts and returns. Not reentrant. A thread that does not get a core in time is not
 * waited for: the others do its parts. pool NULL: the caller does all. */
void tri_pool_run(struct tri_pool *pool, uint32_t parts, tri_pool_work work, void *context);

#endif
