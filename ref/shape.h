/* SPDX-License-Identifier: Apache-2.0
 *
 * The shapes of published ternary models, and tiny models of the same structure. Numbers only: no
 * weights (randommodel.h) and no vocabularies.
 */
#ifndef TRI_SHAPE_H
#define TRI_SHAPE_H

#include "ref/model.h"

enum { TRI_SHAPES = 8 };

/* "2b4t", "0.7b", "3b", "falcon3-1b" ... */
extern const char *const tri_shape_names[TRI_SHAPES];

/* The configuration of a shape by name; "tiny-NAME" is a model of two layers and 512 ids with the
 * same head dimension, ratio of heads, activation, norms and head, and "tiny" is tiny-2b4t.
 * *eot: the id of <|eot_id|>. Errors: ARGUMENT naming the nearest. */
enum tri_status tri_shape(const char *name, struct tri_config *config, uint32_t *eot);

#endif
