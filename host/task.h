/* SPDX-License-Identifier: Apache-2.0
 *
 * Multiple-choice items from JSON lines, and which choice wins. Not here: likelihoods
 * (likelihood.h). docs/commands.md has the format with examples.
 */
#ifndef TRI_HOST_TASK_H
#define TRI_HOST_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct tri_choice {
    const char *text; /* zero-terminated, owned by the task */
    size_t bytes;
    size_t characters; /* code points, what acc_norm divides by */
};

struct tri_task_item {
    const char *context;
    size_t context_bytes;
    const char *delimiter;     /* between context and choice */
    struct tri_choice *choice; /* [choices] */
    uint32_t choices, answer;
    uint32_t line; /* in the file, from 1 */
};

struct tri_task {
    struct tri_task_item *item; /* [count] */
    size_t count, room;
    struct tri_task_json *json; /* private: what the strings belong to */
};

/* Reads all lines of a text; empty ones are skipped. `path` starts the messages, "FILE:LINE: ...".
 * Free also after a failure. Errors: FORMAT, MEMORY. */
enum tri_status tri_task_read(const char *path, const char *text, size_t bytes,
                              struct tri_task *task);
void tri_task_free(struct tri_task *task);

/* Index of the largest of values [n]; the first of equal ones, as numpy's argmax. n > 0 */
uint32_t tri_task_best(const double *values, uint32_t n);

/* Mean of n zeros and ones of which `ones` are one, and its standard error with n - 1 below, as
 * lm-evaluation-harness has it (0 for n < 2). */
double tri_task_error(uint64_t ones, uint64_t n);

#endif
