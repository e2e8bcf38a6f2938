/* SPDX-License-Identifier: Apache-2.0
 *
 * Many prompts, some of them at a time: those share every pass through the weights, and each gets
 * the reply it would get alone. A reply that ends makes room for the next prompt of the queue.
 */
#ifndef TRI_HOST_BATCH_H
#define TRI_HOST_BATCH_H

#include "host/engine.h"

struct tri_batch_options {
    const char *path;  /* one prompt a line, "-": standard input */
    uint32_t parallel; /* texts at a time, at least 1 */
    uint32_t reply;    /* most tokens of each reply; TRI_REPLY_DEFAULT as in run */
    bool special;      /* as tri_engine_prompt */
    bool json;         /* one JSON object a line instead of text */
    const struct tri_sampling_choice *choice;
};

struct tri_batch; /* the prompts and their replies so far */

/* Reads the prompts and finds everything that can be wrong with them. *positions: of the longest
 * text with its reply. Errors: IO, ARGUMENT (names the line), MEMORY. */
enum tri_status tri_batch_create(struct tri_engine *engine, const struct tri_batch_options *options,
                                 struct tri_batch **batch, uint32_t *positions);
void tri_batch_destroy(struct tri_batch *batch); /* NULL is fine; before the engine is closed */

/* Runs all on the started engine and writes replies to standard output in the order of the prompts.
 * On INTERRUPTED what is finished or begun has been written, too. Errors: those of
 * tri_engine_run_batch; ARGUMENT on the plain reference. */
enum tri_status tri_batch_run(struct tri_batch *batch);

#endif
