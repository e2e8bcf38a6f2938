/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators of the model on single rows, with every float operation in a fixed order (rules
 * R1-R6: 16-lane sums with a fixed tree, no contraction, no libm). This is the definition
 * that devices and fast host paths equal bit for bit. Not here: the order of the operators
 * (forward.h), the rotation of q and k (rope.h).
 */
#ifndef TRI_NUMERICS_H
#define TRI_NUMERICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/elementary.h"

/* R2: element i of every float sum goes to lane i % 16, each lane in index order, multiply then
 * add; then lanes (l, l+8), (l, l+4), (l, l+2), (l, l+1) are added. */
enum { TRI_LANES = 16 };

float tri_sum(const float *x, size_t n);
float tri_dot(const float *a, const float *b, size_t n);
float tri_dot_bf16(const float *x, const uint16_t *w, size_t n); /* w: bf16 */

/* out = weight * (x * (1 / sqrt(mean(x^2) + eps))). x, weight, out: [n]; out may be x.
 * Returns false if the mean square is not finite; out is then not written. */
bool tri_norm(const float *x, const float *weight, float eps, size_t n, float *out);

/* Hugging Face's per-token quantiser: m = max(max|x|, 1e-5), s = (1 / m) * 127, code = round(x * s)
 * clamped to -128..127. x, codes: [n]. Returns false if an x is not finite. */
bool tri_quantise(const float *x, size_t n, int8_t *codes, float *s);

/* y = sum / s * weight_scale, in this order. sums, y: [n] */
void tri_dequantise(const int32_t *sums, float s, float weight_scale, size_t n, float *y);

/* y = sum / (s * weight_scale): the order of Hugging Face's class BitLinear, whose scale divides.
 */
void tri_dequantise_dividing(const int32_t *sums, float s, float weight_scale, size_t n, float *y);

/* out = relu(gate)^2 * up. gate, up, out: [n]; out may be gate or up. */
void tri_relu2(const float *gate, const float *up, size_t n, float *out);

/* out = (gate / (1 + e^-gate)) * up. gate, up, out: [n]; out may be gate or up. */
void tri_silu(const float *gate, const float *up, size_t n, float *out);

/* x = e^(x - max) / sum, in place: all maxima first, then all exponentials, then a 16-lane sum. */
void tri_softmax(float *x, size_t n);

/* head_dim^-0.5, rounded once. */
float tri_attention_scale(uint32_t head_dim);

#endif
