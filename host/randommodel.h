/* SPDX-License-Identifier: Apache-2.0
 *
 * The tensors of a random model, made as they are asked for: the same seed gives the same bytes on
 * every machine. Holds one matrix at a time.
 */
#ifndef TRI_HOST_RANDOMMODEL_H
#define TRI_HOST_RANDOMMODEL_H

#include "ref/write.h"

struct tri_random_model;

/* Errors: MEMORY. */
enum tri_status tri_random_model_create(const struct tri_config *config, uint64_t seed,
                                        struct tri_random_model **model);
void tri_random_model_destroy(struct tri_random_model *model); /* NULL is fine */

/* Fills config, context and the functions of a source; the model must outlive it. */
void tri_random_model_source(struct tri_random_model *model, struct tri_source *source);

#endif
