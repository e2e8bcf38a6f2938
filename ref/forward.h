/* SPDX-License-Identifier: Apache-2.0
 *
 * The forward pass: tokens in, logits out, with a KV cache. This is the definition of what Tritium
 * computes; every device and every fast path equals it bit for bit. The BitLinear products go
 * through one function pointer, which is the exact border between host and accelerator: int8 codes
 * in, int32 sums out.
 */
#ifndef TRI_FORWARD_H
#define TRI_FORWARD_H

#include "ref/model.h"

/* Computes sums[t][m] = sum over k of weight[m][k] * codes[t][k] for one group of one layer.
 * codes: [tokens][cols], sums: [tokens][rows of the group]. A session asks for at most 64 tokens at
 * once; the fast engine (cpu/engine.h) for more. */
typedef enum tri_status (*tri_product)(void *context, uint32_t layer, enum tri_group group,
                                       uint32_t tokens, const int8_t *codes, int32_t *sums);

/* The reference product: plain loops. context is a struct tri_model. */
enum tri_status tri_product_ref(void *context, uint32_t layer, enum tri_group group,
                                uint32_t tokens, const int8_t *codes, int32_t *sums);

struct tri_session; /* KV cache and scratch of one text */

/* Room for `positions` tokens in all (at most config.context; 0 means config.context).
 * The model must outlive the session. Errors: ARGUMENT, MEMORY. */
enum tri_status tri_session_create(const struct tri_model *model, uint32_t positions,
                                   struct tri_session **session);
void tri_session_destroy(struct tri_session *session);
uint32_t tri_session_length(const struct tri_session *session); /* tokens processed so far */
/* Forgets all tokens behind the first `length`; more than there are changes nothing. */
void tri_session_rewind(struct tri_session *session, uint32_t length);

/* Runs `count` more tokens. logits: [count][vocab] if all, else [vocab] of the last token.
 * Results do not depend on how a text is cut into calls. On failure the session's length is
 * unchanged. Errors: ARGUMENT (id outside of the vocabulary, context full), and whatever `product`
 * returns. */
enum tri_status tri_session_run(struct tri_session *session, const uint32_t *ids, uint32_t count,
                                tri_product product, void *context, bool all, float *logits);

#endif
